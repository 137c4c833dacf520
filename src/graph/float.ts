/**
 * The function that the integers approximate: the same graph in float64 with nothing rounded, clamped or reduced. Values are in
 * the integer program's units (a tensor of scale S holds S times the real value), so an integer execution compares entry
 * by entry; given the scales, `inRealUnits` converts.
 */
import { activationForm, type ActivationNode } from '../ops/activation/shape.ts';
import { gumbelNoise, noiseMultiplier } from '../ops/argmax/eval.ts';
import { octave, type AttentionNode } from '../ops/attention/shape.ts';
import { NORM_SHIFT } from '../ops/rmsnorm/shape.ts';
import type { RopeNode } from '../ops/rope/shape.ts';
import { ACTIVATION_BITS, column, parseTableId, RSQRT_SCALE, tableOf } from '../tables/index.ts';
import type { GraphInfo } from './check.ts';
import type { Graph, GraphNode } from './graph.ts';
import {
  createSession,
  type Append,
  type Execution,
  type Rows,
  type Session,
  type Tensor,
} from './session.ts';

type FloatTensor = Tensor<Float64Array>;
type FloatRows = Rows<Float64Array>;

/** Entries of a weight in integer units, not necessarily integers. */
export type RealWeights = (name: string) => ArrayLike<number>;

/** erf by its positive series; for |x| > 6 it is 1 within 2^-53. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, 0];
  for (let k = 1; sum + term !== sum; k++) {
    sum += term;
    term *= (2 * x * x) / (2 * k + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

const SMOOTH = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  'gelu-tanh': (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  'gelu-erf': (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
} as const;

function activationFloat(node: ActivationNode, { data }: FloatTensor): Float64Array {
  const { kind, bits, range = 0 } = activationForm(node);
  if (kind === 'relu') return data.map((v) => Math.max(v, 0));
  const f = SMOOTH[kind];
  return data.map((n) => 2 ** (ACTIVATION_BITS - 1 - range) * f(n * 2 ** (range + 1 - bits)));
}

function linearFloat(
  x: FloatTensor,
  w: ArrayLike<number>,
  n: number,
  bias?: ArrayLike<number>,
): Float64Array {
  const k = x.width;
  const out = new Float64Array(x.rows * n);
  for (let t = 0; t < x.rows; t++) {
    for (let j = 0; j < n; j++) {
      let sum = bias?.[j] ?? 0;
      for (let l = 0; l < k; l++) sum += (w[j * k + l] as number) * (x.data[t * k + l] as number);
      out[t * n + j] = sum;
    }
  }
  return out;
}

function rmsnormFloat({ rows, width, data }: FloatTensor, epsilon: number): Float64Array {
  const out = new Float64Array(data.length);
  for (let t = 0; t < rows; t++) {
    const row = data.subarray(t * width, (t + 1) * width);
    const factor = RSQRT_SCALE / 2 ** NORM_SHIFT / Math.sqrt(row.reduce((sum, v) => sum + v * v, epsilon));
    row.forEach((v, j) => (out[t * width + j] = v * factor));
  }
  return out;
}

function ropeFloat(node: RopeNode, x: FloatTensor, positions: Int32Array): Float64Array {
  const form = parseTableId(node.table);
  if (form?.kind !== 'rope') throw new RangeError(`table: expected a rotary table, got ${node.table}`);
  const { base, headDim } = form.rope;
  const half = headDim / 2;
  const [step, gap] = node.order === 'half' ? [1, half] : [2, 1];
  const out = new Float64Array(x.data.length);
  for (let t = 0; t < x.rows; t++) {
    for (let head = t * x.width; head < (t + 1) * x.width; head += headDim) {
      for (let i = 0; i < half; i++) {
        const angle = (positions[t] as number) * base ** ((-2 * i) / headDim);
        const j = head + i * step;
        const [a, b] = [x.data[j] as number, x.data[j + gap] as number];
        out[j] = a * Math.cos(angle) - b * Math.sin(angle);
        out[j + gap] = a * Math.sin(angle) + b * Math.cos(angle);
      }
    }
  }
  return out;
}

/** Softmax in base 2, one octave being 2^(6+s) of a score. */
function attentionFloat(node: AttentionNode, query: FloatTensor, rows: FloatRows): Float64Array {
  const { heads, kvHeads, headDim, window = Infinity } = node;
  const [key, value] = [rows.history(node.key), rows.history(node.value)];
  const first = key.rows - query.rows;
  const out = new Float64Array(query.data.length);
  for (let i = 0; i < query.rows; i++) {
    const from = Math.max(rows.sequenceStart[i] as number, first + i - window + 1);
    for (let h = 0; h < heads; h++) {
      const at = i * query.width + h * headDim;
      const cell = Math.floor((h * kvHeads) / heads) * headDim;
      const scores: number[] = [];
      for (let j = from; j <= first + i; j++) {
        let z = 0;
        for (let c = 0; c < headDim; c++) {
          z += (query.data[at + c] as number) * (key.data[j * key.width + cell + c] as number);
        }
        scores.push(z / octave(node.shift));
      }
      const most = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      const weights = scores.map((z) => 2 ** (z - most));
      const sum = weights.reduce((a, b) => a + b, 0);
      weights.forEach((e, j) => {
        for (let c = 0; c < headDim; c++) {
          const v = value.data[(from + j) * value.width + cell + c] as number;
          out[at + c] = (out[at + c] as number) + (e / sum) * v;
        }
      });
    }
  }
  return out;
}

/** The first greatest logit; sampling adds the integer program's own noise. */
function argmaxFloat(unit: number, { rows: n, width, data }: FloatTensor, rows: FloatRows): Float64Array {
  const { choice } = rows;
  const out = new Float64Array(n);
  for (let t = 0; t < n; t++) {
    const position = rows.positions[n === rows.count ? t : (rows.emitted[t] as number)] as number;
    const noise =
      choice === 'greedy'
        ? undefined
        : gumbelNoise(
            choice.seed,
            position,
            width,
            noiseMultiplier(unit, choice.temperature),
            column(tableOf('gumbel'), 'g'),
          );
    let [best, greatest] = [0, -Infinity];
    for (let v = 0; v < width; v++) {
      const value = (data[t * width + v] as number) + (noise?.[v] ?? 0);
      if (value > greatest) [best, greatest] = [v, value];
    }
    out[t] = best;
  }
  return out;
}

function centreFloat({ width, data }: FloatTensor): Float64Array {
  const out = new Float64Array(data.length);
  for (let at = 0; at < data.length; at += width) {
    const row = data.subarray(at, at + width);
    const mean = row.reduce((sum, v) => sum + v, 0) / width;
    row.forEach((v, j) => (out[at + j] = v - mean));
  }
  return out;
}

function concatFloat(a: FloatTensor, b: FloatTensor): Float64Array {
  const width = a.width + b.width;
  return Float64Array.from({ length: a.rows * width }, (_, i) => {
    const [t, j] = [Math.floor(i / width), i % width];
    return (j < a.width ? a.data[t * a.width + j] : b.data[t * b.width + j - a.width]) as number;
  });
}

function evaluateNode(
  node: GraphNode,
  [a, b]: readonly [FloatTensor, FloatTensor],
  rows: FloatRows,
  info: GraphInfo,
  weights: RealWeights,
): Float64Array {
  const shape = (name: string) => info.weights.get(name)?.shape as readonly [number, number];
  switch (node.op) {
    case 'input':
      return Float64Array.from(rows.inputOf(node.name));
    case 'embedding': {
      const { table, positions, width } = node;
      const entry = (name: string, row: number, j: number): number =>
        weights(name)[row * shape(name)[1] + j] as number;
      return Float64Array.from({ length: rows.count * width }, (_, i) => {
        const [t, j] = [Math.floor(i / width), i % width];
        const place = positions === undefined ? 0 : entry(positions, rows.positions[t] as number, j);
        return entry(table, rows.tokens?.[t] as number, j) + place;
      });
    }
    case 'linear': {
      const bias = node.bias === undefined ? undefined : weights(node.bias);
      return linearFloat(a, weights(node.weight), shape(node.weight)[0], bias);
    }
    case 'requantise':
      return a.data.map((v) => v / 2 ** node.shift);
    case 'rmsnorm':
      return rmsnormFloat(a, node.epsilon);
    case 'rope':
      return ropeFloat(node, a, rows.positions);
    case 'attention':
      return attentionFloat(node, a, rows);
    case 'activation':
      return activationFloat(node, a);
    case 'product':
      return a.data.map((v, i) => v * (b.data[i] as number));
    case 'add':
      return a.data.map((v, i) => v + (b.data[i] as number));
    case 'scale':
      return a.data.map((v) => v * 2 ** node.power);
    case 'centre':
      return centreFloat(a);
    case 'concat':
      return concatFloat(a, b);
    case 'emit':
      return Float64Array.from(
        rows.emitted.flatMap((row) => [...a.data.subarray(row * a.width, (row + 1) * a.width)]),
      );
    case 'argmax':
      return argmaxFloat(node.unit, a, rows);
  }
}

/** A session in float64, with the cache of the integer one. @throws ProofError as `checkGraph` */
export function floatSession(graph: Graph, weights: RealWeights): Session<Float64Array> {
  return createSession<Float64Array>(graph, {
    empty: (length) => new Float64Array(length),
    evaluate: (node, inputs, rows, info) => ({
      data: evaluateNode(node, inputs as [FloatTensor, FloatTensor], rows, info, weights),
    }),
  });
}

/**
 * One causal pass in float64.
 *
 * @param weights entries in integer units: the integer weights themselves, or real ones times their scale, unrounded
 */
export function executeFloat(graph: Graph, weights: RealWeights, rows: Append): Execution<Float64Array> {
  return floatSession(graph, weights).append(rows);
}

/** Real values of a tensor of scale S (integer steps per unit). */
export function inRealUnits(tensor: { readonly data: ArrayLike<number> }, scale: number): Float64Array {
  return Float64Array.from(tensor.data, (v) => v / scale);
}

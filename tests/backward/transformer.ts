/** A transformer of two layers that learns small texts: GPT-2's shape with norms before each half, or LLaMA's. */
import { graphBuilder, type Graph, type GraphBuilder, type TensorHandle, type WeightHandle } from '../../src/graph/index.ts'; // prettier-ignore
import type { TokenBatch } from '../../src/training/backward/batch.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { stateOf, type GraphState } from '../../src/training/backward/state.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { dice } from '../support/graphs.ts';

export interface Size {
  readonly vocabulary: number;
  readonly context: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly hidden: number;
  readonly layers: number;
  /** GELU, or SiLU of one half times the other. */
  readonly gated: boolean;
  /** The last layer's matrix is the table of embeddings. */
  readonly tied?: boolean;
  /** Queries and keys are turned by their positions. */
  readonly rope?: boolean;
  /** Layers have biases, but for queries and keys: of the gradients of these little is left over all rows. */
  readonly biased?: boolean;
}

export const TINY: Size = {
  vocabulary: 12,
  context: 8,
  width: 16,
  heads: 2,
  kvHeads: 2,
  hidden: 32,
  layers: 2,
  gated: false,
};

const WEIGHT = 12;
const STREAM = 11;

/** What linear layers read, and logits. */
const READ = 8;

type Bias = (name: string, entries: number) => { readonly bias?: WeightHandle };

/** Places: stream 11, norms 13, what linear layers read 8, logits 8. */
export function transformer(size: Size): Graph {
  const { width, heads, kvHeads, context, vocabulary, layers } = size;
  const g = graphBuilder({ context });
  const weight = (name: string, rows: number, columns: number) =>
    g.weight(name, [rows, columns], { bits: 15 });
  const biasOf: Bias = (name, entries) =>
    size.biased ? { bias: g.weight(`b${name}`, [entries], { bits: 24 }) } : {};
  const E = weight('E', vocabulary, width);
  let h: TensorHandle = g.embedding('h', E, {
    width,
    positions: weight('P', context, width),
  });
  const normed = (name: string): TensorHandle =>
    g.requantise(`${name}-8`, g.rmsnorm(name, h, { bits: 16, epsilon: 1 }), { shift: 5, bits: 12 });
  const headDim = width / heads;
  for (let l = 0; l < layers; l++) {
    const x = normed(`norm-a${l}`);
    const rows = (name: string, outputs: number): TensorHandle =>
      g.rounded(`${name}${l}`, x, weight(`W${name}${l}`, outputs, width), {
        ...{ shift: WEIGHT, bits: 12 },
        ...(name === 'v' && biasOf(`v${l}`, outputs)),
      });
    const turned = (name: string, outputs: number): TensorHandle => {
      const table = `rope-100-${headDim}-${context}`;
      const own = rows(name, outputs);
      return size.rope ? g.rope(`${name}r${l}`, own, { table, order: 'half', bits: 13 }) : own;
    };
    const inputs = {
      query: turned('q', width),
      key: turned('k', kvHeads * headDim),
      value: rows('v', kvHeads * headDim),
    };
    const mean = g.attention(`a${l}`, inputs, { heads, kvHeads, headDim, shift: 10 });
    const out = g.rounded(`o${l}`, mean, weight(`Wo${l}`, width, width), {
      ...{ shift: WEIGHT + READ - STREAM, bits: 16 },
      ...biasOf(`o${l}`, width),
    });
    h = g.add(`h-a${l}`, h, out);
    const active = feedForward(g, size, l, normed(`norm-f${l}`), biasOf);
    const down = weight(`Wd${l}`, width, size.hidden);
    const own = { shift: WEIGHT + READ - STREAM, bits: 16, ...biasOf(`d${l}`, width) };
    h = g.add(`h-f${l}`, h, g.rounded(`d${l}`, active, down, own));
  }
  const last = size.tied ? E : weight('H', vocabulary, width);
  const shift = size.tied ? STREAM : WEIGHT;
  const own = { shift, bits: 16, ...biasOf('logits', vocabulary) };
  return g.build(g.rounded('logits', normed('norm'), last, own));
}

/** Results of 8 places. */
function feedForward(
  g: GraphBuilder,
  { hidden, width, gated }: Size,
  l: number,
  x: TensorHandle,
  biasOf: Bias,
): TensorHandle {
  const rows = (name: string): TensorHandle =>
    g.rounded(`${name}${l}`, x, g.weight(`W${name}${l}`, [hidden, width], { bits: 15 }), {
      ...{ shift: WEIGHT, bits: 13 },
      ...biasOf(`${name}${l}`, hidden),
    });
  if (!gated)
    return g.requantise(`f${l}`, g.activation(`g${l}`, rows('u'), 'gelu-tanh-13-r4'), { shift: 2, bits: 14 });
  const product = g.product(`p${l}`, g.activation(`g${l}`, rows('s'), 'silu-13-r4'), rows('u'));
  return g.requantise(`f${l}`, product, { shift: 10, bits: 14 });
}

function placesOf({ nodes }: Graph, name: string): number {
  if (name === 'E' || name === 'P') return STREAM;
  const biased = nodes.find((node) => node.op === 'linear' && node.bias === name);
  return biased?.op === 'linear' ? READ + (biased.weight === 'E' ? STREAM : WEIGHT) : WEIGHT;
}

export function planOf(graph: Graph, change: Partial<GraphPlan> = {}): GraphPlan {
  return {
    weights: Object.fromEntries(graph.weights.map(({ name }) => [name, placesOf(graph, name)])),
    norms: 13,
    gradient: { bits: 15, fraction: 10 },
    low: 15,
    rate: 1,
    ratePlaces: 9,
    ...change,
  };
}

/** Uniform: of embeddings in [-1/2, 1/2], of matrices with the variance 1 / inputs, a quarter of it where the stream is added to; of biases within 1/8. */
export function firstState(graph: Graph, seed = 5): GraphState {
  const { int } = dice(seed);
  return stateOf(graph, (name) => {
    const { shape } = graph.weights.find((own) => own.name === name)!;
    if (shape.length === 1) return Array.from({ length: shape[0]! }, () => int(-(2 ** 17), 2 ** 17));
    const size =
      name === 'E'
        ? 2 ** (STREAM + 1)
        : name === 'P'
          ? 2 ** STREAM
          : Math.floor(2 ** WEIGHT * Math.sqrt(3 / shape[1]!) * (/^W[od]/.test(name) ? 0.5 : 1));
    return Array.from({ length: shape[0]! * shape[1]! }, () => int(-size, size));
  });
}

/** Sequences of a text that repeats with several periods: what follows is seen in what came before. */
export function batchOfText({ vocabulary, context }: Size, sequences: number, seed: number): TokenBatch {
  const { int } = dice(seed);
  const [tokens, targets, starts]: number[][] = [[], [], []];
  for (let s = 0; s < sequences; s++) {
    starts!.push(tokens!.length);
    const period = int(2, 3);
    const word = Array.from({ length: period }, () => int(0, vocabulary - 1));
    for (let t = 0; t < context; t++) {
      tokens!.push(word[t % period]!);
      targets!.push(word[(t + 1) % period]!);
    }
  }
  return { tokens: tokens!, targets: targets!, starts: starts! };
}

/** Mean cross-entropy in nats of logits with 8 binary places. */
export function lossOf(logits: ArrayLike<number>, targets: readonly number[], classes: number): number {
  let total = 0;
  targets.forEach((target, t) => {
    const row = Array.from({ length: classes }, (_, j) => logits[t * classes + j]! / 256);
    const most = Math.max(...row);
    total += most + Math.log(row.reduce((sum, z) => sum + Math.exp(z - most), 0)) - row[target]!;
  });
  return total / targets.length;
}

/** Mean losses of the first and of the last ten of 150 steps. */
export function lossesOf(size: Size, plan: GraphPlan, first: GraphState): readonly [number, number] {
  const graph = transformer(size);
  let state = first;
  const losses: number[] = [];
  for (let i = 0; i < 150; i++) {
    const batch = batchOfText(size, 8, 100 + i);
    const step = graphStep(graph, plan, state, batch);
    losses.push(lossOf(step.forward.output.data, batch.targets, size.vocabulary));
    state = step.next;
  }
  const mean = (own: readonly number[]): number => own.reduce((a, b) => a + b, 0) / own.length;
  return [mean(losses.slice(0, 10)), mean(losses.slice(-10))];
}

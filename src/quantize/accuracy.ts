/** How far the integer program is from the model: both run over the same tokens. */
import { ProofError } from '../errors/proof-error.ts';
import type { Execution, Graph, MatrixProduct, Session, Weights } from '../graph/index.ts';
import { integerSession } from '../graph/index.ts';
import { HALF_FIELD } from '../ops/operator.ts';
import type { FloatRun } from './samples.ts';
import { rowOf } from './matrix.ts';
import { countedProduct } from './wraps.ts';

/** Sums over everything that was compared. */
export interface Comparison {
  /** Sequences, and rows whose logits were compared. */
  readonly sequences: number;
  readonly tokens: number;
  /** Sum over rows of KL(float || integer), in nats. */
  readonly divergence: number;
  /** Rows with the same likeliest token. */
  readonly agreed: number;
  /** Sums of -ln p(next token), over rows that have one. */
  readonly predicted: number;
  readonly floatLoss: number;
  readonly integerLoss: number;
  /** Greatest difference of a logit, after subtracting the mean difference of its row, in nats. */
  readonly logitError: number;
  /** Entries of roundings with guard bits, and those at an end of their range. */
  readonly rounded: number;
  readonly saturated: number;
  /** Accumulators beyond the balanced range, and residues beyond half of it. */
  readonly wraps: number;
  readonly nearEdge: number;
  /** Greatest absolute residue, and its node. */
  readonly peak: { readonly node: string; readonly value: number };
  /** Sequences for which there is no proof, with the first reason. */
  readonly unprovable: number;
  readonly reason: string | undefined;
}

type Sums = { -readonly [K in keyof Comparison]: Comparison[K] };

/** What is looked at in every execution. */
interface Watched {
  /** Roundings that saturate, with their ends. */
  readonly roundings: readonly { readonly node: string; readonly least: number; readonly most: number }[];
  readonly residues: readonly string[];
  readonly logits: string;
  readonly unit: number;
}

function watchedOf(graph: Graph, residues: readonly string[]): Watched {
  const last = graph.nodes.find((node) => node.name === graph.output);
  if (last?.op !== 'argmax') throw new RangeError(`graph: expected an argmax as output, got ${last?.op}`);
  const roundings = graph.nodes.flatMap((node) =>
    (node.op === 'requantise' || node.op === 'rope') && node.guard > 0
      ? [{ node: node.name, least: -(2 ** (node.bits - 1)), most: 2 ** (node.bits - 1) - 1 }]
      : [],
  );
  return { roundings, residues, logits: last.input, unit: last.unit };
}

/** Natural logarithms of a softmax. */
function logSoftmax(logits: ArrayLike<number>, unit: number): Float64Array {
  const out = Float64Array.from(logits, (v) => v / unit);
  const most = out.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = Math.log(out.reduce((sum, v) => sum + Math.exp(v - most), 0)) + most;
  return out.map((v) => v - total);
}

function indexOfMax(values: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
  return best;
}

/** Greatest difference of two rows of logits, their mean difference left out: a softmax does not see it. */
function centredError(a: Float64Array, b: ArrayLike<number>, unit: number): number {
  const difference = a.map((v, i) => v - (b[i] as number) / unit);
  const mean = difference.reduce((sum, v) => sum + v, 0) / difference.length;
  return difference.reduce((most, v) => Math.max(most, Math.abs(v - mean)), 0);
}

function compareRow(sums: Sums, float: Float64Array, integer: Int32Array, unit: number, next?: number): void {
  const [p, q] = [logSoftmax(float, 1), logSoftmax(integer, unit)];
  sums.tokens++;
  sums.divergence += p.reduce((sum, v, i) => sum + Math.exp(v) * (v - (q[i] as number)), 0);
  if (indexOfMax(float) === indexOfMax(integer)) sums.agreed++;
  sums.logitError = Math.max(sums.logitError, centredError(float, integer, unit));
  if (next === undefined) return;
  sums.predicted++;
  sums.floatLoss -= p[next] as number;
  sums.integerLoss -= q[next] as number;
}

/** Counts saturations and looks for residues near the edge. */
function inspect(sums: Sums, { roundings, residues }: Watched, { tensors }: Execution<Int32Array>): void {
  for (const { node, least, most } of roundings) {
    const data = tensors.get(node)?.data ?? new Int32Array(0);
    sums.rounded += data.length;
    for (const v of data) if (v === least || v === most) sums.saturated++;
  }
  for (const node of residues) {
    for (const v of tensors.get(node)?.data ?? []) {
      const size = Math.abs(v);
      if (size > HALF_FIELD / 2) sums.nearEdge++;
      if (size > sums.peak.value) sums.peak = { node, value: size };
    }
  }
}

/** Rows that are executed at a time: all their tensors are in memory. */
const CHUNK_ROWS = 64;

function compareRun(sums: Sums, session: Session<Int32Array>, watched: Watched, run: FloatRun): void {
  for (let first = 0; first < run.tokens.length; first += CHUNK_ROWS) {
    const tokens = run.tokens.slice(first, first + CHUNK_ROWS);
    const starts = first === 0 ? [0] : [];
    const execution = session.append({ tokens, starts, emit: 'all' });
    inspect(sums, watched, execution);
    const { data, width } = execution.tensors.get(watched.logits) as Execution<Int32Array>['output'];
    for (let t = 0; t < tokens.length; t++) {
      const integer = data.subarray(t * width, (t + 1) * width);
      compareRow(sums, rowOf(run.logits, first + t), integer, watched.unit, run.tokens[first + t + 1]);
    }
  }
}

/**
 * Compares an integer program with runs of its model.
 *
 * @param graph with an `argmax` with a unit as output
 * @param runs made one at a time, so that the logits of one are in memory
 * @throws RangeError for another graph; ProofError as `integerSession`. Rows without a proof are counted, not thrown
 */
export function compare(
  graph: Graph,
  weights: Weights,
  runs: Iterable<FloatRun>,
  product: MatrixProduct,
): Comparison {
  const counted = countedProduct(product);
  const session = integerSession(graph, weights, { product: counted.product });
  const watched = watchedOf(graph, session.info.residues);
  const sums: Sums = {
    sequences: 0,
    tokens: 0,
    divergence: 0,
    agreed: 0,
    predicted: 0,
    floatLoss: 0,
    integerLoss: 0,
    logitError: 0,
    rounded: 0,
    saturated: 0,
    wraps: 0,
    nearEdge: 0,
    peak: { node: '', value: 0 },
    unprovable: 0,
    reason: undefined,
  };
  for (const run of runs) {
    sums.sequences++;
    try {
      compareRun(sums, session, watched, run);
    } catch (error) {
      if (!(error instanceof ProofError) || error.code !== 'UNPROVABLE') throw error;
      sums.unprovable++;
      sums.reason ??= error.message;
    }
  }
  return { ...sums, wraps: counted.wraps() };
}

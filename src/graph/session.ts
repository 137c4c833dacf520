/**
 * Running a graph row by row, whatever the arithmetic. A session holds what later rows need of earlier ones (keys and
 * values of attention); appending a prompt at once or a token at a time gives the same rows, because every operator but
 * attention works on single rows and attention sees the same cached ones.
 */
import { refuse } from '../errors/proof-error.ts';
import { checkGraph, type GraphInfo } from './check.ts';
import type { Graph, GraphNode } from './graph.ts';
import { references } from './operators.ts';

/** Entries of a tensor: int32 for the proven arithmetic, float64 for the one it approximates. */
export type Entries = Int32Array | Float64Array;

export interface Tensor<A extends Entries> {
  readonly rows: number;
  readonly width: number;
  readonly data: A;
}

/** How `argmax` chooses: the greatest value, or with the noise of a 32-byte public seed at a temperature in thousandths. */
export type Choice = 'greedy' | { readonly seed: Uint8Array; readonly temperature: number };

export interface Append {
  /** Token ids of the new rows; needed where the graph has an embedding. */
  readonly tokens?: ArrayLike<number>;
  /** Rows of tokens that a proof keeps private: with `auxiliary` their witness is computed. Default: none. */
  readonly privateRows?: readonly number[];
  /** Rows of `input` nodes by name, row by row. */
  readonly inputs?: Readonly<Record<string, ArrayLike<number>>>;
  /** Rows of this append at which a new sequence starts. Default: 0 for the first append, none for later ones. */
  readonly starts?: readonly number[];
  /** Rows of this append that emit, ascending. Default: the last row of every sequence in it. */
  readonly emit?: 'all' | 'none' | readonly number[];
  /** Default: greedy. */
  readonly choice?: Choice;
  /** Keep what operators compute beside their results. Default: false. */
  readonly auxiliary?: boolean;
}

/** The results of the new rows. */
export interface Execution<A extends Entries> {
  /** Results by name of node. */
  readonly tensors: ReadonlyMap<string, Tensor<A>>;
  /** Intermediate values as NODE.VALUE, where asked for. */
  readonly auxiliary: ReadonlyMap<string, Entries>;
  /** Rows of this append that emitted. */
  readonly emitted: readonly number[];
  /** The result of the output node. */
  readonly output: Tensor<A>;
}

/** What an operator may need beside its inputs. */
export interface Rows<A extends Entries> {
  readonly count: number;
  readonly tokens: ArrayLike<number> | undefined;
  readonly privateRows: readonly number[];
  inputOf(name: string): ArrayLike<number>;
  /** Position of each new row in its sequence, and the first row (of all) of its sequence. */
  readonly positions: Int32Array;
  readonly sequenceStart: Int32Array;
  readonly emitted: readonly number[];
  readonly choice: Choice;
  /** All rows of a cached tensor, the new ones included. */
  history(name: string): Tensor<A>;
}

/** An arithmetic: how one node is computed. */
export interface Arithmetic<A extends Entries> {
  empty(length: number): A;
  evaluate(
    node: GraphNode,
    inputs: readonly Tensor<A>[],
    rows: Rows<A>,
    info: GraphInfo,
  ): { readonly data: A; readonly auxiliary?: () => Readonly<Record<string, Entries>> };
}

export interface Session<A extends Entries> {
  readonly info: GraphInfo;
  /** Rows so far. */
  readonly length: () => number;
  /**
   * Computes new rows.
   *
   * @throws RangeError for rows that do not fit the graph's inputs; ProofError `CONTEXT` for a sequence longer than the
   *   context, `TOKEN` for an id outside the vocabulary, `UNPROVABLE` for rows that have no witness. The session is then as before.
   */
  append(rows: Append): Execution<A>;
}

/** A tensor that grows by rows. */
interface Growing<A extends Entries> {
  data: A;
  rows: number;
}

function grow<A extends Entries>(cache: Growing<A>, addition: Tensor<A>, empty: (n: number) => A): void {
  const { rows, width, data } = addition;
  const needed = (cache.rows + rows) * width;
  if (cache.data.length < needed) {
    const wider = empty(Math.max(needed, 2 * cache.data.length));
    wider.set(cache.data);
    cache.data = wider;
  }
  cache.data.set(data, cache.rows * width);
  cache.rows += rows;
}

/** The number of new rows. @throws RangeError where tokens and inputs disagree or are missing */
function rowCount(graph: Graph, info: GraphInfo, { tokens, inputs }: Append): number {
  const counts: number[] = [];
  for (const node of graph.nodes) {
    if (node.op === 'embedding') {
      if (tokens === undefined) throw new RangeError(`tokens: expected the ids that ${node.name} reads`);
      counts.push(tokens.length);
    } else if (node.op === 'input') {
      const data = inputs?.[node.name];
      if (data === undefined) throw new RangeError(`inputs: expected rows of ${node.name}`);
      counts.push(data.length / (info.tensors.get(node.name)?.width ?? 1));
    }
  }
  const [count = 0] = counts;
  if (!Number.isInteger(count) || counts.some((other) => other !== count)) {
    throw new RangeError(`inputs: expected one number of whole rows, got ${counts.join(', ')}`);
  }
  return count;
}

/** Checks an ascending list of rows. @throws RangeError */
function checkedRows(name: string, rows: readonly number[], count: number): readonly number[] {
  rows.forEach((row, i) => {
    const ascending = i === 0 || row > (rows[i - 1] as number);
    if (!Number.isInteger(row) || row < 0 || row >= count || !ascending) {
      throw new RangeError(`${name}: expected ascending rows below ${count}, got ${row}`);
    }
  });
  return rows;
}

/**
 * A session of a graph.
 *
 * @throws ProofError as `checkGraph`
 */
export function createSession<A extends Entries>(graph: Graph, arithmetic: Arithmetic<A>): Session<A> {
  const info = checkGraph(graph);
  const cached = new Set(
    graph.nodes.flatMap((node) => (node.op === 'attention' ? [node.key, node.value] : [])),
  );
  const reads = new Map(graph.nodes.map((node) => [node, references(node, 'tensor')]));
  let caches = new Map<string, Growing<A>>();
  let length = 0;
  let position = 0; // of the next row, in the sequence that goes on
  let start = 0; // the first row of that sequence

  /** Positions of new rows; the state moves only when the append has succeeded. */
  const place = (count: number, starts: readonly number[]) => {
    const positions = new Int32Array(count);
    const sequenceStart = new Int32Array(count);
    let [nextPosition, nextStart] = [position, start];
    const fresh = new Set(starts);
    for (let i = 0; i < count; i++) {
      if (fresh.has(i)) [nextPosition, nextStart] = [0, length + i];
      if (nextPosition >= graph.context)
        refuse('CONTEXT', 'graph', `expected at most ${graph.context} tokens`);
      positions[i] = nextPosition++;
      sequenceStart[i] = nextStart;
    }
    return { positions, sequenceStart, nextPosition, nextStart };
  };

  return {
    info,
    length: () => length,
    append(append) {
      const count = rowCount(graph, info, append);
      const defaultStarts = length === 0 && count > 0 ? [0] : [];
      const starts = checkedRows('starts', append.starts ?? defaultStarts, count);
      const { positions, sequenceStart, nextPosition, nextStart } = place(count, starts);
      const emitted = checkedRows('emit', emittedRows(append.emit, count, starts), count);
      const next = new Map(caches);
      const rows: Rows<A> = {
        count,
        tokens: append.tokens,
        privateRows: append.privateRows ?? [],
        inputOf: (name) => append.inputs?.[name] as ArrayLike<number>,
        positions,
        sequenceStart,
        emitted,
        choice: append.choice ?? 'greedy',
        history(name) {
          const { data, rows: total } = next.get(name) as Growing<A>;
          const width = info.tensors.get(name)?.width as number;
          return { rows: total, width, data: data.subarray(0, total * width) as A };
        },
      };
      const tensors = new Map<string, Tensor<A>>();
      const auxiliary = new Map<string, Entries>();
      for (const node of graph.nodes) {
        const inputs = (reads.get(node) as string[]).map((name) => tensors.get(name) as Tensor<A>);
        const result = arithmetic.evaluate(node, inputs, rows, info);
        const { width, rows: kind } = info.tensors.get(node.name) as { width: number; rows: string };
        const tensor = { rows: kind === 'emitted' ? emitted.length : count, width, data: result.data };
        tensors.set(node.name, tensor);
        if (append.auxiliary) {
          for (const [name, value] of Object.entries(result.auxiliary?.() ?? {}))
            auxiliary.set(`${node.name}.${name}`, value);
        }
        if (cached.has(node.name)) {
          // A copy of the record: an append that fails later leaves the old one (rows behind its end are not read).
          const cache = { ...(caches.get(node.name) ?? { data: arithmetic.empty(0), rows: 0 }) };
          grow(cache, tensor, arithmetic.empty);
          next.set(node.name, cache);
        }
      }
      caches = next;
      length += count;
      [position, start] = [nextPosition, nextStart];
      return { tensors, auxiliary, emitted, output: tensors.get(graph.output) as Tensor<A> };
    },
  };
}

/** The last rows of sequences, all rows, none, or the caller's. */
function emittedRows(emit: Append['emit'], count: number, starts: readonly number[]): readonly number[] {
  if (emit === 'none') return [];
  if (emit === 'all') return Array.from({ length: count }, (_, i) => i);
  if (emit !== undefined) return emit;
  const ends = [...starts.filter((row) => row > 0).map((row) => row - 1), count - 1];
  return count === 0 ? [] : ends;
}

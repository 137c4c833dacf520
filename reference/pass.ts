/** The public part of a pass: spec/integer-semantics.md section 9. */
import type { Graph } from './graph-file.ts';
import { range } from './lists.ts';
import { require } from './refusal.ts';

export type Choice = 'greedy' | { readonly seed: Uint8Array; readonly temperature: number };

export interface Pass {
  readonly rows: number;
  /** Ids of all rows, null where they are private; there where the graph has an embedding. */
  readonly tokens?: readonly (number | null)[];
  /** Rows at which sequences start, the first 0. */
  readonly starts: readonly number[];
  /** Rows that emit. */
  readonly emit: readonly number[];
  readonly choice: Choice;
  /** Results of `argmax` nodes by name. */
  readonly choices: Readonly<Record<string, readonly number[]>>;
  /** Rows of results that the statement shows, row by row. */
  readonly revealed: readonly {
    readonly node: string;
    readonly rows: readonly number[];
    readonly values: readonly number[];
  }[];
}

/** A pass, with for every row the first row of its sequence and its position in it. */
export interface Rows extends Pass {
  readonly sequenceStart: readonly number[];
  readonly positions: readonly number[];
}

/** @throws Refusal `PASS_ROWS`, `CONTEXT` */
export function rowsOf(graph: Graph, pass: Pass): Rows {
  const { rows, tokens, starts, emit } = pass;
  const wrong = (holds: boolean, what: string): void => require(holds, 'PASS_ROWS', what);
  wrong(Number.isInteger(rows) && rows >= 1, 'rows');
  const attention = graph.nodes.filter(({ op }) => op === 'attention').length;
  wrong(rows * graph.nodes.length <= 2 ** 22 && rows * attention <= 2 ** 17, 'fewer rows');
  wrong(tokens === undefined || tokens.length === rows, 'tokens');
  const embeddings = graph.nodes.filter(({ op }) => op === 'embedding').length;
  wrong(tokens !== undefined || embeddings === 0, 'tokens are needed');
  wrong(embeddings === 1 || !tokens?.includes(null), 'one embedding reads private ids');
  wrong(ascend(starts, rows) && ascend(emit, rows) && starts[0] === 0, 'starts and emit');
  let start = 0;
  const isStart = new Set(starts);
  const sequenceStart = range(rows).map((row) => (start = isStart.has(row) ? row : start));
  const positions = sequenceStart.map((first, row) => row - first);
  require(positions.every((position) => position < graph.context), 'CONTEXT', `${graph.context} tokens`); // prettier-ignore
  return { ...pass, sequenceStart, positions };
}

/** Integers from 0 on, below `end`, ascending. */
export function ascend(rows: readonly number[], end: number): boolean {
  return rows.every(
    (row, i) => Number.isInteger(row) && row > (i === 0 ? -1 : (rows[i - 1] as number)) && row < end,
  );
}

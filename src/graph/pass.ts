/** The public part of a pass: what a statement says of its rows, and what follows from that. */
import { refuse } from '../errors/proof-error.ts';
import { PRIVATE_TOKEN, type PublicChoice, type PublicRows } from '../ops/lowering.ts';
import type { Graph } from './graph.ts';

/** Entries of a node's result that the statement shows. */
export interface Revealed {
  readonly node: string;
  /** Rows of the node's result, ascending. */
  readonly rows: readonly number[];
  /** Their entries, row by row. */
  readonly values: ArrayLike<number>;
}

/**
 * Rows of all nodes together, and of all attention nodes. Attention has relations of its own for every 32 rows, the other nodes public numbers for
 * every row: a verifier makes them before it sees that a proof is none.
 */
const MAX_NODE_ROWS = 2 ** 22;
const MAX_ATTENTION_ROWS = 2 ** 17;

/** Rows that a pass of a graph may have. */
export function mostRows({ nodes }: Graph): number {
  const attention = nodes.filter(({ op }) => op === 'attention').length;
  return Math.floor(Math.min(MAX_NODE_ROWS / nodes.length, MAX_ATTENTION_ROWS / attention));
}

/** One causal pass over one or several sequences. */
export interface Pass {
  /** Rows of all sequences, at least 1. */
  readonly rows: number;
  /** Token ids of all rows, `PRIVATE_TOKEN` for private ones; needed where the graph has an embedding. */
  readonly tokens?: ArrayLike<number>;
  /** Rows at which sequences start; the first is 0. */
  readonly starts: readonly number[];
  /** Rows that emit, ascending. */
  readonly emit: readonly number[];
  /** Default: greedy. */
  readonly choice?: PublicChoice;
  /** Results of `argmax` nodes, one a row: the completion. */
  readonly choices?: Readonly<Record<string, ArrayLike<number>>>;
  /** Default: nothing beside the choices. */
  readonly revealed?: readonly Revealed[];
}

/** @throws ProofError `PASS_ROWS`, `CONTEXT` for rows that are no pass of the graph */
export function publicRows(graph: Graph, pass: Pass): PublicRows {
  const { rows: count, tokens, starts, emit, choice = 'greedy', choices } = pass;
  const wrong = (what: string): never => refuse('PASS_ROWS', 'pass', what);
  if (!Number.isInteger(count) || count < 1) wrong(`rows: expected a positive integer, got ${count}`);
  const most = mostRows(graph);
  if (count > most) wrong(`rows: expected at most ${most} for this graph, got ${count}`);
  if (tokens !== undefined && tokens.length !== count) {
    wrong(`tokens: expected ${count}, got ${tokens.length}`);
  }
  const embeddings = graph.nodes.filter(({ op }) => op === 'embedding').length;
  if (tokens === undefined && embeddings > 0) wrong('tokens: expected ids');
  const privateRows = rowsOfPrivateTokens(tokens);
  // Each embedding has one-hots of its own: two would not be tied to the same ids.
  if (privateRows.length > 0 && embeddings !== 1) {
    wrong(`private tokens: expected a graph with one embedding, got ${embeddings}`);
  }
  ascending('starts', starts, count);
  ascending('emit', emit, count);
  if (starts[0] !== 0) wrong('starts: expected 0 first');
  const [positions, sequenceStart]: [number[], number[]] = [[], []];
  let start = 0;
  let next = 0;
  for (let row = 0; row < count; row++) {
    if (starts[next] === row) {
      start = row;
      next++;
    }
    if (row - start >= graph.context) refuse('CONTEXT', 'graph', `expected at most ${graph.context} tokens`);
    positions.push(row - start);
    sequenceStart.push(start);
  }
  const choicesOf = (node: string): ArrayLike<number> | undefined =>
    choices !== undefined && Object.hasOwn(choices, node) ? choices[node] : undefined;
  return { count, tokens, privateRows, positions, sequenceStart, emitted: emit, choice, choicesOf };
}

/** Rows of private tokens, ascending. */
export function rowsOfPrivateTokens(tokens: ArrayLike<number> = []): number[] {
  return Array.from(tokens).flatMap((id, row) => (id === PRIVATE_TOKEN ? [row] : []));
}

function ascending(name: string, rows: readonly number[], count: number): void {
  rows.forEach((row, i) => {
    const fits =
      Number.isInteger(row) && row >= 0 && row < count && (i === 0 || row > (rows[i - 1] as number));
    if (!fits) refuse('PASS_ROWS', 'pass', `${name}: expected ascending rows below ${count}, got ${row}`);
  });
}

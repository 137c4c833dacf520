/**
 * What a proof of an answer says: this model, given these prompts, chose these tokens, one after the other, by this rule.
 * spec/answers.md section 2.
 */
import { refuse } from '../errors/proof-error.ts';
import type { Graph } from '../graph/graph.ts';
import type { Pass } from '../graph/pass.ts';
import type { PublicChoice } from '../ops/lowering.ts';
import { digestOfLeaves } from '../transcript/statement.ts';

/** One prompt and what the model chose behind it. */
export interface Sequence {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
}

export interface AnswerStatement {
  /** Digest of the model's key. */
  readonly model: Uint8Array;
  readonly sequences: readonly Sequence[];
  readonly choice: PublicChoice;
  /** Anything the parties agree on: a request id, a date, a purpose. At most 64 KiB. */
  readonly context: Uint8Array;
}

export const MAX_CONTEXT_BYTES = 2 ** 16;
export const MAX_SEQUENCES = 2 ** 12;

/**
 * The pass that a statement is about: every sequence once, its prompt and all of its completion but the last token as rows; a
 * row emits where its successor was chosen. Behind them rows that fill up.
 *
 * @throws ProofError `STATEMENT` for a statement that no pass can have; `GRAPH_OUTPUT` for a graph that chooses no tokens
 */
export function passOf(graph: Graph, { sequences, choice }: AnswerStatement): Pass {
  const output = graph.nodes.find(({ name }) => name === graph.output);
  if (output?.op !== 'argmax') refuse('GRAPH_OUTPUT', 'graph', 'expected a graph that chooses tokens');
  if (sequences.length < 1 || sequences.length > MAX_SEQUENCES) {
    refuse('STATEMENT', 'sequences', `expected 1 to ${MAX_SEQUENCES}, got ${sequences.length}`);
  }
  const tokens: number[] = [];
  const starts: number[] = [];
  const emit: number[] = [];
  const choices: number[] = [];
  sequences.forEach(({ prompt, completion }, s) => {
    if (prompt.length === 0) refuse('STATEMENT', `sequences[${s}]`, 'prompt: expected a token, got none');
    if (completion.length === 0)
      refuse('STATEMENT', `sequences[${s}]`, 'completion: expected a token, got none');
    starts.push(tokens.length);
    for (const id of prompt) tokens.push(id);
    completion.forEach((id, i) => {
      emit.push(tokens.length - 1);
      choices.push(id);
      if (i < completion.length - 1) tokens.push(id);
    });
  });
  fillUp(tokens, starts, graph.context);
  return { rows: tokens.length, tokens, starts, emit, choice, choices: { [graph.output]: choices } };
}

/**
 * Rows that nobody asked for, sequences of their own behind the others: the first token again and again, until the number of rows
 * has at most two binary digits; a sequence ends where the context does. A tensor of 127 rows has seven pieces, one of 128 a single one, and every piece is work.
 */
function fillUp(tokens: number[], starts: number[], context: number): void {
  const rows = fewPieces(tokens.length);
  for (let start = tokens.length; start < rows; start += context) starts.push(start);
  while (tokens.length < rows) tokens.push(tokens[0] as number);
}

/** The least number from n on with at most two binary digits 1. */
export function fewPieces(n: number): number {
  let rows = n;
  for (;;) {
    const low = rows & -rows; // lowest digit
    const rest = rows - low;
    if ((rest & (rest - 1)) === 0) return rows;
    rows += low;
  }
}

/** What the transcript of the proof is bound to beside program and weights: the model and the parties' context. */
export function answerContext({ model, context }: AnswerStatement): Uint8Array<ArrayBuffer> {
  return digestOfLeaves('zkdl answer 1', [
    { label: 'model', type: 'digest', value: model },
    { label: 'context', type: 'bytes', value: context },
  ]);
}

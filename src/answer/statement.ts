/**
 * What a proof of an answer says: this model, given these prompts, chose these tokens, one after the other, by this rule.
 * spec/answers.md section 2.
 */
import { refuse } from '../errors/proof-error.ts';
import type { Graph } from '../graph/graph.ts';
import type { Pass, Revealed } from '../graph/pass.ts';
import { PRIVATE_TOKEN, type PublicChoice } from '../ops/lowering.ts';
import { HALF_FIELD } from '../ops/operator.ts';
import { digestOfLeaves } from '../transcript/statement.ts';

/** A prompt of which a statement says nothing but its length. */
export interface PrivatePrompt {
  readonly privateTokens: number;
}

/** Token ids, or how many there are. */
export type Prompt = readonly number[] | PrivatePrompt;

/** One prompt and what the model chose behind it. */
export interface Sequence {
  readonly prompt: Prompt;
  readonly completion: readonly number[];
}

/** All logits from which one token of a completion was chosen, before noise. */
export interface RevealedLogits {
  /** Index of the sequence, and of the token in its completion. */
  readonly sequence: number;
  readonly position: number;
  /** One a token id: steps of the integer program, `unit` of its `argmax` to a nat. */
  readonly values: ArrayLike<number>;
}

export interface AnswerStatement {
  /** Digest of the model's key. */
  readonly model: Uint8Array;
  readonly sequences: readonly Sequence[];
  readonly choice: PublicChoice;
  /** Anything the parties agree on: a request id, a date, a purpose. At most 64 KiB. */
  readonly context: Uint8Array;
  /** By sequence, then position, each once. Default: none. */
  readonly revealed?: readonly RevealedLogits[];
}

export const MAX_CONTEXT_BYTES = 2 ** 16;
export const MAX_SEQUENCES = 2 ** 12;

/** Of all prompts together: a file shows lengths alone, and every token is a row. */
export const MAX_PRIVATE_TOKENS = 2 ** 17;

export function isPrivate(prompt: Prompt): prompt is PrivatePrompt {
  return 'privateTokens' in prompt;
}

/**
 * The pass that a statement is about: every sequence once, its prompt and all of its completion but the last token as rows; a
 * row emits where its successor was chosen. Behind them rows that fill up.
 *
 * @throws ProofError `STATEMENT` for a statement that no pass can have; `GRAPH_OUTPUT` for a graph that chooses no tokens
 */
export function passOf(graph: Graph, { sequences, choice, revealed = [] }: AnswerStatement): Pass {
  const output = graph.nodes.find(({ name }) => name === graph.output);
  if (output?.op !== 'argmax') refuse('GRAPH_OUTPUT', 'graph', 'expected a graph that chooses tokens');
  if (sequences.length < 1 || sequences.length > MAX_SEQUENCES) {
    refuse('STATEMENT', 'sequences', `expected 1 to ${MAX_SEQUENCES}, got ${sequences.length}`);
  }
  checkPrompts(sequences);
  const tokens: number[] = [];
  const starts: number[] = [];
  const emit: number[] = [];
  const choices: number[] = [];
  sequences.forEach(({ prompt, completion }, s) => {
    if (completion.length === 0)
      refuse('STATEMENT', `sequences[${s}]`, 'completion: expected a token, got none');
    starts.push(tokens.length);
    if (isPrivate(prompt)) for (let i = 0; i < prompt.privateTokens; i++) tokens.push(PRIVATE_TOKEN);
    else for (const id of prompt) tokens.push(id);
    completion.forEach((id, i) => {
      emit.push(tokens.length - 1);
      choices.push(id);
      if (i < completion.length - 1) tokens.push(id);
    });
  });
  fillUp(tokens, starts, graph.context);
  const pass = { rows: tokens.length, tokens, starts, emit, choice, choices: { [graph.output]: choices } };
  return revealed.length === 0
    ? pass
    : { ...pass, revealed: [revealedRows(output.input, sequences, revealed)] };
}

/** @throws ProofError `STATEMENT` */
function checkPrompts(sequences: readonly Sequence[]): void {
  let hidden = 0;
  sequences.forEach(({ prompt }, s) => {
    const wrong = (what: string): never => refuse('STATEMENT', `sequences[${s}]`, `prompt: ${what}`);
    if (isPrivate(prompt)) {
      const { privateTokens: count } = prompt;
      if (!Number.isInteger(count) || count < 1) wrong(`expected a token, got ${count}`);
      if ((hidden += count) > MAX_PRIVATE_TOKENS) {
        wrong(`expected at most ${MAX_PRIVATE_TOKENS} private tokens in all prompts, got more`);
      }
    } else {
      if (prompt.length === 0) wrong('expected a token, got none');
      // The number that stands for a private token is no id.
      if (!prompt.every((id) => id >= 0)) wrong('expected ids that are not negative');
    }
  });
}

/** @throws ProofError `STATEMENT` unless positions ascend, exist, and have balanced residues, all as many */
function revealedRows(
  node: string,
  sequences: readonly Sequence[],
  revealed: readonly RevealedLogits[],
): Revealed {
  const first: number[] = [];
  sequences.reduce((sum, { completion }) => (first.push(sum), sum + completion.length), 0);
  const width = (revealed[0] as RevealedLogits).values.length;
  const rows: number[] = [];
  const values = new Int32Array(width * revealed.length);
  revealed.forEach(({ sequence, position, values: own }, i) => {
    const wrong = (what: string): never => refuse('STATEMENT', `revealed[${i}]`, what);
    const length = sequences[sequence]?.completion.length ?? wrong(`expected a sequence, got ${sequence}`);
    const fits = Number.isInteger(position) && position >= 0 && position < length;
    if (!fits) wrong(`expected a position below ${length}, got ${position}`);
    const row = (first[sequence] as number) + position;
    if (row <= (rows[i - 1] ?? -1)) wrong('expected ascending positions');
    if (own.length !== width) wrong(`expected ${width} values, got ${own.length}`);
    // One integer for each residue: another one of the same would be proven as well.
    const balanced = Array.from(own).every((v) => Number.isInteger(v) && Math.abs(v) <= HALF_FIELD);
    if (!balanced) wrong(`expected integers of at most ${HALF_FIELD}`);
    rows.push(row);
    values.set(Array.from(own), i * width);
  });
  return { node, rows, values };
}

/**
 * Rows that nobody asked for, sequences of their own behind the others: the first token again and again (0 if it is private), until the number of
 * rows has at most two binary digits; a sequence ends where the context does. A tensor of 127 rows has seven pieces, one of 128 a single one, and
 * every piece is work.
 */
function fillUp(tokens: number[], starts: number[], context: number): void {
  const rows = fewPieces(tokens.length);
  const filler = Math.max(tokens[0] as number, 0);
  for (let start = tokens.length; start < rows; start += context) starts.push(start);
  while (tokens.length < rows) tokens.push(filler);
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

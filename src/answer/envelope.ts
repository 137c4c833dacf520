/**
 * A proof file: a statement and the proof of it. Bytes: spec/answers.md section 3.
 */
import { refuse } from '../errors/proof-error.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import type { PublicChoice } from '../ops/lowering.ts';
import { decodeParameters, encodeParameters } from '../params/encoding.ts';
import type { Parameters } from '../params/parameters.ts';
import { fileBytes, fileReader, type FilePart, type FileReader } from './bytes.ts';
import {
  isPrivate,
  MAX_CONTEXT_BYTES,
  MAX_SEQUENCES,
  type AnswerStatement,
  type Prompt,
  type RevealedLogits,
  type Sequence,
} from './statement.ts';

export interface Answer {
  readonly statement: AnswerStatement;
  /** For this proof: code and profile are those of the key. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

export const ANSWER_VERSION = 2;
const MAGIC = 'zkdl-ans';
const STAGE = 'proof file';
const SEED_BYTES = 32;
/** Kinds of prompts. */
const [PUBLIC, PRIVATE] = [0, 1];

export function encodeAnswer({ statement, parameters, proof }: Answer): Uint8Array<ArrayBuffer> {
  const { model, choice, context, sequences, revealed = [] } = statement;
  return fileBytes(MAGIC, ANSWER_VERSION, [
    model,
    ...(choice === 'greedy' ? [0] : [1, choice.seed, choice.temperature]),
    { block: context },
    sequences.length,
    ...sequences.flatMap(({ prompt, completion }): FilePart[] => [
      ...(isPrivate(prompt) ? [PRIVATE, prompt.privateTokens] : [PUBLIC, ...ids(prompt)]),
      ...ids(completion),
    ]),
    revealed.length,
    ...revealed.flatMap(({ sequence, position, values }): FilePart[] => [
      sequence,
      position,
      { block: integerBytes(values) },
    ]),
    { block: encodeParameters(parameters) },
    { block: proof },
  ]);
}

/** 32-bit integers, two's complement, little-endian. */
function integerBytes(values: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setInt32(4 * i, values[i] as number, true);
  return bytes;
}

function ids(list: readonly number[]): number[] {
  return [list.length, ...list];
}

/** @throws ProofError `FORMAT`, `VERSION`, `LENGTH`, `STATEMENT`; as `decodeParameters` */
export function decodeAnswer(bytes: Uint8Array): Answer {
  const reader = fileReader(STAGE, bytes, MAGIC, ANSWER_VERSION);
  const model = reader.bytes('model', DIGEST_BYTES).slice();
  const choice = readChoice(reader);
  const context = reader.block('context').slice();
  if (context.length > MAX_CONTEXT_BYTES) {
    refuse('STATEMENT', STAGE, `context: expected at most ${MAX_CONTEXT_BYTES} bytes, got ${context.length}`);
  }
  const count = reader.u32('sequences');
  if (count < 1 || count > MAX_SEQUENCES) {
    refuse('STATEMENT', STAGE, `sequences: expected 1 to ${MAX_SEQUENCES}, got ${count}`);
  }
  const sequences: Sequence[] = [];
  for (let s = 0; s < count; s++) {
    sequences.push({ prompt: readPrompt(reader), completion: readIds(reader, 'completion') });
  }
  const revealed = readRevealed(reader, sequences);
  const parameters = decodeParameters(reader.block('parameters'));
  const proof = reader.block('proof').slice();
  reader.end();
  return { statement: { model, sequences, choice, context, revealed }, parameters, proof };
}

function readChoice(reader: FileReader): PublicChoice {
  const kind = reader.u32('choice');
  if (kind === 0) return 'greedy';
  if (kind !== 1) refuse('STATEMENT', STAGE, `choice: expected 0 or 1, got ${kind}`);
  return { seed: reader.bytes('seed', SEED_BYTES).slice(), temperature: reader.u32('temperature') };
}

function readPrompt(reader: FileReader): Prompt {
  const kind = reader.u32('kind of prompt');
  if (kind === PUBLIC) return readIds(reader, 'prompt');
  if (kind !== PRIVATE) refuse('STATEMENT', STAGE, `kind of prompt: expected 0 or 1, got ${kind}`);
  const privateTokens = reader.u32('length of prompt'); // bounded by `passOf`
  return { privateTokens };
}

function readRevealed(reader: FileReader, sequences: readonly Sequence[]): RevealedLogits[] {
  const count = reader.u32('revealed');
  const most = sequences.reduce((sum, { completion }) => sum + completion.length, 0);
  if (count > most) refuse('STATEMENT', STAGE, `revealed: expected at most ${most}, got ${count}`);
  return Array.from({ length: count }, () => {
    const [sequence, position] = [reader.u32('sequence'), reader.u32('position')];
    const bytes = reader.block('logits');
    if (bytes.length % 4 !== 0)
      refuse('STATEMENT', STAGE, `logits: expected words, got ${bytes.length} bytes`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = Int32Array.from({ length: bytes.length / 4 }, (_, i) => view.getInt32(4 * i, true));
    return { sequence, position, values };
  });
}

function readIds(reader: FileReader, what: string): number[] {
  const count = reader.u32(what);
  const words = reader.bytes(what, 4 * count); // refused before anything of that size is made
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  return Array.from({ length: count }, (_, i) => view.getUint32(4 * i, true));
}

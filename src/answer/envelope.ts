/**
 * A proof file: a statement and the proof of it. Bytes: spec/answers.md section 3.
 */
import { refuse } from '../errors/proof-error.ts';
import { DIGEST_BYTES } from '../hash/blake3.ts';
import type { PublicChoice } from '../ops/lowering.ts';
import { decodeParameters, encodeParameters } from '../params/encoding.ts';
import type { Parameters } from '../params/parameters.ts';
import { fileBytes, fileReader, type FilePart, type FileReader } from './bytes.ts';
import { MAX_CONTEXT_BYTES, MAX_SEQUENCES, type AnswerStatement, type Sequence } from './statement.ts';

export interface Answer {
  readonly statement: AnswerStatement;
  /** For this proof: code and profile are those of the key. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

export const ANSWER_VERSION = 1;
const MAGIC = 'zkdl-ans';
const STAGE = 'proof file';
const SEED_BYTES = 32;

export function encodeAnswer({ statement, parameters, proof }: Answer): Uint8Array<ArrayBuffer> {
  const { model, choice, context, sequences } = statement;
  return fileBytes(MAGIC, ANSWER_VERSION, [
    model,
    ...(choice === 'greedy' ? [0] : [1, choice.seed, choice.temperature]),
    { block: context },
    sequences.length,
    ...sequences.flatMap(({ prompt, completion }): FilePart[] => [...ids(prompt), ...ids(completion)]),
    { block: encodeParameters(parameters) },
    { block: proof },
  ]);
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
    sequences.push({ prompt: readIds(reader, 'prompt'), completion: readIds(reader, 'completion') });
  }
  const parameters = decodeParameters(reader.block('parameters'));
  const proof = reader.block('proof').slice();
  reader.end();
  return { statement: { model, sequences, choice, context }, parameters, proof };
}

function readChoice(reader: FileReader): PublicChoice {
  const kind = reader.u32('choice');
  if (kind === 0) return 'greedy';
  if (kind !== 1) refuse('STATEMENT', STAGE, `choice: expected 0 or 1, got ${kind}`);
  return { seed: reader.bytes('seed', SEED_BYTES).slice(), temperature: reader.u32('temperature') };
}

function readIds(reader: FileReader, what: string): number[] {
  const count = reader.u32(what);
  const words = reader.bytes(what, 4 * count); // refused before anything of that size is made
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  return Array.from({ length: count }, (_, i) => view.getUint32(4 * i, true));
}

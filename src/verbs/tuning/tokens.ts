/** Tokens of a corpus as people have them: a `.npy` file of uint8 or uint16 (NumPy), or a JSON list of ids. Strict; no error shows a token. */
import { refuse } from '../../errors/proof-error.ts';
import { readInput } from '../files.ts';
import { readNpy, type ItemTypes } from '../training/arrays.ts';

/** A committed cell has a sign. */
const MAX_ID = 2 ** 15 - 1;
/** Sequences that a run has at most, of the greatest length: spec/graph-runs.md section 1. */
const MAX_TOKENS = 2 ** 27;
const TYPES: ItemTypes = { '|u1': { name: 'uint8', bytes: 1 }, '<u2': { name: 'uint16', bytes: 2 } };

/**
 * Reads tokens.
 *
 * @param vocabulary ids are below it
 * @throws ProofError `FILE_*`; `ARRAY`, `CORPUS` naming path and place
 */
export function readTokens(path: string, vocabulary: number): Int16Array {
  return decodeTokens(path, readInput(path), vocabulary);
}

/** @param path for errors */
export function decodeTokens(path: string, bytes: Uint8Array, vocabulary: number): Int16Array {
  const ids = bytes[0] === 0x93 ? npyTokens(path, bytes) : jsonTokens(path, bytes);
  if (ids.length < 2 || ids.length > MAX_TOKENS) {
    refuse('CORPUS', path, `expected 2 to ${MAX_TOKENS} tokens, got ${ids.length}`);
  }
  checkTokens(path, ids, vocabulary);
  return Int16Array.from(ids);
}

type Ids = ArrayLike<number> & Pick<number[], 'findIndex'>;

/** @param path for errors, @throws ProofError `CORPUS` naming the first place whose id a model does not have, without it */
export function checkTokens(path: string, ids: Ids | Int16Array, vocabulary: number): void {
  const most = Math.min(vocabulary - 1, MAX_ID);
  const isStrange = (id: number): boolean => !Number.isInteger(id) || id < 0 || id > most;
  const strange = ids.findIndex(isStrange);
  if (strange >= 0) refuse('CORPUS', path, `token ${strange}: expected an id of 0 to ${most}, got another`);
}

function npyTokens(path: string, bytes: Uint8Array): Ids {
  const { shape, data, itemBytes } = readNpy(path, bytes, TYPES);
  if (shape.length !== 1) refuse('ARRAY', path, `expected one dimension, got ${shape.length}`);
  if (itemBytes === 1) return [...data];
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length: data.length / 2 }, (_, i) => view.getUint16(2 * i, true));
}

function jsonTokens(path: string, bytes: Uint8Array): number[] {
  let list: unknown;
  try {
    list = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return refuse('ARRAY', path, 'expected a .npy file or a JSON list of ids, got another file'); // the parser's message quotes the text
  }
  return Array.isArray(list)
    ? (list as number[])
    : refuse('ARRAY', path, 'expected a list of ids, got something else');
}

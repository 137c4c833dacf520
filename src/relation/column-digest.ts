/**
 * Digests of table columns. Tables that a library makes once and nobody changes are digested once: a model's tables have a
 * million rows, and every statement names them.
 */
import { blake3 } from '../hash/blake3.ts';
import { viewOfWords } from '../hash/words.ts';

const CONTEXT = 'zkdl table column 1';

const known = new WeakMap<Uint32Array, Uint8Array | undefined>();

/** 32 bytes of a column's words. */
export function columnDigest(values: Uint32Array): Uint8Array {
  if (!known.has(values)) return digestOf(values);
  let digest = known.get(values);
  if (digest === undefined) known.set(values, (digest = digestOf(values)));
  return digest;
}

/** Promises that nobody changes a column any more: its digest is kept. For tables that this library makes. */
export function neverChanges(values: Uint32Array): Uint32Array {
  known.set(values, known.get(values));
  return values;
}

function digestOf(values: Uint32Array): Uint8Array {
  return blake3(viewOfWords(values), { context: CONTEXT });
}

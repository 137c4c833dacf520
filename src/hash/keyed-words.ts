/**
 * Keyed BLAKE3 of a message of whole words, read where it lies: what a verifier hashes leaves with. The general hasher
 * (`blake3.ts`) copies bytes into blocks first, which costs as much as the compressions.
 */
import {
  BLOCK_BYTES,
  CHUNK_BYTES,
  CHUNK_END,
  CHUNK_START,
  compress,
  KEYED_HASH,
  PARENT,
  ROOT,
} from './compress.ts';

const BLOCK_WORDS = BLOCK_BYTES / 4;
const CHUNK_WORDS = CHUNK_BYTES / 4;

/** Zeros for a message of `length` words, whole blocks. */
export function paddedWords(length: number): Uint32Array {
  return new Uint32Array(BLOCK_WORDS * Math.max(1, Math.ceil(length / BLOCK_WORDS)));
}

/**
 * BLAKE3_keyed(key, message).
 *
 * @param key 8 words
 * @param message whole blocks, zeros behind the message
 * @param length words of the message, at least 1
 * @returns the digest, 8 words
 */
export function keyedWords(key: Uint32Array, message: Uint32Array, length: number): Uint32Array {
  const chunks = Math.ceil(length / CHUNK_WORDS);
  const out = new Uint32Array(16);
  if (chunks === 1) {
    hashChunk(out, key, message, length, 0, ROOT);
    return out.subarray(0, 8);
  }
  const stack: Uint32Array[] = []; // chaining values of complete subtrees, largest first
  const pair = new Uint32Array(16);
  for (let chunk = 0; chunk < chunks; chunk++) {
    const last = chunk === chunks - 1;
    hashChunk(out, key, message, length, chunk, 0);
    // A subtree of 2^k chunks is complete when 2^k divides their number; the last chunk goes under all that are left.
    for (let n = chunk; last ? stack.length > 0 : n & 1; n >>= 1) {
      pair.set(stack.pop() as Uint32Array);
      pair.set(out.subarray(0, 8), 8);
      const root = last && stack.length === 0 ? ROOT : 0;
      compress(out, key, 0, pair, 0, 0, BLOCK_BYTES, KEYED_HASH | PARENT | root);
    }
    stack.push(out.slice(0, 8));
  }
  return stack[0] as Uint32Array;
}

/** The chaining value of one chunk, in out[0..8). */
function hashChunk(
  out: Uint32Array,
  key: Uint32Array,
  message: Uint32Array,
  length: number,
  chunk: number,
  root: number,
): void {
  const first = chunk * CHUNK_WORDS;
  const end = Math.min(length, first + CHUNK_WORDS);
  for (let at = first; at < end; at += BLOCK_WORDS) {
    const isEnd = at + BLOCK_WORDS >= end;
    const flags = KEYED_HASH | (at === first ? CHUNK_START : 0) | (isEnd ? CHUNK_END | root : 0);
    const bytes = Math.min(BLOCK_BYTES, 4 * (end - at));
    compress(out, at === first ? key : out, 0, message, at, chunk, bytes, flags);
  }
}

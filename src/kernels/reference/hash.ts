/** The definition of the hash kernels, on the scalar BLAKE3 of `hash/`. */
import type { BaseField } from '../../field/field.ts';
import { bytesOfWords, wordsOfBytes } from '../../hash/words.ts';
import { CHUNK_END, CHUNK_START, compress, KEYED_HASH, PARENT, ROOT } from '../../hash/compress.ts';
import { leafDigest, leafWords, nodeDigest, SALT_WORDS, type LeafFormat } from '../../hash/leaf.ts';
import { rawWords, uniformWords } from '../../hash/stream.ts';
import { checkAbsorb, checkFinish, checkLeaves, checkParents, checkTree } from '../contract/hash-checks.ts';
import { BLOCK_WORDS, DIGEST_WORDS, leafChunks, leafStateWords, type HashKernels } from '../contract/hash.ts';

const BLOCKS_PER_CHUNK = 16;

export function referenceHash(F: BaseField): HashKernels {
  const hashParents: HashKernels['hashParents'] = (parents, children) => {
    const count = checkParents(parents, children);
    for (let i = 0; i < count; i++) {
      const [left, right] = [digestAt(children, 2 * i), digestAt(children, 2 * i + 1)];
      putDigest(parents, i, nodeDigest(left, right));
    }
  };
  return {
    hashLeaves(digests, format, values, salts) {
      const rows = checkLeaves(digests, format, values, salts);
      for (let r = 0; r < rows; r++) {
        const row = values.subarray(r * format.columns, (r + 1) * format.columns);
        putDigest(digests, r, leafDigest(format, row, saltAt(salts, r)));
      }
    },
    absorbLeaves(state, format, column, values, width, salts) {
      const rows = checkAbsorb(state, format, column, values, width, salts);
      const stateWords = leafStateWords(format);
      const at = column === 0 ? 0 : column + leafWords(format) - format.columns; // words absorbed so far
      for (let r = 0; r < rows; r++) {
        const salt = salts === null ? [] : salts.subarray(SALT_WORDS * r, SALT_WORDS * (r + 1));
        const piece = [...salt, ...values.subarray(r * width, (r + 1) * width)];
        const own = state.subarray(r * stateWords, (r + 1) * stateWords);
        for (let k = 0; k < piece.length; k += BLOCK_WORDS) {
          const block = new Uint32Array(BLOCK_WORDS);
          block.set(piece.slice(k, k + BLOCK_WORDS));
          absorbBlock(own, format, (at + k) / BLOCK_WORDS, block);
        }
      }
    },
    finishLeaves(digests, state, format) {
      const rows = checkFinish(digests, state, format);
      const words = leafStateWords(format);
      for (let r = 0; r < rows; r++) {
        digests.set(state.subarray(r * words, r * words + DIGEST_WORDS), r * DIGEST_WORDS);
      }
    },
    hashParents,
    hashTree(nodes, leaves, cap) {
      checkTree(nodes, leaves, cap);
      for (let at = 0, count = leaves; count > cap; at += count, count /= 2) {
        const children = nodes.subarray(DIGEST_WORDS * at, DIGEST_WORDS * (at + count));
        const end = at + count + count / 2;
        hashParents(nodes.subarray(DIGEST_WORDS * (at + count), DIGEST_WORDS * end), children);
      }
    },
    expandWords: (out, stream, at) => out.set(rawWords(stream, at, out.length)),
    expandUniform: (out, stream, at) => out.set(uniformWords(F, stream, at, out.length)),
  };
}

/**
 * Absorbs block b of a leaf. State: words 0..7 the chaining value of the running chunk, then a stack of chaining values
 * of complete subtrees, largest first. After the last block words 0..7 are the digest. Which block is the last, and so
 * which compression is a root, follows from the number of words.
 */
function absorbBlock(state: Uint32Array, format: LeafFormat, b: number, block: Uint32Array): void {
  const words = leafWords(format);
  const last = b === Math.ceil(words / BLOCK_WORDS) - 1;
  const length = last ? 4 * (words - b * BLOCK_WORDS) : 64;
  const start = b % BLOCKS_PER_CHUNK === 0;
  const end = last || b % BLOCKS_PER_CHUNK === BLOCKS_PER_CHUNK - 1;
  const chunk = Math.floor(b / BLOCKS_PER_CHUNK);
  const flags =
    KEYED_HASH |
    (start ? CHUNK_START : 0) |
    (end ? CHUNK_END : 0) |
    (last && leafChunks(format) === 1 ? ROOT : 0);
  const out = new Uint32Array(16);
  compress(out, start ? format.key : state, 0, block, 0, chunk, length, flags);
  if (end) mergeChunk(state, format.key, out, chunk, last);
  else state.set(out.subarray(0, 8));
}

/** Puts the chaining value of chunk number `chunk` (in `out`) under its parents. */
function mergeChunk(
  state: Uint32Array,
  key: Uint32Array,
  out: Uint32Array,
  chunk: number,
  last: boolean,
): void {
  let depth = 0; // subtrees on the stack: the binary ones of the number of complete chunks before this one
  for (let n = chunk; n > 0; n >>= 1) depth += n & 1;
  // Subtrees that this chunk completes: as many as chunk + 1 has trailing zeros; at the end, all.
  for (let n = chunk; last ? depth > 0 : n & 1; n >>= 1) {
    const pair = new Uint32Array(16);
    pair.set(state.subarray(8 * depth, 8 * depth + 8));
    pair.set(out.subarray(0, 8), 8);
    depth--;
    compress(out, key, 0, pair, 0, 0, 64, KEYED_HASH | PARENT | (last && depth === 0 ? ROOT : 0));
  }
  state.set(out.subarray(0, 8), last ? 0 : 8 * (depth + 1));
}

function saltAt(salts: Uint32Array | null, row: number): Uint8Array | undefined {
  return salts === null ? undefined : bytesOfWords(salts.subarray(SALT_WORDS * row, SALT_WORDS * (row + 1)));
}

function digestAt(digests: Uint32Array, i: number): Uint8Array {
  return bytesOfWords(digests.subarray(DIGEST_WORDS * i, DIGEST_WORDS * (i + 1)));
}

function putDigest(digests: Uint32Array, i: number, digest: Uint8Array): void {
  digests.set(wordsOfBytes(new Uint32Array(DIGEST_WORDS), digest), DIGEST_WORDS * i);
}

/** The definition of the hash kernels, on the scalar BLAKE3 of `hash/`. */
import type { BaseField } from '../../field/field.ts';
import { bytesOfWords, wordsOfBytes } from '../../hash/words.ts';
import { CHUNK_END, CHUNK_START, compress, KEYED_HASH, PARENT, ROOT } from '../../hash/compress.ts';
import { LEAF_KEY, leafDigest, leafHeader, nodeDigest } from '../../hash/leaf.ts';
import { rawWords, uniformWords } from '../../hash/stream.ts';
import {
  checkAbsorb,
  checkBegin,
  checkFinish,
  checkLeaves,
  checkParents,
  checkTree,
} from '../contract/hash-checks.ts';
import {
  BLOCK_COLUMNS,
  DIGEST_WORDS,
  leafChunks,
  leafStateWords,
  SALT_WORDS,
  type HashKernels,
} from '../contract/hash.ts';

const BLOCKS_PER_CHUNK = 16;
const leafKey = wordsOfBytes(new Uint32Array(8), LEAF_KEY);

export function referenceHash(F: BaseField): HashKernels {
  const hashParents: HashKernels['hashParents'] = (parents, children) => {
    const count = checkParents(parents, children);
    for (let i = 0; i < count; i++) {
      const [left, right] = [digestAt(children, 2 * i), digestAt(children, 2 * i + 1)];
      putDigest(parents, i, nodeDigest(left, right));
    }
  };
  return {
    hashLeaves(digests, domain, values, columns, salts, first) {
      const rows = checkLeaves(digests, values, columns, salts, first);
      for (let r = 0; r < rows; r++) {
        const row = bytesOfWords(values.subarray(r * columns, (r + 1) * columns));
        putDigest(digests, r, leafDigest(domain, first + r, row, saltAt(salts, r)));
      }
    },
    beginLeaves(state, domain, columns, salts, first) {
      const rows = checkBegin(state, columns, salts, first);
      const words = leafStateWords(columns);
      for (let r = 0; r < rows; r++) {
        const header = leafHeader(domain, first + r, columns, saltAt(salts, r));
        const block = wordsOfBytes(new Uint32Array(16), header);
        absorbBlock(state.subarray(r * words, (r + 1) * words), columns, 0, block);
      }
    },
    absorbLeaves(state, columns, column, values, width) {
      const rows = checkAbsorb(state, columns, column, values, width);
      const words = leafStateWords(columns);
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < width; c += BLOCK_COLUMNS) {
          const block = new Uint32Array(16);
          block.set(values.subarray(r * width + c, r * width + Math.min(width, c + BLOCK_COLUMNS)));
          absorbBlock(
            state.subarray(r * words, (r + 1) * words),
            columns,
            1 + (column + c) / BLOCK_COLUMNS,
            block,
          );
        }
      }
    },
    finishLeaves(digests, state, columns) {
      const rows = checkFinish(digests, state, columns);
      const words = leafStateWords(columns);
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
 * Absorbs block b of a leaf (block 0 is the header). State: words 0..7 the chaining value of the running chunk,
 * then a stack of chaining values of complete subtrees, largest first. After the last block words 0..7 are the
 * digest. Which block is the last, and so which compression is a root, follows from the number of columns.
 */
function absorbBlock(state: Uint32Array, columns: number, b: number, block: Uint32Array): void {
  const last = b === Math.ceil(columns / BLOCK_COLUMNS);
  const length = last && b > 0 ? 4 * (columns - (b - 1) * BLOCK_COLUMNS) : 64;
  const start = b % BLOCKS_PER_CHUNK === 0;
  const end = last || b % BLOCKS_PER_CHUNK === BLOCKS_PER_CHUNK - 1;
  const chunk = Math.floor(b / BLOCKS_PER_CHUNK);
  const flags =
    KEYED_HASH |
    (start ? CHUNK_START : 0) |
    (end ? CHUNK_END : 0) |
    (last && leafChunks(columns) === 1 ? ROOT : 0);
  const out = new Uint32Array(16);
  compress(out, start ? leafKey : state, 0, block, 0, chunk, length, flags);
  if (end) mergeChunk(state, out, chunk, last);
  else state.set(out.subarray(0, 8));
}

/** Puts the chaining value of chunk number `chunk` (in `out`) under its parents. */
function mergeChunk(state: Uint32Array, out: Uint32Array, chunk: number, last: boolean): void {
  let depth = 0; // subtrees on the stack: the binary ones of the number of complete chunks before this one
  for (let n = chunk; n > 0; n >>= 1) depth += n & 1;
  // Subtrees that this chunk completes: as many as chunk + 1 has trailing zeros; at the end, all.
  for (let n = chunk; last ? depth > 0 : n & 1; n >>= 1) {
    const pair = new Uint32Array(16);
    pair.set(state.subarray(8 * depth, 8 * depth + 8));
    pair.set(out.subarray(0, 8), 8);
    depth--;
    compress(out, leafKey, 0, pair, 0, 0, 64, KEYED_HASH | PARENT | (last && depth === 0 ? ROOT : 0));
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

/** Arrays over one index, woven together: what the merge's sumchecks run over. */
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWord, extWords } from '../kernels/contract/layout.ts';
import type { Multilinear } from '../kernels/contract/sumcheck.ts';
import { hotWords } from '../kernels/memory/hot.ts';

/** log2 of the smallest power of two that is not below n. */
function logCeil(n: number): number {
  return n <= 1 ? 0 : 32 - Math.clz32(n - 1);
}

/** A multilinear over (index, p): p in the low bits, so that the variables of `index` are bound first. */
export interface Interleaved {
  readonly multilinear: Multilinear;
  /** Stores a K array over `index` at p; from p = 0 to the last, one after the other. */
  put(p: number, from: Uint32Array): void;
}

/** Room for `count` arrays over 2^indexBits, in the current scope of the kernel memory. */
export function interleaved(kernels: Kernels, indexBits: number, count: number): Interleaved {
  const { degree } = kernels.ext;
  const pBits = logCeil(count);
  const numVars = indexBits + pBits;
  const length = 2 ** indexBits;
  const stride = 2 ** pBits;
  const words = hotWords(kernels, extWords(2 ** numVars, degree)).fill(0);
  // Neighbours in p share a block of the layout: four arrays are stored together, or every store misses the cache.
  const size = extWords(length, degree);
  const waiting = new Uint32Array(BLOCK * size);
  const [w0, w1, w2, w3] = [0, 1, 2, 3].map((k) => waiting.subarray(k * size, (k + 1) * size)) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  const storeFour = (first: number): void => {
    const step = stride * degree; // words from one index to the next: `stride` is whole blocks
    for (let i = 0, row = first * degree; i < length; i++, row += step) {
      const at = extWord(i, 0, degree);
      for (let j = 0; j < BLOCK * degree; j += BLOCK) {
        const [to, from] = [row + j, at + j];
        words[to] = w0[from] as number;
        words[to + 1] = w1[from] as number;
        words[to + 2] = w2[from] as number;
        words[to + 3] = w3[from] as number;
      }
    }
  };
  const store = (first: number, arrays: number): void => {
    if (arrays === BLOCK) return storeFour(first);
    for (let i = 0; i < length; i++) {
      const to = extWord(i * stride + first, 0, degree);
      const at = extWord(i, 0, degree);
      // Strides below four put elements of one p into one block; at least four, and `first` begins a block.
      for (let j = 0; j < BLOCK * degree; j += BLOCK) {
        for (let k = 0; k < arrays; k++) words[to + j + k] = waiting[k * size + at + j] as number;
      }
    }
  };
  return {
    multilinear: { words, live: 2 ** numVars, numVars },
    put(p, from) {
      const k = p % BLOCK;
      waiting.set(from, k * size);
      if (k === BLOCK - 1 || p === count - 1) store(p - k, k + 1);
    },
  };
}

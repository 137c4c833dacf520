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
  // Neighbours in p share a block of the layout: four arrays are stored together.
  const size = extWords(length, degree);
  const waiting = hotWords(kernels, BLOCK * size);
  const store = (first: number, arrays: number): void => {
    if (arrays === BLOCK && length % BLOCK === 0) return kernels.kWeave(words, waiting, stride, first);
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

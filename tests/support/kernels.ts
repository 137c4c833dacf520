/** What the tests of kernel families share: operands inside and outside the kernel memory, polynomials written out. */
import type { Ext } from '../../src/field/field.ts';
import { extWords, readExt } from '../../src/kernels/contract/layout.ts';
import type { Multilinear, Weights } from '../../src/kernels/contract/sumcheck.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { elements } from './ext.ts';

/** Puts a copy of an array where the test wants it. */
export type Put = (array: Uint32Array) => Uint32Array;

/** A copy in the kernels' memory, or an ordinary one. */
export function place(k: Kernels, array: Uint32Array, inside: boolean): Uint32Array {
  if (!inside) return array.slice();
  const copy = k.memory.u32(array.length);
  copy.set(array);
  return copy;
}

/** Runs a check for all implementations, with all operands outside the kernel memory, then inside. */
export function eachPlace(
  implementations: readonly Kernels[],
  run: (k: Kernels, put: Put, what: string) => void,
): void {
  for (const k of implementations) {
    for (const inside of [false, true]) {
      const what = `${k.name}, threads ${k.threads}, ${inside ? 'inside' : 'outside'}`;
      k.memory.scope(() => run(k, (array) => place(k, array, inside), what));
    }
  }
}

/** All values of a polynomial written out, as plain elements. */
export function dense(k: Kernels, a: Multilinear): Ext[] {
  const K = k.ext;
  const inverseRadix = K.base.inverse(k.radix);
  return Array.from({ length: 2 ** a.numVars }, (_, i) => {
    if (i >= a.live) return a.pad ?? K.zero;
    if (a.head !== undefined && i < a.head.count) return a.head.value;
    return K.mulBase(readExt(a.words, i, K.degree), inverseRadix);
  });
}

/** The first `count` weights of an eq table in numVars variables, its scale not one. */
export function eqWeights(k: Kernels, numVars: number, seed: number, count: number = 2 ** numVars): Weights {
  const words = new Uint32Array(extWords(count, k.ext.degree));
  const [scale] = elements(1, k.ext, seed) as [Ext];
  k.eqTable(words, elements(numVars, k.ext, seed + 1), scale);
  return { words, total: scale };
}

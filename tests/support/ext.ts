/** Seeded extension arrays, a bigint twin of K, and toy fields for exhaustive tests. */
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { BLOCK, extWords, packExt } from '../../src/kernels/contract/layout.ts';
import { generator, words } from './words.ts';

/** F_7^2 = F_7[x]/(x^2 + 1), F_97^2 = F_97[x]/(x^2 - 5) and F_97 itself: small enough to compute anything. */
export const TOY_FIELDS: readonly ExtensionField[] = [
  extensionField(primeField(7), [1, 0]),
  extensionField(primeField(97), [-5, 0]),
  extensionField(primeField(97), [0]),
];

/** n elements of K in blocks, limbs half edge values, words behind the last element zero. */
export function extArray(n: number, K: ExtensionField, seed: number): Uint32Array {
  const array = words(extWords(n, K.degree), K.base.modulus, seed);
  for (let i = n; i < Math.ceil(n / BLOCK) * BLOCK; i++) {
    for (let j = 0; j < K.degree; j++) array[(i >> 2) * BLOCK * K.degree + BLOCK * j + (i & 3)] = 0;
  }
  return array;
}

/** n pseudo-random elements of K. */
export function elements(n: number, K: ExtensionField, seed: number): Ext[] {
  const next = generator(seed);
  return Array.from({ length: n }, () => K.fromLimbs(K.zero.map(() => next() % K.base.modulus)));
}

/** Every pair of elements whose limbs are all p-1, (p-1)/2 or (p+1)/2, or one of them alone: 30 a side. */
export function extremePairs(K: ExtensionField): { readonly a: Uint32Array; readonly b: Uint32Array } {
  const p = K.base.modulus;
  const values = [p - 1, (p - 1) / 2, (p + 1) / 2];
  const side: Ext[] = values.flatMap((v) => [
    K.fromLimbs(K.zero.map(() => v)),
    ...K.zero.map((_, i) => K.fromLimbs(K.zero.map((_, j) => (i === j ? v : p - 1)))),
    ...K.zero.map((_, i) => K.fromLimbs(K.zero.map((_, j) => (i === j ? v : 0)))),
  ]);
  const pairs = side.flatMap((a) => side.map((b) => [a, b] as const));
  return {
    a: packExt(
      pairs.map(([a]) => a),
      K,
    ),
    b: packExt(
      pairs.map(([, b]) => b),
      K,
    ),
  };
}

/** a * b * factor in K by schoolbook multiplication of bigints. */
export function bigintProduct(K: ExtensionField, a: Ext, b: Ext, factor: bigint): Ext {
  const d = K.degree;
  const p = BigInt(K.base.modulus);
  const c = new Array<bigint>(2 * d - 1).fill(0n);
  a.forEach((x, i) => b.forEach((y, j) => (c[i + j] = (c[i + j] as bigint) + BigInt(x) * BigInt(y))));
  for (let k = 2 * d - 2; k >= d; k--) {
    K.modulusLow.forEach((low, i) => {
      c[k - d + i] = (c[k - d + i] as bigint) - (c[k] as bigint) * BigInt(low);
    });
  }
  return c.slice(0, d).map((x) => Number((((x * factor) % p) + p) % p) as Fe);
}

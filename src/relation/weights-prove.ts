/** Weights written out as arrays of K in Montgomery form. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, packExt } from '../kernels/contract/layout.ts';
import { product } from './pieces.ts';
import { entriesOf, type Weight } from './weights.ts';

/**
 * scale * product of weights over the product of their intervals, the last weight at the low bits.
 *
 * A pair (a, b) is s (1 - z, z) with s = a + b and z = b / s, so products of pairs are one table of eq. Where s is zero, and
 * for values written out, the table is made element by element.
 */
export function weightTable(kernels: Kernels, weights: readonly Weight[], scale: Ext): Uint32Array {
  const K = kernels.ext;
  const bits = weights.reduce((sum, weight) => sum + weightBits(weight), 0);
  const point: Ext[] = [];
  let total = scale;
  for (const weight of [...weights].reverse()) {
    if (weight.kind !== 'pairs') return elementwise(kernels, weights, scale);
    for (const [a, b] of weight.pairs) {
      const sum = K.add(a, b);
      if (K.isZero(sum)) return elementwise(kernels, weights, scale);
      point.push(K.equals(sum, K.one) ? b : K.mul(b, K.inverse(sum)));
      total = K.mul(total, sum);
    }
  }
  const out = new Uint32Array(extWords(2 ** bits, K.degree));
  kernels.eqTable(out, point, total);
  return out;
}

/** Bits of the dyadic interval of a weight. Values written out fill theirs. */
export function weightBits(weight: Weight): number {
  return weight.kind === 'pairs' ? weight.pairs.length : Math.log2(weight.entries.length);
}

function elementwise(kernels: Kernels, weights: readonly Weight[], scale: Ext): Uint32Array {
  const K = kernels.ext;
  const lists = weights.map((weight) => entriesOf(K, weight).map(([, value]) => value));
  const values = product(lists).map((list) => list.reduce((a, b) => K.mul(a, b), scale));
  return packExt(
    values.map((x) => K.mulBase(x, kernels.radix)),
    K,
  );
}

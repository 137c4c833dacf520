/** Halves of weights as arrays of K in Montgomery form. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, packExt } from '../kernels/contract/layout.ts';
import type { Half } from './split.ts';
import { expandFactor, factorBits, type Factor } from './weight.ts';

/**
 * scale * the product of factors as an array of 2^bits elements.
 *
 * A pair (a, b) of a bit is s (1 - z, z) with s = a + b and z = b / s: factors that are products over bits are one table of eq.
 * Where s is zero, and for vectors written out, the array is made element by element.
 */
export function packHalf(kernels: Kernels, { factors }: Half, scale: Ext = kernels.ext.one): Uint32Array {
  const { ext } = kernels;
  const bits = factors.reduce((sum, factor) => sum + factorBits(factor), 0);
  const point: Ext[] = [];
  let total = scale;
  for (const factor of factors) {
    const pairs = pairsOf(kernels, factor);
    if (pairs === undefined) return elementwise(kernels, factors, scale);
    for (const [a, b] of pairs) {
      const sum = ext.add(a, b);
      if (ext.isZero(sum)) return elementwise(kernels, factors, scale);
      const one = ext.equals(sum, ext.one);
      point.push(one ? b : ext.mul(b, ext.inverse(sum)));
      if (!one) total = ext.mul(total, sum);
    }
  }
  const out = new Uint32Array(extWords(2 ** bits, ext.degree));
  kernels.eqTable(out, point, total);
  return out;
}

/** Values at 0 and 1 of every bit; undefined for a factor that is no product. */
function pairsOf({ ext }: Kernels, factor: Factor): (readonly [Ext, Ext])[] | undefined {
  if (factor.kind === 'pairs') return [...factor.pairs];
  if (factor.kind === 'eq') return factor.point.map((z) => [ext.sub(ext.one, z), z] as const);
  if (factor.kind !== 'fixed') return undefined;
  return Array.from({ length: factor.bits }, (_, b) =>
    (factor.index >>> b) & 1 ? ([ext.zero, ext.one] as const) : ([ext.one, ext.zero] as const),
  );
}

function elementwise({ ext, radix }: Kernels, factors: readonly Factor[], scale: Ext): Uint32Array {
  let vector: Ext[] = [ext.mulBase(scale, radix)];
  for (const factor of factors) {
    const next = expandFactor(ext, factor);
    vector = next.flatMap((y) => vector.map((x) => (ext.isZero(y) ? ext.zero : ext.mul(x, y))));
  }
  return packExt(vector, ext);
}

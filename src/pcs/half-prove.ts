/** Halves of weights as arrays of K in Montgomery form. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords, writeExt } from '../kernels/contract/layout.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { Half } from './split.ts';
import { expandFactor, factorBits, type Factor } from './weight.ts';

type Pair = readonly [at0: Ext, at1: Ext];

/**
 * scale * the product of factors as an array of 2^bits elements, in the current scope of the kernel memory.
 *
 * A pair (a, b) of a bit is s (1 - z, z) with s = a + b and z = b / s: factors that are products over bits are one table of eq.
 * Where s is zero, and for vectors written out, the array grows factor by factor.
 */
export function packHalf(
  kernels: Kernels,
  { factors }: Pick<Half, 'factors'>,
  scale: Ext = kernels.ext.one,
): Uint32Array {
  const { ext } = kernels;
  const bits = factors.reduce((sum, factor) => sum + factorBits(factor), 0);
  const out = hotWords(kernels, extWords(2 ** bits, ext.degree));
  const point: Ext[] = [];
  let total = scale;
  for (const factor of factors) {
    const pairs = pairsOf(kernels, factor);
    if (pairs === undefined) return grow(kernels, out, factors, scale);
    for (const [a, b] of pairs) {
      const sum = ext.add(a, b);
      if (ext.isZero(sum)) return grow(kernels, out, factors, scale);
      const one = ext.equals(sum, ext.one);
      point.push(one ? b : ext.mul(b, ext.inverse(sum)));
      if (!one) total = ext.mul(total, sum);
    }
  }
  kernels.eqTable(out, point, total);
  return out;
}

/** Values at 0 and 1 of every bit; undefined for a factor that is no product. */
function pairsOf({ ext }: Kernels, factor: Factor): readonly Pair[] | undefined {
  if (factor.kind === 'pairs') return factor.pairs;
  if (factor.kind === 'eq') return factor.point.map((z) => [ext.sub(ext.one, z), z] as const);
  if (factor.kind !== 'fixed') return undefined;
  return Array.from({ length: factor.bits }, (_, b) =>
    (factor.index >>> b) & 1 ? ([ext.zero, ext.one] as const) : ([ext.one, ext.zero] as const),
  );
}

/** Factor by factor, low bits first: what is there, once for each value of the next factor or bit, times that value. */
function grow(kernels: Kernels, out: Uint32Array, factors: readonly Factor[], scale: Ext): Uint32Array {
  const { ext, radix } = kernels;
  const steps = factors.flatMap((factor): (readonly Ext[])[] => {
    return [...(pairsOf(kernels, factor) ?? [expandFactor(ext, factor)])];
  });
  let first: Ext[] = [ext.mulBase(scale, radix)];
  let next = 0;
  for (; next < steps.length && first.length < BLOCK; next++) {
    first = (steps[next] as readonly Ext[]).flatMap((y) => first.map((x) => ext.mul(x, y)));
  }
  if (first.length % BLOCK !== 0) out.fill(0); // words behind the last element
  first.forEach((x, i) => writeExt(out, i, x));
  let words = first.length * ext.degree;
  for (; next < steps.length; next++) {
    const values = steps[next] as readonly Ext[];
    const whole = out.subarray(0, words);
    // The first copy last: all others are made of it.
    for (let k = values.length - 1; k >= 0; k--) {
      const part = out.subarray(k * words, (k + 1) * words);
      const value = values[k] as Ext;
      if (ext.isZero(value)) part.fill(0);
      else if (k > 0 || !ext.equals(value, ext.one)) kernels.kScale(part, whole, value);
    }
    words *= values.length;
  }
  return out;
}

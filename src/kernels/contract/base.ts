/**
 * Kernels over the base field F.
 *
 * Forms. A *word array* is a `Uint32Array` of values in [0, p). Read plainly, word x stands for x; in
 * *Montgomery form* it stands for x / R with R = `radix` (2^32 mod p in production, 1 for toy fields). Linear
 * kernels keep whichever form they are given. `mul` multiplies Montgomery forms: word a*b/R. Scalars in
 * arguments and results are always plain field elements, never Montgomery words.
 *
 * `out` may be the same array as an operand; otherwise operands must not overlap. All arrays of a call have
 * the same length unless said otherwise. @throws RangeError naming the argument, expected and got length
 */
import type { Fe } from '../../field/field.ts';

export interface BaseKernels {
  /** out[i] = a[i] + b[i]. */
  add(out: Uint32Array, a: Uint32Array, b: Uint32Array): void;
  /** out[i] = a[i] - b[i]. */
  sub(out: Uint32Array, a: Uint32Array, b: Uint32Array): void;
  /** out[i] = a[i] * b[i] / R: the product of Montgomery forms. */
  mul(out: Uint32Array, a: Uint32Array, b: Uint32Array): void;
  /** out[i] = c * a[i]. */
  scale(out: Uint32Array, a: Uint32Array, c: Fe): void;
  /** out[i] = a[i] + c * b[i]. */
  addScaled(out: Uint32Array, a: Uint32Array, c: Fe, b: Uint32Array): void;
  /** Plain words to Montgomery form: out[i] = a[i] * R. */
  toMontgomery(out: Uint32Array, a: Uint32Array): void;
  /** Montgomery form to plain words: out[i] = a[i] / R. */
  fromMontgomery(out: Uint32Array, a: Uint32Array): void;
  /** Plain words of integers: out[i] = a[i] + c mod p; every int32 is accepted. @param c default: 0 */
  fromIntegers(out: Uint32Array, a: Int8Array | Int16Array | Int32Array, c?: Fe): void;
  /**
   * a[i] cut in halves: bal(a[i]) = low[i] + 2^16 high[i] with low[i] signed, so |high[i]| <= 2^14.
   *
   * @returns whether any high[i] is not zero
   */
  toHalves(low: Int16Array, high: Int16Array, a: Uint32Array): boolean;
  /** sum a[i], as the plain element that the words read plainly sum to. */
  sum(a: Uint32Array): Fe;
}

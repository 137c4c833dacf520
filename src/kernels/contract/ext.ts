/**
 * Kernels over the extension field K. Arrays of K are `Uint32Array`s in the blocked layout of `layout.ts`;
 * n elements, padding included, are `extWords(n, d)` words. Forms are those of `base.ts`: `kMul` and `kSquare`
 * multiply Montgomery forms, linear kernels keep the form, scalars are plain.
 *
 * `out` may be the same array as an operand; otherwise operands must not overlap. Every kernel here moves arrays
 * from outside the kernel memory through windows: none needs a whole array at once.
 * @throws RangeError naming the argument, expected and got length; for a scalar with a limb out of range
 */
import type { Ext } from '../../field/field.ts';

export interface ExtKernels {
  // kAdd, kSub: `add` and `sub` on the words of K arrays are the same thing.
  /** out[i] = a[i] * b[i] / R. */
  kMul(out: Uint32Array, a: Uint32Array, b: Uint32Array): void;
  /** out[i] = a[i]^2 / R. */
  kSquare(out: Uint32Array, a: Uint32Array): void;
  /** out[i] = c * a[i]. */
  kScale(out: Uint32Array, a: Uint32Array, c: Ext): void;
  /** out[i] = a[i] + c * b[i]. */
  kAddScaled(out: Uint32Array, a: Uint32Array, c: Ext, b: Uint32Array): void;
  /** out[i] = a[i] * b[i] / R with b over F: one word per element, 4 * ceil(n / 4) words. */
  kMulBase(out: Uint32Array, a: Uint32Array, b: Uint32Array): void;
  /** out[i] = c * b[i] for b over F (4 * ceil(n / 4) words): K from F by a fixed scalar. */
  kFromBase(out: Uint32Array, b: Uint32Array, c: Ext): void;
  /**
   * out[i] = R^2 / a[i], the inverse of Montgomery forms, for i < n; words behind become zero.
   * @throws RangeError naming the first zero among the n elements; `out` is then unspecified
   */
  kInverse(out: Uint32Array, a: Uint32Array, n: number): void;
  /** sum of a[i], read plainly. */
  kSum(a: Uint32Array): Ext;
  /** sum of a[i] * b[i] for Montgomery forms, as a plain element. */
  kDot(a: Uint32Array, b: Uint32Array): Ext;
  /**
   * The table of eq(z, x) over x in {0,1}^m in Montgomery form: out[x] = scale * prod_j (x_j ? z_j : 1 - z_j)
   * with x_j bit j of the index, the low bit first (z[0] belongs to the lowest bit). `out` may be shorter than
   * the 2^m elements (whole blocks): it then receives the first of them, at the cost of those.
   */
  eqTable(out: Uint32Array, z: readonly Ext[], scale: Ext): void;
}

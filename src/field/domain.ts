/**
 * The evaluation domain of a code and the order in which its rows are stored.
 *
 * Position i of a code of length n = 2^logN is the point x_i = w^i, w = rootOfUnity(logN). Rows are stored in
 * bit-reversed order: row q holds position bitReverse(q, logN). Then the rows of one coset of a subgroup are
 * neighbours: rows [b * 2^m, (b + 1) * 2^m) are the coset w^c * <rootOfUnity(m)>, c = bitReverse(b, logN - m),
 * and the leaves of a Merkle subtree are the positions that agree in the low bits of i.
 */
import type { BaseField, Fe } from './field.ts';

/**
 * Reverses the lowest `bits` bits of an index. It is its own inverse, so it maps stored rows to positions and
 * positions to stored rows.
 *
 * @param index an integer in [0, 2^bits)
 * @param bits at most 30
 * @throws RangeError when an argument is out of range
 * @example
 * bitReverse(1, 3); // 4
 */
export function bitReverse(index: number, bits: number): number {
  if (!Number.isInteger(bits) || bits < 0 || bits > 30) {
    throw new RangeError(`bits: expected an integer in [0, 30], got ${bits}`);
  }
  if (!Number.isInteger(index) || index < 0 || index >= 2 ** bits) {
    throw new RangeError(`index: expected an integer in [0, ${2 ** bits}), got ${index}`);
  }
  let reversed = 0;
  for (let bit = 0; bit < bits; bit++) reversed = (reversed << 1) | ((index >>> bit) & 1);
  return reversed;
}

/**
 * x_i = w^i, the point of position i in a code of length 2^logN.
 *
 * @throws RangeError for a position outside the code or a code longer than the field's two-adicity allows
 */
export function domainPoint(F: BaseField, logN: number, position: number): Fe {
  const w = F.rootOfUnity(logN);
  if (!Number.isInteger(position) || position < 0 || position >= 2 ** logN) {
    throw new RangeError(`position: expected an integer in [0, ${2 ** logN}), got ${position}`);
  }
  return F.pow(w, position);
}

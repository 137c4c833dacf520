/** The equality polynomial. A method of the object that `createTensors` returns. */
import { checkPoint, eqElements } from './points.ts';
import type { Scalar, Tensor, TensorContext } from './tensor.ts';

/**
 * The table of eq(z, x) = prod_j (x_j ? z_j : 1 - z_j) over x in {0,1}^m: shape [2^m], dtype K. Coordinate z[0]
 * belongs to the lowest bit of the position (Thaler, Proofs, Arguments, and Zero-Knowledge, section 3.5).
 *
 * @param point m elements of K as limbs, or integers mod p
 * @throws RangeError or TypeError naming a coordinate that is no element of K
 * @example
 * t.eqTable([0, 1]).limbs().slice(null, 0).toArray(); // [0, 0, 1, 0]
 */
export function eqTable(context: TensorContext, point: readonly Scalar[]): Tensor {
  const z = checkPoint('eqTable: point', context, point);
  return eqElements(context, z, 2 ** z.length);
}

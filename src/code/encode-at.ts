/**
 * Values of a K-valued message at points of F, for verifiers. The loops are the bulk of a verifier's field work, so
 * they run on flat limbs: Horner's rule is linear over F, limb by limb.
 */
import type { BaseField, Ext, ExtensionField, Fe } from '../field/field.ts';

/** Points that are evaluated together: one chain of multiplications would leave a processor waiting for each result. */
const TOGETHER = 4;

/**
 * sum_j message[j] x^j for every x.
 *
 * @param message coefficients in K, lowest first
 * @param points elements of F
 */
export function encodeAt(field: ExtensionField, message: readonly Ext[], points: readonly Fe[]): Ext[] {
  const { base, degree } = field;
  const values = points.map(() => new Array<Fe>(degree));
  for (let limb = 0; limb < degree; limb++) {
    const coefficients = message.map((element) => element[limb] as Fe);
    for (let first = 0; first < points.length; first += TOGETHER) {
      const sums = hornerAtFour(base, coefficients, points, first);
      for (let k = 0; k < TOGETHER && first + k < points.length; k++) {
        (values[first + k] as Fe[])[limb] = sums[k] as Fe;
      }
    }
  }
  return values;
}

/** The values at points first .. first + 3; where fewer are left, the last one again. */
function hornerAtFour(
  { add, mul, zero }: BaseField,
  coefficients: readonly Fe[],
  points: readonly Fe[],
  first: number,
): Fe[] {
  const last = points.length - 1;
  const [x0, x1] = [points[first] as Fe, points[Math.min(first + 1, last)] as Fe];
  const [x2, x3] = [points[Math.min(first + 2, last)] as Fe, points[Math.min(first + 3, last)] as Fe];
  let [s0, s1, s2, s3] = [zero, zero, zero, zero];
  for (let j = coefficients.length - 1; j >= 0; j--) {
    const c = coefficients[j] as Fe;
    s0 = add(mul(s0, x0), c);
    s1 = add(mul(s1, x1), c);
    s2 = add(mul(s2, x2), c);
    s3 = add(mul(s3, x3), c);
  }
  return [s0, s1, s2, s3];
}

/**
 * Values of a K-valued message at points of F, for verifiers. The loops are the bulk of a verifier's field work, so
 * they run on flat limbs: Horner's rule is linear over F, limb by limb.
 */
import type { Ext, ExtensionField, Fe } from '../field/field.ts';

/**
 * sum_j message[j] x^j for every x.
 *
 * @param message coefficients in K, lowest first
 * @param points elements of F
 */
export function encodeAt(field: ExtensionField, message: readonly Ext[], points: readonly Fe[]): Ext[] {
  const { base, degree } = field;
  const limbs = Array.from({ length: degree }, (_, limb) => message.map((element) => element[limb] as Fe));
  return points.map((x) =>
    limbs.map((coefficients) => {
      let sum = base.zero;
      for (let j = coefficients.length - 1; j >= 0; j--) {
        sum = base.add(base.mul(sum, x), coefficients[j] as Fe);
      }
      return sum;
    }),
  );
}

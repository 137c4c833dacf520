/** Values of a K-valued message at points of F, for verifiers. */
import { createDot } from '../field/dot.ts';
import type { BaseField, Ext, ExtensionField, Fe } from '../field/field.ts';

/** Powers that are multiplied on together: one chain would leave a processor waiting for each product. */
const CHAINS = 4;

/**
 * sum_j message[j] x^j for every x.
 *
 * @param message coefficients in K, lowest first
 * @param points elements of F
 */
export function encodeAt(field: ExtensionField, message: readonly Ext[], points: readonly Fe[]): Ext[] {
  const dot = createDot(field, message);
  const powers = new Int32Array(message.length); // canonical words are below 2^31
  return points.map((x) => {
    fillPowers(field.base, powers, x);
    return dot(powers);
  });
}

/** powers[j] = x^j. */
function fillPowers({ mul, one }: BaseField, powers: Int32Array, x: Fe): void {
  let [p0, p1] = [one, x];
  let p2 = mul(x, x);
  let p3 = mul(p2, x);
  const step = mul(p3, x);
  for (let j = 0; j < powers.length; j += CHAINS) {
    powers[j] = p0;
    powers[j + 1] = p1; // writes behind the end are ignored
    powers[j + 2] = p2;
    powers[j + 3] = p3;
    p0 = mul(p0, step);
    p1 = mul(p1, step);
    p2 = mul(p2, step);
    p3 = mul(p3, step);
  }
}

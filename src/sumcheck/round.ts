/**
 * One round of a sumcheck of degree 2: the prover sends h(0) and h(inf), the coefficient of X^2; h(1) = claim - h(0) is
 * implied, so nothing is left to check but the last claim. No inverse is taken: a rule that divides by a challenge or a
 * claim coordinate must say what happens at zero, this one need not. [Lund, Fortnow, Karloff, Nisan 1992; Thaler,
 * "Proofs, Arguments, and Zero-Knowledge", 4.1]
 */
import type { Ext, ExtensionField } from '../field/field.ts';

/** The coefficients of h(r) on (claim, h(0), h(inf)): r, 1 - 2r, r^2 - r. */
export function roundCoefficients(
  field: ExtensionField,
  r: Ext,
): readonly [claim: Ext, atZero: Ext, atInfinity: Ext] {
  return [r, field.sub(field.one, field.add(r, r)), field.sub(field.square(r), r)];
}

/** h(r) of the round polynomial with h(0) + h(1) = claim. */
export function nextClaim(field: ExtensionField, claim: Ext, atZero: Ext, atInfinity: Ext, r: Ext): Ext {
  const [c, z, i] = roundCoefficients(field, r);
  return field.add(field.mul(c, claim), field.add(field.mul(z, atZero), field.mul(i, atInfinity)));
}

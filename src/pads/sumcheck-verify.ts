/**
 * Padded sumcheck of degree 2, the verifier's side and the plan.
 *
 *   shape     numVars                                              (from the statement)
 *   round i   P -> V   h_i(0), h_i(inf), both masked
 *             V -> P   r_i in K; the highest variable is bound first
 *   output    point r in K^numVars, low variable first, and the claim as an affine form. The caller must discharge it.
 *   error     2 / |K| per round
 */
import type { Ext } from '../field/field.ts';
import type { VerifierChannel } from '../transcript/verifier.ts';
import { roundCoefficients } from '../sumcheck/round.ts';
import type { Affine, MaskedValue } from './affine.ts';
import type { PadLedger } from './ledger.ts';
import type { PadPlanner } from './plan.ts';

/** A claim about the bound polynomial that is still to be checked. */
export interface HiddenClaim {
  readonly point: readonly Ext[];
  readonly claim: Affine;
}

/** Elements sent in a round. */
export const ROUND_MESSAGES = 2;

export function planSumcheck(planner: PadPlanner, numVars: number): void {
  planner.send(ROUND_MESSAGES * numVars);
}

/** Reads masked values and records them. */
export function receive(ledger: PadLedger, ch: VerifierChannel, label: string, count: number): MaskedValue[] {
  return ch.readExts(label, count).map((masked) => ledger.record(masked));
}

export function verifySumcheck(
  ledger: PadLedger,
  ch: VerifierChannel,
  label: string,
  numVars: number,
  claimedSum: Affine,
): HiddenClaim {
  let claim = claimedSum;
  const point: Ext[] = [];
  for (let i = 0; i < numVars; i++) {
    const [atZero, atInfinity] = receive(ledger, ch, `${label}/round`, ROUND_MESSAGES) as [
      MaskedValue,
      MaskedValue,
    ];
    const r = ch.challengeExt(`${label}/r`);
    claim = boundClaim(ledger, claim, atZero, atInfinity, r);
    point.unshift(r);
  }
  return { point, claim };
}

/** The claim after a round: affine in the old claim and in the two messages. */
export function boundClaim(
  ledger: PadLedger,
  claim: Affine,
  atZero: MaskedValue,
  atInfinity: MaskedValue,
  r: Ext,
): Affine {
  const { algebra } = ledger;
  const [c, z, i] = roundCoefficients(algebra.field, r);
  return algebra.combine([
    [c, claim],
    [z, algebra.value(atZero)],
    [i, algebra.value(atInfinity)],
  ]);
}

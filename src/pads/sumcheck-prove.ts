/** Padded sumcheck of degree 2, the prover's side: the loop of `sumcheck-verify.ts` with `send` for `receive`. */
import type { Ext } from '../field/field.ts';
import type { ProverChannel } from '../transcript/prover.ts';
import type { Affine, MaskedValue } from './affine.ts';
import type { ProverPads } from './pads-prove.ts';
import { boundClaim, type HiddenClaim } from './sumcheck-verify.ts';

/** A polynomial of degree 2 in every variable, summed over the cube: what a prover keeps between rounds. */
export interface SumcheckOracle {
  /** h(0) and h(inf) in the highest variable that is still free. Secret. */
  message(): readonly [atZero: Ext, atInfinity: Ext];
  /** Binds that variable. */
  bind(r: Ext): void;
}

export function proveSumcheck(
  pads: ProverPads,
  ch: ProverChannel,
  label: string,
  numVars: number,
  claimedSum: Affine,
  oracle: SumcheckOracle,
): HiddenClaim {
  let claim = claimedSum;
  const point: Ext[] = [];
  for (let i = 0; i < numVars; i++) {
    const [atZero, atInfinity] = pads.send(ch, `${label}/round`, oracle.message()) as [
      MaskedValue,
      MaskedValue,
    ];
    const r = ch.challengeExt(`${label}/r`);
    claim = boundClaim(pads.ledger, claim, atZero, atInfinity, r);
    oracle.bind(r);
    point.unshift(r);
  }
  return { point, claim };
}

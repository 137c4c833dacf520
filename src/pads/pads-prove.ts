/**
 * The prover's pads: drawn once, each a mask for one message. `send` is the only place where a hidden value becomes a
 * message; the ledger beside it is the verifier's own.
 */
import type { Ext } from '../field/field.ts';
import type { MaskSource } from '../random/masks.ts';
import { expose } from '../secret/expose.ts';
import { joinReleased, releasedValue } from '../secret/released.ts';
import { mapSecret, secretOf, type Mask, type Secret } from '../secret/secret.ts';
import type { ProverChannel } from '../transcript/prover.ts';
import { affineAlgebra, type MaskedValue } from './affine.ts';
import { createPadLedger, type PadLedger } from './ledger.ts';
import { padCount, productIndex, starIndex, type PadPlan } from './plan.ts';

/** Streams of a proof's key that the pads use. */
export const PAD_STREAM = 'pad';
const STAR_STREAM = 'star';

export interface ProverPads {
  readonly ledger: PadLedger;
  /** h: exposures, products, star. */
  readonly h: Secret<readonly Ext[]>;
  /** Sends values under the next pads. @throws Error when more are sent than planned */
  send(ch: ProverChannel, label: string, values: readonly Ext[]): MaskedValue[];
}

/** Draws the pads of a plan. */
export function createProverPads(source: MaskSource, plan: PadPlan): ProverPads {
  const { field } = source;
  const masks: Mask<readonly Ext[]>[] = [];
  for (let i = 0; i < plan.exposures; i++) masks.push(source.exts(PAD_STREAM, 0, i, 1));
  const star = source.exts(STAR_STREAM, 0, 0, 1);
  const h = mapSecret([star, ...masks], (starPad, ...pads) => {
    const all = new Array<Ext>(padCount(plan)).fill(field.zero);
    pads.forEach((pad, i) => (all[i] = pad[0] as Ext));
    plan.products.forEach(([a, b], k) => {
      all[productIndex(plan, k)] = field.mul(all[a] as Ext, all[b] as Ext);
    });
    all[starIndex(plan)] = starPad[0] as Ext;
    return all as readonly Ext[];
  });
  const ledger = createPadLedger(affineAlgebra(field), plan);
  let sent = 0;
  return {
    ledger,
    h,
    send(ch, label, values) {
      // One write for one read of the verifier, each value under a mask of its own.
      const exposed = values.map((value) => {
        const mask = masks[sent];
        if (mask === undefined)
          throw new Error(`pads: ${label}: expected ${plan.exposures} sent values, got more`);
        sent++;
        return expose(field, secretOf([value]), mask);
      });
      const message = joinReleased(exposed);
      ch.writeExts(label, message);
      return releasedValue(message).map((masked) => ledger.record(masked));
    },
  };
}

/**
 * A proof about nothing but pads: a, b, c and d are sent masked, with a b = c and c c = d. Small enough for toy fields, and
 * with hooks for a prover that lies.
 */
import type { Ext, ExtensionField } from '../../../src/field/field.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { affineAlgebra, type MaskedValue } from '../../../src/pads/affine.ts';
import { createPadLedger, type PadLedger } from '../../../src/pads/ledger.ts';
import { createProverPads } from '../../../src/pads/pads-prove.ts';
import { createPadPlanner, padCount, type PadPlan } from '../../../src/pads/plan.ts';
import { commitPads, provePads } from '../../../src/pads/proof-prove.ts';
import { verifyPadProof } from '../../../src/pads/proof-verify.ts';
import { verdictOf, type Verdict } from '../../../src/pcs/linear-verify.ts';
import { writeRoot } from '../../../src/pcs/whir/prove.ts';
import type { PadParameters } from '../../../src/params/parameters.ts';
import { mapSecret } from '../../../src/secret/secret.ts';
import { proverChannel } from '../../../src/transcript/prover.ts';
import { verifierChannel } from '../../../src/transcript/verifier.ts';
import { testSource } from '../linear.ts';
import { testDomain } from '../transcript.ts';
import { lyingChannel, type Hook } from './liar.ts';

/** Pads of a, b, c, d; of a b and c c; the star. */
export const [PAD_A, PAD_B, PAD_C, PAD_D, PAD_AB, PAD_CC, PAD_STAR] = [0, 1, 2, 3, 4, 5, 6] as const;

export function sessionPlan(): PadPlan {
  const planner = createPadPlanner();
  planner.send(4);
  planner.multiply(PAD_A, PAD_B);
  planner.multiply(PAD_C, PAD_C);
  return planner.plan();
}

export const SESSION_PADS = padCount(sessionPlan());

function relate(ledger: PadLedger, [a, b, c, d]: readonly MaskedValue[]): void {
  const { algebra } = ledger;
  const [A, B, C, D] = [a, b, c, d] as [MaskedValue, MaskedValue, MaskedValue, MaskedValue];
  ledger.assertZero(algebra.sub(ledger.multiply(A, B), algebra.value(C)));
  ledger.assertZero(algebra.sub(ledger.multiply(C, C), algebra.value(D)));
}

export interface PadLie {
  /** a, b, c, d. */
  readonly values: readonly Ext[];
  /** Changes the committed pads, after the messages' masks are drawn. */
  readonly pads?: (h: readonly Ext[]) => readonly Ext[];
  readonly hook?: Hook;
  /** Makes the transcript another one. */
  readonly run?: number;
  readonly kernels?: Kernels;
}

/** The verdict on a session, and Delta. */
export function padSession(
  kernels: Kernels,
  parameters: PadParameters,
  lie: PadLie,
): { verdict: Verdict; delta: Ext | undefined } {
  const field: ExtensionField = kernels.ext;
  const statementDigest = new Uint8Array(32);
  new DataView(statementDigest.buffer).setUint32(0, lie.run ?? 0);
  const domain = testDomain(field, { kind: 'pads', statementDigest });
  const source = testSource(field, 5);
  const honest = createProverPads(source, sessionPlan());
  const pads = lie.pads === undefined ? honest : { ...honest, h: mapSecret([honest.h], lie.pads) };
  const ch = proverChannel(domain);
  const seen: { delta?: Ext } = {};
  const lying = lyingChannel(ch, (label, values, nth, challenges) => {
    const delta = challenges.exts('pads/delta')[0];
    if (delta !== undefined) seen.delta = delta;
    return lie.hook?.(label, values, nth, challenges);
  });
  const committed = commitPads(lie.kernels ?? kernels, source, parameters, pads);
  writeRoot(lying, 'root/PAD', committed.rows);
  relate(pads.ledger, pads.send(lying, 'values', lie.values));
  provePads(kernels, lying, committed, pads.ledger.finish(), false);
  const verdict = verdictOf(() => {
    const reader = verifierChannel(domain, ch.finish());
    const ledger = createPadLedger(affineAlgebra(field), sessionPlan());
    const root = reader.readDigest('root/PAD');
    relate(
      ledger,
      reader.readExts('values', 4).map((masked) => ledger.record(masked)),
    );
    verifyPadProof(reader, parameters, root, ledger.finish());
    reader.finish();
  });
  return { verdict, delta: seen.delta };
}

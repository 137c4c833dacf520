/** Lookup programs, witnesses and runs for tests; openings are replaced by the true columns. */
import type { Ext, ExtensionField } from '../../src/field/field.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { affineAlgebra, evaluateAffine } from '../../src/pads/affine.ts';
import { createPadLedger } from '../../src/pads/ledger.ts';
import { createProverPads, type ProverPads } from '../../src/pads/pads-prove.ts';
import { createPadPlanner, type PadPlan } from '../../src/pads/plan.ts';
import { mapSecret } from '../../src/secret/secret.ts';
import type { BalanceWitness } from '../../src/tlookup/leaves-prove.ts';
import type { LeafClaim, LookupClaims } from '../../src/tlookup/leaf-claim.ts';
import { planLookups } from '../../src/tlookup/plan.ts';
import { proveLookups } from '../../src/tlookup/prove.ts';
import type { LoadedLookups } from '../../src/tlookup/shape.ts';
import { verifyLookups } from '../../src/tlookup/verify.ts';
import { proverChannel, type ProverChannel } from '../../src/transcript/prover.ts';
import type { Observer } from '../../src/transcript/transcript.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { testSource } from './linear.ts';
import { denseEvaluate, denseProve, HONEST, type Lie } from './lookup-dense.ts';
import { testDomain } from './transcript.ts';

export function lookupPlan(lookups: LoadedLookups): PadPlan {
  const planner = createPadPlanner();
  planLookups(planner, lookups);
  return planner.plan();
}

export interface Run {
  readonly proof: Uint8Array;
  readonly h: readonly Ext[];
}

/** Challenges by seed. */
export function lookupDomain(field: ExtensionField, seed: number) {
  return testDomain(field, { statementDigest: new Uint8Array(32).fill(seed & 255).fill(seed >> 8, 16) });
}

/** A proof and its pads. @param seed of pads and of every challenge */
export function run(
  field: ExtensionField,
  lookups: LoadedLookups,
  seed: number,
  prove: (pads: ProverPads, ch: ProverChannel) => unknown,
  observer?: Observer,
): Run {
  const pads = createProverPads(testSource(field, seed), lookupPlan(lookups));
  const ch = proverChannel(lookupDomain(field, seed), observer);
  prove(pads, ch);
  let h: readonly Ext[] = [];
  mapSecret([pads.h], (values) => (h = values));
  return { proof: ch.finish(), h };
}

/** The prover of src/. */
export function honestRun(
  kernels: Kernels,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  seed: number,
  observer?: Observer,
): Run {
  return run(
    kernels.ext,
    lookups,
    seed,
    (pads, ch) => proveLookups(kernels, pads, ch, lookups, witnesses),
    observer,
  );
}

/** The prover of the definition, or a liar. */
export function denseRun(
  field: ExtensionField,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  seed: number,
  lie: Lie = HONEST,
): Run {
  return run(field, lookups, seed, (pads, ch) => denseProve(field, pads, ch, lookups, witnesses, lie));
}

/** The first seed whose challenges an honest prover need not divide by zero for; toy fields have others. */
export function firstSeed<T>(from: number, attempt: (seed: number) => T): T {
  for (let seed = from; ; seed++) {
    try {
      return attempt(seed);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('lookup: ') || seed > from + 100)
        throw error;
    }
  }
}

/** The sum of a claim's parts on true columns. */
export function applyClaim(
  K: ExtensionField,
  claim: LeafClaim,
  columnOf: (balance: number, index: number, column: number) => Uint32Array,
): Ext {
  return claim.parts.reduce((sum: Ext, { balance, index, column, first, point, coefficient }) => {
    const cells = columnOf(balance, index, column).subarray(first, first + 2 ** point.length);
    const values = [...cells].map((x) => K.fromBase(K.base.fromInt(x)));
    return K.add(sum, K.mul(coefficient, denseEvaluate(K, values, point)));
  }, K.zero);
}

/** What the verifier finds wrong: indices of forms that do not vanish on h, then `columns`, `multiplicities`. */
export function violations(
  K: ExtensionField,
  lookups: LoadedLookups,
  witnesses: readonly BalanceWitness[],
  { proof, h }: Run,
  seed: number,
  observer?: Observer,
): (number | 'columns' | 'multiplicities')[] {
  const algebra = affineAlgebra(K);
  const ledger = createPadLedger(algebra, lookupPlan(lookups));
  const ch = verifierChannel(lookupDomain(K, seed), proof, observer);
  const claims = verifyLookups(ledger, ch, lookups);
  ch.finish();
  const values = claimValues(K, claims, witnesses);
  ledger.assertZero(algebra.sub(claims.columns.value, algebra.constant(values.columns)));
  ledger.assertZero(algebra.sub(claims.multiplicities.value, algebra.constant(values.multiplicities)));
  const { constraints } = ledger.finish();
  return constraints.flatMap((form, i): (number | 'columns' | 'multiplicities')[] => {
    if (K.isZero(evaluateAffine(K, form, h))) return [];
    if (i === constraints.length - 2) return ['columns'];
    return i === constraints.length - 1 ? ['multiplicities'] : [i];
  });
}

export function claimValues(
  K: ExtensionField,
  claims: LookupClaims,
  witnesses: readonly BalanceWitness[],
): { columns: Ext; multiplicities: Ext } {
  return {
    columns: applyClaim(K, claims.columns, (b, s, c) => witnesses[b]!.sources[s]![c]!),
    multiplicities: applyClaim(K, claims.multiplicities, (b, t) => witnesses[b]!.multiplicities[t]!),
  };
}

/**
 * ZKP-3: the simulator of spec/zero-knowledge.md. With challenges fixed in advance (what programming the oracle means), the real
 * verifier accepts what it makes from no witness at all, over one table of a group's rows and several proofs. Given the
 * free part of a real view as its coins it gives the real view, word for word: with the uniformity of that part, which the
 * rank test shows, views are equally distributed.
 */
import { describe, expect, test } from 'vitest';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { unpackExt } from '../../src/kernels/contract/layout.ts';
import { referenceKernels, type Kernels } from '../../src/kernels/index.ts';
import { distinctPositions } from '../../src/merkle/rows-verify.ts';
import { affineAlgebra } from '../../src/pads/affine.ts';
import { createPadLedger } from '../../src/pads/ledger.ts';
import { verifyPadProof } from '../../src/pads/proof-verify.ts';
import { groupTree } from '../../src/pcs/opening.ts';
import { verdictOf, type Verdict } from '../../src/pcs/linear-verify.ts';
import { verifyOpening } from '../../src/pcs/open-verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import {
  claimWeight,
  openingPlan,
  proofCells,
  runProof,
  toyOpeningParameters,
  type ProofOf,
  type Scenario,
} from '../support/hiding.ts';
import { applyWeight, randomPoint } from '../support/linear.ts';
import { groupOf, proofsAt, SMALL, toyField } from '../support/scenarios.ts';
import {
  drawCoins,
  simulateProof,
  simulateRows,
  type Coins,
  type SimulatedRows,
} from '../support/simulator.ts';
import { testDomain } from '../support/transcript.ts';
import { seededCells, seededWords } from '../support/verified.ts';
import { fixedChallenger, viewChannel, type Written } from '../support/view.ts';
import { generator } from '../support/words.ts';

const GROUP = groupOf('W', 2);
const NO_CAP = { ...GROUP, cap: new Uint8Array(32) };

function setting(field: ExtensionField, ownColumns: number) {
  const plan = openingPlan(SMALL, GROUP.columns + ownColumns);
  const parameters = toyOpeningParameters(field, SMALL, plan);
  return { plan, parameters, columns: GROUP.columns + ownColumns };
}

/** Whether the verifier accepts simulated bytes under the fixed challenges. */
function verify(
  field: ExtensionField,
  proof: ProofOf,
  group: SimulatedRows,
  value: Ext,
  bytes: Uint8Array,
): Verdict {
  const { plan, parameters, columns } = setting(field, proof.ownColumns);
  const algebra = affineAlgebra(field);
  return verdictOf(() => {
    const real = verifierChannel(testDomain(field), bytes);
    const ch = { ...real, ...fixedChallenger(field, proof.challenges) };
    const ledger = createPadLedger(algebra, plan);
    const ownRoot = ch.readDigest('root/AM');
    const padRoot = ch.readDigest('root/PAD');
    const groups = [{ ...GROUP, cap: group.committed.cap }];
    const weight = claimWeight(field, SMALL.logData, columns, proof.claimSeed);
    const claims = [{ weight, value: algebra.constant(value) }];
    verifyOpening(ch, ledger, { parameters, groups, ownColumns: proof.ownColumns, ownRoot }, claims);
    verifyPadProof(ch, parameters.pads, padRoot, ledger.finish());
    ch.finish();
  });
}

/** Simulates a proof that a claim has a value: bytes, and what was written. */
function simulate(
  kernels: Kernels,
  proof: ProofOf,
  group: SimulatedRows,
  value: Ext,
  coins: Coins,
): { bytes: Uint8Array; written: Written[] } {
  const { ext: field } = kernels;
  const { plan, parameters, columns } = setting(field, proof.ownColumns);
  const weight = claimWeight(field, SMALL.logData, columns, proof.claimSeed);
  const simulation = () => ({
    parameters,
    plan,
    groups: [group],
    ownColumns: proof.ownColumns,
    claims: [{ weight, value }],
    ahead: fixedChallenger(field, proof.challenges),
  });
  const ch = { ...proverChannel(testDomain(field)), ...fixedChallenger(field, proof.challenges) };
  simulateProof(kernels, ch, simulation(), coins);
  const view = viewChannel(field, proof.challenges);
  simulateProof(kernels, view, simulation(), coins);
  return { bytes: ch.finish(), written: view.written };
}

describe.each<[string, ExtensionField]>([
  ['F_97', toyField('F_97^2')],
  ['KoalaBear', quintic],
])('%s', (_, field) => {
  const kernels = referenceKernels(field);
  const p = field.base.modulus;

  test('simulated proofs of any values are accepted: two proofs, one table, a common position', () => {
    const proofs = proofsAt([[3, 9], [9, 14]], [0], 1); // prettier-ignore
    const next = generator(41);
    const { parameters, plan } = setting(field, 1);
    const rows = new Map([3, 9, 14].map((i) => [i, [next() % p, next() % p] as Fe[]]));
    const group = simulateRows(kernels, groupTree(parameters, NO_CAP), rows, next);
    for (const proof of proofs) {
      const value = randomPoint(field, 1, next() % 1000)[0] as Ext;
      const coins = drawCoins(field, parameters, plan, 1, () => next() % p, next);
      const { bytes } = simulate(kernels, proof, group, value, coins);
      expect(verify(field, proof, group, value, bytes)).toEqual({ ok: true });
      // The same bytes prove nothing else: the verifier was a real one.
      const other = field.add(value, field.one);
      expect(verify(field, proof, group, other, bytes)).toMatchObject({ ok: false, code: 'PAD_LINEAR' });
    }
  });

  test.each([1, 2, 3])('with the coins of a real proof it is the real view, seed %i', (seed) => {
    const [proof] = proofsAt([[3, 9]], [0], 2) as [ProofOf];
    const { parameters, columns } = setting(field, 2);
    let combined: Ext[] | undefined;
    const watched: Kernels = {
      ...kernels,
      kRows(out, vector, count) {
        combined ??= unpackExt(vector, 2 ** SMALL.logData + SMALL.padLength, field.degree);
        kernels.kRows(out, vector, count);
      },
    };
    const scenario: Scenario = { kernels: watched, code: SMALL, groups: [GROUP], proofs: [proof] };
    const cells = seededCells(seed + 50, Math.min(p, 2 ** 14));
    const view = viewChannel(field, proof.challenges);
    runProof(scenario, proof, seededWords(seed, p), cells, view);

    const words = (label: string): number[] =>
      view.written.filter((part) => part.label === label).flatMap((part) => [...part.words]);
    const cut = (all: readonly number[], size: number): Fe[][] =>
      Array.from({ length: all.length / size }, (_, i) => all.slice(size * i, size * (i + 1)) as Fe[]);
    const d = field.degree;
    const positions = distinctPositions(proof.challenges.positions?.['open/positions'] as number[]);
    const next = generator(seed);
    const coins: Coins = {
      masked: ['merge/round', 'open/y', 'open/y-mask'].flatMap((label) => cut(words(label), d)),
      combined: combined as Ext[],
      ownRows: cut(words('rows/AM'), 2 + d).map((row) => row.slice(0, 2)),
      x: cut(words('pads/revealed'), d),
      v: cut(words('pads/sums'), d)[2] as Ext,
      padRows: cut(words('rows/PAD'), 2 * d).map((row) => row.slice(0, d)),
      hash: next,
    };
    const rows = new Map(positions.map((at, i) => [at, cut(words('rows/W'), 2)[i] as Fe[]]));
    const group = simulateRows(kernels, groupTree(parameters, NO_CAP), rows, next);
    const weight = claimWeight(field, SMALL.logData, columns, proof.claimSeed);
    const value = applyWeight(field, weight, proofCells(scenario, proof, cells), SMALL.logData);
    expect(simulate(kernels, proof, group, value, coins).written).toEqual(view.written);
  });
});

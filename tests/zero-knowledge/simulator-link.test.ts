/**
 * ZKP-3 for links, and for a history of both kinds of proof: proofs of an epoch with columns of their own, the link to the next,
 * proofs of that one. The simulator has a table of opened rows for each epoch and no cell; the real verifiers accept all it
 * makes. With the coins of a real link it makes the real one.
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
import { verdictOf, type Verdict } from '../../src/pcs/linear-verify.ts';
import { linkPlan, type LinkStatement } from '../../src/pcs/link-statement.ts';
import { verifyLinkBody } from '../../src/pcs/link-verify.ts';
import { verifyOpening } from '../../src/pcs/open-verify.ts';
import { groupTree, type CommittedGroup } from '../../src/pcs/opening.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import {
  claimWeight,
  columnsPlan,
  openingPlan,
  runProof,
  toyOpeningParameters,
  type ProofOf,
  type Scenario,
} from '../support/hiding.ts';
import { randomPoint } from '../support/linear.ts';
import { groupOf, proofsAt, SMALL, toyField } from '../support/scenarios.ts';
import {
  drawCoins,
  simulateProof,
  simulateRows,
  type Coins,
  type Simulation,
  type SimulatedRows,
} from '../support/simulator.ts';
import { testDomain } from '../support/transcript.ts';
import { seededCells, seededWords } from '../support/verified.ts';
import { fixedChallenger, viewChannel, type Written } from '../support/view.ts';
import { generator } from '../support/words.ts';

const COLUMNS = 2;
const EPOCHS = [0, 1].map((epoch) => groupOf(`W@${epoch}`, COLUMNS, { epoch }));

const plan = columnsPlan(COLUMNS);
const parametersOf = (field: ExtensionField) => toyOpeningParameters(field, SMALL, plan);

function statementOf(field: ExtensionField, tables: readonly SimulatedRows[]): LinkStatement {
  const [older, newer] = tables.map(({ committed }, e): CommittedGroup => ({
    ...EPOCHS[e]!,
    cap: committed.cap,
  }));
  return { parameters: parametersOf(field), older: older!, newer: newer!, context: new Uint8Array(0) };
}

/** A link at positions that both tables hold. */
function linkAt(positions: readonly number[]): ProofOf {
  return { ...(proofsAt([positions], [0, 1])[0] as ProofOf), key: 'link', link: true };
}

/** Bytes over the real channel, and what was written. */
function simulate(
  kernels: Kernels,
  proof: ProofOf,
  simulation: Omit<Simulation, 'ahead'>,
  coins: Coins,
): { bytes: Uint8Array; written: Written[] } {
  const { ext: field } = kernels;
  const full = (): Simulation => ({ ...simulation, ahead: fixedChallenger(field, proof.challenges) });
  const ch = { ...proverChannel(testDomain(field)), ...fixedChallenger(field, proof.challenges) };
  simulateProof(kernels, ch, full(), coins);
  const view = viewChannel(field, proof.challenges);
  simulateProof(kernels, view, full(), coins);
  return { bytes: ch.finish(), written: view.written };
}

function verifyLinkOf(
  field: ExtensionField,
  proof: ProofOf,
  statement: LinkStatement,
  bytes: Uint8Array,
): Verdict {
  return verdictOf(() => {
    const real = verifierChannel(testDomain(field), bytes);
    const ch = { ...real, ...fixedChallenger(field, proof.challenges) };
    verifyLinkBody(ch, statement);
    ch.finish();
  });
}

function tablesOf(
  kernels: Kernels,
  rows: readonly ReadonlyMap<number, readonly Fe[]>[],
  next: () => number,
): SimulatedRows[] {
  const parameters = parametersOf(kernels.ext);
  return EPOCHS.map((group, e) =>
    simulateRows(kernels, groupTree(parameters, { ...group, cap: new Uint8Array(32) }), rows[e]!, next),
  );
}

describe.each<[string, ExtensionField]>([
  ['F_97', toyField('F_97^2')],
  ['KoalaBear', quintic],
])('%s', (_, field) => {
  const kernels = referenceKernels(field);
  const p = field.base.modulus;

  test('the plan and the link of the library are the simulated ones', () => {
    const next = generator(1);
    const tables = tablesOf(kernels, [new Map(), new Map()], next);
    expect(linkPlan(statementOf(field, tables))).toEqual(plan);
  });

  test('a history without a cell: a proof, the link, a proof of the next epoch, at common positions', () => {
    const next = generator(61);
    const row = (): Fe[] => Array.from({ length: COLUMNS }, () => field.base.fe(next() % p));
    const rows = [[3, 9, 14], [9, 14, 5]].map((at) => new Map(at.map((i) => [i, row()]))); // prettier-ignore
    const tables = tablesOf(kernels, rows, next);

    const link = linkAt([9, 14]);
    const statement = statementOf(field, tables);
    const coins = drawCoins(field, statement.parameters, plan, 0, () => next() % p, next);
    const simulation = { parameters: statement.parameters, plan, groups: tables, ownColumns: 0, claims: [] };
    const { bytes } = simulate(kernels, link, { ...simulation, link: true }, coins);
    expect(verifyLinkOf(field, link, statement, bytes)).toEqual({ ok: true });
    // The same bytes link no other trees: the verifier was a real one.
    const other = { ...statement, newer: { ...statement.newer, cap: statement.older.cap } };
    expect(verifyLinkOf(field, link, other, bytes)).toMatchObject({ ok: false, code: 'MERKLE_ROOT' });

    for (const epoch of [0, 1] as const) {
      const own = 1;
      const opening = openingPlan(SMALL, COLUMNS + own);
      const parameters = toyOpeningParameters(field, SMALL, opening);
      const positions = epoch === 0 ? [3, 9] : [9, 5];
      const proof: ProofOf = { ...(proofsAt([positions], [epoch], own)[0] as ProofOf), claimSeed: epoch };
      const weight = claimWeight(field, SMALL.logData, COLUMNS + own, proof.claimSeed);
      const value = randomPoint(field, 1, 70 + epoch)[0] as Ext;
      const table = tables[epoch] as SimulatedRows;
      const some = drawCoins(field, parameters, opening, own, () => next() % p, next);
      const simulated = { parameters, plan: opening, groups: [table], ownColumns: own };
      const made = simulate(kernels, proof, { ...simulated, claims: [{ weight, value }] }, some);
      const algebra = affineAlgebra(field);
      const verdict = verdictOf(() => {
        const real = verifierChannel(testDomain(field), made.bytes);
        const ch = { ...real, ...fixedChallenger(field, proof.challenges) };
        const ledger = createPadLedger(algebra, opening);
        const ownRoot = ch.readDigest('root/AM');
        const padRoot = ch.readDigest('root/PAD');
        const groups = [{ ...EPOCHS[epoch]!, cap: table.committed.cap }];
        const claims = [{ weight, value: algebra.constant(value) }];
        verifyOpening(ch, ledger, { parameters, groups, ownColumns: own, ownRoot }, claims);
        verifyPadProof(ch, parameters.pads, padRoot, ledger.finish());
        ch.finish();
      });
      expect([epoch, verdict]).toEqual([epoch, { ok: true }]);
    }
  });

  test.each([1, 2, 3])('with the coins of a real link it is the real view, seed %i', (seed) => {
    const proof = linkAt([3, 9]);
    let combined: Ext[] | undefined;
    const watched: Kernels = {
      ...kernels,
      kRows(out, vector, count) {
        combined ??= unpackExt(vector, 2 ** SMALL.logData + SMALL.padLength, field.degree);
        kernels.kRows(out, vector, count);
      },
    };
    const scenario: Scenario = { kernels: watched, code: SMALL, groups: EPOCHS, proofs: [proof] };
    const view = viewChannel(field, proof.challenges);
    runProof(scenario, proof, seededWords(seed, p), seededCells(seed + 50, Math.min(p, 2 ** 14)), view);

    const words = (label: string): number[] =>
      view.written.filter((part) => part.label === label).flatMap((part) => [...part.words]);
    const cut = (all: readonly number[], size: number): Fe[][] =>
      Array.from({ length: all.length / size }, (_, i) => all.slice(size * i, size * (i + 1)) as Fe[]);
    const d = field.degree;
    const positions = distinctPositions(proof.challenges.positions?.['open/positions'] as number[]);
    const next = generator(seed);
    const coins: Coins = {
      masked: ['open/y', 'open/y-mask'].flatMap((label) => cut(words(label), d)),
      combined: combined as Ext[],
      ownRows: positions.map(() => []),
      x: cut(words('pads/revealed'), d),
      v: cut(words('pads/sums'), d)[2] as Ext,
      padRows: cut(words('rows/PAD'), 2 * d).map((row) => row.slice(0, d)),
      hash: next,
    };
    const rows = EPOCHS.map(
      ({ label }) => new Map(positions.map((at, i) => [at, cut(words(`rows/${label}`), COLUMNS)[i] as Fe[]])),
    );
    const groups = tablesOf(kernels, rows, next);
    const parameters = parametersOf(field);
    const simulation = { parameters, plan, groups, ownColumns: 0, claims: [], link: true };
    expect(simulate(kernels, proof, simulation, coins).written).toEqual(view.written);
  });
});

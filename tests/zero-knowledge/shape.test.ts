/**
 * ZKP-7: what a proof looks like, its messages, their order and sizes, its length, depends on public data and on public
 * challenges only. Where positions coincide a proof is shorter; the positions are challenges, so the length is compared
 * with the one that they give.
 */
import { expect, test } from 'vitest';
import { extBytes } from '../../src/field/encoding.ts';
import type { Ext } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { distinctPositions } from '../../src/merkle/rows-verify.ts';
import { siblingPositions, type TreeShape } from '../../src/merkle/shape.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { levelGeometry } from '../../src/params/parameters.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { proveLinearBody } from '../../src/pcs/linear-prove.ts';
import { linearPlan, ownColumns, type LinearStatement } from '../../src/pcs/linear-statement.ts';
import { proveLinkBody } from '../../src/pcs/link-prove.ts';
import { linkPlan } from '../../src/pcs/link-statement.ts';
import { groupTree, ownTree } from '../../src/pcs/opening.ts';
import { proverChannel, type ProverChannel } from '../../src/transcript/prover.ts';
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { applyWeight, codeOf, exampleWeights, linearParameters, testSource } from '../support/linear.ts';
import { groupOf } from '../support/scenarios.ts';
import { domainOf, groupsOf, isLink, type AnyStatement } from '../support/soundness/statements.ts';
import { generator } from '../support/words.ts';

const kernels = referenceKernels(quintic);
const field = quintic;
const profile = unsafeToyProfile(2, { modulus: field.base.modulus, degree: field.degree });
const COLUMNS = 2;
const M = 4;
const identity = groupOf('W', COLUMNS);
const CODE = codeOf(profile, M, 2 ** M);

/** Cells of many kinds: constant, extreme, sparse, equal columns, random. */
function witnesses(): Int16Array[] {
  const n = COLUMNS * 2 ** M;
  const next = generator(7);
  const filled = (f: (i: number) => number): Int16Array => Int16Array.from({ length: n }, (_, i) => f(i));
  const plain = [0, 1, -1, 32_767, -32_768].map((x) => filled(() => x));
  const sparse = [0, 5, n - 1].map((at) => filled((i) => (i === at ? 1234 : 0)));
  const ramps = [
    filled((i) => i),
    filled((i) => -i),
    filled((i) => (i % 2 ** M) * 100),
    filled((i) => i & 1),
  ];
  const random = Array.from({ length: 12 }, () => filled(() => (next() % 65_536) - 32_768));
  return [...plain, ...sparse, ...ramps, ...random];
}

interface Made {
  readonly statement: AnyStatement;
  readonly bytes: Uint8Array;
  readonly events: readonly TranscriptEvent[];
  readonly positions: readonly (readonly number[])[];
}

/** A group of two columns, and as many of the proof's own with the same cells, if any. */
function make(cells: Int16Array, seed: number, own = 0): Made {
  const read = (first: number, count: number) => cells.subarray(first * 2 ** M, (first + count) * 2 ** M);
  const numbers = linearParameters(profile, CODE, [identity], 3, own);
  const group = commitGroup(kernels, testSource(field, seed), numbers, identity, read, 0);
  const ownCells = Uint32Array.from(cells.subarray(0, own * 2 ** M), (x) => field.base.fromInt(x));
  const all = Int32Array.from([...cells, ...ownCells]);
  const claims = exampleWeights(field, COLUMNS + own, M, 1).map((weight) => ({
    weight,
    value: applyWeight(field, weight, all, M),
  }));
  const groups = [{ ...identity, cap: group.cap }];
  const context = new Uint8Array(0);
  const statement = { parameters: numbers, groups, ownColumns: own, claims, context };
  return record(statement, (ch) =>
    proveLinearBody(kernels, ch, statement, [group], testSource(field, seed + 100), true, ownCells),
  );
}

/** A link between two epochs of these cells. */
function makeLink(cells: Int16Array, seed: number): Made {
  const numbers = completeInstance(linkInstance(COLUMNS), CODE, profile)!.parameters;
  const read = (first: number, count: number) => cells.subarray(first * 2 ** M, (first + count) * 2 ** M);
  const groups = [0, 1].map((epoch) =>
    commitGroup(kernels, testSource(field, seed + epoch), numbers, { ...identity, epoch }, read, 0),
  ) as [OwnedGroup, OwnedGroup];
  const [older, newer] = groups.map((group) => ({ ...group.identity, cap: group.cap }));
  const statement = { parameters: numbers, older: older!, newer: newer!, context: new Uint8Array(0) };
  return record(statement, (ch) =>
    proveLinkBody(kernels, ch, statement, groups, testSource(field, seed + 200)),
  );
}

/** What a prover writes, with the events and the positions on the way. */
function record(statement: AnyStatement, prove: (ch: ProverChannel) => void): Made {
  const events: TranscriptEvent[] = [];
  const positions: number[][] = [];
  const ch = proverChannel(domainOf(field, statement), (event) => events.push(event));
  const watched = {
    ...ch,
    challengePositions(label: string, count: number, logSize: number) {
      const drawn = ch.challengePositions(label, count, logSize);
      positions.push(distinctPositions(drawn));
      return drawn;
    },
  };
  prove(watched);
  return { statement, bytes: ch.finish(), events, positions };
}

/** The length that public data and positions give: no byte of a witness is asked. */
function lengthFrom(statement: AnyStatement, positions: readonly (readonly number[])[]): number {
  const p = statement.parameters;
  const plan = isLink(statement) ? linkPlan(statement) : linearPlan(statement);
  const k = extBytes(field);
  const opened = (words: number, salted: boolean, shape: TreeShape, at: readonly number[]): number =>
    at.length * (4 * words + (salted ? 16 : 0)) + 32 * siblingPositions(shape, at).length;
  const levels = levelGeometry(p);
  const outer = positions[0] as readonly number[];
  const pads = positions[levels.length + 1] as readonly number[];
  const trees = [
    ...groupsOf(statement).map((group) => groupTree(p, group)),
    ownTree(field, p, isLink(statement) ? 0 : ownColumns(statement)),
  ];
  const messages =
    32 * (2 + levels.length) + // AM, PAD, G1, G2, ..
    k * (plan.exposures + 1) + // masked messages, a
    k * levels.reduce((sum, level) => sum + 2 * level.logFold, 0) +
    k * (2 ** p.logFinal + 3 + p.pads.size + p.pads.queries);
  const rows = levels.map((level, j) => {
    const shape = { logLeaves: level.logCodeword, logCap: 0 };
    return opened(level.columns * field.degree, false, shape, positions[j + 1] as readonly number[]);
  });
  return (
    messages +
    trees.reduce((sum, tree) => sum + opened(tree.words, true, tree.shape, outer), 0) +
    rows.reduce((sum, x) => sum + x, 0) +
    opened(2 * field.degree, true, { logLeaves: p.pads.logCodeword, logCap: 0 }, pads)
  );
}

test.each<[string, (cells: Int16Array, seed: number) => Made]>([
  ['an opening', make],
  ['an opening with columns of its own', (cells, seed) => make(cells, seed, COLUMNS)],
  ['a link', makeLink],
])('%s, 24 witnesses: the same messages, and the length that the positions give', (_, prove) => {
  const made = witnesses().map((cells, i) => prove(cells, i));
  expect(made.length).toBe(24);
  const shapeOf = ({ events }: Made) =>
    events
      .filter(({ kind }) => kind !== 'opening')
      .map(({ kind, type, label, count, bytes }) => `${kind} ${type} ${label} ${count} ${bytes}`);
  const openings = ({ events }: Made) =>
    events.filter(({ kind }) => kind === 'opening').map(({ type, label }) => `${type} ${label}`);
  const [first] = made as [Made];
  for (const one of made) {
    expect(shapeOf(one)).toEqual(shapeOf(first));
    expect(openings(one)).toEqual(openings(first));
    expect(one.bytes.length).toBe(lengthFrom(one.statement, one.positions));
  }
  // Positions differ from proof to proof, so the formula was tried on several lengths.
  expect(new Set(made.map(({ bytes }) => bytes.length)).size).toBeGreaterThan(1);
});

test('positions do not depend on the witness beyond digests: a repeated value of a weight is the same statement', () => {
  const cells = witnesses()[0] as Int16Array;
  const [a, b] = [make(cells, 1), make(cells, 1)];
  expect(Buffer.from(a.bytes).equals(Buffer.from(b.bytes))).toBe(true);
  const value = (a.statement as LinearStatement).claims.map((claim): Ext => claim.value);
  expect(value.every((x) => field.isZero(x))).toBe(true);
});

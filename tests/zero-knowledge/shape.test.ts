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
import { levelGeometry, type Parameters } from '../../src/params/parameters.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { commitGroup } from '../../src/pcs/group-prove.ts';
import { proveLinearBody } from '../../src/pcs/linear-prove.ts';
import { linearDomain, linearPlan, type LinearStatement } from '../../src/pcs/linear-statement.ts';
import { groupTree, ownTree } from '../../src/pcs/opening.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import type { TranscriptEvent } from '../../src/transcript/transcript.ts';
import { applyWeight, codeOf, exampleWeights, linearParameters, testSource } from '../support/linear.ts';
import { groupOf } from '../support/scenarios.ts';
import { generator } from '../support/words.ts';

const kernels = referenceKernels(quintic);
const field = quintic;
const profile = unsafeToyProfile(2, { modulus: field.base.modulus, degree: field.degree });
const COLUMNS = 2;
const M = 4;
const identity = groupOf('W', COLUMNS);
const parameters = linearParameters(profile, codeOf(profile, M, 2 ** M), [identity], 3);

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
  readonly statement: LinearStatement;
  readonly bytes: Uint8Array;
  readonly events: readonly TranscriptEvent[];
  readonly positions: readonly (readonly number[])[];
}

function make(cells: Int16Array, seed: number): Made {
  const read = (first: number, count: number) => cells.subarray(first * 2 ** M, (first + count) * 2 ** M);
  const group = commitGroup(kernels, testSource(field, seed), parameters, identity, read, 0);
  const claims = exampleWeights(field, COLUMNS, M, 1).map((weight) => ({
    weight,
    value: applyWeight(field, weight, cells, M),
  }));
  const groups = [{ ...identity, cap: group.cap }];
  const statement = { parameters, groups, claims, context: new Uint8Array(0) };
  const events: TranscriptEvent[] = [];
  const positions: number[][] = [];
  const ch = proverChannel(linearDomain(field, statement), (event) => events.push(event));
  const watched = {
    ...ch,
    challengePositions(label: string, count: number, logSize: number) {
      const drawn = ch.challengePositions(label, count, logSize);
      positions.push(distinctPositions(drawn));
      return drawn;
    },
  };
  proveLinearBody(kernels, watched, statement, [group], testSource(field, seed + 100));
  return { statement, bytes: ch.finish(), events, positions };
}

/** The length that public data and positions give: no byte of a witness is asked. */
function lengthFrom(
  p: Parameters,
  statement: LinearStatement,
  positions: readonly (readonly number[])[],
): number {
  const [group] = statement.groups as [(typeof statement.groups)[0]];
  const k = extBytes(field);
  const opened = (words: number, salted: boolean, shape: TreeShape, at: readonly number[]): number =>
    at.length * (4 * words + (salted ? 16 : 0)) + 32 * siblingPositions(shape, at).length;
  const levels = levelGeometry(p);
  const outer = positions[0] as readonly number[];
  const pads = positions[levels.length + 1] as readonly number[];
  const own = ownTree(field, p, 0);
  const outside = groupTree(p, group);
  const messages =
    32 * (2 + levels.length) + // AM, PAD, G1, G2, ..
    k * (linearPlan(statement).exposures + 1) + // masked messages, a
    k * levels.reduce((sum, level) => sum + 2 * level.logFold, 0) +
    k * (2 ** p.logFinal + 3 + p.pads.size + p.pads.queries);
  const rows = levels.map((level, j) => {
    const shape = { logLeaves: level.logCodeword, logCap: 0 };
    return opened(level.columns * field.degree, false, shape, positions[j + 1] as readonly number[]);
  });
  return (
    messages +
    opened(outside.words, true, outside.shape, outer) +
    opened(own.words, true, own.shape, outer) +
    rows.reduce((sum, x) => sum + x, 0) +
    opened(2 * field.degree, true, { logLeaves: p.pads.logCodeword, logCap: 0 }, pads)
  );
}

test('24 witnesses: the same messages, and the length that the positions give', () => {
  const made = witnesses().map((cells, i) => make(cells, i));
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
    expect(one.bytes.length).toBe(lengthFrom(parameters, one.statement, one.positions));
  }
  // Positions differ from proof to proof, so the formula was tried on several lengths.
  expect(new Set(made.map(({ bytes }) => bytes.length)).size).toBeGreaterThan(1);
});

test('positions do not depend on the witness beyond digests: a repeated value of a weight is the same statement', () => {
  const cells = witnesses()[0] as Int16Array;
  const [a, b] = [make(cells, 1), make(cells, 1)];
  expect(Buffer.from(a.bytes).equals(Buffer.from(b.bytes))).toBe(true);
  const value = a.statement.claims.map((claim): Ext => claim.value);
  expect(value.every((x) => field.isZero(x))).toBe(true);
});

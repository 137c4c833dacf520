/** The lies of the suite about linear openings, each with the check that must refuse it and, alone, stands in its way. */
import type { Ext } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import { codePoint } from '../../../src/code/point.ts';
import { levelGeometry } from '../../../src/params/parameters.ts';
import { completeInstance } from '../../../src/params/choose.ts';
import { S128, unsafeToyProfile } from '../../../src/params/profile.ts';
import {
  committedColumns,
  linearInstance,
  ownColumns,
  type LinearStatement,
} from '../../../src/pcs/linear-statement.ts';
import { linkInstanceOf } from '../../../src/pcs/link-statement.ts';
import { codeOf } from '../linear.ts';
import { damagedRows, damagedTree, otherFirstOracle, otherFold, vanishing } from './bends.ts';
import { bump, falseClaim, type Setting } from './fixtures.ts';
import { closingFinal, closingY, mergeGap, product, type Hook, type Lie, type Seen } from './liar.ts';
import { isLink, maskPadOf, type AnyStatement } from './statements.ts';

export interface Strategy extends Lie {
  readonly name: string;
  /** The code of the check that refuses. */
  readonly code: string;
  /** Whether the verifier accepts once this check alone is deleted. */
  readonly alone: boolean;
}

const J = 1; // the claim that is stated one too high: on a column that claim 0 touches as well

export function change(values: readonly Ext[], index: number, by: Ext): Ext[] {
  return values.map((value, i) => (i === index ? quintic.add(value, by) : value));
}

/** One hook after the other on the same message. */
export function all(...hooks: readonly Hook[]): Hook {
  return (label, values, nth, seen) => {
    let current = values;
    for (const hook of hooks) current = hook(label, current, nth, seen) ?? current;
    return [...current];
  };
}

/** Hooks for a statement whose claim J is false; the y of one column pays for it. */
function hooks(claimed: LinearStatement, column: number) {
  const close = (seen: Seen): Ext => closingY(claimed, seen, J, column);
  const gapOfA = (seen: Seen): Ext => quintic.mul(seen.exts('open/rho')[column] as Ext, close(seen));
  const closeMerge: Hook = (label, values, _nth, seen) =>
    label === 'open/y' ? change(values, column, close(seen)) : undefined;
  const guessRho: Hook = (label, values, _nth, seen) =>
    label === 'open/y-mask' ? change(values, 0, quintic.neg(close(seen))) : undefined;
  const adjustA: Hook = (label, values, _nth, seen) =>
    label === 'open/a' ? change(values, 0, gapOfA(seen)) : undefined;
  const closeFinal: Hook = (label, values, _nth, seen) =>
    label === 'whir/final' ? change(values, 0, closingFinal(claimed, seen, gapOfA(seen))) : undefined;
  const leaveLine: Hook = (label, values, _nth, seen) => {
    if (label !== 'pads/revealed') return undefined;
    const [delta, gamma] = ['pads/delta', 'pads/gamma'].map((name) => seen.exts(name)[0] as Ext) as [
      Ext,
      Ext,
    ];
    const step = quintic.mul(quintic.mul(delta, mergeGap(seen, J)), quintic.inverse(gamma));
    return change(values, maskPadOf(claimed), step);
  };
  return { gapOfA, closeMerge, guessRho, adjustA, closeFinal, leaveLine };
}

/**
 * A wrong h(0) in one round, made good in the next for the challenge that the prover hopes for: with d the error of the claim
 * and guess s, h(0) of the next round moves by -s d / (1 - 2s).
 */
export function compensated(round: string, challenge: string): Hook {
  return (label, values, nth, seen) => {
    if (label !== round) return undefined;
    if (nth === 0) return change(values, 0, quintic.one);
    if (nth !== 1) return undefined;
    const r = seen.exts(challenge)[0] as Ext;
    const off = quintic.sub(quintic.one, quintic.add(r, r));
    const guess = quintic.fromLimbs([3, 1, 4, 1, 5]);
    const slope = quintic.sub(quintic.one, quintic.add(guess, guess));
    return change(values, 0, quintic.neg(quintic.mul(quintic.mul(guess, off), quintic.inverse(slope))));
  };
}

export const on =
  (name: string, index: number, nthOnly?: number): Hook =>
  (label, values, nth) =>
    label === name && (nthOnly === undefined || nth === nthOnly)
      ? values.map((value, i) => (i === index ? bump(value) : value))
      : undefined;

/** Words of a row of level j's oracle, from 0. */
function oracleWords({ parameters }: AnyStatement, j: number): number {
  return 5 * (levelGeometry(parameters)[j]?.columns as number);
}

/**
 * The first fold is another vector: by a polynomial that vanishes at all but one of as many positions as one can, the
 * multiple of it that makes up for `gap`. As good as a guess of the queries can be.
 */
function guessedFold({ parameters }: AnyStatement, gap: (seen: Seen) => Ext): NonNullable<Lie['bend']> {
  const first = levelGeometry(parameters)[0]!;
  const guessed = Array.from({ length: 2 ** first.logColumn - 1 }, (_, i) =>
    codePoint(quintic.base, first.logCodeword, 2 * i),
  );
  const poly = vanishing(guessed);
  return otherFold(first.logFold, (form, seen) => {
    const weight = form.reduce(
      (sum: Ext, x, i) => quintic.add(sum, quintic.mulBase(x, poly[i] as (typeof poly)[0])),
      quintic.zero,
    );
    const left = quintic.mul(gap(seen), product(seen.exts('whir/gamma')));
    const scale = quintic.mul(left, quintic.inverse(weight));
    return poly.map((c) => quintic.mulBase(scale, c));
  });
}

/** Lies about the trees and the inner argument that any kind of proof allows; what is claimed is true. */
export function machineLies(statement: AnyStatement, own: number): Omit<Strategy, 'claimed' | 'groups'>[] {
  const levels = statement.parameters.levels.length;
  const inner = levels === 1 ? 'FINAL_QUERY' : 'FINAL_SUM';
  const lie = (name: string, code: string, rest: Pick<Lie, 'hook' | 'bend'>, alone = true) => ({
    name,
    code,
    alone,
    ...rest,
  });
  const oneCell = otherFold(statement.parameters.levels[0]!.logFold, () => [quintic.zero, quintic.one]);
  const longer: Hook = (label, values) => (label === 'whir/final' ? [...values, quintic.zero] : undefined);
  return [
    lie('wrong y_0', 'PAD_LINEAR', { hook: on('open/y', 0) }),
    lie('wrong y_M', 'PAD_LINEAR', { hook: on('open/y-mask', 0) }),
    lie('wrong a', 'FINAL_SUM', { hook: on('open/a', 0) }, false),
    lie('inner round wrong, made good for a guess', 'FINAL_SUM', {
      hook: compensated('whir/round', 'whir/gamma'),
    }),
    lie('first fold with a cell moved', inner, { bend: oneCell }, levels > 1),
    lie('wrong last vector', 'FINAL_QUERY', { hook: on('whir/final', 1) }, false),
    lie('last vector one element longer', 'MERKLE_ROOT|NON_CANONICAL', { hook: longer }, false),
    lie('wrong beta', 'PAD_LINEAR', { hook: on('pads/sums', 0) }),
    lie('wrong U', 'PAD_PRODUCT', { hook: on('pads/sums', 1) }),
    lie('wrong V', 'PAD_PRODUCT', { hook: on('pads/sums', 2) }),
    lie('PAD with a third of its rows wrong', 'PAD_QUERY', { bend: damagedRows(10) }),
    lie('the mask with a third of its rows wrong', 'FINAL_SUM', { bend: damagedTree(own + 5, own) }),
    lie('G1 with a third of its rows wrong', inner, { bend: damagedRows(oracleWords(statement, 0)) }),
    lie('the last oracle with a third of its rows wrong', 'FINAL_QUERY', {
      bend: damagedRows(oracleWords(statement, levels - 1)),
    }),
  ];
}

/** A true statement under parameters of twenty bits, or a toy's own: as well formed as others; honest in everything else. */
export function weakened(statement: AnyStatement): Pick<Strategy, 'name' | 'code' | 'alone' | 'claimed'> {
  const { profile, code } = statement.parameters;
  const toy = unsafeToyProfile(Math.min(20, profile.lambda), profile.field);
  const instance = isLink(statement) ? linkInstanceOf(statement) : linearInstance(statement);
  const draft = completeInstance(instance, codeOf(toy, code.logData, code.padLength), toy);
  if (draft === undefined) throw new Error('no toy parameters');
  const claimed = { ...statement, parameters: draft.parameters };
  return { name: 'parameters of twenty bits', code: 'WEAK_PARAMS', alone: false, claimed };
}

/** A carried group said to be opened more often than its pads allow. */
function overused(statement: LinearStatement): Pick<Strategy, 'name' | 'code' | 'alone' | 'claimed'>[] {
  return statement.groups.flatMap((group, i) => {
    if (group.lifetime !== 'carried') return [];
    const groups = statement.groups.map((one, j) => (i === j ? { ...one, uses: 1000 } : one));
    const claimed = { ...statement, groups };
    return [{ name: `group ${i} with more uses than pads`, code: 'WEAK_PARAMS', alone: false, claimed }];
  });
}

/** Lies about a gap in the claim of the inner argument, once a is moved by it. */
export function innerLies(
  statement: AnyStatement,
  gap: (seen: Seen) => Ext,
  before: Hook,
): Pick<Strategy, 'name' | 'code' | 'alone' | 'hook' | 'bend'>[] {
  const inner = statement.parameters.levels.length === 1 ? 'FINAL_QUERY' : 'FINAL_SUM';
  const last: Hook = (label, values, _nth, seen) =>
    label === 'whir/final' ? change(values, 0, closingFinal(statement, seen, gap(seen))) : undefined;
  return [
    { name: 'a moved', code: 'FINAL_SUM', alone: true, hook: before },
    {
      name: 'a moved, last vector with the right weighted sum',
      code: 'FINAL_QUERY',
      alone: true,
      hook: all(before, last),
    },
    {
      name: 'a moved, G1 of a vector with the right weighted sum',
      code: 'FINAL_SUM',
      alone: true,
      hook: before,
      bend: otherFirstOracle(gap),
    },
    {
      name: 'a moved, first fold another vector with the right weighted sum',
      code: inner,
      alone: true,
      hook: before,
      bend: guessedFold(statement, gap),
    },
  ];
}

/** Lies that any linear setting allows. */
export function strategies({ statement, groups, ownCells }: Setting): Strategy[] {
  const claimed = falseClaim(statement, J);
  const own = ownColumns(statement);
  const base = { groups, ownCells };
  const lie = (name: string, code: string, hook?: Hook): Strategy => ({
    ...base,
    ...{ name, code, alone: true, claimed, believed: statement },
    ...(hook && { hook }),
  });
  const truth = (name: string, code: string, rest: Pick<Lie, 'hook' | 'bend'>): Strategy => ({
    ...base,
    ...{ name, code, alone: true, claimed: statement },
    ...rest,
  });
  // One column of a group pays, and one of the proof's own.
  const columns = own === 0 ? [0] : [0, committedColumns(statement) - 1];
  const paid = columns.flatMap((column) => {
    const { gapOfA, closeMerge, guessRho, adjustA } = hooks(claimed, column);
    return [
      lie(`y_${column} moved so that the merge closes`, 'PAD_LINEAR', closeMerge),
      lie(`y_${column} moved, y_M moved for a guessed rho of 1`, 'PAD_LINEAR', all(closeMerge, guessRho)),
      ...innerLies(claimed, gapOfA, all(closeMerge, adjustA)).map((one) => ({
        ...lie(one.name, one.code),
        ...one,
        name: `y_${column} and ${one.name}`,
      })),
    ];
  });
  return [
    lie('a false claim, honest otherwise', 'PAD_LINEAR'),
    ...paid,
    lie('x moved off the line until the linear check holds', 'PAD_QUERY', hooks(claimed, 0).leaveLine),
    truth('merge round wrong, made good for a guess', 'PAD_LINEAR', {
      hook: compensated('merge/round', 'merge/r'),
    }),
    truth('wrong coefficient of X^2 in the last merge round', 'PAD_LINEAR', {
      hook: on('merge/round', 1, statement.parameters.code.logData - 1),
    }),
    ...machineLies(statement, own).map((one) => ({ ...base, claimed: statement, ...one })),
    // Toys are weak as they are.
    ...(statement.parameters.profile.id === S128.id ? [{ ...base, ...weakened(statement) }] : []),
    ...overused(statement).map((one) => ({ ...base, ...one })),
    ...ownTrees(own).map((one) => ({ ...base, claimed: statement, ...one })),
  ];
}

/** Lies about the columns that a proof commits for itself. */
function ownTrees(own: number): Omit<Strategy, 'claimed' | 'groups'>[] {
  return Array.from({ length: own }, (_, column) => ({
    name: `own column ${column} with a third of its rows wrong`,
    code: 'FINAL_SUM',
    alone: true,
    bend: damagedTree(own + 5, column),
  }));
}

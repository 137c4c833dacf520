/** The lies of the suite about linear openings, each with the check that must refuse it and, alone, stands in its way. */
import type { Ext } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import type { LinearStatement } from '../../../src/pcs/linear-statement.ts';
import { bump, falseClaim, type Setting } from './fixtures.ts';
import { closingFinal, closingY, mergeGap, type Hook, type Lie } from './liar.ts';

export interface Strategy extends Lie {
  readonly name: string;
  /** The code of the check that refuses. */
  readonly code: string;
  /** Whether the verifier accepts once this check alone is deleted. */
  readonly alone: boolean;
}

const J = 1; // the claim that is stated one too high: on a column that claim 0 touches as well

function change(values: readonly Ext[], index: number, by: Ext): Ext[] {
  return values.map((value, i) => (i === index ? quintic.add(value, by) : value));
}

/** One hook after the other on the same message. */
function all(...hooks: readonly Hook[]): Hook {
  return (label, values, nth, seen) => {
    let current = values;
    for (const hook of hooks) current = hook(label, current, nth, seen) ?? current;
    return [...current];
  };
}

/** Hooks for a statement whose claim J is false. */
function hooks(claimed: LinearStatement) {
  const columns = claimed.groups.reduce((sum, { columns: count }) => sum + count, 0);
  const maskPad = 2 * claimed.parameters.code.logData + columns; // the pad of y_M
  const gapOfA = (seen: Parameters<Hook>[3]): Ext =>
    quintic.mul(seen.exts('open/rho')[0] as Ext, closingY(claimed, seen, J));
  const closeMerge: Hook = (label, values, _nth, seen) =>
    label === 'open/y' ? change(values, 0, closingY(claimed, seen, J)) : undefined;
  const guessRho: Hook = (label, values, _nth, seen) =>
    label === 'open/y-mask' ? change(values, 0, quintic.neg(closingY(claimed, seen, J))) : undefined;
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
    return change(values, maskPad, step);
  };
  return { closeMerge, guessRho, adjustA, closeFinal, leaveLine };
}

/**
 * A wrong h(0) in one round, made good in the next for the challenge that the prover hopes for: with d the error of the claim
 * and guess s, h(0) of the next round moves by -s d / (1 - 2s).
 */
function compensated(round: string, challenge: string): Hook {
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

const on =
  (name: string, index: number, nthOnly?: number): Hook =>
  (label, values, nth) =>
    label === name && (nthOnly === undefined || nth === nthOnly)
      ? values.map((value, i) => (i === index ? bump(value) : value))
      : undefined;

/** Damages every third row of a codeword of this many columns. */
function damaged(columns: number): Required<Lie>['damage'] {
  return (codeword, logN, width) => {
    if (width !== columns) return;
    for (let row = 0; row < 2 ** logN; row += 3) {
      const at = row * width;
      codeword[at] = ((codeword[at] as number) + 1) % quintic.base.modulus;
    }
  };
}

/** Columns of the first level's oracle, limb by limb. */
function oracleColumns({ parameters: { code, levels } }: LinearStatement, j: number): number {
  const fold = levels[j]?.logFold as number;
  const length = 2 ** (code.logData + 1 - fold);
  return 5 * (j === 0 ? (2 ** code.logData + code.padLength) / length : 2 ** fold);
}

/** Lies that any setting allows. */
export function strategies({ statement, groups }: Setting): Strategy[] {
  const claimed = falseClaim(statement, J);
  const believed = statement;
  const { closeMerge, guessRho, adjustA, closeFinal, leaveLine } = hooks(claimed);
  const lie = (name: string, code: string, hook?: Hook, alone = true): Strategy => ({
    name,
    code,
    alone,
    claimed,
    believed,
    groups,
    ...(hook && { hook }),
  });
  const truth = (name: string, code: string, rest: Partial<Lie>, alone = true): Strategy => ({
    name,
    code,
    alone,
    claimed: statement,
    groups,
    ...rest,
  });
  const levels = statement.parameters.levels.length;
  const inner = levels === 1 ? 'FINAL_QUERY' : 'FINAL_SUM';
  return [
    lie('a false claim, honest otherwise', 'PAD_LINEAR'),
    lie('y_0 moved so that the merge closes', 'PAD_LINEAR', closeMerge),
    lie('y_0 moved, y_M moved for a guessed rho of 1', 'PAD_LINEAR', all(closeMerge, guessRho)),
    lie('y_0 moved, a moved with it', 'FINAL_SUM', all(closeMerge, adjustA)),
    lie(
      'y_0 and a moved, last vector with the right weighted sum',
      'FINAL_QUERY',
      all(closeMerge, adjustA, closeFinal),
    ),
    lie('x moved off the line until the linear check holds', 'PAD_QUERY', leaveLine),
    truth('wrong y_0', 'PAD_LINEAR', { hook: on('open/y', 0) }),
    truth('wrong y_M', 'PAD_LINEAR', { hook: on('open/y-mask', 0) }),
    truth('wrong a', 'FINAL_SUM', { hook: on('open/a', 0) }, false),
    truth('merge round wrong, made good for a guess', 'PAD_LINEAR', {
      hook: compensated('merge/round', 'merge/r'),
    }),
    truth('inner round wrong, made good for a guess', 'FINAL_SUM', {
      hook: compensated('whir/round', 'whir/gamma'),
    }),
    truth('wrong coefficient of X^2 in the last merge round', 'PAD_LINEAR', {
      hook: on('merge/round', 1, statement.parameters.code.logData - 1),
    }),
    truth('wrong last vector', 'FINAL_QUERY', { hook: on('whir/final', 1) }, false),
    truth(
      'last vector one element longer',
      'MERKLE_ROOT|NON_CANONICAL',
      {
        hook: (label, values) => (label === 'whir/final' ? [...values, quintic.zero] : undefined),
      },
      false,
    ),
    truth('wrong beta', 'PAD_LINEAR', { hook: on('pads/sums', 0) }),
    truth('wrong U', 'PAD_PRODUCT', { hook: on('pads/sums', 1) }),
    truth('wrong V', 'PAD_PRODUCT', { hook: on('pads/sums', 2) }),
    truth('PAD with a third of its rows wrong', 'PAD_QUERY', { damage: damaged(10) }),
    truth('G1 with a third of its rows wrong', inner, { damage: damaged(oracleColumns(statement, 0)) }),
    truth('the last oracle with a third of its rows wrong', 'FINAL_QUERY', {
      damage: damaged(oracleColumns(statement, levels - 1)),
    }),
  ];
}

/** Lies about links: two epochs that do not hold the same cells, and a tree that serves for both. */
import type { Ext } from '../../../src/field/field.ts';
import { quintic } from '../../../src/field/quintic.ts';
import type { Kernels } from '../../../src/kernels/index.ts';
import { eqIndex } from '../../../src/sumcheck/eq.ts';
import { linkSetting, type LinkSetting } from './fixtures.ts';
import { pointOf, type Hook, type Seen } from './liar.ts';
import { maskPadOf } from './statements.ts';
import { all, change, innerLies, machineLies, weakened, type Strategy } from './strategies.ts';

/** The cell that the newer epoch has one higher, and its column. */
const [COLUMN, CELL] = [1, 77] as const;

/** Links that look to their cells only; the first argument is honest. */
export function linkLies(kernels: Kernels, honest: LinkSetting): Strategy[] {
  const { older } = honest.statement;
  const n = 2 ** honest.statement.parameters.code.logData;
  const moved = linkSetting(kernels, (cells) => (cells[COLUMN * n + CELL]! += 1));
  const claimed = moved.statement;
  const lie = (name: string, code: string, hook?: Hook): Strategy => ({
    ...{ name, code, alone: true, claimed, groups: moved.groups },
    ...(hook && { hook }),
  });
  /** f_newer~(r) - f_older~(r) of the changed column. */
  const step = (seen: Seen): Ext => eqIndex(quintic, pointOf(seen), CELL);
  const rho = (seen: Seen, epoch: 0 | 1): Ext => seen.exts('open/rho')[epoch * older.columns + COLUMN] as Ext;
  /** y is the older epoch's: a of the cells is above what the form allows by rho_newer step. */
  const gapOfA = (seen: Seen): Ext => quintic.neg(quintic.mul(rho(seen, 1), step(seen)));
  const adjustA: Hook = (label, values, _nth, seen) =>
    label === 'open/a' ? change(values, 0, gapOfA(seen)) : undefined;
  const leaveLine: Hook = (label, values, _nth, seen) => {
    if (label !== 'pads/revealed') return undefined;
    const delta = seen.exts('pads/delta')[0] as Ext;
    return change(values, maskPadOf(claimed), quintic.mul(delta, gapOfA(seen)));
  };
  /** The mean of both: right if the two epochs had one rho. */
  const meanY: Hook = (label, values, _nth, seen) => {
    if (label !== 'open/y') return undefined;
    const two = quintic.add(quintic.one, quintic.one);
    return change(values, COLUMN, quintic.mul(step(seen), quintic.inverse(two)));
  };
  const newerY: Hook = (label, values, _nth, seen) =>
    label === 'open/y' ? change(values, COLUMN, step(seen)) : undefined;
  const guessedMask: Hook = (label, values, _nth, seen) =>
    label === 'open/y-mask' ? change(values, 0, step(seen)) : undefined;
  const { groups, statement } = honest;
  const oldTree: Strategy = {
    name: 'the tree of the older epoch under the name of the newer',
    code: 'MERKLE_ROOT',
    alone: true,
    claimed: { ...statement, newer: { ...statement.newer, cap: older.cap } },
    groups: [groups[0], { ...groups[0], rows: relabelled(groups[0], statement.newer.epoch) }],
  };
  return [
    lie('one cell changed, y of the older epoch', 'PAD_LINEAR'),
    lie('one cell changed, y of the newer epoch', 'PAD_LINEAR', newerY),
    lie('one cell changed, y the mean of both', 'PAD_LINEAR', meanY),
    lie('one cell changed, y_M moved for a guessed rho of 1', 'PAD_LINEAR', guessedMask),
    ...innerLies(claimed, gapOfA, adjustA).map((one) => ({
      ...lie(one.name, one.code),
      ...one,
      name: `one cell changed, ${one.name}`,
    })),
    lie('one cell changed, x moved off the line until the linear check holds', 'PAD_QUERY', all(leaveLine)),
    oldTree,
    { ...weakened(statement), groups },
    ...machineLies(statement, 0).map((one) => ({ ...one, claimed: statement, groups })),
  ];
}

/** The rows of a group, said to be of another epoch: the digests stay. */
function relabelled({ rows }: LinkSetting['groups'][0], epoch: number): LinkSetting['groups'][0]['rows'] {
  return { ...rows, tree: { ...rows.tree, domain: { ...rows.tree.domain, epoch } } };
}

/** The committed weights of a run's directory, opened again: those behind its segments, and with momentum those a period earlier. */
import type { Kernels } from '../../kernels/contract.ts';
import { openGroup, type Home, type StoredGroup } from '../../store/index.ts';
import {
  pointFrom,
  startPoint,
  stateUses,
  type OwnedPoint,
  type TrainingOwner,
  type TrainingPlan,
} from '../../training/index.ts';
import { BEFORE, checkWeights, weightsPath, type RunFolder } from './run-folder.ts';
import type { KeptSegment } from './kept-segments.ts';
import { openStart } from './train.ts';

/** Proofs that may be begun and abandoned at each point of the chain, beside the one that `stateUses` has: a machine may stop again. */
export const ATTEMPTS = 5;

/** The same of weights: with momentum they are read at two points of the chain. */
function attemptsAt({ momentum }: TrainingPlan): number {
  return momentum === undefined ? ATTEMPTS : 2 * ATTEMPTS;
}

/** The point behind the segments that are proven, with its weights. */
export function lastPoint(
  kernels: Kernels,
  home: Home,
  folder: RunFolder,
  owner: TrainingOwner,
  kept: readonly KeptSegment[],
): OwnedPoint {
  const last = kept.at(-1);
  const { plan, start } = folder.named.run;
  if (last === undefined) {
    if (start === 'seed') return startPoint(owner);
    return closing(openStart(kernels, home, folder), (group) => pointFrom(owner, 0, group));
  }
  const { step } = last.point;
  return closing(openWeights(kernels, home, folder, last), (group) => {
    const earlier = plan.momentum && openEarlier(kernels, home, folder, last);
    if (earlier === undefined) return pointFrom(owner, step, group);
    return closing(earlier, () => pointFrom(owner, step, group, earlier));
  });
}

/** The committed weights before the last period of a segment: its own, or those that it read; undefined: those of the seed. */
function openEarlier(
  kernels: Kernels,
  home: Home,
  folder: RunFolder,
  { point: { step, earlier }, first, writesEarlier }: KeptSegment,
): StoredGroup | undefined {
  if (earlier === undefined) return undefined;
  if (!writesEarlier && first === 0) return openStart(kernels, home, folder);
  const path = writesEarlier ? `${weightsPath(folder, step)}${BEFORE}` : weightsPath(folder, first);
  return closing(openGroup(kernels, home, path), (group) => {
    checkWeights(group, earlier);
    return group;
  });
}

/** The committed weights behind a segment. @throws ProofError `CHAIN` where other weights lie there; as `openGroup` */
export function openWeights(
  kernels: Kernels,
  home: Home,
  folder: RunFolder,
  { point }: KeptSegment,
): StoredGroup {
  return closing(openGroup(kernels, home, weightsPath(folder, point.step)), (group) => {
    checkWeights(group, point.weights);
    return group;
  });
}

/** Runs with a group that is closed if it fails. */
export function closing<T>(group: StoredGroup, run: (group: StoredGroup) => T): T {
  try {
    return run(group);
  } catch (error) {
    group.close();
    throw error;
  }
}

/** Proofs that may open weights. */
export interface Room {
  /** The most that the code has pads for. */
  readonly most: number;
  /** What the run itself needs. */
  readonly least: number;
}

/** @param uses of the run's own proofs, @param attempts that it may abandon beside them */
export function roomOf({ key }: Pick<StoredGroup, 'key'>, uses: number, attempts = ATTEMPTS): Room {
  const { padLength, queries } = key.parameters.code;
  const most = Math.floor(padLength / queries);
  return { most, least: Math.min(most, uses + attempts) };
}

/** Of the weights of a network's run. */
export function roomOfRun({ group, named: { run } }: Pick<TrainingOwner, 'group' | 'named'>): Room {
  return roomOf(group, stateUses(run.plan), attemptsAt(run.plan));
}

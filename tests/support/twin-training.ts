/** Runs of small networks for both verifiers: run files and segments, honest and not, and both verdicts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as twin from '../../reference/training.ts';
import type { Plan } from '../../reference/training-plan.ts';
import { quintic } from '../../src/field/quintic.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { openHome, type StoredGroup } from '../../src/store/index.ts';
import { chooseTrainingParameters, commitDataset } from '../../src/training/commit.ts';
import type { Format, TrainingPlan } from '../../src/training/plan.ts';
import {
  announceRun,
  pointFrom,
  proveSegment,
  startPoint,
  type OwnedPoint,
  type TrainingOwner,
} from '../../src/training/prove-segment.ts';
import { verifyTraining, type TrainingExpectations } from '../../src/training/verify.ts';
import { SEED, smallData } from '../training/small.ts';
import { twinField, wordOf } from './twin.ts';

/** The same plan in the words of the twin. */
export function twinPlan({ formats, momentum, period = 1, ...plan }: TrainingPlan): Plan {
  const of = ({ bits, fraction }: Format) => ({ bits, places: fraction });
  const { input, activation, weight, gradient, low, sum } = formats;
  const bits = { input: of(input), activation: of(activation), weight: of(weight), gradient: of(gradient) };
  return { ...plan, period, ...bits, low, sum, ...(momentum !== undefined && { momentum }) };
}

/** The way back. */
export function planOfTwin(plan: Plan): TrainingPlan {
  const { input, activation, weight, gradient, low, sum, ...sizes } = plan;
  const of = ({ bits, places }: Plan['input']): Format => ({ bits, fraction: places });
  const formats = {
    input: of(input),
    activation: of(activation),
    weight: of(weight),
    gradient: of(gradient),
  };
  return { ...sizes, formats: { ...formats, low, sum } };
}

/** What both verifiers say of a run and segments. */
export function bothTrainingWords(
  run: Uint8Array,
  segments: readonly Uint8Array[],
  expected: TrainingExpectations = {},
): [string, string] {
  return [
    wordOf(() => verifyTraining(run, segments, expected)),
    wordOf(() => twin.verifyTraining(twinField(quintic), run, segments, expected).verdict),
  ];
}

/** A run and its segments. */
export interface TrainedRun {
  readonly run: Uint8Array;
  readonly segments: readonly Uint8Array[];
}

/** Owners of one dataset. */
export interface Trainer {
  /** A run from its seed, of so many steps a segment; another seed, another run. */
  train(plan: TrainingPlan, counts: readonly number[], seed?: Uint8Array): TrainedRun;
  /** A run from the weights that the last one wrote. */
  continued(plan: TrainingPlan, counts: readonly number[]): TrainedRun;
  close(): void;
}

/** @param plan of the dataset; all runs have its rows and inputs */
export function trainer(kernels: Kernels, plan: TrainingPlan): Trainer {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-twin-training-'));
  const home = openHome(join(folder, 'home'));
  let made = 0;
  const path = (): string => join(folder, `group-${made++}`);
  const { parameters } = chooseTrainingParameters(plan, { steps: 4, minProofs: 20 });
  const data = commitDataset(kernels, home, path(), plan, smallData(plan), parameters);
  const opened = new Set<StoredGroup>([data]);
  let last: OwnedPoint | undefined;
  const follow = (owner: TrainingOwner, from: OwnedPoint, counts: readonly number[]): TrainedRun => {
    let point = from;
    const segments = counts.map((count) => {
      const proven = proveSegment(kernels, home, owner, point, count, path());
      point = proven.point;
      for (const group of [point.group, point.earlier]) if (group !== undefined) opened.add(group);
      return proven.bytes;
    });
    last = point;
    return { run: owner.bytes, segments };
  };
  return {
    train(of, counts, seed = SEED) {
      const owner = announceRun(of, smallData(plan), data, seed);
      return follow(owner, startPoint(owner), counts);
    },
    continued(of, counts) {
      const weights = last?.group;
      if (weights === undefined) throw new Error('expected a run before this one');
      const owner = announceRun(of, smallData(plan), data, SEED, weights);
      return follow(owner, pointFrom(owner, 0, weights), counts);
    },
    close() {
      for (const group of opened) group.close();
      rmSync(folder, { recursive: true });
    },
  };
}

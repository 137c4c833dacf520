/** The verb `prove-training`: repeats the steps of a trained run, segment after segment, commits what they wrote, proves that they did. */
import { refuse } from '../../errors/proof-error.ts';
import type { Kernels } from '../../kernels/contract.ts';
import type { Mark } from '../../pcs/steps-prove.ts';
import { budgetStatus, type Home } from '../../store/index.ts';
import {
  closePoint,
  periodEnd,
  periodOf,
  proveSegment,
  type OwnedPoint,
  type ProvenSegment,
  type TrainingOwner,
  type TrainingPlan,
} from '../../training/index.ts';
import { silent, stopwatch, type OnStep } from '../steps.ts';
import { alone } from '../worker.ts';
import { sameState, type Checkpoint } from './checkpoint.ts';
import { openDatasetFolder } from './dataset-folder.ts';
import { openDataset } from './dataset.ts';
import {
  clearWeights,
  lastCheckpoint,
  openRunFolder,
  publicRunPaths,
  publish,
  weightsPath,
  type RunFolder,
} from './run-folder.ts';
import { keepSegment, keptSegments, type KeptSegment } from './kept-segments.ts';
import { DEFAULT_STEPS_PER_PROOF, segmentAt } from './segments.ts';
import { lastPoint, roomOfRun } from './kept-weights.ts';
import { checkRunData } from './train.ts';

/** Predictions that the last weights of a plan are committed for. */
const PREDICTIONS = 100;

export interface ProveTrainingOptions {
  /** Directory of a run that `train` has trained. */
  readonly folder: string;
  /** Directory of its dataset. */
  readonly dataset: string;
  /** Default 16; whole periods, at least one. A segment ends where a rate changes. */
  readonly stepsPerProof?: number;
  /** Stop where so many steps are proven, at the end of their period. Default: all that are trained. */
  readonly until?: number;
  /** Predictions that the weights behind the last step of this call shall make. Default: 100 behind the plan's last step, else none. */
  readonly predictions?: number;
  readonly onStep?: OnStep;
}

export interface ProvenTraining {
  readonly run: Uint8Array;
  /** Steps that are proven, of all, and those that are trained. */
  readonly step: number;
  readonly steps: number;
  readonly trained: number;
  /** Segments that this call has made. */
  readonly made: readonly { readonly file: string; readonly steps: number; readonly bytes: number }[];
  /** Digest of the key of the weights behind the last step; undefined where none is proven. */
  readonly weights: Uint8Array | undefined;
  /** Proofs that these weights still allow: predictions, and the segment behind them. */
  readonly predictionsLeft: number;
  /** Segments that the dataset still allows. */
  readonly proofsLeft: number;
  readonly warnings: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Proves what `train` has trained, from the last proven segment on. Killed at any moment it goes on there when it is run again.
 *
 * @throws ProofError `CHECKPOINT` for a run that is not trained, and where the repeated steps come to other weights; `CHAIN` for segments or
 *   weights of another chain; `DATASET`, `BUSY`, `BUDGET_*`, `FILE_*`; as `proveSegment`
 * @throws RangeError for options out of range
 * @example
 * proveTraining(kernels, openHome(), { folder: 'run', dataset: 'digits' });
 */
export function proveTraining(kernels: Kernels, home: Home, options: ProveTrainingOptions): ProvenTraining {
  const { onStep = silent } = options;
  const watch = stopwatch();
  checkOptions(options);
  watch.next('reading');
  onStep('reading the dataset');
  const folder = openRunFolder(options.folder);
  const { group, data } = openDataset(kernels, home, openDatasetFolder(options.dataset));
  try {
    checkRunData(folder, group);
    const owner: TrainingOwner = { named: folder.named, bytes: folder.bytes, data, group };
    checkPredictions(owner, options.predictions);
    watch.next('proving');
    const proven = alone(folder.path, options.folder, () => proveAll(kernels, home, folder, owner, options));
    watch.next();
    const status = budgetStatus(home, group);
    return {
      run: folder.named.digest,
      steps: folder.named.run.plan.steps,
      ...proven,
      proofsLeft: status.proofsLeft,
      warnings: status.warnings,
      seconds: watch.seconds,
    };
  } finally {
    group.close();
  }
}

function checkOptions({ stepsPerProof, until, predictions }: ProveTrainingOptions): void {
  for (const [name, value, least] of [
    ['stepsPerProof', stepsPerProof, 1],
    ['until', until, 1],
    ['predictions', predictions, 0],
  ] as const) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < least)) {
      throw new RangeError(`${name}: expected an integer from ${least} on, got ${value}`);
    }
  }
}

function proveAll(
  kernels: Kernels,
  home: Home,
  folder: RunFolder,
  owner: TrainingOwner,
  options: ProveTrainingOptions,
): Pick<ProvenTraining, 'step' | 'trained' | 'made' | 'weights' | 'predictionsLeft'> {
  const { stepsPerProof = DEFAULT_STEPS_PER_PROOF, until = Infinity, onStep = silent } = options;
  const { plan } = folder.named.run;
  const checkpoint = lastCheckpoint(folder);
  if (checkpoint === undefined) {
    return refuse('CHECKPOINT', options.folder, 'expected a trained run, got none: run zkdl train first');
  }
  const kept = keptSegments(folder);
  const end = periodEnd(plan, Math.min(until, checkpoint.step)); // a checkpoint is at the end of a period
  const made: { file: string; steps: number; bytes: number }[] = [];
  let point = lastPoint(kernels, home, folder, owner, kept);
  try {
    republish(folder, kept);
    clearWeights(folder, point.step);
    while (point.step < end) {
      const count = Math.min(segmentAt(plan, point.step, stepsPerProof), end - point.step);
      const step = point.step + count;
      if (step < plan.steps) checkReadAgain(home, plan, point, count);
      const name = `steps ${point.step} to ${step - 1} of ${plan.steps}`;
      const mark: Mark = (part) => onStep(`proving ${name}: ${part}`);
      const uses = usesOf(owner, step === end, step === plan.steps, options.predictions);
      const path = weightsPath(folder, step);
      const proven = proveSegment(kernels, home, owner, point, count, path, mark, uses);
      closePoint(point, proven.point);
      point = proven.point;
      checkAgainst(folder, checkpoint, proven);
      keepSegment(folder, step, proven.bytes);
      const file = publicRunPaths(folder, step).segment;
      made.push({ file, steps: count, bytes: proven.bytes.length });
    }
    const { group, step } = point;
    const predictionsLeft = group === undefined ? 0 : budgetStatus(home, group).proofsLeft;
    const weights = step > 0 ? group?.keyDigest : undefined;
    return { step, trained: checkpoint.step, made, weights, predictionsLeft };
  } finally {
    closePoint(point);
  }
}

/**
 * With momentum a segment of one period leaves it to the next one to read the weights that it starts from once more. They may be those of another run, which
 * answered by them.
 *
 * @throws ProofError `BUDGET_KEPT` where they have one proof left: behind such a segment there would be no other
 */
function checkReadAgain(home: Home, plan: TrainingPlan, { group, step }: OwnedPoint, count: number): void {
  if (plan.momentum === undefined || group === undefined || count > periodOf(plan)) return;
  if (budgetStatus(home, group).proofsLeft !== 1) return;
  const detail = `weights behind step ${step}: expected two more proofs, got one: prove several periods at once, with --steps-per-proof`;
  refuse('BUDGET_KEPT', group.path, detail);
}

/** What a process that was killed had kept and not yet published. */
function republish(folder: RunFolder, kept: readonly KeptSegment[]): void {
  publish(publicRunPaths(folder, 0).run, folder.bytes);
  const last = kept.at(-1); // earlier ones were published before the next one was begun
  if (last !== undefined) publish(publicRunPaths(folder, last.point.step).segment, last.bytes);
}

/** @throws RangeError for more predictions than weights of this dataset's code can make */
function checkPredictions(owner: TrainingOwner, predictions = 0): void {
  const { most, least } = roomOfRun(owner);
  if (least + predictions <= most) return;
  throw new RangeError(
    `predictions: expected at most ${most - least} over the key of this dataset, got ${predictions}`,
  );
}

/** How many proofs may open weights that are written. @param isEnd of this call, @param isLast of the plan */
function usesOf(
  owner: TrainingOwner,
  isEnd: boolean,
  isLast: boolean,
  predictions: number | undefined,
): number {
  const { most, least } = roomOfRun(owner);
  if (predictions === undefined) return isLast ? Math.min(most, least + PREDICTIONS) : least;
  return isEnd ? least + predictions : least;
}

/** @throws ProofError `CHECKPOINT` where the steps came to other weights than they did when they were trained */
function checkAgainst(folder: RunFolder, checkpoint: Checkpoint, { point }: ProvenSegment): void {
  if (point.step !== checkpoint.step || sameState(point.state, checkpoint.state)) return;
  refuse(
    'CHECKPOINT',
    folder.shown,
    `step ${point.step}: expected the weights of its checkpoint, got others`,
  );
}

/** The verb `train`: steps in exact integers, as the run announces them. Nothing is proven here; `prove-training` repeats the steps. */
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { osBytes } from '../../random/os.ts';
import { openGroup, type Home, type StoredGroup } from '../../store/index.ts';
import {
  announceRun,
  encodeTrainingRun,
  pointFrom,
  stateFromSeed,
  type Dataset,
  type TrainingPlan,
} from '../../training/index.ts';
import { kernelProducts } from '../../training/products-prove.ts';
import { exists } from '../files.ts';
import { silent, stopwatch } from '../steps.ts';
import { alone } from '../worker.ts';
import type { Checkpoint } from './checkpoint.ts';
import { openDatasetFolder } from './dataset-folder.ts';
import { openDataset } from './dataset.ts';
import { meanOfLast } from './loss.ts';
import { readPlan } from './plan-file.ts';
import { keptSegments } from './kept-segments.ts';
import {
  lastCheckpoint,
  makeRunFolder,
  openRunFolder,
  publicRunPaths,
  publish,
  startPlace,
  weightsPath,
  type RunFolder,
  type StartPlace,
} from './run-folder.ts';
import { namedRight, readHeldOut, runSteps, type StepOptions } from './train-steps.ts';

const SEED_BYTES = 32;
/** Steps that the shown loss is a mean of. */
const SHOWN_STEPS = 50;

export interface TrainOptions extends StepOptions {
  /** Directory of a committed dataset. */
  readonly dataset: string;
  /** A plan file. May be left out where the run is there already. */
  readonly plan?: string;
  /** Directory of the run: to be made, or one that was interrupted. */
  readonly out: string;
  /** 64 hexadecimal digits: public, decides first weights and order. Default: fresh ones. */
  readonly seed?: string;
  /** Directory of a run whose last proven weights this one starts from. Default: those of the seed. */
  readonly start?: string;
  /** Arrays that are named right or wrong at the end: not trained on, not committed. */
  readonly heldOut?: { readonly inputs: string; readonly labels: string };
}

export interface Trained {
  /** Digest of the run. */
  readonly run: Uint8Array;
  readonly seed: Uint8Array;
  /** Steps that are done, of all and in this call. */
  readonly step: number;
  readonly steps: number;
  readonly made: number;
  readonly plan: TrainingPlan;
  /** Means of the last 50 steps: nats of a row, part of rows named right before the step. Measured, not proven. */
  readonly loss: number;
  readonly accuracy: number;
  readonly heldOut?: { readonly rows: number; readonly right: number };
  readonly files: { readonly folder: string; readonly run: string };
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Trains. A run that was interrupted goes on from its last checkpoint.
 *
 * @throws ProofError `RUN` where the directory holds another run than these options say; `UNPROVABLE` naming the step for a value beyond its
 *   bits; `CHECKPOINT`, `PLAN`, `DATASET`, `ARRAY`, `BUSY`, `FILE_*`
 * @throws RangeError for options out of range
 * @example
 * train(kernels, openHome(), { dataset: 'digits', plan: 'plan.json', out: 'run' });
 */
export function train(kernels: Kernels, home: Home, options: TrainOptions): Trained {
  const { onStep = silent } = options;
  const watch = stopwatch();
  checkOptions(options);
  watch.next('reading');
  onStep('reading the dataset');
  const { group, data } = openDataset(kernels, home, openDatasetFolder(options.dataset));
  try {
    const folder = openOrAnnounce(kernels, home, options, data, group);
    const { plan } = folder.named.run;
    const heldOut = options.heldOut && readHeldOut(plan, options.heldOut);
    publish(publicRunPaths(folder, 0).run, folder.bytes);
    watch.next('training');
    const products = kernelProducts(kernels);
    const { from, at } = alone(folder.path, options.out, () => {
      const begin = lastCheckpoint(folder) ?? firstState(kernels, home, folder);
      return { from: begin.step, at: runSteps(folder, data, begin, options, products) };
    });
    watch.next('measuring');
    const tested = heldOut && namedRight(plan, at.state, heldOut, products);
    watch.next();
    return {
      run: folder.named.digest,
      seed: folder.named.run.seed,
      step: at.step,
      steps: plan.steps,
      made: at.step - from,
      plan,
      loss: meanOfLast(at.losses, SHOWN_STEPS),
      accuracy: meanOfLast(at.right, SHOWN_STEPS) / plan.batch,
      ...(tested && { heldOut: tested }),
      files: { folder: folder.path, run: publicRunPaths(folder, 0).run },
      seconds: watch.seconds,
    };
  } finally {
    group.close();
  }
}

function checkOptions({ seed, until, checkpointEvery }: TrainOptions): void {
  if (seed !== undefined && !/^[0-9a-fA-F]{64}$/.test(seed)) {
    throw new RangeError(`seed: expected 64 hexadecimal digits, got ${seed.length} characters`);
  }
  for (const [name, value] of Object.entries({ until, checkpointEvery })) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw new RangeError(`${name}: expected a positive integer, got ${value}`);
    }
  }
}

/** The run of the directory, which must be that of the options; or a new one. */
function openOrAnnounce(
  kernels: Kernels,
  home: Home,
  options: TrainOptions,
  data: Dataset,
  group: StoredGroup,
): RunFolder {
  const { out, seed } = options;
  const plan = options.plan === undefined ? undefined : readPlan(options.plan, data.labels.length);
  const given = seed === undefined ? undefined : Uint8Array.from(Buffer.from(seed, 'hex'));
  if (!exists(out)) {
    if (plan === undefined) throw new RangeError('plan: expected a plan file for a new run, got none');
    const start = options.start === undefined ? undefined : lastWeights(options.start);
    const from = start && openGroup(kernels, home, weightsPath({ path: start.folder }, start.step));
    try {
      const { bytes } = announceRun(plan, data, group, given ?? osBytes(SEED_BYTES), from);
      makeRunFolder(out, bytes, start);
    } finally {
      from?.close();
    }
    return openRunFolder(out);
  }
  const folder = openRunFolder(out);
  const { run } = folder.named;
  checkRunData(folder, group);
  const other = (what: string): never =>
    refuse('RUN', out, `expected the run of these options, got one of ${what}`);
  if (plan && !sameBytes(encodeTrainingRun({ ...run, plan }), folder.bytes)) other('another plan');
  if (given && !sameBytes(given, run.seed)) other('another seed');
  if (options.start !== undefined) {
    const { folder: from } = run.start === 'seed' ? { folder: '' } : startPlace(folder);
    if (from !== openRunFolder(options.start).path) other('another start');
  }
  return folder;
}

/** @throws ProofError `DATASET` unless a commitment is the one that a run names */
export function checkRunData({ shown, bytes, named: { run } }: RunFolder, { key }: StoredGroup): void {
  if (sameBytes(encodeTrainingRun({ ...run, data: key }), bytes)) return;
  refuse('DATASET', shown, 'expected the dataset that the run names, got another');
}

/** Where the last proven weights of a run lie. */
function lastWeights(shown: string): StartPlace {
  const folder = openRunFolder(shown);
  const last = keptSegments(folder).at(-1);
  if (last === undefined) {
    return refuse('CHAIN', shown, 'expected a run with a proven segment, got none: zkdl prove-training');
  }
  return { folder: folder.path, step: last.point.step };
}

/** The group that a run starts from. @throws ProofError `CHAIN` where other weights lie there */
export function openStart(kernels: Kernels, home: Home, folder: RunFolder): StoredGroup {
  const { folder: path, step } = startPlace(folder);
  const group = openGroup(kernels, home, weightsPath({ path }, step));
  if (sameBytes(encodeTrainingRun({ ...folder.named.run, start: group.key }), folder.bytes)) return group;
  group.close();
  return refuse('CHAIN', group.path, 'expected the weights that the run starts from, got others');
}

function firstState(kernels: Kernels, home: Home, folder: RunFolder): Checkpoint {
  const { run } = folder.named;
  const none = { step: 0, losses: [], right: [] };
  if (run.start === 'seed') return { ...none, state: stateFromSeed(run.plan, run.seed) };
  const group = openStart(kernels, home, folder);
  try {
    return { ...none, state: pointFrom(folder, 0, group).state };
  } finally {
    group.close();
  }
}

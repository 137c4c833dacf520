/** Steps of a run, with their checkpoints and their log; rows that are held out. */
import { join } from 'node:path';
import { refuse } from '../../errors/proof-error.ts';
import {
  batchOf,
  batchRows,
  forward,
  periodEnd,
  periodOf,
  trainPeriod,
  type Dataset,
  type TrainingPlan,
  type TrainingState,
} from '../../training/index.ts';
import type { StepProducts } from '../../training/products.ts';
import type { NamedRun } from '../../training/point.ts';
import { naming, replaceFile } from '../files.ts';
import { silent, type OnStep } from '../steps.ts';
import { readArray } from './arrays.ts';
import type { Checkpoint } from './checkpoint.ts';
import { lossCsv, lossSvg, measure } from './loss.ts';
import { writeCheckpoint, type RunFolder } from './run-folder.ts';

/** Steps between two checkpoints. */
const CHECKPOINT_EVERY = 50;
/** Rows of a pass over what is held out. */
const HELD_OUT_ROWS = 256;

export interface StepOptions {
  /** Stop after so many steps of the plan, at the end of their period. Default: all. */
  readonly until?: number;
  /** Default 50; a checkpoint is at the end of a period. */
  readonly checkpointEvery?: number;
  readonly onStep?: OnStep;
}

/** Steps from a checkpoint on, with a checkpoint every so many and behind the last. */
export function runSteps(
  folder: RunFolder,
  data: Dataset,
  begin: Checkpoint,
  { until, checkpointEvery = CHECKPOINT_EVERY, onStep = silent }: StepOptions,
  products: StepProducts,
): Checkpoint {
  const { plan } = folder.named.run;
  const end = Math.max(begin.step, periodEnd(plan, until ?? plan.steps));
  let at = begin;
  while (at.step < end) {
    const next = Math.min(
      end,
      periodEnd(plan, (Math.floor(at.step / checkpointEvery) + 1) * checkpointEvery),
    );
    at = stepsTo(folder.named, data, at, next, products, (step) => onStep('training', step / plan.steps));
    writeCheckpoint(folder, at);
    replaceFile(join(folder.path, 'loss.csv'), lossCsv(plan, at));
    replaceFile(join(folder.path, 'loss.svg'), lossSvg(plan, at));
  }
  return at;
}

function stepsTo(
  { run: { plan }, order }: NamedRun,
  data: Dataset,
  from: Checkpoint,
  end: number,
  products: StepProducts,
  onStep: (step: number) => void,
): Checkpoint {
  const [losses, right] = [[...from.losses], [...from.right]];
  const rows = batchRows(plan, order, from.step, end - from.step);
  let { state } = from;
  const period = periodOf(plan);
  for (let step = from.step; step < end; step += period) {
    onStep(step);
    const own = rows.subarray((step - from.step) * plan.batch, (step - from.step + period) * plan.batch);
    const batches = Array.from({ length: own.length / plan.batch }, (_, i) =>
      batchOf(plan, data, own.subarray(i * plan.batch, (i + 1) * plan.batch)),
    );
    const where = batches.length === 1 ? `step ${step}` : `steps ${step} to ${step + batches.length - 1}`;
    const done = naming(where, () => trainPeriod(plan, state, batches, step, products));
    for (const { rounded, batch } of done.trace.steps) {
      const { loss, right: count } = measure(rounded.at(-1) as Int32Array, batch.labels);
      losses.push(loss);
      right.push(count);
    }
    state = done.state;
  }
  return { step: end, state, losses, right };
}

/** Rows with their classes. @throws ProofError `ARRAY`, `DATASET` naming the file */
export function readHeldOut(plan: TrainingPlan, files: { inputs: string; labels: string }): Dataset {
  const [inputs, labels] = [readArray(files.inputs), readArray(files.labels)];
  const rows = labels.data.length;
  if (labels.shape.length !== 1 || inputs.data.length !== rows * (plan.widths[0] as number)) {
    refuse(
      'DATASET',
      files.inputs,
      `expected ${plan.widths[0]} inputs for each of ${rows} labels, got others`,
    );
  }
  const limit = 2 ** plan.formats.input.bits;
  if (inputs.data.some((x) => x >= limit)) {
    refuse('DATASET', files.inputs, `expected integers below ${limit}, got another`);
  }
  return { inputs: inputs.data, labels: labels.data };
}

/** How many rows are named right. */
export function namedRight(
  plan: TrainingPlan,
  state: TrainingState,
  { inputs, labels }: Dataset,
  products: StepProducts,
): { readonly rows: number; readonly right: number } {
  const width = plan.widths[0] as number;
  let right = 0;
  for (let row = 0; row < labels.length; row += HELD_OUT_ROWS) {
    const own = Int32Array.from(labels.subarray(row, row + HELD_OUT_ROWS));
    const x = Int32Array.from(inputs.subarray(row * width, (row + own.length) * width));
    right += measure(forward(plan, state, x, products).logits, own).right;
  }
  return { rows: labels.length, right };
}

/** A small network and a small dataset, for tests of training. */
import { DEFAULT_FORMATS, DEFAULT_MOMENTUM, type TrainingPlan } from '../../src/training/plan.ts';
import type { Dataset } from '../../src/training/dataset.ts';
import { batchRows } from '../../src/training/order.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import type { Segment } from '../../src/training/segment.ts';
import { executeSteps, type Execution } from '../../src/training/witness.ts';
import type { ProgramWitness } from '../../src/relation/check-witness.ts';
import type { Program } from '../../src/relation/program.ts';
import { generator } from '../support/words.ts';

export const SEED = Uint8Array.from({ length: 32 }, (_, i) => i + 1);

/** 6 inputs, 5 and 3 hidden units, 4 classes; batches of 3 of 13 rows. */
export const SMALL: TrainingPlan = {
  widths: [6, 5, 3, 4],
  rows: 13,
  batch: 3,
  steps: 9,
  formats: DEFAULT_FORMATS,
  rates: [
    { from: 0, rate: 40 },
    { from: 6, rate: 20 },
  ],
};

/** The same with momentum. */
export const SMALL_MOMENTUM: TrainingPlan = {
  ...SMALL,
  momentum: DEFAULT_MOMENTUM,
  rates: [{ from: 0, rate: 5 }],
};

/** The same with two and three steps a period. */
export const SMALL_PAIRS: TrainingPlan = { ...SMALL, period: 2 };
export const SMALL_TRIPLES: TrainingPlan = { ...SMALL, period: 3, steps: 11 };

export const SMALL_SLOW: TrainingPlan = { ...SMALL_MOMENTUM, period: 2 };

/** The same with few bits, so with short tables: for proofs. */
export const NARROW: TrainingPlan = {
  ...SMALL,
  formats: {
    input: { bits: 4, fraction: 4 },
    activation: { bits: 8, fraction: 4 },
    weight: { bits: 12, fraction: 9 },
    low: 9,
    sum: 12,
    gradient: { bits: 11, fraction: 8 },
  },
  rates: [
    { from: 0, rate: 4 },
    { from: 6, rate: 2 },
  ],
};
export const NARROW_MOMENTUM: TrainingPlan = {
  ...NARROW,
  momentum: { shift: 3 },
  rates: [{ from: 0, rate: 1 }],
};

export function smallData(plan: TrainingPlan = SMALL, seed = 5): Dataset {
  const next = generator(seed);
  const width = plan.widths[0] as number;
  const classes = plan.widths.at(-1) as number;
  return {
    inputs: Int16Array.from({ length: plan.rows * width }, () => next() % 2 ** plan.formats.input.bits),
    labels: Uint8Array.from({ length: plan.rows }, () => next() % classes),
  };
}

/** Cells of the tensors that a program has. */
export function ofProgram(
  { tensors }: Program,
  cells: readonly (readonly [string, ArrayLike<number>])[],
): ProgramWitness {
  const own = new Set(tensors.flatMap(({ name, kind }) => (kind === 'public' ? [] : [name])));
  return new Map(cells.filter(([name]) => own.has(name)));
}

export interface SmallRun {
  readonly segment: Segment;
  readonly execution: Execution;
  readonly data: Dataset;
}

/** Steps from the start, and what they computed. */
export function smallRun(
  count: number,
  plan: TrainingPlan = SMALL,
  data: Dataset = smallData(plan),
): SmallRun {
  const initial = stateFromSeed(plan, SEED);
  const rows = batchRows(plan, SEED, 0, count);
  const segment: Segment = { plan, first: 0, count, rows, seed: SEED };
  return { segment, data, execution: executeSteps(plan, initial, data, 0, rows) };
}

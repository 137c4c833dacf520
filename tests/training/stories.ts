/** Stories about training: what is claimed, what was run, and where it lied. */
import type { Program } from '../../src/relation/program.ts';
import type { ProgramWitness } from '../../src/relation/check-witness.ts';
import type { Dataset } from '../../src/training/dataset.ts';
import { batchRows } from '../../src/training/order.ts';
import { rateAt, type TrainingPlan } from '../../src/training/plan.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { stateFromSeed, type LayerWeights, type TrainingState } from '../../src/training/state.ts';
import { datasetCells } from '../../src/training/witness.ts';
import {
  bigState,
  referenceSteps,
  smallState,
  type Lie,
  type Mutable,
  type ReferenceState,
} from './reference.ts';
import { ofProgram, SEED, SMALL, smallData } from './small.ts';

export interface Story {
  readonly plan: TrainingPlan;
  readonly data: Dataset;
  readonly initial: TrainingState;
  /** Weights to start from are a committed group, and these are the steps from `first` on. Absent: they are those of the seed. */
  readonly committed?: { readonly first: number };
  /** Of the batches that are really run. */
  readonly rows: Uint32Array;
  readonly rate: bigint;
  readonly lie: Lie;
  /** Changes the weights that are written. */
  readonly last: (last: Mutable) => void;
  /** And with momentum those before the last period. */
  readonly beforeLast: (state: Mutable) => void;
}

export const COUNT = 2;

export function honest(plan: TrainingPlan = SMALL): Story {
  return {
    plan,
    data: smallData(plan),
    initial: stateFromSeed(plan, SEED),
    rows: batchRows(plan, SEED, 0, COUNT),
    rate: BigInt(rateAt(plan, 0)),
    lie: () => undefined,
    last: () => undefined,
    beforeLast: () => undefined,
  };
}

/** What is told of a story: the program that is claimed, and the witness of what was run. */
export function tell(story: Story): {
  readonly program: Program;
  readonly witness: ProgramWitness;
  /** The witness tensors alone, and the weights that are written. */
  readonly tensors: ReadonlyMap<string, Int32Array>;
  readonly written: readonly LayerWeights[];
  /** With momentum those before the last period. */
  readonly earlier: readonly LayerWeights[];
} {
  const { plan, data, initial, committed, rows, rate, lie, last, beforeLast } = story;
  const run = referenceSteps(plan, bigState(initial), data, rows, rate, lie);
  const count = rows.length / plan.batch;
  const written = run.last;
  const earlier = structuredClone(run.beforeLast);
  last(written);
  beforeLast(earlier);
  const kinds = ['weight', 'rest'] as const;
  const ends = (end: string, state: Pick<ReferenceState, 'weight' | 'rest'>): [string, number[]][] =>
    kinds.flatMap((kind) =>
      state[kind].map((own, l): [string, number[]] => [`${end}/${kind}/${l}`, own.map(Number)]),
    );
  const big = bigState(initial);
  const first = committed?.first ?? 0;
  const expected = batchRows(plan, SEED, first, count);
  const segment = { plan, first, count, rows: expected };
  const program = trainingProgram(committed === undefined ? { ...segment, seed: SEED } : segment);
  const cells: [string, ArrayLike<number>][] = [
    ...run.tensors,
    ...datasetCells(data),
    ...ends('before-first', { weight: big.earlierWeight, rest: big.earlierRest }),
    ...ends('first', big),
    ...ends('before-last', earlier),
    ...ends('last', written),
  ];
  return {
    program,
    witness: ofProgram(program, cells),
    tensors: new Map([...run.tensors].map(([name, cells]) => [name, Int32Array.from(cells)])),
    written: smallState(written),
    earlier: smallState(earlier),
  };
}

/** A lie about one cell: raised by one, or changed otherwise. */
export function about(name: string, step: number, change: (values: bigint[]) => void): Lie {
  return (own, values, s) => {
    if (own === name && s === step) change(values);
  };
}
export const raised =
  (cell: number, by = 1n) =>
  (values: bigint[]): void => {
    values[cell] = values[cell]! + by;
  };

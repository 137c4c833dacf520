/** Steps of training as a program: honest steps satisfy it. */
import { expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness } from '../../src/relation/check-witness.ts';
import { batchRows } from '../../src/training/order.ts';
import type { TrainingPlan } from '../../src/training/plan.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { earlierOf, stateFromSeed } from '../../src/training/state.ts';
import { datasetCells, executeSteps, stateCells, trainingWitness } from '../../src/training/witness.ts';
import {
  ofProgram,
  SEED,
  SMALL,
  SMALL_MOMENTUM,
  SMALL_PAIRS,
  SMALL_SLOW,
  SMALL_TRIPLES,
  smallData,
} from './small.ts';

const PUBLIC = 'public';
const COMMITTED = 'committed';
const SLOW_TRIPLES: TrainingPlan = {
  ...SMALL_TRIPLES,
  momentum: { shift: 3 },
  rates: [{ from: 0, rate: 5 }],
};

test.each([
  [0, 1, PUBLIC, SMALL],
  [0, 2, PUBLIC, SMALL],
  [0, 5, PUBLIC, SMALL],
  [0, 2, PUBLIC, SMALL_PAIRS],
  [0, 4, PUBLIC, SMALL_PAIRS],
  [0, 6, PUBLIC, SMALL_TRIPLES],
  [0, 1, COMMITTED, SMALL],
  [0, 3, COMMITTED, SMALL],
  [2, 3, COMMITTED, SMALL],
  [0, 4, COMMITTED, SMALL_PAIRS],
  [3, 3, COMMITTED, SMALL_TRIPLES],
])('steps from %d on, %d of them, from %s weights satisfy their program', honest);

test.each([
  [0, 1, PUBLIC, SMALL_MOMENTUM],
  [0, 2, PUBLIC, SMALL_MOMENTUM],
  [0, 3, PUBLIC, SMALL_MOMENTUM],
  [0, 5, PUBLIC, SMALL_MOMENTUM],
  [0, 2, PUBLIC, SMALL_SLOW],
  [0, 4, PUBLIC, SMALL_SLOW],
  [0, 6, PUBLIC, SMALL_SLOW],
  // The weights a period before are those of the seed.
  [1, 1, PUBLIC, SMALL_MOMENTUM],
  [1, 2, PUBLIC, SMALL_MOMENTUM],
  [1, 4, PUBLIC, SMALL_MOMENTUM],
  [2, 4, PUBLIC, SMALL_SLOW],
  [0, 1, COMMITTED, SMALL_MOMENTUM],
  [0, 2, COMMITTED, SMALL_MOMENTUM],
  [0, 3, COMMITTED, SMALL_MOMENTUM],
  [1, 1, COMMITTED, SMALL_MOMENTUM],
  [1, 2, COMMITTED, SMALL_MOMENTUM],
  [2, 3, COMMITTED, SMALL_MOMENTUM],
  [3, 5, COMMITTED, SMALL_MOMENTUM],
  [4, 4, COMMITTED, SMALL_SLOW],
  [9, 2, COMMITTED, SLOW_TRIPLES],
])('with momentum: steps from %d on, %d of them, from %s weights satisfy their program', honest);

function honest(first: number, count: number, start: string, plan: TrainingPlan): void {
  const data = smallData(plan);
  const before = executeSteps(plan, stateFromSeed(plan, SEED), data, 0, batchRows(plan, SEED, 0, first));
  const rows = batchRows(plan, SEED, first, count);
  const initial = before.states.at(-1)!;
  const execution = executeSteps(plan, initial, data, first, rows);
  const [beforeLast, last] = execution.states.slice(-2);
  const program = trainingProgram({ plan, first, count, rows, ...(start === PUBLIC && { seed: SEED }) });
  checkProgram(koalaBear, program);
  const cells = [
    ...trainingWitness(execution).tensors,
    ...datasetCells(data),
    ...stateCells(earlierOf(initial) ?? [], 'before-first'),
    ...stateCells(initial, 'first'),
    ...stateCells(beforeLast!, 'before-last'),
    ...stateCells(last!, 'last'),
  ];
  checkWitness(koalaBear, program, ofProgram(program, cells));
  const groups = new Set(program.tensors.flatMap((own) => (own.kind === 'static' ? [own.group] : [])));
  const read = start === PUBLIC && first === 0 ? 0 : plan.momentum && first > 0 && start !== PUBLIC ? 2 : 1;
  const written = plan.momentum && count > (plan.period ?? 1) ? 2 : 1;
  expect(groups.size).toBe(1 + read + written);
}

/** Steps of training as a program: honest steps satisfy it. */
import { test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness, type ProgramWitness } from '../../src/relation/check-witness.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { datasetCells, stateCells, trainingWitness } from '../../src/training/witness.ts';
import {
  SMALL,
  SMALL_MOMENTUM,
  SMALL_PAIRS,
  SMALL_SLOW,
  SMALL_TRIPLES,
  smallRun,
  type SmallRun,
} from './small.ts';

function witnessOf({ execution, data }: SmallRun, isPublic: boolean): ProgramWitness {
  const last = execution.states.at(-1)!;
  return new Map<string, ArrayLike<number>>([
    ...trainingWitness(execution).tensors,
    ...datasetCells(data),
    ...(isPublic ? [] : stateCells(execution.plan, execution.states[0]!, 'first')),
    ...stateCells(execution.plan, last, 'last'),
  ]);
}

const PUBLIC = 'public';
test.each([
  [1, 'without', PUBLIC, SMALL],
  [2, 'without', PUBLIC, SMALL],
  [5, 'without', PUBLIC, SMALL],
  [2, 'without', PUBLIC, SMALL_PAIRS],
  [4, 'without', PUBLIC, SMALL_PAIRS],
  [6, 'without', PUBLIC, SMALL_TRIPLES],
  [1, 'with', PUBLIC, SMALL_MOMENTUM],
  [3, 'with', PUBLIC, SMALL_MOMENTUM],
  [2, 'with', PUBLIC, SMALL_SLOW],
  [1, 'without', 'committed', SMALL],
  [3, 'without', 'committed', SMALL],
  [4, 'without', 'committed', SMALL_PAIRS],
  [3, 'without', 'committed', SMALL_TRIPLES],
  [3, 'with', 'committed', SMALL_MOMENTUM],
  [4, 'with', 'committed', SMALL_SLOW],
] as const)('%d honest steps %s momentum from %s weights satisfy their program', (count, _, start, plan) => {
  const run = smallRun(count, plan);
  const { plan: own, first, rows } = run.segment;
  const isPublic = start === PUBLIC;
  const program = trainingProgram(isPublic ? run.segment : { plan: own, first, count, rows });
  checkProgram(koalaBear, program);
  checkWitness(koalaBear, program, witnessOf(run, isPublic));
});

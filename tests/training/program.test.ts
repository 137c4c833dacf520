/** Steps of training as a program: honest steps satisfy it. */
import { test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { checkWitness, type ProgramWitness } from '../../src/relation/check-witness.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { datasetCells, stateCells, trainingWitness } from '../../src/training/witness.ts';
import { SMALL, SMALL_MOMENTUM, smallRun, type SmallRun } from './small.ts';

function witnessOf({ execution, data }: SmallRun): ProgramWitness {
  const last = execution.states.at(-1)!;
  return new Map<string, ArrayLike<number>>([
    ...trainingWitness(execution).tensors,
    ...datasetCells(data),
    ...stateCells(execution.plan, last, 'last'),
  ]);
}

test.each([
  [1, 'without', SMALL],
  [2, 'without', SMALL],
  [5, 'without', SMALL],
  [3, 'with', SMALL_MOMENTUM],
] as const)('%d honest steps %s momentum satisfy their program', (count, _, plan) => {
  const run = smallRun(count, plan);
  const program = trainingProgram(run.segment);
  checkProgram(koalaBear, program);
  checkWitness(koalaBear, program, witnessOf(run));
});

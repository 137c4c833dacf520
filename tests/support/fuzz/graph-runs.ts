/** Fuzz targets of runs of graphs, from the run and the steps that tests/vectors keeps. */
import { readFileSync } from 'node:fs';
import { ProofError } from '../../../src/errors/proof-error.ts';
import { decodeGraphRun, encodeGraphRun } from '../../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep } from '../../../src/training/graph-run/step-file.ts';
import { verifyRunAnswer } from '../../../src/training/graph-run/answer.ts';
import { verifyGraphRun } from '../../../src/training/graph-run/verify.ts';
import { fieldsOfGraphRun, fieldsOfGraphStep, posedStep } from '../graph-run-fields.ts';
import { changedField } from '../training-fields.ts';
import { mutateBytes, type Dice } from './mutate.ts';
import type { Target } from './target.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../vectors/${name}`, import.meta.url)));

/** A field changed as numbers are, or bytes as bytes are. */
function fieldMutant(seed: Uint8Array, fieldsOf: typeof fieldsOfGraphRun) {
  const fields = fieldsOf(seed);
  return (dice: Dice): Uint8Array =>
    dice.below(3) === 0
      ? mutateBytes(dice, seed, seed, 200)
      : changedField(seed, dice.pick(fields), dice.below(12));
}

function accepted(
  verdict: ReturnType<typeof verifyGraphRun> | ReturnType<typeof verifyRunAnswer>,
): undefined {
  if (!verdict.ok) throw new ProofError(verdict.code, verdict.stage, verdict.detail);
  return undefined;
}

export function graphRunTargets(): Target[] {
  const run = bytesOf('tuning.run');
  const [first, second] = ['tuning-0.step', 'tuning-1.step'].map(bytesOf) as [Uint8Array, Uint8Array];
  const answer = bytesOf('tuning.zkp');
  return [
    {
      name: 'graph-run',
      seeds: [run],
      cases: 200,
      mutant: fieldMutant(run, fieldsOfGraphRun),
      read: (bytes) => encodeGraphRun(decodeGraphRun(bytes)),
    },
    {
      name: 'graph-step',
      seeds: [first, second],
      cases: 200,
      mutant: fieldMutant(first, fieldsOfGraphStep),
      read: (bytes) => encodeGraphStep(decodeGraphStep(bytes)),
    },
    {
      // The steps of a changed run name it, so that its program is made.
      name: 'graph-of-run',
      seeds: [run],
      cases: 30,
      mutant: fieldMutant(run, fieldsOfGraphRun),
      read: (bytes) => accepted(verifyGraphRun(bytes, [posedStep(bytes, first)])),
    },
    {
      name: 'graph-with-step',
      seeds: [second],
      cases: 30,
      mutant: fieldMutant(second, fieldsOfGraphStep),
      read: (bytes) => accepted(verifyGraphRun(run, [first, bytes])),
    },
    {
      name: 'graph-run-answer',
      seeds: [answer],
      cases: 30,
      dense: 200,
      read: (bytes) => accepted(verifyRunAnswer(run, { steps: [first, second] }, bytes)),
    },
  ];
}

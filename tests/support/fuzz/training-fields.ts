/** Fuzz targets of training, from the run and segments that tests/vectors keeps. */
import { readFileSync } from 'node:fs';
import { ProofError } from '../../../src/errors/proof-error.ts';
import { decodeTrainingRun, encodeTrainingRun } from '../../../src/training/run.ts';
import { decodeSegment, encodeSegment } from '../../../src/training/segment-file.ts';
import { verifyTraining } from '../../../src/training/verify.ts';
import { changedField, fieldsOfRun, fieldsOfSegment, posed } from '../training-fields.ts';
import { mutateBytes, type Dice } from './mutate.ts';
import type { Target } from './target.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../vectors/${name}`, import.meta.url)));

/** A field changed as numbers are, or bytes as bytes are. */
function fieldMutant(seed: Uint8Array, fieldsOf: typeof fieldsOfRun) {
  const fields = fieldsOf(seed);
  return (dice: Dice): Uint8Array =>
    dice.below(3) === 0
      ? mutateBytes(dice, seed, seed, 200)
      : changedField(seed, dice.pick(fields), dice.below(12));
}

export function trainingFieldTargets(): Target[] {
  const run = bytesOf('training.run');
  const periods = bytesOf('training-periods.run');
  const segments = ['training-0.seg', 'training-1.seg', 'training-2.seg'].map(bytesOf);
  const [first, second] = segments as [Uint8Array, Uint8Array];
  const several = bytesOf('training-periods-0.seg');
  const accepted = (runBytes: Uint8Array, segments: readonly Uint8Array[]): undefined => {
    const verdict = verifyTraining(runBytes, segments);
    if (!verdict.ok) throw new ProofError(verdict.code, verdict.stage, verdict.detail);
    return undefined;
  };
  return [
    {
      name: 'training-run-fields',
      seeds: [run],
      cases: 200,
      mutant: fieldMutant(run, fieldsOfRun),
      read: (bytes) => encodeTrainingRun(decodeTrainingRun(bytes)),
    },
    {
      name: 'training-segment-fields',
      seeds: segments,
      cases: 200,
      mutant: fieldMutant(second, fieldsOfSegment),
      read: (bytes) => encodeSegment(decodeSegment(bytes)),
    },
    {
      // The segments of a changed run name it, so that its program is made.
      name: 'training-of-run',
      seeds: [run],
      cases: 30,
      mutant: fieldMutant(run, fieldsOfRun),
      read: (bytes) => accepted(bytes, [posed(bytes, first)]),
    },
    {
      name: 'training-of-periods',
      seeds: [periods],
      cases: 30,
      mutant: fieldMutant(periods, fieldsOfRun),
      read: (bytes) => accepted(bytes, [posed(bytes, several)]),
    },
    {
      name: 'training-with-segment',
      seeds: [second],
      cases: 30,
      mutant: fieldMutant(second, fieldsOfSegment),
      read: (bytes) => accepted(run, [first, bytes]),
    },
  ];
}

/** Fuzz targets of runs of graphs, from the run and the steps that tests/vectors keeps; checkpoints; tokens, models and plans, which have many encodings. */
import { readFileSync } from 'node:fs';
import { ProofError } from '../../../src/errors/proof-error.ts';
import { blake3 } from '../../../src/hash/blake3.ts';
import { stateParts } from '../../../src/training/backward/state-parts.ts';
import { decodeGraphRun, encodeGraphRun, graphRunDigest } from '../../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep } from '../../../src/training/graph-run/step-file.ts';
import { verifyRunAnswer } from '../../../src/training/graph-run/answer.ts';
import { verifyGraphRun } from '../../../src/training/graph-run/verify.ts';
import { openCheckpoint, sealCheckpoint } from '../../../src/verbs/training/checkpoint.ts';
import { modelOf } from '../../../src/verbs/tuning/model-file.ts';
import { tuningPlanOf } from '../../../src/verbs/tuning/plan-file.ts';
import { decodeTokens } from '../../../src/verbs/tuning/tokens.ts';
import { fieldsOfGraphRun, fieldsOfGraphStep, posedStep } from '../graph-run-fields.ts';
import { changedField } from '../training-fields.ts';
import { npy } from '../training-inputs.ts';
import { npyWords, TUNING_MODEL, TUNING_PLAN } from '../tuning-inputs.ts';
import { mutateBytes, mutateValue, type Dice } from './mutate.ts';
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

/** A checkpoint of the run that is kept, sealed again where it was changed. */
function checkpointTarget(run: Uint8Array): Target {
  const { graph, plan, steps } = decodeGraphRun(run);
  const cells = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
  const sizes = stateParts(graph, plan).map(({ own }) => cells(own.shape));
  const form = { run: graphRunDigest(run), steps, sizes, rowBytes: 4 } as const;
  const parts = sizes.map((size) => Int16Array.from({ length: size }, (_, i) => i - 3));
  const checkpoint = sealCheckpoint(form, { step: 2, losses: [0.5, 0.25], right: [70_000, 2] }, parts);
  const context = 'zkdl training checkpoint 1';
  return {
    name: 'graph-checkpoint',
    seeds: [checkpoint],
    cases: 300,
    mutant: (dice) => {
      const bytes = mutateBytes(dice, checkpoint, checkpoint, 120);
      if (bytes.length >= 32 && dice.below(3) > 0) {
        bytes.set(blake3(bytes.subarray(0, -32), { context }), bytes.length - 32);
      }
      return bytes;
    },
    read: (bytes) => {
      const decoded = openCheckpoint('checkpoint', form, bytes);
      // Every number but those that are none has one encoding.
      return decoded.losses.some(Number.isNaN) ? undefined : sealCheckpoint(form, decoded, decoded.parts);
    },
  };
}

/** Files of people: tokens, models, plans. */
function inputTargets(): Target[] {
  const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value) ?? 'null');
  const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
  const model = modelOf(TUNING_MODEL);
  const plan = { ...TUNING_PLAN, length: 2, momentum: true, gradient: { bits: 14, fraction: 7, guard: 2 } };
  return [
    {
      name: 'tuning-tokens',
      seeds: [npyWords([1, 2, 3, 4, 5, 6]), npy([6], [1, 2, 3, 4, 5, 6]), text([1, 2, 3, 4, 5, 6])],
      cases: 400,
      read: (bytes) => void decodeTokens('tokens', bytes, 12),
    },
    {
      name: 'tuning-model',
      seeds: [text(TUNING_MODEL), text(model.graph)],
      cases: 300,
      mutant: (dice) => text(mutateValue(dice, dice.below(2) === 0 ? TUNING_MODEL : model.graph)),
      read: (bytes) => void modelOf(json(bytes)),
    },
    {
      name: 'tuning-plan',
      seeds: [text(TUNING_PLAN), text(plan)],
      cases: 400,
      mutant: (dice) => text(mutateValue(dice, plan)),
      read: (bytes) => void tuningPlanOf(json(bytes), model, 49),
    },
  ];
}

export function graphRunTargets(): Target[] {
  const run = bytesOf('tuning.run');
  const [first, second] = ['tuning-0.step', 'tuning-1.step'].map(bytesOf) as [Uint8Array, Uint8Array];
  const answer = bytesOf('tuning.zkp');
  const [drawn, ofDrawn] = ['tuning-drawn.run', 'tuning-drawn-0.step'].map(bytesOf) as [Uint8Array, Uint8Array]; // prettier-ignore
  return [
    checkpointTarget(run),
    ...inputTargets(),
    {
      name: 'graph-run',
      seeds: [run],
      cases: 200,
      mutant: fieldMutant(run, fieldsOfGraphRun),
      read: (bytes) => encodeGraphRun(decodeGraphRun(bytes)),
    },
    {
      name: 'graph-run-drawn',
      seeds: [drawn],
      cases: 200,
      mutant: fieldMutant(drawn, fieldsOfGraphRun),
      read: (bytes) => encodeGraphRun(decodeGraphRun(bytes)),
    },
    {
      name: 'graph-of-run-drawn',
      seeds: [drawn],
      cases: 30,
      mutant: fieldMutant(drawn, fieldsOfGraphRun),
      read: (bytes) => {
        const step = decodeGraphStep(posedStep(bytes, ofDrawn));
        return accepted(verifyGraphRun(bytes, [encodeGraphStep({ ...step, input: step.run })]));
      },
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

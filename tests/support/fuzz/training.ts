/** Fuzz targets of training: runs, segments, predictions, checkpoints; arrays and plans, which have many encodings. */
import { ProofError, refuse } from '../../../src/errors/proof-error.ts';
import { blake3 } from '../../../src/hash/blake3.ts';
import { completeInstance } from '../../../src/params/choose.ts';
import { encodeKey, keyDigest } from '../../../src/pcs/key.ts';
import { programInstance } from '../../../src/relation/plan.ts';
import type { ProgramStatement } from '../../../src/relation/statement.ts';
import { chooseTrainingParameters } from '../../../src/training/commit.ts';
import {
  DATA_LABEL,
  dataLayout,
  dataShapes,
  groupColumnsOf,
  STATE_LABEL,
  stateLayout,
  stateShapes,
} from '../../../src/training/layouts.ts';
import { decodePrediction, encodePrediction } from '../../../src/training/prediction-file.ts';
import { decodeTrainingRun, encodeTrainingRun, runDigest } from '../../../src/training/run.ts';
import { decodeSegment, encodeSegment } from '../../../src/training/segment-file.ts';
import { stateFromSeed } from '../../../src/training/state.ts';
import { predictionStatement, verifyPrediction } from '../../../src/training/verify-prediction.ts';
import { readRun, startOf } from '../../../src/training/point.ts';
import { segmentStatement, verifyTraining } from '../../../src/training/verify.ts';
import { decodeArray } from '../../../src/verbs/training/arrays.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../../src/verbs/training/checkpoint.ts';
import { planOf } from '../../../src/verbs/training/plan-file.ts';
import { NARROW, SEED } from '../../training/small.ts';
import { smallKey } from '../store.ts';
import { idx, npy, planJson } from '../training-inputs.ts';
import { mutateBytes, mutateValue, type Dice } from './mutate.ts';
import type { Target } from './target.ts';

/** Of the file: magic, versions, keys up to their digests. */
const DENSE = 400;

/** Runs, segments and predictions of commitments that nobody made, with proofs of zeros. */
function files() {
  const { parameters } = chooseTrainingParameters(NARROW, { steps: 2, minProofs: 20 });
  const { logData } = parameters.code;
  const dataColumns = groupColumnsOf(dataShapes(NARROW), logData);
  const stateColumns = groupColumnsOf(stateShapes(NARROW), logData);
  const data = {
    ...smallKey({ label: DATA_LABEL, columns: dataColumns }, parameters),
    layout: dataLayout(NARROW),
  };
  const carried = { label: STATE_LABEL, columns: stateColumns, lifetime: 'carried', uses: 3 } as const;
  const weights = { ...smallKey(carried, parameters), layout: stateLayout(NARROW) };
  const runs = (['seed', weights] as const).map((start) =>
    encodeTrainingRun({ plan: NARROW, data, start, seed: SEED }),
  );
  const [run] = runs as [Uint8Array];
  runs.push(encodeTrainingRun({ plan: { ...NARROW, period: 3 }, data, start: 'seed', seed: SEED }));
  const named = readRun(run);
  const proof = new Uint8Array(4096);
  /** For the program of a statement, so that everything before the proof is in order. */
  const fitting = ({ compiled, groups }: ProgramStatement) =>
    completeInstance(programInstance(compiled, groups, logData), parameters.code, parameters.profile)!
      .parameters;
  const steps = { run: named.digest, first: 0, count: 2, inputs: [named.digest], outputs: [weights], proof };
  const stated = segmentStatement(named, startOf(named), steps, parameters);
  const segment = encodeSegment({ ...steps, parameters: fitting(stated) });
  const classes = Uint16Array.of(1, 2);
  const predictions = [undefined, new Uint16Array(12).fill(3)].map((inputs) => {
    const file = { run: named.digest, weights, inputs, classes, context: new Uint8Array(3), parameters };
    return encodePrediction({ ...file, parameters: fitting(predictionStatement(named, file)), proof });
  });
  return { run, runs, segment, predictions };
}

function refusalOf(verdict: { readonly ok: boolean }): undefined {
  if (verdict.ok) throw new Error('fuzz: a proof that nobody made was accepted');
  const { code, stage, detail } = verdict as unknown as ProofError;
  refuse(code, stage, detail);
}

export function trainingTargets(): Target[] {
  const { run, runs, segment, predictions } = files();
  const state = stateFromSeed(NARROW, SEED);
  const digest = runDigest(run);
  const checkpoint = encodeCheckpoint(NARROW, digest, { step: 2, state, losses: [0.5, 0.25], right: [1, 2] });
  const context = 'zkdl training checkpoint 1';
  const sealed = (dice: Dice): Uint8Array => {
    const bytes = mutateBytes(dice, checkpoint, checkpoint, 120);
    if (bytes.length >= 32 && dice.below(3) > 0) {
      bytes.set(blake3(bytes.subarray(0, -32), { context }), bytes.length - 32);
    }
    return bytes;
  };
  const arrays = [npy([2, 3], [1, 2, 3, 4, 5, 6]), idx([2, 3], [1, 2, 3, 4, 5, 6])];
  const plan: unknown = JSON.parse(planJson({ period: 3 }));
  return [
    {
      name: 'training-run',
      seeds: runs,
      cases: 200,
      dense: DENSE,
      read: (bytes) => encodeTrainingRun(decodeTrainingRun(bytes)),
    },
    {
      name: 'training-segment',
      seeds: [segment],
      cases: 200,
      dense: DENSE,
      read: (bytes) => encodeSegment(decodeSegment(bytes)),
    },
    {
      name: 'training-prediction',
      seeds: predictions,
      cases: 200,
      dense: DENSE,
      read: (bytes) => encodePrediction(decodePrediction(bytes)),
    },
    {
      name: 'training-verifier',
      seeds: [segment],
      cases: 30,
      dense: DENSE,
      read: (bytes) => refusalOf(verifyTraining(run, [bytes])),
    },
    {
      name: 'prediction-verifier',
      seeds: [predictions[1] as Uint8Array],
      cases: 30,
      dense: DENSE,
      read: (bytes) => refusalOf(verifyPrediction(run, { weights: weightsDigest(bytes) }, bytes)),
    },
    {
      name: 'training-checkpoint',
      seeds: [checkpoint],
      cases: 300,
      mutant: sealed,
      read: (bytes) => {
        const decoded = decodeCheckpoint('checkpoint', NARROW, digest, bytes);
        // Every number but those that are none has one encoding.
        return decoded.losses.some(Number.isNaN) ? undefined : encodeCheckpoint(NARROW, digest, decoded);
      },
    },
    {
      name: 'training-array',
      seeds: arrays,
      cases: 400,
      read: (bytes) => void decodeArray('array', bytes),
    },
    {
      name: 'training-plan',
      seeds: [planJson(), planJson({ period: 3 })].map((text) => new TextEncoder().encode(text)),
      cases: 400,
      mutant: (dice) => new TextEncoder().encode(JSON.stringify(mutateValue(dice, plan)) ?? 'null'),
      read: (bytes) => void planOf(JSON.parse(new TextDecoder().decode(bytes)), 13),
    },
  ];
}

/** What a caller would agree to who looks at nothing but the file. */
function weightsDigest(bytes: Uint8Array): Uint8Array {
  const { weights } = decodePrediction(bytes);
  return keyDigest(encodeKey(weights));
}

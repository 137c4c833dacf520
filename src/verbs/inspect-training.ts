/** What files of training hold: datasets' keys, runs, segments, predictions. */
import { encodeParameters } from '../params/encoding.ts';
import { decodeKey, encodeKey, type GroupKey } from '../pcs/key.ts';
import { decodePrediction } from '../training/prediction-file.ts';
import type { TrainingPlan } from '../training/plan.ts';
import { decodeSegment } from '../training/segment-file.ts';
import { readRun } from '../training/point.ts';
import { groupOf, parametersOf, part, proofParts, withRest } from './inspect-parts.ts';
import type { GroupSummary, ParameterSummary, Parts } from './inspect-parts.ts';
import { hexOf } from './verify.ts';

/** Digests are hexadecimal. */
export type TrainingInspection = Parts &
  (
    | { readonly kind: 'group key'; readonly label: string; readonly groupKey: GroupSummary }
    | {
        readonly kind: 'run';
        readonly digest: string;
        readonly plan: TrainingPlan;
        readonly seed: string;
        readonly dataset: GroupSummary;
        /** Absent: the weights of the seed. */
        readonly start?: GroupSummary;
      }
    | {
        readonly kind: 'segment';
        readonly run: string;
        readonly first: number;
        readonly count: number;
        /** In the order of time. */
        readonly inputs: readonly string[];
        readonly outputs: readonly GroupSummary[];
        readonly parameters: ParameterSummary;
      }
    | {
        readonly kind: 'prediction';
        readonly run: string;
        readonly weights: GroupSummary;
        readonly classes: readonly number[];
        readonly hidden: boolean;
        readonly context: string;
        readonly parameters: ParameterSummary;
      }
  );

/** By the first eight bytes of a file. */
export const TRAINING_INSPECTORS = {
  groupKey: inspectGroupKey,
  run: inspectRun,
  segment: inspectSegment,
  prediction: inspectPrediction,
};

function keyPart(name: string, key: GroupKey): ReturnType<typeof part> {
  return part(`key of ${name}`, encodeKey(key).length);
}

function inspectGroupKey(bytes: Uint8Array): TrainingInspection {
  const key = decodeKey(bytes);
  const parts = [
    part('digests', key.group.cap.length),
    part('parameters', encodeParameters(key.parameters).length),
  ];
  const head = { kind: 'group key', label: key.group.label, groupKey: groupOf(key) } as const;
  return { ...head, bytes: bytes.length, parts: withRest(bytes.length, parts) };
}

function inspectRun(bytes: Uint8Array): TrainingInspection {
  const { run, digest } = readRun(bytes);
  const { plan, data, start, seed } = run;
  const parts = [
    keyPart('the dataset', data),
    ...(start === 'seed' ? [] : [keyPart('the first weights', start)]),
    part('seed', seed.length),
  ];
  return {
    kind: 'run',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    digest: hexOf(digest),
    plan,
    seed: hexOf(seed),
    dataset: groupOf(data),
    ...(start !== 'seed' && { start: groupOf(start) }),
  };
}

function inspectSegment(bytes: Uint8Array): TrainingInspection {
  const { run, first, count, inputs, outputs, parameters, proof } = decodeSegment(bytes);
  const keys = outputs.map((key, i) =>
    keyPart(i < outputs.length - 1 ? 'the weights a period earlier' : 'the weights', key),
  );
  const parts = [...keys, ...proofParts(parameters, proof)];
  return {
    kind: 'segment',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    run: hexOf(run),
    first,
    count,
    inputs: inputs.map(hexOf),
    outputs: outputs.map(groupOf),
    parameters: parametersOf(parameters),
  };
}

function inspectPrediction(bytes: Uint8Array): TrainingInspection {
  const { run, weights, inputs, classes, context, parameters, proof } = decodePrediction(bytes);
  const parts = [
    keyPart('the weights', weights),
    part('inputs', 2 * (inputs?.length ?? 0)),
    part('classes', 2 * classes.length),
    part('context', context.length),
    ...proofParts(parameters, proof),
  ];
  return {
    kind: 'prediction',
    bytes: bytes.length,
    parts: withRest(bytes.length, parts),
    run: hexOf(run),
    weights: groupOf(weights),
    classes: [...classes],
    hidden: inputs === undefined,
    context: hexOf(context),
    parameters: parametersOf(parameters),
  };
}

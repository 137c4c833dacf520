/** The verb `verify-training`: a run file and segment files in; how far training is proven, out. */
import { encodeKey, keyDigest } from '../../pcs/key.ts';
import type { Verdict } from '../../pcs/linear-verify.ts';
import type { TrainingPlan } from '../../training/plan.ts';
import {
  verifyTraining,
  type OnSegment,
  type TrainingExpectations,
  type TrainingVerdict,
} from '../../training/verify.ts';
import { readInput } from '../files.ts';
import { differentKind, type FileKind } from '../kinds.ts';
import { silent, type OnStep } from '../steps.ts';

export interface VerifyTrainingOptions {
  /** A run file. */
  readonly run: string;
  /** Segment files, from the first one on, in order. */
  readonly segments: readonly string[];
  /** What the caller knows and the run must be: 64 hexadecimal digits each. */
  readonly agreed?: AgreedRun;
  /** Steps that must be proven at least. */
  readonly steps?: number;
  readonly onStep?: OnStep;
}

/** What the caller knows of a run: 64 hexadecimal digits each. */
export interface AgreedRun {
  /** Digest of the run. */
  readonly run?: string;
  /** Digest of the dataset's key. */
  readonly dataset?: string;
  readonly seed?: string;
}

export type TrainingFileVerdict =
  | {
      readonly ok: true;
      /** Digest of the run. */
      readonly run: Uint8Array;
      readonly plan: TrainingPlan;
      readonly seed: Uint8Array;
      /** Digest of the dataset's key. */
      readonly dataset: Uint8Array;
      /** Digest of the key of the weights that it starts from; undefined: those of the seed. */
      readonly start: Uint8Array | undefined;
      /** Steps that are proven, and whether these are all of the plan. */
      readonly steps: number;
      readonly complete: boolean;
      /** Digest of the key of the weights behind the last proven step. */
      readonly weights: Uint8Array | undefined;
      /** Milliseconds of the verifier, files not counted. */
      readonly milliseconds: number;
    }
  | Extract<Verdict, { ok: false }>;

/**
 * Verifies training.
 *
 * @returns the verdict; a run, segment or expectation that does not fit is a refusal, never an error
 * @throws ProofError `FILE_*` for files that cannot be read; RangeError for options
 * @example
 * const verdict = verifyTrainingFiles({ run: 'digits.run', segments: ['digits.0016.seg', 'digits.0032.seg'] });
 */
export function verifyTrainingFiles(options: VerifyTrainingOptions): TrainingFileVerdict {
  const { steps, onStep = silent } = options;
  if (steps !== undefined && (!Number.isSafeInteger(steps) || steps < 0)) {
    throw new RangeError(`steps: expected an integer from 0 on, got ${steps}`);
  }
  const expected = { ...expectationsOf(options.agreed), ...(steps !== undefined && { steps }) };
  const run = readInput(options.run);
  const segments = options.segments.map(readInput);
  const other = differentKind(['run', options.run, run], ...filesOf('segment', options.segments, segments));
  if (other !== undefined) return other;
  const start = performance.now();
  const verdict = verifyTraining(run, segments, expected, verifying(onStep, segments.length));
  if (!verdict.ok) return named(verdict, options.segments);
  const milliseconds = Math.round((performance.now() - start) * 10) / 10;
  const { plan, data, seed, start: from } = verdict.run;
  const { weights } = verdict;
  return {
    ok: true,
    run: verdict.digest,
    plan,
    seed,
    dataset: keyDigest(encodeKey(data)),
    start: from === 'seed' ? undefined : keyDigest(encodeKey(from)),
    steps: verdict.steps,
    complete: verdict.complete,
    weights: weights === undefined ? undefined : keyDigest(encodeKey(weights)),
    milliseconds,
  };
}

/** Files of one kind with their bytes. */
export function filesOf(
  kind: FileKind,
  names: readonly string[],
  bytes: readonly Uint8Array[],
): (readonly [FileKind, string, Uint8Array])[] {
  return names.map((name, i) => [kind, name, bytes[i] as Uint8Array] as const);
}

/** Says which of so many segments is looked at. */
export function verifying(onStep: OnStep, count: number): OnSegment {
  return (i) => onStep(`verifying segment ${i + 1} of ${count}`);
}

/** A refusal that names the file of a segment. */
export function named<V extends TrainingVerdict | Verdict>(
  verdict: Extract<V, { ok: false }>,
  segments: readonly string[],
): Extract<V, { ok: false }> {
  const match = /^segment (\d+): (.*)$/s.exec(verdict.stage);
  const file = match === null ? undefined : segments[Number(match[1])];
  return match === null || file === undefined ? verdict : { ...verdict, stage: `${file}: ${match[2]}` };
}

/** @throws RangeError for what is no digest */
export function expectationsOf({ run, dataset, seed }: AgreedRun = {}): Omit<TrainingExpectations, 'steps'> {
  return {
    ...(run !== undefined && { run: digestOf('digest', run) }),
    ...(dataset !== undefined && { dataset: digestOf('dataset', dataset) }),
    ...(seed !== undefined && { seed: digestOf('seed', seed) }),
  };
}

/** 32 bytes of 64 hexadecimal digits. @throws RangeError */
export function digestOf(name: string, text: string): Uint8Array {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) {
    throw new RangeError(`${name}: expected 64 hexadecimal digits, got ${text.length} characters`);
  }
  return Uint8Array.from({ length: 32 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

/** The verb `verify-tuning`: a run file of a graph and step files in; how far training is proven, out. */
import { encodeKey, keyDigest } from '../../pcs/key.ts';
import type { Verdict } from '../../pcs/linear-verify.ts';
import type { GraphRun } from '../../training/graph-run/run.ts';
import {
  verifyGraphRun,
  type GraphRunExpectations,
  type OnGraphStep,
} from '../../training/graph-run/verify.ts';
import { readInput } from '../files.ts';
import { differentKind } from '../kinds.ts';
import { silent, type OnStep } from '../steps.ts';
import { digestOf, filesOf } from '../training/verify-training.ts';

/** What the caller knows of a run: 64 hexadecimal digits each. */
export interface AgreedTuning {
  /** Digest of the run. */
  readonly run?: string;
  /** Digest of the corpus's key. */
  readonly corpus?: string;
  readonly seed?: string;
}

export interface VerifyTuningOptions {
  /** A run file. */
  readonly run: string;
  /** Step files, from the first one on, in order. */
  readonly steps: readonly string[];
  readonly agreed?: AgreedTuning;
  /** Steps that must be proven at least. */
  readonly least?: number;
  readonly onStep?: OnStep;
}

export type TuningFileVerdict =
  | {
      readonly ok: true;
      /** Digest of the run. */
      readonly run: Uint8Array;
      /** What it says. */
      readonly announcement: GraphRun;
      /** Digest of the key of the corpus. */
      readonly corpus: Uint8Array;
      /** Digest of the key of the weights that it starts from; undefined: they are drawn from the seed. */
      readonly start: Uint8Array | undefined;
      /** Steps that are proven, and whether these are all of the run. */
      readonly steps: number;
      readonly complete: boolean;
      /** Digest of the key of the weights behind the last proven step. */
      readonly weights: Uint8Array | undefined;
      /** Milliseconds of the verifier, files not counted. */
      readonly milliseconds: number;
    }
  | Extract<Verdict, { ok: false }>;

/**
 * Verifies a run of a graph.
 *
 * @returns the verdict; a run, step or expectation that does not fit is a refusal, never an error
 * @throws ProofError `FILE_*` for files that cannot be read; RangeError for options
 * @example
 * const verdict = verifyTuningFiles({ run: 'run.run', steps: ['run.1.step', 'run.2.step'] });
 */
export function verifyTuningFiles(options: VerifyTuningOptions): TuningFileVerdict {
  const { least, onStep = silent } = options;
  if (least !== undefined && (!Number.isSafeInteger(least) || least < 0)) {
    throw new RangeError(`steps: expected an integer from 0 on, got ${least}`);
  }
  const expected = { ...tuningExpectations(options.agreed), ...(least !== undefined && { steps: least }) };
  const run = readInput(options.run);
  const steps = options.steps.map(readInput);
  const other = differentKind(['graphRun', options.run, run], ...filesOf('graphStep', options.steps, steps));
  if (other !== undefined) return other;
  const start = performance.now();
  const verdict = verifyGraphRun(run, steps, expected, verifyingSteps(onStep, steps.length));
  if (!verdict.ok) return namedStep(verdict, options.steps);
  const { weights, digest, complete } = verdict;
  return {
    ok: true,
    run: digest,
    announcement: verdict.run,
    corpus: keyDigest(encodeKey(verdict.run.corpus)),
    start: startDigest(verdict.run),
    steps: verdict.steps,
    complete,
    weights: weights === undefined ? undefined : keyDigest(encodeKey(weights)),
    milliseconds: Math.round((performance.now() - start) * 10) / 10,
  };
}

/** Digest of the key of the weights that a run starts from; undefined: they are drawn from the seed. */
export function startDigest({ start }: GraphRun): Uint8Array | undefined {
  return 'bounds' in start ? undefined : keyDigest(encodeKey(start));
}

/** Says which of so many steps is looked at. */
export function verifyingSteps(onStep: OnStep, count: number): OnGraphStep {
  return (i) => onStep(`verifying step ${i + 1} of ${count}`);
}

/** A refusal that names the file of a step. */
export function namedStep(
  refusal: Extract<Verdict, { ok: false }>,
  steps: readonly string[],
): Extract<Verdict, { ok: false }> {
  const match = /^step (\d+): (.*)$/s.exec(refusal.stage);
  const file = match === null ? undefined : steps[Number(match[1])];
  return match === null || file === undefined ? refusal : { ...refusal, stage: `${file}: ${match[2]}` };
}

/** @throws RangeError for what is no digest */
export function tuningExpectations({ run, corpus, seed }: AgreedTuning = {}): Omit<
  GraphRunExpectations,
  'steps'
> {
  return {
    ...(run !== undefined && { run: digestOf('digest', run) }),
    ...(corpus !== undefined && { corpus: digestOf('corpus', corpus) }),
    ...(seed !== undefined && { seed: digestOf('seed', seed) }),
  };
}

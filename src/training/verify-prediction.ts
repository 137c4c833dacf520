/**
 * Verifies predictions: the weights that a proven run of training wrote name these classes. With the segments of the run that is one line of
 * custody from the dataset to the answer. spec/training.md section 11.
 */
import { refuse } from '../errors/proof-error.ts';
import { koalaBear } from '../field/koalabear.ts';
import { quintic } from '../field/quintic.ts';
import { sameBytes } from '../hash/words.ts';
import { sameColumnCode } from '../params/parameters.ts';
import { encodeKey, keyDigest } from '../pcs/key.ts';
import { verdictOf, type Verdict } from '../pcs/linear-verify.ts';
import { checkProgram } from '../relation/check.ts';
import { compileProgram } from '../relation/compile.ts';
import type { ProgramStatement } from '../relation/statement.ts';
import { verifyProgram } from '../relation/verify.ts';
import { decodePrediction, predictionContext, type PredictionFile } from './prediction-file.ts';
import { predictionProgram } from './prediction-program.ts';
import { checkStateKey } from './run.ts';
import { readRun, type NamedRun } from './point.ts';
import {
  checkBytes,
  checkExpectations,
  followSegments,
  type OnSegment,
  type TrainingExpectations,
} from './verify.ts';

/** What the caller already knows and a prediction must agree with. Absent: anything. */
export interface PredictionExpectations extends Omit<TrainingExpectations, 'steps'> {
  /** [rows, inputs]: a prediction about others, or about hidden ones, is refused. */
  readonly inputs?: ArrayLike<number>;
  readonly context?: Uint8Array;
}

/**
 * What stands behind the weights: segment files of the run from the first one on, or the digest of a key of weights that the caller has from
 * `verifyTraining`.
 */
export type Custody = readonly Uint8Array[] | { readonly weights: Uint8Array };

export type PredictionVerdict =
  | {
      readonly ok: true;
      /** Digest of the run. */
      readonly run: Uint8Array;
      /** Steps behind the weights; undefined where the caller knew the weights. */
      readonly step: number | undefined;
      /** Digest of their key. */
      readonly weights: Uint8Array;
      /** [rows, inputs]; undefined: hidden. */
      readonly inputs: Uint16Array | undefined;
      /** One a row. */
      readonly classes: Uint16Array;
      readonly context: Uint8Array;
    }
  | Extract<Verdict, { ok: false }>;

/**
 * The statement of a prediction's proof.
 *
 * @throws ProofError as `checkStateKey`, `predictionProgram`; `STATEMENT` for parameters that do not fit
 */
export function predictionStatement(
  { run }: NamedRun,
  file: Omit<PredictionFile, 'proof'>,
): ProgramStatement {
  const stage = 'prediction file';
  checkStateKey(run, file.weights, stage);
  const { parameters, weights, inputs, classes } = file;
  if (!sameColumnCode(weights.parameters, parameters)) {
    refuse('STATEMENT', stage, 'parameters: expected profile and column code of the weights, got others');
  }
  const program = predictionProgram({ plan: run.plan, inputs, classes });
  checkProgram(koalaBear, program);
  // The key is decoded and of the run: the groups fit the program.
  return {
    parameters,
    compiled: compileProgram(quintic, program),
    groups: [weights.group],
    context: predictionContext(file),
  };
}

/**
 * Whether a prediction file convinces that weights of a run name these classes: weights that its segments have proven. Never throws,
 * whatever the bytes.
 *
 * @param run bytes of a run file, @param custody what stands behind the weights, @param prediction bytes of a prediction file
 * @example
 * const verdict = verifyPrediction(runBytes, segments, predictionBytes, { run: agreedDigest });
 * if (verdict.ok) console.log(verdict.classes, verdict.step);
 */
export function verifyPrediction(
  run: Uint8Array,
  custody: Custody,
  prediction: Uint8Array,
  expected: PredictionExpectations = {},
  onSegment?: OnSegment,
): PredictionVerdict {
  let result: PredictionVerdict | undefined;
  const checked = verdictOf(() => {
    checkBytes('run', run);
    checkBytes('prediction', prediction);
    const named = readRun(run);
    checkExpectations(named, expected);
    const file = decodePrediction(prediction.slice());
    if (!sameBytes(file.run, named.digest)) {
      refuse('RUN', 'prediction file', 'expected a prediction of this run, got one of another');
    }
    checkAgreed(file, expected);
    const weights = keyDigest(encodeKey(file.weights));
    const step = stepBehind(named, custody, weights, onSegment);
    const verdict = verifyProgram(predictionStatement(named, file), file.proof);
    if (!verdict.ok) refuse(verdict.code, verdict.stage, verdict.detail);
    const { inputs, classes, context } = file;
    result = { ok: true, run: named.digest, step, weights, inputs, classes, context };
  });
  return checked.ok ? (result as PredictionVerdict) : checked;
}

function checkAgreed({ inputs, context }: PredictionFile, expected: PredictionExpectations): void {
  const stage = 'prediction file';
  if (expected.context !== undefined && !sameBytes(expected.context, context)) {
    refuse('CONTEXT', stage, 'expected the agreed context, got another');
  }
  const own = expected.inputs;
  if (own === undefined) return;
  if (inputs === undefined) refuse('INPUTS', stage, 'expected the agreed inputs, got hidden ones');
  if (inputs.length !== own.length) {
    refuse('INPUTS', stage, `expected the agreed inputs, ${own.length} integers, got ${inputs.length}`);
  }
  const other = inputs.findIndex((x, i) => x !== own[i]);
  if (other >= 0) {
    refuse('INPUTS', stage, `expected the agreed inputs, got others from integer ${other} on`);
  }
}

/** Steps behind weights; those that a run starts from are none of its own. @throws ProofError `WEIGHTS` for such as nothing stands behind; as `followSegments` */
function stepBehind(
  named: NamedRun,
  custody: Custody,
  weights: Uint8Array,
  onSegment: OnSegment | undefined,
): number | undefined {
  if (custody !== null && 'weights' in custody) {
    checkBytes('weights', custody.weights);
    if (sameBytes(custody.weights, weights)) return undefined;
    return refuse('WEIGHTS', 'prediction file', 'expected the agreed weights, got others');
  }
  const point = followSegments(named, custody, onSegment)
    .slice(1)
    .find(({ weights: own }) => own && sameBytes(keyDigest(encodeKey(own)), weights));
  if (point !== undefined) return point.step;
  return refuse('WEIGHTS', 'prediction file', 'expected weights that these segments wrote, got others');
}

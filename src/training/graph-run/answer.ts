/**
 * Answers by the weights that a step of a run wrote: the run, its steps and the answer verified together are one line of custody from the corpus to
 * the last token. The proof file is that of `proveGraphAnswer`. spec/graph-runs.md section 5.
 */
import type { Agreed } from '../../answer/agreed.ts';
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import { encodeKey, keyDigest } from '../../pcs/key.ts';
import { verdictOf, type Verdict } from '../../pcs/linear-verify.ts';
import { answerBy, trainedDigest, type GraphAnswerVerdict, type TrainedWeights } from '../backward/answer.ts';
import { checkBytes } from '../verify.ts';
import { decodeGraphStep } from './step-file.ts';
import { checkCount, checkRunExpectations, followGraphSteps, readGraphRun, trainingOf, type GraphRunExpectations, type NamedGraphRun, type OnGraphStep } from './verify.ts'; // prettier-ignore

/** Step files from the first one on; or the one that wrote the weights, and their digest from a verification of before. */
export type GraphRunCustody =
  { readonly steps: readonly Uint8Array[] } | { readonly step: Uint8Array; readonly weights: Uint8Array };

export type RunAnswerVerdict =
  | (Omit<Extract<GraphAnswerVerdict, { ok: true }>, 'step'> & {
      /** Digest of the run. */
      readonly run: Uint8Array;
      /** Steps behind the weights; undefined where none was followed: of weights that are known a file can say any number. */
      readonly step: number | undefined;
    })
  | Extract<Verdict, { ok: false }>;

/**
 * Whether an answer convinces that the graph of a run chooses these tokens with weights that its proven steps wrote. Never throws, whatever the bytes.
 *
 * @param run bytes of a run file, @param file bytes of a proof file
 * @example
 * const verdict = verifyRunAnswer(runBytes, { steps }, answerBytes, { prompts: [[1, 2, 1]] });
 * if (verdict.ok) console.log(verdict.statement.sequences[0].completion, verdict.step);
 */
export function verifyRunAnswer(
  run: Uint8Array,
  custody: GraphRunCustody,
  file: Uint8Array,
  expected: Omit<GraphRunExpectations, 'steps'> & Agreed = {},
  onStep?: OnGraphStep,
): RunAnswerVerdict {
  let result: RunAnswerVerdict | undefined;
  const checked = verdictOf(() => {
    checkBytes('run', run);
    const named = readGraphRun(run);
    checkRunExpectations(named, expected);
    const find = (model: Uint8Array): TrainedWeights => weightsOf(named, custody, model, onStep);
    const { step, ...said } = answerBy(trainingOf(named), find, file, expected);
    result = { ...said, run: named.digest, step: 'steps' in custody ? step : undefined };
  });
  return checked.ok ? (result as RunAnswerVerdict) : checked;
}

/** The weights that an answer names. @throws ProofError `WEIGHTS` for others; as `followGraphSteps`, `trainedDigest` */
function weightsOf(
  named: NamedGraphRun,
  custody: GraphRunCustody,
  model: Uint8Array,
  onStep: OnGraphStep | undefined,
): TrainedWeights {
  const points =
    'steps' in custody ? followGraphSteps(named, custody.steps, onStep) : [knownPoint(named, custody)];
  const found = points.find((point) => sameBytes(trainedDigest(trainingOf(named), point), model));
  return (
    found ??
    refuse('WEIGHTS', 'proof file', 'expected an answer by weights that these steps wrote, got one by others')
  );
}

/** What a step wrote that the caller followed before. */
function knownPoint(
  named: NamedGraphRun,
  { step: bytes, weights }: Extract<GraphRunCustody, { weights: Uint8Array }>,
): TrainedWeights {
  checkBytes('step', bytes);
  const { run, step, count, output } = decodeGraphStep(bytes.slice());
  const stage = 'step file';
  if (!sameBytes(run, named.digest)) refuse('RUN', stage, 'expected a step of this run, got one of another');
  checkCount(named, step, count, stage);
  if (!sameBytes(keyDigest(encodeKey(output)), weights)) {
    refuse('WEIGHTS', stage, 'expected the step that wrote the agreed weights, got another');
  }
  return { step: step + count, weights: output };
}

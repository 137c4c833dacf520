/** The verb `verify-tuned`: an answer by trained weights and what stands behind them, in; the tokens and what is proven of them, out. */
import type { Verdict } from '../../pcs/linear-verify.ts';
import {
  verifyRunAnswer,
  type GraphRunCustody,
  type RunAnswerVerdict,
} from '../../training/graph-run/answer.ts';
import { contextOf } from '../context.ts';
import { readInput } from '../files.ts';
import { differentKind } from '../kinds.ts';
import { silent, type OnStep } from '../steps.ts';
import { digestOf, filesOf } from '../training/verify-training.ts';
import { namedStep, tuningExpectations, verifyingSteps, type AgreedTuning } from './verify-tuning.ts';

export interface VerifyTunedOptions {
  /** A proof file. */
  readonly proof: string;
  /** A run file. */
  readonly run: string;
  /** Step files of the run in order; with `weights` the one that wrote them. */
  readonly steps: readonly string[];
  /** Instead of following all steps: the digest of weights that `verify-tuning` told. */
  readonly weights?: string;
  readonly agreed?: AgreedTuning;
  /** Refuse an answer about other prompts, other tokens. */
  readonly prompts?: readonly (readonly number[])[];
  readonly completions?: readonly (readonly number[])[];
  readonly context?: string;
  readonly onStep?: OnStep;
}

export type TunedFileVerdict =
  | (Extract<RunAnswerVerdict, { ok: true }> & { readonly milliseconds: number })
  | Extract<Verdict, { ok: false }>;

/**
 * Verifies an answer by trained weights, and with the steps everything from the corpus on.
 *
 * @returns the verdict; files or expectations that do not fit are a refusal, never an error
 * @throws ProofError `FILE_*` for files that cannot be read; RangeError for options
 * @example
 * verifyTunedFile({ proof: 'answer.zkp', run: 'run.run', steps: ['run.1.step', 'run.2.step'] });
 */
export function verifyTunedFile(options: VerifyTunedOptions): TunedFileVerdict {
  const { weights, prompts, completions, context, onStep = silent } = options;
  const expected = {
    ...tuningExpectations(options.agreed),
    ...(context !== undefined && { context: contextOf(context) }),
    ...(prompts !== undefined && { prompts }),
    ...(completions !== undefined && { completions }),
  };
  const custody = custodyOf(options, weights);
  const run = readInput(options.run);
  const proof = readInput(options.proof);
  const written = 'steps' in custody ? custody.steps : [custody.step];
  const steps = filesOf('graphStep', options.steps, written);
  const other = differentKind(['graphRun', options.run, run], ...steps, ['answer', options.proof, proof]);
  if (other !== undefined) return other;
  const start = performance.now();
  const told = verifyingSteps(onStep, options.steps.length);
  const verdict = verifyRunAnswer(run, custody, proof, expected, told);
  if (!verdict.ok) return namedStep(verdict, options.steps);
  return { ...verdict, milliseconds: Math.round((performance.now() - start) * 10) / 10 };
}

function custodyOf({ steps }: VerifyTunedOptions, weights: string | undefined): GraphRunCustody {
  if (weights === undefined) return { steps: steps.map(readInput) };
  if (steps.length !== 1) {
    throw new RangeError(`steps: expected the step that wrote the weights, one file, got ${steps.length}`);
  }
  return { step: readInput(steps[0] as string), weights: digestOf('weights', weights) };
}

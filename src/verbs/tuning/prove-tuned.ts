/** The verb `prove-tuned`: weights that a proven step wrote continue prompts of token ids, under the commitment that the step made. */
import { refuse } from '../../errors/proof-error.ts';
import type { Kernels } from '../../kernels/contract.ts';
import type { PublicChoice } from '../../ops/lowering.ts';
import { budgetStatus, type Home } from '../../store/index.ts';
import { proveGraphAnswer } from '../../training/index.ts';
import { trainingOf } from '../../training/graph-run/verify.ts';
import { choiceOf, type ChoiceOptions } from '../choice.ts';
import { contextOf } from '../context.ts';
import { checkOutput, writeNew } from '../files.ts';
import { silent, stopwatch, type OnStep } from '../steps.ts';
import { alone } from '../worker.ts';
import { openTuned } from './prove-tuning.ts';
import { keptSteps, openTuningFolder } from './run-folder.ts';

/** Proofs of weights in the middle of a run that answers leave: the step behind them, and one that is abandoned. */
const KEPT_PROOFS = 2;

export interface ProveTunedOptions extends ChoiceOptions {
  /** Directory of a run with proven steps. */
  readonly folder: string;
  /** Token ids of one prompt or several, one proof for all of them. */
  readonly prompts: readonly (readonly number[])[];
  /** Greatest number of new tokens behind each prompt. Default 32. */
  readonly tokens?: number;
  /** Weights behind so many steps. Default: the last proven ones. */
  readonly step?: number;
  /** Say nothing of prompts but how many tokens they have. Default: they are public. */
  readonly privatePrompt?: boolean;
  /** Show the logits that every token was chosen from. Default: none. */
  readonly revealLogits?: boolean;
  /** Anything that the parties agreed on. */
  readonly context?: string;
  /** Proof file to be made. */
  readonly out: string;
  readonly onStep?: OnStep;
}

export interface ProvenTuned {
  /** Digest of the run, steps behind the weights, digest of their key. */
  readonly run: Uint8Array;
  readonly step: number;
  readonly weights: Uint8Array;
  /** One a prompt. */
  readonly completions: readonly (readonly number[])[];
  readonly choice: PublicChoice;
  readonly file: string;
  readonly bytes: number;
  readonly answersLeft: number;
  readonly warnings: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Continues prompts and proves it.
 *
 * @throws ProofError `CHAIN` for a step that is not proven, `BUDGET_KEPT` where the run needs the proofs that are left; `PROMPT`, `CONTEXT`, `TOKEN`,
 *   `FILE_*`; as `proveGraphAnswer`
 * @throws RangeError for options out of range
 * @example
 * proveTuned(kernels, openHome(), { folder: 'run', prompts: [[7, 3, 7]], tokens: 3, out: 'answer.zkp' });
 */
export function proveTuned(kernels: Kernels, home: Home, options: ProveTunedOptions): ProvenTuned {
  const { prompts, tokens = 32, privatePrompt = false, revealLogits = false, onStep = silent, out } = options;
  const choice = choiceOf(options);
  const context = contextOf(options.context);
  if (prompts.length === 0) refuse('PROMPT', 'prompt', 'expected token ids, got none');
  const watch = stopwatch();
  checkOutput(out);
  watch.next('reading');
  onStep('reading');
  const folder = openTuningFolder(options.folder);
  const kept = keptSteps(folder);
  const last = kept.at(-1)?.point.step;
  const own = kept.find(({ point }) => point.step === (options.step ?? last));
  if (own === undefined) {
    const got = options.step ?? 'none: zkdl prove-tuning';
    return refuse('CHAIN', options.folder, `expected a number of steps that are proven, got ${got}`);
  }
  const { step } = own.point;
  return alone(folder.path, options.folder, () => {
    const weights = openTuned(kernels, home, folder, own);
    try {
      const { proofsLeft } = budgetStatus(home, weights.group);
      if (step === last && step < folder.named.run.steps && proofsLeft <= KEPT_PROOFS) {
        const detail = `step ${step}: expected proofs beyond the ${KEPT_PROOFS} that the next step needs, got none`;
        refuse('BUDGET_KEPT', options.folder, `${detail}: prove on first, with --answers`);
      }
      watch.next('proving');
      const request = {
        prompts,
        tokens,
        choice,
        context,
        privatePrompts: privatePrompt,
        reveal: revealLogits,
      };
      const mark = (part: string): void => onStep(`proving: ${part}`);
      const training = trainingOf(folder.named);
      const { bytes, completions } = proveGraphAnswer(kernels, home, training, step, weights, request, mark);
      watch.next('writing');
      writeNew(out, bytes);
      watch.next();
      const status = budgetStatus(home, weights.group);
      return {
        run: folder.named.digest,
        step,
        weights: weights.group.keyDigest,
        completions,
        choice,
        file: out,
        bytes: bytes.length,
        answersLeft: status.proofsLeft,
        warnings: status.warnings,
        seconds: watch.seconds,
      };
    } finally {
      weights.group.close();
    }
  });
}

/** The verb `prove`: a committed model continues prompts and proves that it did. */
import type { Tokenizer } from '../import/tokenizer.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { PublicChoice } from '../ops/lowering.ts';
import { keyOf } from '../prover/commit-model.ts';
import { proveAnswer } from '../prover/prove-answer.ts';
import { closeGroups } from '../prover/weight-groups.ts';
import type { Mark } from '../pcs/steps-prove.ts';
import type { Home } from '../store/index.ts';
import { choiceOf, type ChoiceOptions } from './choice.ts';
import { contextOf } from './context.ts';
import { folderSubject } from './estimate.ts';
import { checkOutput, writeNew } from './files.ts';
import { epochPath, folderModel, folderTokenizer, openFolder } from './folder.ts';
import { continuePrompts, type Continued, type ProvenSequence } from './generating.ts';
import { revealOf, type LogitPosition } from './logits.ts';
import { requireProofMemory } from './memory.ts';
import { PROOF_STAGES, silent, stopwatch, type OnStep } from './steps.ts';
import { textOf } from './text.ts';
import { openWeights, weightsBudget } from './weights.ts';

export interface ProveTextOptions extends ChoiceOptions {
  /** Directory of a committed model. */
  readonly folder: string;
  /** One, or several that one proof is about. */
  readonly prompt: string | readonly string[];
  /** Say nothing of prompts but how many tokens they have. Default: they are public. */
  readonly privatePrompt?: boolean;
  /** New tokens whose logits become public. Default: none. */
  readonly revealLogits?: readonly LogitPosition[] | 'all';
  /** Greatest number of new tokens behind each prompt. Default 32. */
  readonly tokens?: number;
  /** Bytes that the process may take, by estimate; a proof that would take more is refused at once. Default: no limit. */
  readonly memory?: number;
  /** Anything that the parties agreed on; bound into the proof. */
  readonly context?: string;
  /** Proof file to be made. */
  readonly out: string;
  readonly onStep?: OnStep;
}

export interface ProvenText {
  /** Digest of the key that the proof verifies under. */
  readonly model: Uint8Array;
  readonly epoch: number;
  /** One for each prompt, in their order. */
  readonly sequences: readonly ProvenSequence[];
  readonly choice: PublicChoice;
  readonly file: string;
  readonly bytes: number;
  readonly proofsLeft: number;
  readonly warnings: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Continues prompts, proves it and writes the proof file. Everything that can be refused is refused before budget is spent.
 *
 * @throws ProofError `PROMPT`, `CONTEXT`, `TOKENIZER_*`, `FILE_*`, `FOLDER`; as `proveAnswer`
 * @throws RangeError for options out of range
 * @example
 * const { sequences } = await proveText(kernels, openHome(), { folder: 'story', prompt: 'Call me', out: 'answer.zkp' });
 */
export async function proveText(
  kernels: Kernels,
  home: Home,
  options: ProveTextOptions,
): Promise<ProvenText> {
  const { onStep = silent, privatePrompt = false, tokens = 32, revealLogits = [] } = options;
  const prompts = typeof options.prompt === 'string' ? [options.prompt] : options.prompt;
  const choice = choiceOf(options);
  const context = contextOf(options.context);
  const watch = stopwatch();
  checkOutput(options.out);
  watch.next('loading');
  onStep('loading the model');
  const folder = openFolder(options.folder);
  const model = folderModel(folder);
  const tokenizer = await folderTokenizer(folder, model);
  if (options.memory !== undefined) {
    const promptTokens = prompts.map((text) => tokenizer.encode(text).length);
    const size = { promptTokens, tokens, privatePrompt };
    requireProofMemory(folderSubject(folder, model), size, options.memory);
  }
  watch.next('generating');
  const continued = continuePrompts(kernels, model, tokenizer, prompts, { tokens, choice, onStep });
  const completions = continued.map(({ completion }) => completion);
  const reveal = revealOf(revealLogits, completions);
  watch.next('opening');
  onStep('opening the commitment');
  const weights = openWeights(kernels, home, epochPath(folder.path, folder.epoch), folder.cut, model);
  try {
    watch.next('proving');
    const count = completions.reduce((sum, { length }) => sum + length, 0);
    const mark: Mark = (step) => {
      const stage = PROOF_STAGES.get(step);
      if (stage !== undefined) onStep(`proving ${count} tokens: ${stage}`);
    };
    const sequences = continued.map(({ prompt, completion }) => ({ prompt, completion, privatePrompt }));
    const request = { sequences, choice, context, reveal };
    const { bytes, reservations } = proveAnswer(kernels, home, { model, ...weights }, request, mark);
    watch.next('writing');
    onStep('writing');
    writeNew(options.out, bytes);
    watch.next();
    const budget = weightsBudget(home, weights.groups);
    return {
      model: keyOf(model, weights).digest,
      epoch: folder.epoch,
      sequences: continued.map((own) => (privatePrompt ? withoutPrompt(tokenizer, own) : own)),
      choice,
      file: options.out,
      bytes: bytes.length,
      proofsLeft: budget.proofsLeft,
      warnings: [...new Set([...reservations.flatMap(({ warnings }) => warnings), ...budget.warnings])],
      seconds: watch.seconds,
    };
  } finally {
    closeGroups(weights.groups);
  }
}

/** What a verifier sees: the completion's text stands for itself. */
function withoutPrompt(tokenizer: Tokenizer, { prompt, completion, ended }: Continued): ProvenSequence {
  const text = textOf(tokenizer, [], completion);
  return { prompt: { privateTokens: prompt.length }, completion, text, ended };
}

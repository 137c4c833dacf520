/** The verb `prove`: a committed model continues a prompt and proves that it did. */
import { refuse } from '../errors/proof-error.ts';
import { generate, integerSession } from '../graph/index.ts';
import type { Tokenizer } from '../import/tokenizer.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { PublicChoice } from '../ops/lowering.ts';
import { proveAnswer } from '../prover/prove-answer.ts';
import type { QuantizedModel } from '../quantize/index.ts';
import { budgetStatus, openGroup, type Home } from '../store/index.ts';
import { MAX_CONTEXT_BYTES } from '../answer/statement.ts';
import { modelDigest } from '../answer/key.ts';
import { keyOf } from '../prover/commit-model.ts';
import { executionOf } from '../prover/execution.ts';
import { choiceOf, type ChoiceOptions } from './choice.ts';
import { checkOutput, naming, writeNew } from './files.ts';
import { epochPath, folderModel, folderTokenizer, openFolder } from './folder.ts';
import { silent, stopwatch, type OnStep } from './steps.ts';
import { textOf } from './text.ts';

export interface ProveTextOptions extends ChoiceOptions {
  /** Directory of a committed model. */
  readonly folder: string;
  readonly prompt: string;
  /** Greatest number of new tokens. Default 32. */
  readonly tokens?: number;
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
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  /** The completion as text. */
  readonly text: string;
  readonly choice: PublicChoice;
  /** Why the completion is no longer: a token that ends texts, the context's end, or as many tokens as asked for. */
  readonly ended: 'stop' | 'context' | 'tokens';
  readonly file: string;
  readonly bytes: number;
  readonly proofsLeft: number;
  readonly warnings: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Continues a prompt, proves it and writes the proof file. Everything that can be refused is refused before budget is spent.
 *
 * @throws ProofError `PROMPT`, `CONTEXT`, `TOKENIZER_*`, `FILE_*`, `FOLDER`; as `proveAnswer`
 * @throws RangeError for options out of range
 * @example
 * const { text } = await proveText(kernels, openHome(), { folder: 'story', prompt: 'Call me', out: 'answer.zkp' });
 */
export async function proveText(
  kernels: Kernels,
  home: Home,
  options: ProveTextOptions,
): Promise<ProvenText> {
  const { onStep = silent } = options;
  const choice = choiceOf(options);
  const context = contextOf(options.context);
  const watch = stopwatch();
  checkOutput(options.out);
  watch.next('loading');
  onStep('loading the model');
  const folder = openFolder(options.folder);
  const model = folderModel(folder);
  const tokenizer = await folderTokenizer(folder, model);
  watch.next('generating');
  const answer = continuePrompt(kernels, model, tokenizer, options, choice);
  watch.next('opening');
  onStep('opening the commitment');
  const group = openGroup(kernels, home, epochPath(folder.path, folder.epoch));
  try {
    watch.next('proving');
    onStep(`proving ${answer.completion.length} tokens`);
    const { prompt, completion } = answer;
    const request = { sequences: [{ prompt, completion }], choice, context };
    const { bytes, reservations } = proveAnswer(kernels, home, { model, group }, request);
    watch.next('writing');
    onStep('writing');
    writeNew(options.out, bytes);
    watch.next();
    const budget = budgetStatus(home, group);
    return {
      model: modelDigest(keyOf(model, group).keyBytes),
      epoch: folder.epoch,
      ...answer,
      choice,
      file: options.out,
      bytes: bytes.length,
      proofsLeft: budget.proofsLeft,
      warnings: [...new Set([...reservations.flatMap(({ warnings }) => warnings), ...budget.warnings])],
      seconds: watch.seconds,
    };
  } finally {
    group.close();
  }
}

/** @throws RangeError */
export function contextOf(text = ''): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > MAX_CONTEXT_BYTES) {
    throw new RangeError(`context: expected at most ${MAX_CONTEXT_BYTES} bytes, got ${bytes.length}`);
  }
  return bytes;
}

/** What the model says. */
function continuePrompt(
  kernels: Kernels,
  model: QuantizedModel,
  tokenizer: Tokenizer,
  { prompt: text, tokens = 32, onStep = silent }: ProveTextOptions,
  choice: PublicChoice,
): Pick<ProvenText, 'prompt' | 'completion' | 'text' | 'ended'> {
  const { graph, weights, info } = model;
  if (text === '') refuse('PROMPT', 'prompt', 'expected text, got none');
  if (!Number.isSafeInteger(tokens) || tokens < 1) {
    throw new RangeError(`tokens: expected a positive integer, got ${tokens}`);
  }
  const prompt = tokenizer.encode(text);
  onStep('generating', 0);
  const weightOf = (name: string) => weights.get(name) as Int16Array | Int32Array;
  const session = integerSession(graph, weightOf, executionOf(kernels, model));
  let made = 0;
  const completion = naming('prompt', () =>
    generate(graph, session, {
      prompt,
      maxTokens: tokens,
      choice,
      stop: info.eos,
      onToken: () => {
        onStep('generating', ++made / tokens);
        return true;
      },
    }),
  );
  const stopped = info.eos.includes(completion.at(-1) as number);
  const ended = stopped ? 'stop' : completion.length < tokens ? 'context' : 'tokens';
  return { prompt, completion, text: textOf(tokenizer, prompt, completion), ended };
}

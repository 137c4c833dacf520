/** What a model says behind prompts, and why it stops. */
import type { Prompt } from '../answer/statement.ts';
import { refuse } from '../errors/proof-error.ts';
import { generate, integerSession } from '../graph/index.ts';
import type { Tokenizer } from '../import/tokenizer.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { PublicChoice } from '../ops/lowering.ts';
import { weightsInTurn } from '../quantize/weights-in-turn.ts';
import { executionOf } from '../prover/execution.ts';
import type { QuantizedModel } from '../quantize/index.ts';
import { naming } from './files.ts';
import type { OnStep } from './steps.ts';
import { textOf } from './text.ts';

/** A continued prompt. */
export interface Continued {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  /** The completion as text. */
  readonly text: string;
  /** Why the completion is no longer: a token that ends texts, the context's end, or as many tokens as asked for. */
  readonly ended: 'stop' | 'context' | 'tokens';
}

/** The same as a statement says it. */
export interface ProvenSequence extends Omit<Continued, 'prompt'> {
  readonly prompt: Prompt;
}

/**
 * Continues prompts one after the other.
 *
 * @throws ProofError `PROMPT` for no text, `CONTEXT` for one that does not fit; RangeError
 */
export function continuePrompts(
  kernels: Kernels,
  model: QuantizedModel,
  tokenizer: Tokenizer,
  prompts: readonly string[],
  {
    tokens,
    choice,
    onStep,
  }: { readonly tokens: number; readonly choice: PublicChoice; readonly onStep: OnStep },
): Continued[] {
  const { graph, info } = model;
  if (prompts.length === 0) refuse('PROMPT', 'prompt', 'expected text, got none');
  const name = (s: number): string => (prompts.length === 1 ? 'prompt' : `prompt ${s + 1}`);
  prompts.forEach((text, s) => {
    if (text === '') refuse('PROMPT', name(s), 'expected text, got none');
  });
  if (!Number.isSafeInteger(tokens) || tokens < 1) {
    throw new RangeError(`tokens: expected a positive integer, got ${tokens}`);
  }
  onStep('generating', 0);
  const weightOf = weightsInTurn(model.weights);
  const execution = executionOf(kernels, model);
  return prompts.map((text, s) => {
    const prompt = tokenizer.encode(text);
    const session = integerSession(graph, weightOf, execution);
    let made = 0;
    const onToken = (): boolean => {
      onStep('generating', (s + ++made / tokens) / prompts.length);
      return true;
    };
    const completion = naming(name(s), () =>
      generate(graph, session, { prompt, maxTokens: tokens, choice, stop: info.eos, onToken }),
    );
    const stopped = info.eos.includes(completion.at(-1) as number);
    const ended = stopped ? 'stop' : completion.length < tokens ? 'context' : 'tokens';
    return { prompt, completion, text: textOf(tokenizer, prompt, completion), ended };
  });
}

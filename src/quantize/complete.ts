/** Text from a quantised model: exactly what a proof will be about. */
import { refuse } from '../errors/proof-error.ts';
import { type Choice, generate, integerSession, type MatrixProduct } from '../graph/index.ts';
import type { Tokenizer } from '../import/tokenizer.ts';
import type { QuantizedModel } from './model.ts';

export interface CompleteOptions {
  readonly prompt: string;
  /** Greatest number of new tokens. */
  readonly maxTokens: number;
  /** `greedy` (default), or a public seed of 32 bytes and a temperature in thousandths. */
  readonly choice?: Choice;
  /** Matrix products. Default: the definition in plain TypeScript. */
  readonly product?: MatrixProduct;
}

export interface Completion {
  /** Ids of the prompt and of what the model chose, a token that ended the text included. */
  readonly prompt: readonly number[];
  readonly tokens: readonly number[];
  /** Prompt and completion. */
  readonly text: string;
}

/** @throws ProofError `TOKENIZER_FIT` for a tokenizer that the model was not quantised with */
export function checkTokenizer({ info }: QuantizedModel, tokenizer: Tokenizer): void {
  const digest = Array.from(tokenizer.digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  if (info.tokenizer !== null && info.tokenizer !== digest) {
    refuse('TOKENIZER_FIT', 'tokenizer', `expected the one with digest ${info.tokenizer}, got ${digest}`);
  }
  if (tokenizer.vocabSize > info.vocab) {
    refuse('TOKENIZER_FIT', 'tokenizer', `expected at most ${info.vocab} tokens, got ${tokenizer.vocabSize}`);
  }
}

/**
 * Continues a prompt, exactly in integers: the same text on every machine.
 *
 * @throws ProofError `PROMPT` for an empty prompt, `CONTEXT` for one that is too long, `TOKENIZER_FIT`; as `generate`
 * @throws RangeError for an option out of range
 * @example
 * complete(model, tokenizer, { prompt: 'Once upon a time', maxTokens: 40 }).text;
 */
export function complete(
  model: QuantizedModel,
  tokenizer: Tokenizer,
  { prompt, maxTokens, choice = 'greedy', product }: CompleteOptions,
): Completion {
  checkTokenizer(model, tokenizer);
  if (prompt === '') refuse('PROMPT', 'prompt', 'expected text, got none');
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
    throw new RangeError(`maxTokens: expected a non-negative integer, got ${maxTokens}`);
  }
  const { graph, weights, info } = model;
  const ids = tokenizer.encode(prompt);
  const weightOf = (name: string) => weights.get(name) as Int16Array | Int32Array;
  const session = integerSession(graph, weightOf, product === undefined ? {} : { product });
  const tokens = generate(graph, session, { prompt: ids, maxTokens, choice, stop: info.eos });
  // An id that is a row of the embedding and no token of the tokenizer has no text.
  const known = tokens.filter((id) => id < tokenizer.vocabSize);
  return { prompt: ids, tokens, text: tokenizer.decode([...ids, ...known]) };
}

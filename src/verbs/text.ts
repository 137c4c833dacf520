/** Tokens as text. Ids are what is proven; text is what a tokenizer makes of them. */
import type { Tokenizer } from '../import/tokenizer.ts';

/** Ids that are rows of the embedding and no tokens of the tokenizer have no text. */
function known(tokenizer: Tokenizer, ids: readonly number[]): number[] {
  return ids.filter((id) => id < tokenizer.vocabSize);
}

/** The text of a prompt. */
export function promptText(tokenizer: Tokenizer, prompt: readonly number[]): string {
  return tokenizer.decode(known(tokenizer, prompt));
}

/** The text that a completion adds to its prompt. */
export function textOf(
  tokenizer: Tokenizer,
  prompt: readonly number[],
  completion: readonly number[],
): string {
  const before = promptText(tokenizer, prompt);
  const all = tokenizer.decode(known(tokenizer, [...prompt, ...completion]));
  // A prompt that ends within a character decodes to another text alone: then the completion stands for itself.
  return all.startsWith(before) ? all.slice(before.length) : tokenizer.decode(known(tokenizer, completion));
}

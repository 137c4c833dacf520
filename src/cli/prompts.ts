/** Prompts and positions as options give them. */
import { InvalidArgumentError } from 'commander';
import { refuse } from '../errors/proof-error.ts';
import type { LogitPosition } from '../verbs/index.ts';
import { readInput } from '../verbs/files.ts';

/** A parser of options that may be given several times, for commander. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/**
 * Prompts of the options, or of a file: a JSON array of texts, or one a line.
 *
 * @throws RangeError unless one of the two is given; ProofError `FILE_*`, `PROMPT`. Says nothing of what the file holds
 */
export function promptsOf(
  prompt: readonly string[] | undefined,
  file: string | undefined,
): readonly string[] {
  if ((prompt === undefined) === (file === undefined)) {
    const got = prompt === undefined ? 'neither' : 'both';
    throw new RangeError(`prompt: expected --prompt or --prompts, got ${got}`);
  }
  if (prompt !== undefined) return prompt;
  const name = file as string;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(readInput(name));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return refuse('PROMPT', name, 'expected text in UTF-8, got other bytes');
  }
  if (text.trimStart().startsWith('[')) return fromJson(name, text);
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const empty = lines.indexOf('');
  if (empty >= 0) refuse('PROMPT', name, `line ${empty + 1}: expected text, got none`);
  return lines;
}

function fromJson(file: string, text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text.
  }
  if (!Array.isArray(value) || value.length === 0 || !value.every((item) => typeof item === 'string')) {
    return refuse('PROMPT', file, 'expected a JSON array of texts, or one a line that does not begin with [');
  }
  return value as string[];
}

/** Lists of token ids such as 7,3,7. @throws ProofError `PROMPT` naming the option. Says nothing of what it holds */
export function idLists(option: string, texts: readonly string[]): readonly (readonly number[])[] {
  return texts.map((text) =>
    /^(0|[1-9]\d{0,8})(,(0|[1-9]\d{0,8}))*$/.test(text)
      ? text.split(',').map(Number)
      : refuse('PROMPT', option, 'expected token ids such as 7,3,7, got something else'),
  );
}

/**
 * Prompts of the options, or of a file: a JSON list of lists of token ids.
 *
 * @throws RangeError unless one of the two is given; ProofError `FILE_*`, `PROMPT`. Says nothing of what the file holds
 */
export function tokenPrompts(
  prompt: readonly string[] | undefined,
  file: string | undefined,
): readonly (readonly number[])[] {
  if ((prompt === undefined) === (file === undefined)) {
    const got = prompt === undefined ? 'neither' : 'both';
    throw new RangeError(`prompt: expected --prompt or --prompts, got ${got}`);
  }
  if (prompt !== undefined) return idLists('prompt', prompt);
  const name = file as string;
  let value: unknown;
  const bytes = readInput(name);
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's message quotes the text.
  }
  const isIds = (item: unknown): boolean =>
    Array.isArray(item) &&
    item.length > 0 &&
    item.every((id) => Number.isSafeInteger(id) && (id as number) >= 0);
  if (!Array.isArray(value) || value.length === 0 || !value.every(isIds)) {
    return refuse('PROMPT', name, 'expected a JSON list of lists of token ids, got something else');
  }
  return value as number[][];
}

/** "all", or a list such as 1,3-5,2:7 of new tokens from 1, SEQUENCE:TOKEN for one of several sequences; for commander. */
export function logitPositions(text: string): readonly LogitPosition[] | 'all' {
  if (text === 'all') return text;
  return text.split(',').flatMap((item) => {
    const match = /^(?:([1-9]\d{0,5}):)?([1-9]\d{0,5})(?:-([1-9]\d{0,5}))?$/.exec(item);
    const [first, last] = [Number(match?.[2]), Number(match?.[3] ?? match?.[2])];
    if (match === null || last < first) {
      throw new InvalidArgumentError(`expected all, or positions such as 1,3-5 or 2:7, got ${item}`);
    }
    const sequence = match[1] === undefined ? {} : { sequence: Number(match[1]) };
    return Array.from({ length: last - first + 1 }, (_, i) => ({ ...sequence, position: first + i }));
  });
}

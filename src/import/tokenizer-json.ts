/**
 * `tokenizer.json` of Hugging Face, for BPE models: byte-level (GPT-2, Qwen2, LLaMA 3, the model in the box) and
 * SentencePiece's with byte fallback (LLaMA 2, Mistral). Same tokens as the tokenizers library; what is not
 * supported is refused when the file is read, never approximated.
 */
import { refuse } from '../errors/proof-error.ts';
import { blake3 } from '../hash/blake3.ts';
import { type Bpe, readBpe } from './bpe.ts';
import { LIMITS } from './config.ts';
import { canonicalJson, describe, isObject, type Json, type JsonObject, parseJson, quote } from './json.ts';
import { type ModelFile, openFile, readWhole, type Resolver } from './resolver.ts';
import { checkText, checkTokens, type Tokenizer } from './tokenizer.ts';
import { type Joiner, readDecoder } from './tokenizer-decoder.ts';
import {
  type Frame,
  type Normaliser,
  readNormaliser,
  readPostProcessor,
  readPreTokenizer,
  type Splitter,
} from './tokenizer-parts.ts';

export const TOKENIZER_FILE = 'tokenizer.json';
export const MAX_TOKENIZER_JSON_BYTES = 2 ** 26;
/** The members that decide what texts become; the digest covers these and no other. */
const MEMBERS = [
  'added_tokens',
  'decoder',
  'model',
  'normalizer',
  'post_processor',
  'pre_tokenizer',
] as const;

/** A token that is looked for in texts before anything else happens to them. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Looked for in the normalised text instead. */
  readonly normalized: boolean;
}

/**
 * Reads the tokenizer of a Hugging Face folder.
 *
 * @throws ProofError `FILE_MISSING`, of `readTokenizerJson`
 * @example
 * const tokenizer = await importTokenizer(folderResolver('./models/zkdl-3m').resolve);
 * checkTokenizerFits(tokenizer, model.architecture, 'tokenizer.json');
 */
export async function importTokenizer(resolve: Resolver): Promise<Tokenizer> {
  return readTokenizerJson(await openFile(resolve, TOKENIZER_FILE, TOKENIZER_FILE), TOKENIZER_FILE);
}

/**
 * Reads a tokenizer.json.
 *
 * @param fileName named in errors
 * @throws ProofError `FILE_SIZE`, `JSON_*`, `TOKENIZER_UNSUPPORTED`, `TOKENIZER_VOCAB`, `TOKENIZER_MERGE`,
 *   `TOKENIZER_COVERAGE`, `TOKENIZER_ADDED`
 */
export async function readTokenizerJson(file: ModelFile, fileName: string): Promise<Tokenizer> {
  const json = parseJson(await readWhole(file, fileName, MAX_TOKENIZER_JSON_BYTES), fileName);
  if (!isObject(json)) {
    return refuse('TOKENIZER_UNSUPPORTED', fileName, `expected an object, got ${describe(json)}`);
  }
  for (const key of Object.keys(json)) {
    const known = (MEMBERS as readonly string[]).includes(key) || key === 'version';
    if (!known && json[key] !== null) {
      refuse('TOKENIZER_UNSUPPORTED', `${fileName}: ${key}`, `expected null, got ${describe(json[key])}`);
    }
  }
  return build(json, fileName);
}

function build(json: JsonObject, file: string): Tokenizer {
  const normalise = readNormaliser(json['normalizer'], `${file}: normalizer`);
  const { split, letters } = readPreTokenizer(json['pre_tokenizer'], `${file}: pre_tokenizer`);
  const frame = readPostProcessor(json['post_processor'], `${file}: post_processor`);
  const join = readDecoder(json['decoder'], `${file}: decoder`);
  const bpe = readBpe(json['model'], file, letters);
  const added = readAdded(json['added_tokens'], bpe, `${file}: added_tokens`);
  const names = namesOf(bpe, added, file);
  const encodePart = encoder(bpe, added, normalise, split);
  const { before, after } = frameTokens(frame, names, `${file}: post_processor`);
  const vocabSize = names.length;
  const members = Object.fromEntries(MEMBERS.map((key) => [key, json[key] ?? null]));
  return {
    vocabSize,
    digest: blake3(new TextEncoder().encode(canonicalJson(members)), { context: 'zkdl 2026 tokenizer json' }),
    encode: (text, { special = true } = {}) => {
      checkText(text);
      const tokens = encodePart(text);
      return special ? [...before, ...tokens, ...after] : tokens;
    },
    decode: (tokens, { skipSpecial = true } = {}) => {
      checkTokens(tokens, vocabSize);
      return decode(tokens, names, added, join, skipSpecial);
    },
  };
}

function readAdded(value: Json | undefined, bpe: Bpe, stage: string): AddedToken[] {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) return refuse('TOKENIZER_ADDED', stage, 'expected an array');
  const seen = new Set<string>();
  return (value as readonly Json[]).map((item) => {
    const { id, content } = isObject(item) ? item : ({} as JsonObject);
    if (!isObject(item) || typeof content !== 'string' || content === '' || seen.has(content)) {
      return refuse(
        'TOKENIZER_ADDED',
        stage,
        `expected tokens with contents of their own, got ${describe(content)}`,
      );
    }
    seen.add(content);
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= LIMITS.vocab) {
      return refuse('TOKENIZER_ADDED', stage, `expected an id for ${quote(content)}, got ${describe(id)}`);
    }
    if ((bpe.tokenOf.get(content) ?? id) !== id) {
      refuse('TOKENIZER_ADDED', stage, `expected the id of the vocabulary for ${quote(content)}, got ${id}`);
    }
    for (const key of ['single_word', 'lstrip', 'rstrip']) {
      if (item[key] === true) refuse('TOKENIZER_UNSUPPORTED', `${stage}: ${key}`, 'expected false, got true');
    }
    return { id, content, special: item['special'] === true, normalized: item['normalized'] === true };
  });
}

/** Pieces by token; tokens without a piece stay `undefined`. @throws ProofError `TOKENIZER_ADDED` */
function namesOf(bpe: Bpe, added: readonly AddedToken[], file: string): (string | undefined)[] {
  const names: (string | undefined)[] = [];
  const put = (token: number, piece: string): void => {
    if ((names[token] ?? piece) !== piece) {
      refuse(
        'TOKENIZER_ADDED',
        `${file}: added_tokens`,
        `expected token ${token} to have one content, got two`,
      );
    }
    names[token] = piece;
  };
  for (const [piece, token] of bpe.tokenOf) put(token, piece);
  for (const { id, content } of added) put(id, content);
  return names;
}

function frameTokens(frame: Frame, names: readonly (string | undefined)[], stage: string) {
  const find = (name: string): number => {
    const token = names.indexOf(name);
    return token >= 0 ? token : refuse('TOKENIZER_ADDED', stage, `expected a token ${quote(name)}, got none`);
  };
  return { before: frame.before.map(find), after: frame.after.map(find) };
}

/** The longest of several contents at the leftmost place; `undefined` if there are none. */
function finder(tokens: readonly AddedToken[], normalise: Normaliser) {
  const ids = new Map(tokens.map(({ content, id }) => [normalise(content), id]));
  if (ids.size === 0) return undefined;
  const escaped = [...ids.keys()]
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  return { pattern: new RegExp(escaped.join('|'), 'gu'), ids };
}

/** `push(...more)` would overflow the stack for a long text. */
function append(tokens: number[], more: readonly number[]): void {
  for (const token of more) tokens.push(token);
}

/** Added tokens are found first, in the raw text; then each part between them is normalised, split and merged. */
function encoder(
  bpe: Bpe,
  added: readonly AddedToken[],
  normalise: Normaliser,
  split: Splitter,
): (text: string) => number[] {
  const raw = finder(
    added.filter((token) => !token.normalized),
    (content) => content,
  );
  const late = finder(
    added.filter((token) => token.normalized),
    normalise,
  );
  type Found = ReturnType<typeof finder>;
  const between = (
    text: string,
    found: Found,
    encodeText: (part: string, at: number) => number[],
  ): number[] => {
    if (found === undefined) return text === '' ? [] : encodeText(text, 0);
    const tokens: number[] = [];
    let at = 0;
    for (const match of text.matchAll(found.pattern)) {
      if (match.index > at) append(tokens, encodeText(text.slice(at, match.index), at));
      tokens.push(found.ids.get(match[0]) as number);
      at = match.index + match[0].length;
    }
    if (at < text.length) append(tokens, encodeText(text.slice(at), at));
    return tokens;
  };
  return (text) =>
    between(text, raw, (part, at) =>
      between(normalise(part), late, (words, within) =>
        split([words], at === 0 && within === 0).flatMap((word) => bpe.encode(word)),
      ),
    );
}

function decode(
  tokens: readonly number[],
  names: readonly (string | undefined)[],
  added: readonly AddedToken[],
  join: Joiner,
  skipSpecial: boolean,
): string {
  const hidden = new Set(skipSpecial ? added.filter((token) => token.special).map((token) => token.id) : []);
  const pieces = tokens.filter((token) => !hidden.has(token)).map((token) => names[token] ?? '');
  return join(pieces).join('');
}

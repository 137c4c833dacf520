/**
 * The BPE model of a tokenizer.json: vocabulary, merges, and what happens to characters without a token.
 *
 * Source: github.com/huggingface/tokenizers, models/bpe/model.rs (`merge_word`) and word.rs (`merge_all`).
 */
import { refuse } from '../errors/proof-error.ts';
import { LIMITS } from './config.ts';
import { describe, isObject, type Json, type JsonObject, quote } from './json.ts';
import { type Merge, mergeAll } from './merges.ts';

/** A BPE model. */
export interface Bpe {
  readonly tokenOf: ReadonlyMap<string, number>;
  /** Tokens of one word. */
  readonly encode: (word: string) => number[];
}

/**
 * Reads `model` of a tokenizer.json. After it, every word has tokens.
 *
 * @param letters the alphabet that words are written in, or `undefined` for any character
 * @throws ProofError `TOKENIZER_UNSUPPORTED` (another model, dropout, prefixes), `TOKENIZER_VOCAB`, `TOKENIZER_MERGE`,
 *   `TOKENIZER_COVERAGE` when some character would have no token
 */
export function readBpe(model: Json | undefined, file: string, letters: readonly string[] | undefined): Bpe {
  const stage = `${file}: model`;
  if (!isObject(model) || model['type'] !== 'BPE') {
    const type = isObject(model) ? model['type'] : model;
    return refuse('TOKENIZER_UNSUPPORTED', stage, `expected the type BPE, got ${describe(type)}`);
  }
  for (const key of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix']) {
    const value = model[key] ?? null;
    if (value !== null && value !== '') {
      refuse('TOKENIZER_UNSUPPORTED', `${stage}: ${key}`, `expected null, got ${describe(value)}`);
    }
  }
  const tokenOf = readVocab(model['vocab'], stage);
  const merges = readMerges(model['merges'], tokenOf, stage);
  const find = (left: number, right: number): Merge | undefined => merges.get(left)?.get(right);
  const symbolsOf = readFallback(model, tokenOf, letters, stage);
  const whole = model['ignore_merges'] === true;
  return {
    tokenOf,
    encode: (word) => {
      const token = whole ? tokenOf.get(word) : undefined;
      return token === undefined ? mergeAll(symbolsOf(word), find) : [token];
    },
  };
}

function readVocab(vocab: Json | undefined, stage: string): ReadonlyMap<string, number> {
  if (!isObject(vocab)) return refuse('TOKENIZER_VOCAB', stage, 'expected vocab to be an object');
  const tokenOf = new Map<string, number>();
  const seen = new Set<number>();
  for (const [piece, token] of Object.entries(vocab)) {
    if (typeof token !== 'number' || !Number.isInteger(token) || token < 0 || token >= LIMITS.vocab) {
      const detail = `expected tokens below ${LIMITS.vocab}, got ${describe(token)} for ${quote(piece)}`;
      return refuse('TOKENIZER_VOCAB', stage, detail);
    }
    if (seen.has(token)) refuse('TOKENIZER_VOCAB', stage, `expected each token once, got ${token} twice`);
    seen.add(token);
    tokenOf.set(piece, token);
  }
  return tokenOf;
}

/** Merges by left and right token. Either spelling: "a b" or ["a", "b"]. */
function readMerges(
  merges: Json | undefined,
  tokenOf: ReadonlyMap<string, number>,
  stage: string,
): ReadonlyMap<number, ReadonlyMap<number, Merge>> {
  if (!Array.isArray(merges)) return refuse('TOKENIZER_MERGE', stage, 'expected merges to be an array');
  const table = new Map<number, Map<number, Merge>>();
  (merges as readonly Json[]).forEach((merge, rank) => {
    const pair = (typeof merge === 'string' ? merge.split(' ') : merge) as Json;
    const [a, b] = (Array.isArray(pair) ? pair : []) as readonly Json[];
    if (!Array.isArray(pair) || pair.length !== 2 || typeof a !== 'string' || typeof b !== 'string') {
      return refuse(
        'TOKENIZER_MERGE',
        stage,
        `expected merge ${rank} to be two pieces, got ${describe(merge)}`,
      );
    }
    const [left, right, token] = [tokenOf.get(a), tokenOf.get(b), tokenOf.get(a + b)];
    if (left === undefined || right === undefined || token === undefined) {
      const detail = `expected merge ${rank} of pieces of the vocabulary, got ${quote(`${a} ${b}`)}`;
      return refuse('TOKENIZER_MERGE', stage, detail);
    }
    const row = table.get(left) ?? new Map<number, Merge>();
    if (row.has(right)) {
      refuse('TOKENIZER_MERGE', stage, `expected each merge once, got ${quote(`${a} ${b}`)} twice`);
    }
    table.set(left, row.set(right, { rank, token }));
  });
  return table;
}

/** How the characters of a word become tokens before any merge. */
function readFallback(
  model: JsonObject,
  tokenOf: ReadonlyMap<string, number>,
  letters: readonly string[] | undefined,
  stage: string,
): (word: string) => number[] {
  const uncovered = (what: string): never =>
    refuse('TOKENIZER_COVERAGE', stage, `expected a token for ${what}`);
  if (letters !== undefined) {
    for (const letter of letters)
      if (!tokenOf.has(letter)) uncovered(`the letter ${quote(letter)} of a byte`);
    return (word) => [...word].map((letter) => tokenOf.get(letter) as number);
  }
  const bytes = Array.from({ length: 256 }, (_, byte) =>
    tokenOf.get(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  );
  const unknownPiece = model['unk_token'] ?? null;
  const unknown = typeof unknownPiece === 'string' ? tokenOf.get(unknownPiece) : undefined;
  const byBytes = model['byte_fallback'] === true;
  if (byBytes) {
    const missing = bytes.indexOf(undefined);
    if (missing >= 0) uncovered(`byte ${missing}`);
  } else if (unknown === undefined) {
    uncovered('characters outside the vocabulary (unk_token or byte_fallback)');
  }
  const fuse = model['fuse_unk'] === true;
  return (word) => {
    const tokens: number[] = [];
    let lastUnknown = false;
    for (const character of word) {
      const token = tokenOf.get(character);
      const isUnknown = token === undefined && !byBytes;
      if (token !== undefined) tokens.push(token);
      else if (byBytes) {
        tokens.push(...Array.from(new TextEncoder().encode(character), (byte) => bytes[byte] as number));
      } else if (!(fuse && lastUnknown)) tokens.push(unknown as number);
      lastUnknown = isUnknown;
    }
    return tokens;
  };
}

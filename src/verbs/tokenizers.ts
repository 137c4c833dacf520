/** Tokenizers in files: what a verifier shows text with, and nothing that reads models. */
import { extname } from 'node:path';
import { refuse } from '../errors/proof-error.ts';
import { readLlama2cTokenizer } from '../import/llama2c-tokenizer.ts';
import { fileOfBytes } from '../import/resolver.ts';
import { readTokenizerJson } from '../import/tokenizer-json.ts';
import type { Tokenizer } from '../import/tokenizer.ts';
import { exists, namingAsync, readInput } from './files.ts';
import { kindOf, otherKind } from './kinds.ts';

/** A tokenizer with the bytes that it was read from. */
export interface TokenizerSource {
  readonly tokenizer: Tokenizer;
  readonly bytes: Uint8Array;
  /** `.json` of Hugging Face, or `.bin` of llama2.c. */
  readonly extension: TokenizerExtension;
}

export type TokenizerExtension = '.json' | '.bin';

/**
 * Reads a tokenizer: JSON of Hugging Face, else llama2.c's.
 *
 * @param vocab tokens of its model
 * @throws ProofError of the readers, naming the file
 */
export async function readTokenizer(path: string, vocab: number): Promise<TokenizerSource> {
  const bytes = readInput(path);
  const file = fileOfBytes(bytes);
  const json = extname(path) === '.json' || looksLikeJson(bytes);
  const read = () => (json ? readTokenizerJson(file, path) : readLlama2cTokenizer(file, path, vocab));
  if (kindOf(bytes) !== undefined) refuse('FILE_KIND', path, otherKind('a tokenizer', bytes));
  const tokenizer = await namingAsync(path, async () => {
    if (!json && vocab < LEAST_LLAMA2C) {
      refuse('TOKENIZER_UNSUPPORTED', path, `expected a tokenizer.json for ${vocab} tokens, got other bytes`);
    }
    return read();
  });
  return { tokenizer, bytes, extension: json ? '.json' : '.bin' };
}

/** Three special tokens and 256 bytes. */
const LEAST_LLAMA2C = 259;

function looksLikeJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte));
  return first === 0x7b;
}

/** The tokenizer that lies under a name without extension; undefined where there is none. */
export function findTokenizer(base: string): string | undefined {
  return (['.json', '.bin'] as const).map((extension) => base + extension).find(exists);
}

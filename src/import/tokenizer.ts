/** What a tokenizer is to the rest of the library, and whether it belongs to a model. */
import { refuse } from '../errors/proof-error.ts';
import type { Architecture } from './model.ts';

/** Options of `Tokenizer.encode`. */
export interface EncodeOptions {
  /** Adds what the tokenizer puts around a text, such as the token that begins it. Default: true. */
  readonly special?: boolean;
}

/** Options of `Tokenizer.decode`. */
export interface DecodeOptions {
  /** Leaves out tokens that are not text. Default: true. */
  readonly skipSpecial?: boolean;
}

/** Text to tokens and back. */
export interface Tokenizer {
  /** One more than the largest token. */
  readonly vocabSize: number;
  /** 32 bytes: BLAKE3 of everything that decides how texts are split. Stands in the statement of a proof. */
  readonly digest: Uint8Array;
  /** @throws RangeError for a text with a lone surrogate, which is no Unicode */
  readonly encode: (text: string, options?: EncodeOptions) => number[];
  /** Bytes that are no UTF-8 become U+FFFD. @throws RangeError for a token outside the vocabulary */
  readonly decode: (tokens: readonly number[], options?: DecodeOptions) => string;
}

/**
 * Every token of the tokenizer has a row of the embedding. More rows than tokens are common (padding).
 * @param file named in errors
 * @throws ProofError `TOKENIZER_FIT`
 */
export function checkTokenizerFits(tokenizer: Tokenizer, architecture: Architecture, file: string): void {
  if (tokenizer.vocabSize > architecture.vocab) {
    const detail = `expected at most ${architecture.vocab} tokens, as the model has, got ${tokenizer.vocabSize}`;
    refuse('TOKENIZER_FIT', file, detail);
  }
}

/** @throws RangeError unless the text is well-formed Unicode */
export function checkText(text: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError('text: expected Unicode, got a lone surrogate');
}

/** @throws RangeError unless every token is one of `vocabSize` */
export function checkTokens(tokens: readonly number[], vocabSize: number): void {
  for (const token of tokens) {
    if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
      throw new RangeError(`tokens: expected integers in [0, ${vocabSize}), got ${token}`);
    }
  }
}

/** The bytes of `<0x0A>` and its like; `undefined` for other pieces. */
export function byteOfPiece(piece: string): number | undefined {
  const hex = /^<0x([0-9A-Fa-f]{2})>$/.exec(piece)?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

/** UTF-8 with U+FFFD for what is none. */
export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

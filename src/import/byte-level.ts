/**
 * Byte-level BPE: how GPT-2 and its successors cut a text into words, and the alphabet in which their vocabularies
 * write bytes.
 *
 * Source: github.com/openai/gpt-2, src/encoder.py (`bytes_to_unicode` and the pattern);
 * github.com/huggingface/tokenizers, pre_tokenizers/byte_level.rs.
 */

/** Bytes that stand for themselves: printable Latin-1. */
const isPlain = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);

/** The letter of each byte; bytes that are not plain get the letters from U+0100 in order. */
export const BYTE_LETTERS: readonly string[] = (() => {
  let others = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPlain(byte) ? byte : others++));
})();

const BYTE_OF_LETTER: ReadonlyMap<string, number> = new Map(
  BYTE_LETTERS.map((letter, byte) => [letter, byte]),
);

/** A text as letters of its UTF-8 bytes. */
export function lettersOf(text: string): string {
  let letters = '';
  for (const byte of new TextEncoder().encode(text)) letters += BYTE_LETTERS[byte];
  return letters;
}

/** The bytes of a piece written in letters; of a piece with other characters, its UTF-8 bytes. */
export function bytesOfLetters(piece: string): Uint8Array {
  const bytes: number[] = [];
  for (const letter of piece) {
    const byte = BYTE_OF_LETTER.get(letter);
    if (byte === undefined) return new TextEncoder().encode(piece);
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

// `\s` of the original patterns is Unicode's White_Space, which differs from JavaScript's `\s` in U+0085 and U+FEFF.
// (?i:'s) also takes U+017F, whose upper case is S.
const S = String.raw`\p{White_Space}`;
const OTHER = String.raw` ?[^${S}\p{L}\p{N}]+`;
const SPACES = String.raw`${S}+(?!\P{White_Space})|${S}+`;
const CONTRACTIONS = `'(?:[sS\u017f]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])`;
const modern = (numbers: string): RegExp =>
  new RegExp(
    String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}+|${numbers}|${OTHER}[\r\n]*|${S}*[\r\n]+|${SPACES}`,
    'gu',
  );

/** The words of GPT-2. */
export const GPT2_WORDS = new RegExp(
  String.raw`'(?:s|t|re|ve|m|ll|d)| ?\p{L}+| ?\p{N}+|${OTHER}|${SPACES}`,
  'gu',
);

const MODERN_HEAD = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|`;
const MODERN_TAIL = String.raw`| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const GPT2_TEXT = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

/** The patterns of word splitting that are supported, as they stand in tokenizer.json, and what they mean here. */
export const WORD_PATTERNS: ReadonlyMap<string, RegExp> = new Map([
  [GPT2_TEXT, GPT2_WORDS],
  [`${MODERN_HEAD}\\p{N}${MODERN_TAIL}`, modern(String.raw`\p{N}`)], // Qwen2
  [`${MODERN_HEAD}\\p{N}{1,3}${MODERN_TAIL}`, modern(String.raw`\p{N}{1,3}`)], // LLaMA 3
]);

/** Matches and what lies between them, in order. */
export function isolate(text: string, pattern: RegExp): string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) pieces.push(text.slice(at, match.index));
    pieces.push(match[0]);
    at = match.index + match[0].length;
  }
  if (at < text.length) pieces.push(text.slice(at));
  return pieces;
}

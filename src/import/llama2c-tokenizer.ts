/**
 * Tokenizers of llama2.c: int32 length of the longest piece, then for each token float32 score, int32 length, bytes.
 * SentencePiece's BPE: neighbours whose concatenation is a piece merge, the highest score first; characters without a
 * piece become their UTF-8 bytes, tokens 3 to 258.
 *
 * Source: github.com/karpathy/llama2.c, run.c (`build_tokenizer`, `encode`, `decode`).
 */
import { refuse } from '../errors/proof-error.ts';
import { blake3 } from '../hash/blake3.ts';
import { LIMITS } from './config.ts';
import { mergeAll } from './merges.ts';
import { type ModelFile, readWhole } from './resolver.ts';
import { byteOfPiece, checkText, checkTokens, decodeUtf8, type Tokenizer } from './tokenizer.ts';

const UNKNOWN = 0;
const BOS = 1;
const EOS = 2;
/** Byte b is token FIRST_BYTE + b. */
const FIRST_BYTE = 3;
const MAX_TOKENIZER_BYTES = 2 ** 26;
const MAX_PIECE_BYTES = 1024;

/** Pieces as strings of the code units 0 to 255, one for each byte, so that pieces concatenate as bytes do. */
interface Pieces {
  readonly pieces: readonly string[];
  readonly scores: Float64Array;
  readonly tokenOf: ReadonlyMap<string, number>;
}

/**
 * Reads a tokenizer of llama2.c.
 *
 * @param vocab number of tokens, which the file does not say: `architecture.vocab` of its model
 * @throws ProofError `FILE_SIZE`, `FILE_TRUNCATED`, `TRAILING_BYTES`, `TOKENIZER_PIECE`, `TOKENIZER_SCORE`,
 *   `TOKENIZER_BYTES` (tokens 3 to 258 are not the bytes)
 * @example
 * const tokenizer = await readLlama2cTokenizer(file, 'tok512.bin', model.architecture.vocab);
 * tokenizer.encode('Once upon a time'); // [1, 403, 407, 261, 378]
 */
export async function readLlama2cTokenizer(
  file: ModelFile,
  fileName: string,
  vocab: number,
): Promise<Tokenizer> {
  if (!Number.isInteger(vocab) || vocab < FIRST_BYTE + 256 || vocab > LIMITS.vocab) {
    throw new RangeError(
      `vocab: expected an integer from ${FIRST_BYTE + 256} to ${LIMITS.vocab}, got ${vocab}`,
    );
  }
  const bytes = await readWhole(file, fileName, MAX_TOKENIZER_BYTES);
  const pieces = readPieces(bytes, fileName, vocab);
  return {
    vocabSize: vocab,
    digest: blake3(bytes, { context: 'zkdl 2026 tokenizer llama2.c' }),
    encode: (text, { special = true } = {}) => {
      checkText(text);
      const tokens = encodeText(pieces, text);
      return special ? [BOS, ...tokens] : tokens;
    },
    decode: (tokens, { skipSpecial = true } = {}) => {
      checkTokens(tokens, vocab);
      return decodeTokens(pieces, tokens, skipSpecial);
    },
  };
}

function readPieces(bytes: Uint8Array, fileName: string, vocab: number): Pieces {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: string[] = [];
  const scores = new Float64Array(vocab);
  const tokenOf = new Map<string, number>();
  let at = 4;
  for (let token = 0; token < vocab; token++) {
    const stage = `${fileName}: token ${token}`;
    if (at + 8 > bytes.length) refuse('FILE_TRUNCATED', stage, `expected ${vocab} tokens, got ${token}`);
    const score = view.getFloat32(at, true);
    const length = view.getInt32(at + 4, true);
    at += 8;
    if (!Number.isFinite(score)) refuse('TOKENIZER_SCORE', stage, `expected a finite score, got ${score}`);
    if (length < 1 || length > MAX_PIECE_BYTES) {
      refuse('TOKENIZER_PIECE', stage, `expected 1 to ${MAX_PIECE_BYTES} bytes, got ${length}`);
    }
    if (at + length > bytes.length) refuse('FILE_TRUNCATED', stage, `expected ${length} bytes of a piece`);
    const piece = byteString(bytes.subarray(at, at + length));
    at += length;
    // Two tokens with one text: the first is the one that texts become.
    if (!tokenOf.has(piece)) tokenOf.set(piece, token);
    pieces.push(piece);
    scores[token] = score;
  }
  if (at !== bytes.length) refuse('TRAILING_BYTES', fileName, `expected ${at} bytes, got ${bytes.length}`);
  for (let byte = 0; byte < 256; byte++) {
    if (byteOfPiece(pieces[FIRST_BYTE + byte] as string) !== byte) {
      refuse(
        'TOKENIZER_BYTES',
        `${fileName}: token ${FIRST_BYTE + byte}`,
        `expected the piece of byte ${byte}`,
      );
    }
  }
  return { pieces, scores, tokenOf };
}

function encodeText({ pieces, scores, tokenOf }: Pieces, text: string): number[] {
  if (text === '') return [];
  // SentencePiece's add_dummy_prefix: every text begins with a space.
  const symbols = [...` ${text}`].flatMap((character) => {
    const bytes = new TextEncoder().encode(character);
    return tokenOf.get(byteString(bytes)) ?? [...bytes].map((byte) => FIRST_BYTE + byte);
  });
  return mergeAll(symbols, (left, right) => {
    const token = tokenOf.get((pieces[left] as string) + (pieces[right] as string));
    return token === undefined ? undefined : { rank: -(scores[token] as number), token };
  });
}

function decodeTokens({ pieces }: Pieces, tokens: readonly number[], skipSpecial: boolean): string {
  let text = '';
  tokens.forEach((token, i) => {
    if (skipSpecial && (token === UNKNOWN || token === BOS || token === EOS)) return;
    const piece = pieces[token] as string;
    const byte = byteOfPiece(piece);
    // The space that every text begins with is not part of it.
    const first = (i === 0 || tokens[i - 1] === BOS) && piece.startsWith(' ');
    text += byte === undefined ? (first ? piece.slice(1) : piece) : String.fromCharCode(byte);
  });
  return decodeUtf8(Uint8Array.from(text, (character) => character.charCodeAt(0)));
}

/** Bytes as code units 0 to 255. */
function byteString(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/**
 * Secret pseudo-random streams: salts, masks and pads expanded from a 32-byte key, each word at a position
 * that can be computed by itself, by any thread, at any time.
 *
 * Definition. Let X_t(key, label, id) be the extendable output of
 *
 *   BLAKE3_keyed(key, label (8 bytes) || id (u64) || t (u32) || 44 zero bytes)
 *
 * read as little-endian u32 words; the message is one block, so 16 words cost one compression and word j stands
 * in output block floor(j / 16). Then
 *
 *   raw word j      = X_0[j]
 *   salt i          = raw words 4i .. 4i + 3 of the stream (key, "salt", 0)
 *   uniform word j  = the first value below p among X_0[j] mod 2^b, X_1[j] mod 2^b, X_2[j] mod 2^b, ...
 *
 * with b the number of bits of p - 1. Under the assumption that keyed BLAKE3 is a pseudo-random function,
 * all X_t[j] are independent and uniform, so a uniform word has exactly the uniform distribution on [0, p): the
 * tries are independent, each is uniform on [0, 2^b), and the first that falls below p is uniform there. Words at
 * different positions share no try. For KoalaBear a try fails with probability 1/128.
 *
 * Streams of one key are told apart by label and id; keys by what they were derived from.
 * A stream is read either raw or as uniform words, never both ways (both begin with X_0), and each of its words has one
 * use.
 */
import type { BaseField, Fe } from '../field/field.ts';
import { KEY_BYTES } from './blake3.ts';
import { BLOCK_BYTES, compress, KEYED_ONE_BLOCK } from './compress.ts';
import { labelBytes, SALT_BYTES } from './leaf.ts';
import { bytesOfWords, wordsOfBytes } from './words.ts';

/** One stream. The key is secret: it never appears in an error message. */
export interface Stream {
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** 1 to 8 printable ASCII characters. */
  readonly label: string;
  /** A non-negative integer below 2^53, e.g. the number of a column. */
  readonly id: number;
}

/** Words of a stream that can be addressed: block counters stay below 2^32. */
export const STREAM_WORDS = 2 ** 36;

/** Words of one output block. */
export const STREAM_BLOCK_WORDS = 16;

/** The stream of the salts of a tree with this key. */
export function saltStream(treeKey: Uint8Array): Stream {
  return { key: treeKey, label: 'salt', id: 0 };
}

/**
 * The 64-byte message of a stream at try t.
 * @throws RangeError for a key of other than 32 bytes, a label or an id that does not fit its width
 */
export function streamMessage(stream: Stream, t: number): Uint8Array<ArrayBuffer> {
  if (stream.key.length !== KEY_BYTES) {
    throw new RangeError(`key: expected ${KEY_BYTES} bytes, got ${stream.key.length}`);
  }
  if (!Number.isSafeInteger(stream.id) || stream.id < 0) {
    throw new RangeError(`id: expected an integer in [0, 2^53), got ${stream.id}`);
  }
  const message = new Uint8Array(BLOCK_BYTES);
  const view = new DataView(message.buffer);
  message.set(labelBytes(stream.label));
  view.setUint32(8, stream.id % 2 ** 32, true);
  view.setUint32(12, Math.floor(stream.id / 2 ** 32), true);
  view.setUint32(16, t, true);
  return message;
}

/** @throws RangeError unless the words [at, at + count) can be addressed */
export function checkStreamRange(at: number, count: number): void {
  if (!Number.isSafeInteger(at) || at < 0 || at + count > STREAM_WORDS) {
    throw new RangeError(`at: expected an integer in [0, ${STREAM_WORDS - count}], got ${at}`);
  }
}

/** A function from positions to words of X_t; keeps the block that it read last. */
function reader(stream: Stream, t: number): (j: number) => number {
  const key = wordsOfBytes(new Uint32Array(8), stream.key);
  const message = wordsOfBytes(new Uint32Array(16), streamMessage(stream, t));
  const block = new Uint32Array(STREAM_BLOCK_WORDS);
  let held = -1;
  return (j) => {
    const wanted = Math.floor(j / STREAM_BLOCK_WORDS);
    if (wanted !== held) compress(block, key, 0, message, 0, wanted, BLOCK_BYTES, KEYED_ONE_BLOCK);
    held = wanted;
    return block[j % STREAM_BLOCK_WORDS] as number;
  };
}

/**
 * Raw words [at, at + count) of a stream.
 * @throws RangeError as `streamMessage` and `checkStreamRange`
 */
export function rawWords(stream: Stream, at: number, count: number): Uint32Array {
  checkStreamRange(at, count);
  const key = wordsOfBytes(new Uint32Array(8), stream.key);
  const message = wordsOfBytes(new Uint32Array(16), streamMessage(stream, 0));
  const block = new Uint32Array(STREAM_BLOCK_WORDS);
  const words = new Uint32Array(count);
  for (let done = 0; done < count;) {
    const first = (at + done) % STREAM_BLOCK_WORDS;
    const length = Math.min(STREAM_BLOCK_WORDS - first, count - done);
    const number = Math.floor((at + done) / STREAM_BLOCK_WORDS);
    compress(block, key, 0, message, 0, number, BLOCK_BYTES, KEYED_ONE_BLOCK);
    for (let i = 0; i < length; i++) words[done + i] = block[first + i] as number;
    done += length;
  }
  return words;
}

/** The 16-byte salt of leaf `index` in the tree with this key. @throws RangeError as `rawWords` */
export function saltAt(treeKey: Uint8Array, index: number): Uint8Array<ArrayBuffer> {
  const words = SALT_BYTES / 4;
  return bytesOfWords(rawWords(saltStream(treeKey), words * index, words));
}

/**
 * Uniform words [at, at + count) of a stream: elements of F, exactly uniform and independent.
 * @throws RangeError as `streamMessage` and `checkStreamRange`
 */
export function uniformWords(F: BaseField, stream: Stream, at: number, count: number): Fe[] {
  checkStreamRange(at, count);
  const bits = 32 - Math.clz32(F.modulus - 1);
  const mask = 2 ** bits - 1; // bits <= 31
  const tries = [reader(stream, 0)];
  return Array.from({ length: count }, (_, i) => {
    for (let t = 0; ; t++) {
      const read = (tries[t] ??= reader(stream, t));
      const value = read(at + i) & mask;
      if (value < F.modulus) return value as Fe;
    }
  });
}

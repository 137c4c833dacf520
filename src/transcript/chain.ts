/**
 * The Fiat-Shamir state: a chain of keyed BLAKE3 calls. The normative text is spec/transcript.md.
 *
 *     entry  = tag u8 | labelBytes u8 | itemBytes u16 | count u32 | label | payload      (little-endian)
 *     output = BLAKE3 keyed with the state, of the entry, as long as needed
 *     state' = output[0..32)          a challenge reads output[32..)
 *
 * An entry is an injective encoding (the header fixes where the label ends, the payload is the rest), and the
 * state is the key of the next call, so two different sequences of entries reach one state only if the
 * compression function collides. An entry of at most 64 bytes costs one compression: an absorb of two
 * elements of K under a label of 16 letters, or a challenge in K. Feeding everything to one long hash instead
 * would recompute its tail for every challenge; a permutation sponge would need a second primitive.
 */
import { blake3, blake3Hasher } from '../hash/blake3.ts';
import { bytesOfWords, wordsOfBytes } from '../hash/words.ts';
import { keyedChunk, type KeyedChunk } from './keyed-chunk.ts';

/** What an entry is; absorbed first. Public values, prover messages and challenges never share a tag. */
export const TAG = {
  publicBytes: 0x01,
  publicFes: 0x02,
  publicDigest: 0x04,
  publicText: 0x06,
  publicInteger: 0x07,
  bytes: 0x11,
  fes: 0x12,
  exts: 0x13,
  digests: 0x14,
  challengeFes: 0x22,
  challengeExts: 0x23,
  challengePositions: 0x25,
} as const;
export type Tag = (typeof TAG)[keyof typeof TAG];

/** Words of a state. */
const STATE_WORDS = 8;
/** Bytes of an entry's header. */
export const HEADER_BYTES = 8;
/** Most letters of a label: the length is one byte. */
export const MAX_LABEL_BYTES = 255;
/** Largest number of items in one entry, exclusive. */
export const MAX_COUNT = 2 ** 32;

/** The header fields of an entry. `itemBytes` is log2 of the range for positions. */
export interface EntryHeader {
  readonly tag: Tag;
  readonly label: string;
  readonly itemBytes: number;
  readonly count: number;
}

/** A source of 32-bit words, uniform in [0, 2^32). */
export type WordSource = () => number;

export interface Chain {
  /** The state, 32 bytes; a copy. */
  state(): Uint8Array<ArrayBuffer>;
  /**
   * Absorbs an entry.
   * @throws RangeError for a bad header, or a payload of other than itemBytes * count bytes; TypeError for no bytes
   */
  absorb(header: EntryHeader, payload: Uint8Array): void;
  /** Absorbs an entry without payload and returns the words that follow the new state in its output. */
  squeeze(header: EntryHeader): WordSource;
}

/**
 * A new chain. Its first state is the BLAKE3 digest of `context`.
 *
 * @param context printable ASCII, a different one for each use of chains
 * @throws RangeError for other characters
 */
export function createChain(context: string): Chain {
  const state = wordsOfBytes(new Uint32Array(8), blake3(asciiBytes('context', context)));
  const chunk = keyedChunk();
  const labels = new Map<string, Uint8Array>(); // labels are written in code: there are few

  /** Writes header and label of an entry into the chunk; returns their length, at most 263. */
  const writeHead = (header: EntryHeader): number => {
    checkHeader(header);
    let label = labels.get(header.label);
    if (label === undefined) labels.set(header.label, (label = labelBytes(header.label)));
    const { message } = chunk;
    message[0] = header.tag;
    message[1] = label.length;
    message[2] = header.itemBytes;
    message[3] = header.itemBytes >>> 8;
    message[4] = header.count;
    message[5] = header.count >>> 8;
    message[6] = header.count >>> 16;
    message[7] = header.count >>> 24;
    message.set(label, HEADER_BYTES);
    return HEADER_BYTES + label.length;
  };
  const absorbLong = (headBytes: number, payload: Uint8Array): void => {
    const head = chunk.message.subarray(0, headBytes);
    const hasher = blake3Hasher({ key: bytesOfWords(state) });
    wordsOfBytes(state, hasher.update(head).update(payload).digest());
  };

  return {
    state: () => bytesOfWords(state),
    absorb(header, payload) {
      if (payload.BYTES_PER_ELEMENT !== 1) {
        throw new TypeError(`absorb ${header.label}: payload: expected bytes`); // wider items would be cut off
      }
      if (payload.length !== header.itemBytes * header.count) {
        throw new RangeError(
          `absorb ${header.label}: payload: expected ${header.itemBytes * header.count} bytes, got ${payload.length}`,
        );
      }
      const headBytes = writeHead(header);
      const length = headBytes + payload.length;
      if (length > chunk.message.length) return absorbLong(headBytes, payload);
      chunk.message.set(payload, headBytes);
      chunk.hash(state, length);
      copyWords(state, chunk.output(0));
    },
    squeeze(header) {
      chunk.hash(state, writeHead(header));
      const output = chunk.output(0).slice();
      copyWords(state, output);
      return wordsBehindState(chunk, output);
    },
  };
}

/** The output words behind the new state. They end when the chain takes its next entry. */
function wordsBehindState(chunk: KeyedChunk, block: Uint32Array): WordSource {
  const serial = chunk.serial();
  let next = STATE_WORDS;
  let blockIndex = 0;
  return () => {
    if (next === block.length) {
      if (chunk.serial() !== serial) throw new Error('chain: expected no draw from a past challenge');
      block.set(chunk.output(++blockIndex));
      next = 0;
    }
    return block[next++] as number;
  };
}

function copyWords(state: Uint32Array, output: Uint32Array): void {
  for (let i = 0; i < STATE_WORDS; i++) state[i] = output[i] as number;
}

function labelBytes(label: string): Uint8Array {
  if (label.length < 1 || label.length > MAX_LABEL_BYTES || !isPrintable(label)) {
    throw new RangeError(`label: expected 1 to ${MAX_LABEL_BYTES} printable ASCII letters, got '${label}'`);
  }
  return asciiBytes('label', label);
}

function checkHeader({ label, itemBytes, count }: EntryHeader): void {
  if (!Number.isInteger(count) || count < 0 || count >= MAX_COUNT) {
    throw new RangeError(`${label}: count: expected an integer in [0, 2^32), got ${count}`);
  }
  if (!Number.isInteger(itemBytes) || itemBytes < 0 || itemBytes >= 2 ** 16) {
    throw new RangeError(`${label}: itemBytes: expected an integer in [0, 2^16), got ${itemBytes}`);
  }
}

/** ASCII from space to tilde: one byte a letter, one byte string for one text. */
function isPrintable(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** The bytes of printable ASCII. @throws RangeError naming the argument for anything else */
export function asciiBytes(argument: string, text: string): Uint8Array<ArrayBuffer> {
  if (!isPrintable(text)) throw new RangeError(`${argument}: expected printable ASCII, got '${text}'`);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

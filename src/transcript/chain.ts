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
import { blake3, blake3Hasher, DIGEST_BYTES } from '../hash/blake3.ts';

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
  /** Absorbs an entry. @throws RangeError for a bad header, or a payload of other than itemBytes * count bytes */
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
  let state = blake3(asciiBytes('context', context));
  return {
    state: () => state.slice(),
    absorb(header, payload) {
      if (payload.length !== header.itemBytes * header.count) {
        throw new RangeError(
          `absorb ${header.label}: payload: expected ${header.itemBytes * header.count} bytes, got ${payload.length}`,
        );
      }
      state = blake3(entryBytes(header, payload), { key: state });
    },
    squeeze(header) {
      const hasher = blake3Hasher({ key: state }).update(entryBytes(header, new Uint8Array(0)));
      let output = hasher.digest(outputBytes(header));
      state = output.slice(0, DIGEST_BYTES);
      let view = new DataView(output.buffer);
      let at = DIGEST_BYTES;
      return () => {
        if (at === output.length) {
          output = hasher.digest(2 * output.length); // shorter outputs are prefixes of longer ones
          view = new DataView(output.buffer);
        }
        at += 4;
        return view.getUint32(at - 4, true);
      };
    },
  };
}

/** Enough output for most draws: a multiple of a block, a block more than the words that are sure to be read. */
function outputBytes(header: EntryHeader): number {
  const words = header.tag === TAG.challengePositions ? header.count : (header.itemBytes / 4) * header.count;
  const expected = DIGEST_BYTES + 4 * words + words / 16; // one word in 128 is refused over KoalaBear
  return 64 * Math.ceil(Math.max(expected, 1) / 64);
}

function entryBytes(header: EntryHeader, payload: Uint8Array): Uint8Array {
  const { tag, label, itemBytes, count } = header;
  checkHeader(header);
  const bytes = new Uint8Array(HEADER_BYTES + label.length + payload.length);
  bytes[0] = tag;
  bytes[1] = label.length;
  bytes[2] = itemBytes;
  bytes[3] = itemBytes >>> 8;
  bytes[4] = count;
  bytes[5] = count >>> 8;
  bytes[6] = count >>> 16;
  bytes[7] = count >>> 24;
  for (let i = 0; i < label.length; i++) bytes[HEADER_BYTES + i] = label.charCodeAt(i);
  bytes.set(payload, HEADER_BYTES + label.length);
  return bytes;
}

function checkHeader({ label, itemBytes, count }: EntryHeader): void {
  if (label.length < 1 || label.length > MAX_LABEL_BYTES || !isPrintable(label)) {
    throw new RangeError(`label: expected 1 to ${MAX_LABEL_BYTES} printable ASCII letters, got '${label}'`);
  }
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
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

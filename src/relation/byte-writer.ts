/** Bytes written one item behind the other, little-endian; lists and texts behind their lengths. */
import { asciiBytes } from '../transcript/chain.ts';

export interface ByteWriter {
  /** @throws RangeError unless an integer in [0, 2^8) */
  byte(value: number): void;
  /** Bytes of a length that is known. */
  raw(bytes: Uint8Array): void;
  /** Four bytes. @throws RangeError unless an integer in [0, 2^32) */
  word(value: number): void;
  /** Eight bytes, two's complement. @throws RangeError unless a safe integer */
  integer(value: number): void;
  /** A word with the length, then the letters. @throws RangeError for other letters than printable ASCII */
  text(value: string): void;
  /** A word with the length, then words. */
  words(values: ArrayLike<number>): void;
  /** A word with the length, then four bytes each, two's complement. @throws RangeError beyond 32 bits */
  signedWords(values: ArrayLike<number>): void;
  /** What was written, as long as no more is. */
  bytes(): Uint8Array<ArrayBuffer>;
}

export function byteWriter(): ByteWriter {
  let buffer = new Uint8Array(256);
  let view = new DataView(buffer.buffer);
  let length = 0;

  /** Makes room and returns where it begins. */
  const take = (count: number): number => {
    const at = length;
    length += count;
    if (length > buffer.length) {
      const grown = new Uint8Array(Math.max(length, 2 * buffer.length));
      grown.set(buffer.subarray(0, at));
      buffer = grown;
      view = new DataView(buffer.buffer);
    }
    return at;
  };
  // `take` may replace the view: it is called in a statement of its own.
  const word = (value: number): void => {
    const at = take(4);
    view.setUint32(at, inRange(value, 0, 2 ** 32), true);
  };
  const list = (values: ArrayLike<number>, low: number, end: number): void => {
    word(values.length);
    const at = take(4 * values.length);
    for (let i = 0; i < values.length; i++) {
      // A negative value in 32 bits is stored as its residue modulo 2^32.
      view.setUint32(at + 4 * i, inRange(values[i] as number, low, end), true);
    }
  };
  return {
    byte: (value) => {
      const at = take(1);
      view.setUint8(at, inRange(value, 0, 2 ** 8));
    },
    raw: (bytes) => {
      const at = take(bytes.length);
      buffer.set(bytes, at);
    },
    word,
    integer: (value) => {
      inRange(value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1);
      const at = take(8);
      const high = Math.floor(value / 2 ** 32);
      view.setUint32(at, value - high * 2 ** 32, true);
      view.setInt32(at + 4, high, true);
    },
    text: (value) => {
      word(value.length);
      const at = take(value.length);
      for (let i = 0; i < value.length; i++) {
        const code = value.charCodeAt(i);
        if (code < 0x20 || code > 0x7e) asciiBytes('text', value); // refuses it
        buffer[at + i] = code;
      }
    },
    words: (values) => list(values, 0, 2 ** 32),
    signedWords: (values) => list(values, -(2 ** 31), 2 ** 31),
    bytes: () => buffer.subarray(0, length),
  };
}

function inRange(value: number, low: number, end: number): number {
  if (!Number.isInteger(value) || value < low || value >= end) {
    throw new RangeError(`value: expected an integer in [${low}, ${end}), got ${value}`);
  }
  return value;
}

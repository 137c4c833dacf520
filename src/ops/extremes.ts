/** How large the entries of long arrays are. */
import type { WeightData } from './tensor.ts';

/** Entries that are looked at together: they fit a cache, and the loop reads one type of array whatever was given. */
const PIECE = 2 ** 14;

/** [least, greatest] entry; [0, 0] of nothing. */
export function extremes(data: WeightData): readonly [number, number] {
  const piece = new Int32Array(Math.min(PIECE, data.length));
  let [least, greatest] = [data[0] ?? 0, data[0] ?? 0];
  for (let at = 0; at < data.length; at += PIECE) {
    const length = Math.min(PIECE, data.length - at);
    piece.set(data.subarray(at, at + length));
    for (let i = 0; i < length; i++) {
      const entry = piece[i] as number;
      if (entry < least) least = entry;
      if (entry > greatest) greatest = entry;
    }
  }
  return [least, greatest];
}

/**
 * Bits of the entries, sign included: the least b, at most 16, with all of them in [-2^(b-1), 2^(b-1)). A word of memory holds two
 * entries, and an entry fits in b bits where its bits from b on are its bit b - 1: the words, and the same words one place up,
 * differ in no such bit.
 */
export function bitsOfEntries(data: Int16Array): number {
  const head = Math.min(data.length, data.byteOffset % 4 === 0 ? 0 : 1); // entries in front of the first whole word
  const pairs = (data.length - head) >>> 1;
  let differing = 0;
  for (let i = 0; i < head; i++) differing |= differences(data[i] as number);
  if (head + 2 * pairs < data.length) differing |= differences(data[data.length - 1] as number);
  if (pairs > 0) {
    const both = differencesOfPairs(new Int32Array(data.buffer, data.byteOffset + 2 * head, pairs));
    differing |= both | (both >>> 16);
  }
  return Math.max(1, 32 - Math.clz32(differing & LANE));
}

const known = new WeakMap<Int16Array, number>();

/** The same, found once for an array that does not change. */
export function knownBits(data: Int16Array): number {
  const found = known.get(data) ?? bitsOfEntries(data);
  known.set(data, found);
  return found;
}

/** Bits of an entry that the bit below is held against. */
const LANE = 0xfffe;
const differences = (word: number): number => word ^ (word << 1);

/** Both entries of every word; bits 0 and 16 say nothing. */
function differencesOfPairs(words: Int32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]; // four chains that do not wait for each other
  const whole = words.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a |= differences(words[i] as number);
    b |= differences(words[i + 1] as number);
    c |= differences(words[i + 2] as number);
    d |= differences(words[i + 3] as number);
  }
  for (let i = whole; i < words.length; i++) a |= differences(words[i] as number);
  return a | b | c | d;
}

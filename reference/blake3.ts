/**
 * BLAKE3 from its paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020), recursively over the whole message: hash,
 * keyed hash and key derivation with output of any length. Slow and clear; shares no code with src/.
 */
import { ascii } from './bytes.ts';

const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const [CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED_HASH] = [1, 2, 4, 8, 16];
const [DERIVE_KEY_CONTEXT, DERIVE_KEY_MATERIAL] = [32, 64];
/** The eight quarter rounds: the words of the state that each mixes (columns, then diagonals). */
const QUARTERS: readonly Quarter[] = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
];
type Quarter = readonly [a: number, b: number, c: number, d: number];

/** The arguments of one compression. */
interface Node {
  readonly cv: readonly number[];
  readonly block: readonly number[];
  readonly counter: bigint;
  readonly length: number;
  readonly flags: number;
}

/** `outBytes` bytes of BLAKE3 of a message; with a key of 32 bytes, of the keyed hash. */
export function blake3(message: Uint8Array, outBytes = 32, key?: Uint8Array): Uint8Array {
  const keyWords = key === undefined ? IV : words(key, 8);
  return output(tree(message, 0n, keyWords, key === undefined ? 0 : KEYED_HASH), outBytes);
}

/** Section 2.3, derive_key: the material under the hash of a context string that is hard-coded at the call. */
export function deriveKey(context: string, material: Uint8Array): Uint8Array {
  const contextKey = output(tree(ascii(context), 0n, IV, DERIVE_KEY_CONTEXT), 32);
  return output(tree(material, 0n, words(contextKey, 8), DERIVE_KEY_MATERIAL), 32);
}

/** Section 2.6: the root compressed once for every 64 bytes, with a counter. */
function output(root: Node, outBytes: number): Uint8Array {
  const blocks = Math.ceil(outBytes / 64);
  const out = new Uint8Array(64 * blocks);
  for (let i = 0; i < blocks; i++) {
    const words = compress({ ...root, counter: BigInt(i), flags: root.flags | ROOT });
    words.forEach((word, j) => new DataView(out.buffer).setUint32(64 * i + 4 * j, word, true));
  }
  return out.slice(0, outBytes);
}

/** Section 2.1: the left subtree holds the largest power of two of chunks that leaves something to the right. */
function tree(message: Uint8Array, firstChunk: bigint, key: readonly number[], mode: number): Node {
  if (message.length <= 1024) return chunk(message, firstChunk, key, mode);
  let left = 1024;
  while (2 * left < message.length) left *= 2;
  const block = [
    ...chainingValue(tree(message.subarray(0, left), firstChunk, key, mode)),
    ...chainingValue(tree(message.subarray(left), firstChunk + BigInt(left / 1024), key, mode)),
  ];
  return { cv: key, block, counter: 0n, length: 64, flags: mode | PARENT };
}

/** Section 2.4: the blocks of a chunk in a chain; returns the last compression without running it. */
function chunk(message: Uint8Array, counter: bigint, key: readonly number[], mode: number): Node {
  let cv = key;
  for (let at = 0; ; at += 64) {
    const part = message.subarray(at, at + 64);
    const last = at + 64 >= message.length;
    const flags = mode | (at === 0 ? CHUNK_START : 0) | (last ? CHUNK_END : 0);
    const node: Node = { cv, block: words(part, 16), counter, length: part.length, flags };
    if (last) return node;
    cv = chainingValue(node);
  }
}

function chainingValue(node: Node): number[] {
  return compress(node).slice(0, 8);
}

/** Section 2.2. */
function compress({ cv, block, counter, length, flags }: Node): number[] {
  const low = Number(counter & 0xffffffffn);
  const high = Number(counter >> 32n);
  const v = Uint32Array.of(...cv, ...IV.slice(0, 4), low, high, length, flags);
  let m = Uint32Array.from(block);
  for (let round = 0; round < 7; round++) {
    for (let i = 0; i < 8; i++) {
      const [a, b, c, d] = QUARTERS[i] as Quarter;
      half(v, a, b, c, d, at(m, 2 * i), 16, 12);
      half(v, a, b, c, d, at(m, 2 * i + 1), 8, 7);
    }
    m = m.map((_, i) => at(m, at(PERMUTATION, i)));
  }
  const first = cv.map((_, i) => (at(v, i) ^ at(v, i + 8)) >>> 0);
  const second = cv.map((h, i) => (at(v, i + 8) ^ h) >>> 0);
  return [...first, ...second];
}

/** Half of a quarter round, with one word of the message. */
function half(
  v: Uint32Array,
  a: number,
  b: number,
  c: number,
  d: number,
  word: number,
  r1: number,
  r2: number,
): void {
  v[a] = at(v, a) + at(v, b) + word; // modulo 2^32, as words are
  v[d] = rotateRight(at(v, d) ^ at(v, a), r1);
  v[c] = at(v, c) + at(v, d);
  v[b] = rotateRight(at(v, b) ^ at(v, c), r2);
}

function rotateRight(word: number, by: number): number {
  const w = word >>> 0;
  return ((w >>> by) | (w << (32 - by))) >>> 0;
}

/** `count` little-endian words; bytes behind the end are zero. */
function words(input: Uint8Array, count: number): number[] {
  const view = new DataView(new ArrayBuffer(4 * count));
  input.subarray(0, 4 * count).forEach((byte, i) => view.setUint8(i, byte));
  return Array.from({ length: count }, (_, i) => view.getUint32(4 * i, true));
}

function at(values: readonly number[] | Uint32Array, i: number): number {
  const value = values[i];
  if (value === undefined) throw new RangeError(`word ${i} of ${values.length}`);
  return value;
}

/**
 * The BLAKE3 compression function (section 2.2 of the BLAKE3 paper: O'Connor, Aumasson, Neves,
 * Wilcox-O'Hearn, 2020). State and message live in local variables so that an engine keeps them in registers.
 */

/** The initial chaining value: that of SHA-256. */
export const IV: Uint32Array = Uint32Array.of(
  0x6a09e667,
  0xbb67ae85,
  0x3c6ef372,
  0xa54ff53a,
  0x510e527f,
  0x9b05688c,
  0x1f83d9ab,
  0x5be0cd19,
);

/** Bytes of a message block and of a chunk, the leaf of the hash tree. */
export const BLOCK_BYTES = 64;
export const CHUNK_BYTES = 1024;

/** Domain flags (table 3 of the paper). */
export const CHUNK_START = 1;
export const CHUNK_END = 2;
export const PARENT = 4;
export const ROOT = 8;
export const KEYED_HASH = 16;
export const DERIVE_KEY_CONTEXT = 32;
export const DERIVE_KEY_MATERIAL = 64;

/** Flags of the only compression of a keyed message of one block. */
export const KEYED_ONE_BLOCK: number = KEYED_HASH | CHUNK_START | CHUNK_END | ROOT;

/**
 * One compression.
 *
 * @param out receives 16 words: the new chaining value in words 0..7, the rest of an output block in 8..15; may be
 *   the array that holds `cv` or `block`
 * @param cv array with the 8 words of the chaining value, from `cvAt` on
 * @param block array with the 16 words of the block, read little-endian, from `blockAt` on
 * @param counter a non-negative integer below 2^53 (the specification's counter has 64 bits)
 * @param length bytes of the block that count, 0..64; the others must be zero
 */
export function compress(
  out: Uint32Array,
  cv: Uint32Array,
  cvAt: number,
  block: Uint32Array,
  blockAt: number,
  counter: number,
  length: number,
  flags: number,
): void {
  const c0 = word(cv, cvAt),
    c1 = word(cv, cvAt + 1),
    c2 = word(cv, cvAt + 2),
    c3 = word(cv, cvAt + 3);
  const c4 = word(cv, cvAt + 4),
    c5 = word(cv, cvAt + 5),
    c6 = word(cv, cvAt + 6),
    c7 = word(cv, cvAt + 7);
  let m0 = word(block, blockAt + 0);
  let m1 = word(block, blockAt + 1);
  let m2 = word(block, blockAt + 2);
  let m3 = word(block, blockAt + 3);
  let m4 = word(block, blockAt + 4);
  let m5 = word(block, blockAt + 5);
  let m6 = word(block, blockAt + 6);
  let m7 = word(block, blockAt + 7);
  let m8 = word(block, blockAt + 8);
  let m9 = word(block, blockAt + 9);
  let m10 = word(block, blockAt + 10);
  let m11 = word(block, blockAt + 11);
  let m12 = word(block, blockAt + 12);
  let m13 = word(block, blockAt + 13);
  let m14 = word(block, blockAt + 14);
  let m15 = word(block, blockAt + 15);
  let v0 = c0;
  let v1 = c1;
  let v2 = c2;
  let v3 = c3;
  let v4 = c4;
  let v5 = c5;
  let v6 = c6;
  let v7 = c7;
  let v8 = word(IV, 0);
  let v9 = word(IV, 1);
  let v10 = word(IV, 2);
  let v11 = word(IV, 3);
  let v12 = counter | 0; // modulo 2^32, also for counters above 2^32
  let v13 = (counter / 2 ** 32) | 0;
  let v14 = length;
  let v15 = flags;
  let t = 0;
  for (let round = 0; ; round++) {
    // columns
    v0 = (v0 + v4 + m0) | 0;
    v12 ^= v0;
    v12 = (v12 >>> 16) | (v12 << 16);
    v8 = (v8 + v12) | 0;
    v4 ^= v8;
    v4 = (v4 >>> 12) | (v4 << 20);
    v0 = (v0 + v4 + m1) | 0;
    v12 ^= v0;
    v12 = (v12 >>> 8) | (v12 << 24);
    v8 = (v8 + v12) | 0;
    v4 ^= v8;
    v4 = (v4 >>> 7) | (v4 << 25);
    v1 = (v1 + v5 + m2) | 0;
    v13 ^= v1;
    v13 = (v13 >>> 16) | (v13 << 16);
    v9 = (v9 + v13) | 0;
    v5 ^= v9;
    v5 = (v5 >>> 12) | (v5 << 20);
    v1 = (v1 + v5 + m3) | 0;
    v13 ^= v1;
    v13 = (v13 >>> 8) | (v13 << 24);
    v9 = (v9 + v13) | 0;
    v5 ^= v9;
    v5 = (v5 >>> 7) | (v5 << 25);
    v2 = (v2 + v6 + m4) | 0;
    v14 ^= v2;
    v14 = (v14 >>> 16) | (v14 << 16);
    v10 = (v10 + v14) | 0;
    v6 ^= v10;
    v6 = (v6 >>> 12) | (v6 << 20);
    v2 = (v2 + v6 + m5) | 0;
    v14 ^= v2;
    v14 = (v14 >>> 8) | (v14 << 24);
    v10 = (v10 + v14) | 0;
    v6 ^= v10;
    v6 = (v6 >>> 7) | (v6 << 25);
    v3 = (v3 + v7 + m6) | 0;
    v15 ^= v3;
    v15 = (v15 >>> 16) | (v15 << 16);
    v11 = (v11 + v15) | 0;
    v7 ^= v11;
    v7 = (v7 >>> 12) | (v7 << 20);
    v3 = (v3 + v7 + m7) | 0;
    v15 ^= v3;
    v15 = (v15 >>> 8) | (v15 << 24);
    v11 = (v11 + v15) | 0;
    v7 ^= v11;
    v7 = (v7 >>> 7) | (v7 << 25);
    // diagonals
    v0 = (v0 + v5 + m8) | 0;
    v15 ^= v0;
    v15 = (v15 >>> 16) | (v15 << 16);
    v10 = (v10 + v15) | 0;
    v5 ^= v10;
    v5 = (v5 >>> 12) | (v5 << 20);
    v0 = (v0 + v5 + m9) | 0;
    v15 ^= v0;
    v15 = (v15 >>> 8) | (v15 << 24);
    v10 = (v10 + v15) | 0;
    v5 ^= v10;
    v5 = (v5 >>> 7) | (v5 << 25);
    v1 = (v1 + v6 + m10) | 0;
    v12 ^= v1;
    v12 = (v12 >>> 16) | (v12 << 16);
    v11 = (v11 + v12) | 0;
    v6 ^= v11;
    v6 = (v6 >>> 12) | (v6 << 20);
    v1 = (v1 + v6 + m11) | 0;
    v12 ^= v1;
    v12 = (v12 >>> 8) | (v12 << 24);
    v11 = (v11 + v12) | 0;
    v6 ^= v11;
    v6 = (v6 >>> 7) | (v6 << 25);
    v2 = (v2 + v7 + m12) | 0;
    v13 ^= v2;
    v13 = (v13 >>> 16) | (v13 << 16);
    v8 = (v8 + v13) | 0;
    v7 ^= v8;
    v7 = (v7 >>> 12) | (v7 << 20);
    v2 = (v2 + v7 + m13) | 0;
    v13 ^= v2;
    v13 = (v13 >>> 8) | (v13 << 24);
    v8 = (v8 + v13) | 0;
    v7 ^= v8;
    v7 = (v7 >>> 7) | (v7 << 25);
    v3 = (v3 + v4 + m14) | 0;
    v14 ^= v3;
    v14 = (v14 >>> 16) | (v14 << 16);
    v9 = (v9 + v14) | 0;
    v4 ^= v9;
    v4 = (v4 >>> 12) | (v4 << 20);
    v3 = (v3 + v4 + m15) | 0;
    v14 ^= v3;
    v14 = (v14 >>> 8) | (v14 << 24);
    v9 = (v9 + v14) | 0;
    v4 ^= v9;
    v4 = (v4 >>> 7) | (v4 << 25);
    if (round === 6) break;
    // The message schedule: word i becomes word PERMUTATION[i], written as the cycles of the permutation.
    t = m0;
    m0 = m2;
    m2 = m3;
    m3 = m10;
    m10 = m12;
    m12 = m9;
    m9 = m11;
    m11 = m5;
    m5 = t;
    t = m1;
    m1 = m6;
    m6 = m4;
    m4 = m7;
    m7 = m13;
    m13 = m14;
    m14 = m15;
    m15 = m8;
    m8 = t;
  }
  out[0] = v0 ^ v8;
  out[1] = v1 ^ v9;
  out[2] = v2 ^ v10;
  out[3] = v3 ^ v11;
  out[4] = v4 ^ v12;
  out[5] = v5 ^ v13;
  out[6] = v6 ^ v14;
  out[7] = v7 ^ v15;
  out[8] = v8 ^ c0;
  out[9] = v9 ^ c1;
  out[10] = v10 ^ c2;
  out[11] = v11 ^ c3;
  out[12] = v12 ^ c4;
  out[13] = v13 ^ c5;
  out[14] = v14 ^ c6;
  out[15] = v15 ^ c7;
}

/** A word as the int32 that bitwise operators work on. */
function word(words: Uint32Array, i: number): number {
  return (words[i] as number) | 0;
}

// out[c] = sum_r e[r] W[r][c], for rows x columns of a row-major W: tiles of 8 rows x 8 columns.
//
// The eight rows of a tile are interleaved in pairs, so that one dot product multiplies (W[r][c], W[r+1][c])
// for four columns by the splatted digits (e[r], e[r+1]). Sums live in memory that a level-1 or -2 cache holds:
// lane i of a vector is a column, which is the layout of extension arrays too.
import { P, primes, scratch, sub4 } from './montgomery';
import { addSplit, anyWide, BLOCK_BYTES, LIMBS, loadEntries, powerOfTwo, tailLanes, wideBits } from './fold';

// @ts-ignore: decorator
@inline
function zipLow(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

// @ts-ignore: decorator
@inline
function zipHigh(a: v128, b: v128): v128 {
  return v128.shuffle<u16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

// @ts-ignore: decorator
@inline
function dot4(a: v128, b: v128, c: v128, d: v128, e0: v128, e1: v128, e2: v128, e3: v128): v128 {
  return i32x4.add(
    i32x4.add(i32x4.dot_i16x8_s(a, e0), i32x4.dot_i16x8_s(b, e1)),
    i32x4.add(i32x4.dot_i16x8_s(c, e2), i32x4.dot_i16x8_s(d, e3)),
  );
}

/** Adds the int32 vector x to the split sum (A at `at`, U at `at + 32`). */
// @ts-ignore: decorator
@inline
function flush(at: usize, x: v128): void {
  v128.store(at, i32x4.add(v128.load(at), x));
  v128.store(at, i32x4.add(v128.load(at, 32), i32x4.shr_s(x, 16)), 32);
}

/**
 * One tile row: eight rows from w, `last` + 1 of them real (the digits of others are zero, so any readable row
 * serves), against `count` digits. `direct`: the eight products of a tile fill an int32, each sum goes to A
 * and U at once; otherwise int32 sums at `sums` collect tile rows. Returns the wide bits seen when `direct`.
 */
// @ts-ignore: decorator
@inline
function tileRow<T>(
  sums: usize,
  w: usize,
  stride: usize,
  last: usize,
  columns: usize,
  digits: usize,
  count: usize,
  direct: bool,
): v128 {
  const size: usize = 8 * sizeof<T>();
  const full = columns >> 3;
  const tiles = (columns + 7) >> 3;
  const back: usize = (8 - (columns & 7)) * sizeof<T>();
  const lanes = tailLanes(columns & 7);
  const digitsEnd = digits + (count << 4);
  const p1 = w + min<usize>(1, last) * stride;
  const p2 = w + min<usize>(2, last) * stride;
  const p3 = w + min<usize>(3, last) * stride;
  const p4 = w + min<usize>(4, last) * stride;
  const p5 = w + min<usize>(5, last) * stride;
  const p6 = w + min<usize>(6, last) * stride;
  const p7 = w + min<usize>(7, last) * stride;
  let seen = i64x2.splat(0);
  let at = sums;
  for (let t: usize = 0; t < tiles; t++) {
    const partial = t == full;
    const offset: usize = t * size - (partial ? back : 0);
    let r0 = loadEntries<T>(w + offset);
    let r1 = loadEntries<T>(p1 + offset);
    let r2 = loadEntries<T>(p2 + offset);
    let r3 = loadEntries<T>(p3 + offset);
    let r4 = loadEntries<T>(p4 + offset);
    let r5 = loadEntries<T>(p5 + offset);
    let r6 = loadEntries<T>(p6 + offset);
    let r7 = loadEntries<T>(p7 + offset);
    if (partial) {
      // The eight entries that end the row were read (memory before a row is readable): shift, zeros behind.
      r0 = v128.swizzle(r0, lanes);
      r1 = v128.swizzle(r1, lanes);
      r2 = v128.swizzle(r2, lanes);
      r3 = v128.swizzle(r3, lanes);
      r4 = v128.swizzle(r4, lanes);
      r5 = v128.swizzle(r5, lanes);
      r6 = v128.swizzle(r6, lanes);
      r7 = v128.swizzle(r7, lanes);
    }
    if (direct) {
      seen = wideBits(wideBits(wideBits(wideBits(seen, r0), r1), r2), r3);
      seen = wideBits(wideBits(wideBits(wideBits(seen, r4), r5), r6), r7);
    }
    const a0 = zipLow(r0, r1);
    const a1 = zipLow(r2, r3);
    const a2 = zipLow(r4, r5);
    const a3 = zipLow(r6, r7);
    const b0 = zipHigh(r0, r1);
    const b1 = zipHigh(r2, r3);
    const b2 = zipHigh(r4, r5);
    const b3 = zipHigh(r6, r7);
    for (let digit = digits; digit < digitsEnd; digit += 16) {
      const e0 = v128.load32_splat(digit);
      const e1 = v128.load32_splat(digit, 4);
      const e2 = v128.load32_splat(digit, 8);
      const e3 = v128.load32_splat(digit, 12);
      const x = dot4(a0, a1, a2, a3, e0, e1, e2, e3);
      const y = dot4(b0, b1, b2, b3, e0, e1, e2, e3);
      if (direct) {
        flush(at, x);
        flush(at + 16, y);
        at += 64;
      } else {
        v128.store(at, i32x4.add(v128.load(at), x));
        v128.store(at, i32x4.add(v128.load(at, 16), y), 16);
        at += 32;
      }
    }
  }
  return seen;
}

/** Moves `count` pairs of int32 sums to split sums and clears them. */
function flushAll(split: usize, sums: usize, count: usize): void {
  for (const end = sums + (count << 5); sums < end; sums += 32, split += 64) {
    flush(split, v128.load(sums));
    flush(split + 16, v128.load(sums, 16));
    v128.store(sums, i64x2.splat(0));
    v128.store(sums, i64x2.splat(0), 16);
  }
}

/** Residues of the split sums, `parts` digits of `bits` bits a coefficient, as an extension array at out. */
function finish(out: usize, split: usize, columns: usize, parts: u32, bits: u32): void {
  const p = primes();
  let excess: u32 = 0;
  for (let k: u32 = 0; k < parts; k++) excess = <u32>((<u64>excess + powerOfTwo(bits * k + 47)) % <u64>P);
  const surplus = i32x4.splat(excess);
  const w0 = powerOfTwo(32);
  const w1 = powerOfTwo(bits + 32);
  const w2 = powerOfTwo(2 * bits + 32);
  const h0 = powerOfTwo(48);
  const h1 = powerOfTwo(bits + 48);
  const h2 = powerOfTwo(2 * bits + 48);
  const blocks = (columns + 3) >> 2;
  for (let block: usize = 0; block < blocks; block++) {
    let at = split + (block >> 1) * (LIMBS * parts * 64) + ((block & 1) << 4);
    for (let limb: usize = 0; limb < LIMBS; limb++) {
      let total = addSplit(i64x2.splat(0), v128.load(at), v128.load(at, 32), w0, h0, p);
      total = addSplit(total, v128.load(at, 64), v128.load(at, 96), w1, h1, p);
      if (parts == 3) total = addSplit(total, v128.load(at, 128), v128.load(at, 160), w2, h2, p);
      v128.store(out + block * BLOCK_BYTES + 16 * limb, sub4(total, surplus, p));
      at += parts << 6;
    }
  }
}

/**
 * 14-bit entries, 2 digits. |d0 w| <= 2^15 * 8192 and |d1 w| <= 16256 * 8192: the eight products of a tile are
 * within 2^31 - 1 of zero unless all are -2^15 * 8192, whose sum -2^31 is an int32 as well (+2^31 would need
 * w = -8192, which is wide). Stores 1 at `status` and gives up when an entry lies outside -8191..8192.
 */
export function foldRows14(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  digits: usize,
  status: usize,
): void {
  const split = scratch();
  memory.fill(split, 0, ((columns + 7) >> 3) * 640);
  for (let r: usize = 0; r < rows; r += 8) {
    const last = min<usize>(rows - r, 8) - 1;
    const seen = tileRow<i16>(split, w + r * stride, stride, last, columns, digits + r * 20, 10, true);
    if (anyWide(seen)) {
      store<u32>(status, 1);
      return;
    }
  }
  finish(out, split, columns, 2, 16);
}

// @ts-ignore: decorator
@inline
function collected<T>(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  digits: usize,
  parts: usize,
  bits: u32,
  flushRows: usize,
): void {
  const count = LIMBS * parts;
  const pairs = ((columns + 7) >> 3) * count;
  const split = scratch();
  const sums = split + (pairs << 6);
  memory.fill(split, 0, pairs * 96);
  for (let first: usize = 0; first < rows; first += flushRows) {
    const end = min<usize>(first + flushRows, rows);
    for (let r = first; r < end; r += 8) {
      const last = min<usize>(rows - r, 8) - 1;
      tileRow<T>(sums, w + r * stride, stride, last, columns, digits + 2 * count * r, count, false);
    }
    flushAll(split, sums, pairs);
  }
  finish(out, split, columns, <u32>parts, bits);
}

/** int8 entries, 2 digits: 504 products of at most 2^15 * 2^7 stay below 2^31. */
export function foldRows8(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  digits: usize,
  status: usize,
): void {
  collected<i8>(out, w, stride, rows, columns, digits, 2, 16, 504);
}

/** Any int16, 3 digits: 64 products of at most 1016 * 2^15 (or 2^9 * 2^15) stay below 2^31. */
export function foldRows16(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  digits: usize,
  status: usize,
): void {
  collected<i16>(out, w, stride, rows, columns, digits, 3, 10, 64);
}

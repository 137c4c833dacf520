// out[c] = sum_r e[r] W[r][c], for rows x columns of a row-major W: tiles of 16 rows x 4 columns.
//
// The rows of a tile are interleaved in pairs, so that one dot product multiplies (W[r][c], W[r+1][c]) for four
// columns by the splatted digits (e[r], e[r+1]). Eight such vectors stay in registers while the digits of the
// sixteen rows pass by. Sums live in memory that a level-1 cache holds; lane i of a sum is a column, which is
// the layout of extension arrays too.
import { P, primes, scratch, sub4 } from './montgomery';
import { addSplit, anyWide, BLOCK_BYTES, LIMBS, powerOfTwo, wideBits } from './fold';

/** Rows of a tile, and bytes of one digit of a tile: eight pairs. */
const TILE: usize = 16;
const DIGIT_BYTES: usize = 2 * TILE;

/** The next four entries of two rows, interleaved. */
// @ts-ignore: decorator
@inline
function pair<T>(p: usize, q: usize): v128 {
  if (sizeof<T>() == 1) {
    const a = v128.load32_zero(p);
    const b = v128.load32_zero(q);
    return i16x8.extend_low_i8x16_s(
      v128.shuffle<u8>(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
    );
  }
  const a = v128.load64_zero(p);
  const b = v128.load64_zero(q);
  return v128.shuffle<u16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

/** Sum of four dot products by the splatted pairs at `digit`. */
// @ts-ignore: decorator
@inline
function dot4(a: v128, b: v128, c: v128, d: v128, digit: usize): v128 {
  return i32x4.add(
    i32x4.add(
      i32x4.dot_i16x8_s(a, v128.load32_splat(digit)),
      i32x4.dot_i16x8_s(b, v128.load32_splat(digit, 4)),
    ),
    i32x4.add(
      i32x4.dot_i16x8_s(c, v128.load32_splat(digit, 8)),
      i32x4.dot_i16x8_s(d, v128.load32_splat(digit, 12)),
    ),
  );
}

/**
 * Sixteen rows from w by `count` digits. `direct`: sums go to A and U of every tile (32 bytes a digit), the low
 * digit after eight products, the high one after sixteen. Otherwise int32 sums (16 bytes a digit) collect tiles.
 * Returns the wide bits seen when `direct`.
 */
// @ts-ignore: decorator
@inline
function tileRow<T>(
  sums: usize,
  w: usize,
  stride: usize,
  columns: usize,
  digits: usize,
  count: usize,
  direct: bool,
): v128 {
  const digitsEnd = digits + count * DIGIT_BYTES;
  let seen = i64x2.splat(0);
  let at = sums;
  for (let c: usize = 0; c < columns; c += 4) {
    // The last block of less than four columns: read the four entries that end the row, shift, zeros behind.
    // (Memory before a row is readable. `pair` has widened and interleaved: 4 bytes for each column.)
    const missing: usize = c + 4 <= columns ? 0 : c + 4 - columns;
    const q0 = w + (c - missing) * sizeof<T>();
    const q1 = q0 + 2 * stride;
    const q2 = q1 + 2 * stride;
    const q3 = q2 + 2 * stride;
    const q4 = q3 + 2 * stride;
    const q5 = q4 + 2 * stride;
    const q6 = q5 + 2 * stride;
    const q7 = q6 + 2 * stride;
    let w0 = pair<T>(q0, q0 + stride);
    let w1 = pair<T>(q1, q1 + stride);
    let w2 = pair<T>(q2, q2 + stride);
    let w3 = pair<T>(q3, q3 + stride);
    let w4 = pair<T>(q4, q4 + stride);
    let w5 = pair<T>(q5, q5 + stride);
    let w6 = pair<T>(q6, q6 + stride);
    let w7 = pair<T>(q7, q7 + stride);
    if (missing != 0) {
      const iota = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
      const lanes = i8x16.add(iota, i8x16.splat(<i8>(4 * missing))); // an index of 16 or more gives zero
      w0 = v128.swizzle(w0, lanes);
      w1 = v128.swizzle(w1, lanes);
      w2 = v128.swizzle(w2, lanes);
      w3 = v128.swizzle(w3, lanes);
      w4 = v128.swizzle(w4, lanes);
      w5 = v128.swizzle(w5, lanes);
      w6 = v128.swizzle(w6, lanes);
      w7 = v128.swizzle(w7, lanes);
    }
    if (direct) {
      seen = wideBits(wideBits(wideBits(wideBits(seen, w0), w1), w2), w3);
      seen = wideBits(wideBits(wideBits(wideBits(seen, w4), w5), w6), w7);
      for (let digit = digits; digit < digitsEnd; digit += 2 * DIGIT_BYTES, at += 64) {
        const x = dot4(w0, w1, w2, w3, digit);
        const y = dot4(w4, w5, w6, w7, digit + 16);
        v128.store(at, i32x4.add(v128.load(at), i32x4.add(x, y)));
        const high = i32x4.add(i32x4.shr_s(x, 16), i32x4.shr_s(y, 16));
        v128.store(at, i32x4.add(v128.load(at, 16), high), 16);
        const z = i32x4.add(dot4(w0, w1, w2, w3, digit + 32), dot4(w4, w5, w6, w7, digit + 48));
        v128.store(at, i32x4.add(v128.load(at, 32), z), 32);
        v128.store(at, i32x4.add(v128.load(at, 48), i32x4.shr_s(z, 16)), 48);
      }
    } else {
      for (let digit = digits; digit < digitsEnd; digit += DIGIT_BYTES, at += 16) {
        const x = i32x4.add(dot4(w0, w1, w2, w3, digit), dot4(w4, w5, w6, w7, digit + 16));
        v128.store(at, i32x4.add(v128.load(at), x));
      }
    }
  }
  return seen;
}

/** A tile of the `left` < 16 rows at w, copied and completed with zero rows. */
function padRows(target: usize, w: usize, stride: usize, left: usize, rowBytes: usize): void {
  for (let r: usize = 0; r < left; r++) memory.copy(target + r * rowBytes, w + r * stride, rowBytes);
  memory.fill(target + left * rowBytes, 0, (TILE - left) * rowBytes);
}

/** Moves `count` int32 sums to split sums and clears them. */
function flushAll(split: usize, sums: usize, count: usize): void {
  for (const end = sums + (count << 4); sums < end; sums += 16, split += 32) {
    const x = v128.load(sums);
    v128.store(split, i32x4.add(v128.load(split), x));
    v128.store(split, i32x4.add(v128.load(split, 16), i32x4.shr_s(x, 16)), 16);
    v128.store(sums, i64x2.splat(0));
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
  let at = split;
  for (let block: usize = 0; block < blocks; block++) {
    for (let limb: usize = 0; limb < LIMBS; limb++) {
      let total = addSplit(i64x2.splat(0), v128.load(at), v128.load(at, 16), w0, h0, p);
      total = addSplit(total, v128.load(at, 32), v128.load(at, 48), w1, h1, p);
      if (parts == 3) total = addSplit(total, v128.load(at, 64), v128.load(at, 80), w2, h2, p);
      v128.store(out + block * BLOCK_BYTES + 16 * limb, sub4(total, surplus, p));
      at += parts << 5;
    }
  }
}

/**
 * 14-bit entries, 2 digits. Eight products of at most 2^15 * 8192 stay within 2^31 - 1 of zero unless all are
 * -2^15 * 8192, whose sum -2^31 is an int32 as well (+2^31 would need w = -8192, which is wide); sixteen of the
 * high digit, at most 16256 * 8192 each, stay below 2^31. Stores 1 at `status` and gives up when an entry lies outside -8191..8192.
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
  const splitBytes = ((columns + 3) >> 2) * 320;
  memory.fill(split, 0, splitBytes);
  for (let r: usize = 0; r < rows; r += TILE) {
    let tile = w + r * stride;
    let tileStride = stride;
    if (r + TILE > rows) {
      tileStride = columns << 1;
      padRows(split + splitBytes, tile, stride, rows - r, tileStride);
      tile = split + splitBytes;
    }
    const seen = tileRow<i16>(split, tile, tileStride, columns, digits + r * 20, 10, true);
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
  const sumCount = ((columns + 3) >> 2) * count;
  const split = scratch();
  const sums = split + (sumCount << 5);
  const padded = sums + (sumCount << 4);
  memory.fill(split, 0, padded - split);
  for (let first: usize = 0; first < rows; first += flushRows) {
    const end = min<usize>(first + flushRows, rows);
    for (let r = first; r < end; r += TILE) {
      let tile = w + r * stride;
      let tileStride = stride;
      if (r + TILE > rows) {
        tileStride = columns * sizeof<T>();
        padRows(padded, tile, stride, rows - r, tileStride);
        tile = padded;
      }
      tileRow<T>(sums, tile, tileStride, columns, digits + 2 * count * r, count, false);
    }
    flushAll(split, sums, sumCount);
  }
  finish(out, split, columns, <u32>parts, bits);
}

/** int8 entries, 2 digits: 496 products of at most 2^15 * 2^7 stay below 2^31. */
export function foldRows8(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  digits: usize,
  status: usize,
): void {
  collected<i8>(out, w, stride, rows, columns, digits, 2, 16, 496);
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

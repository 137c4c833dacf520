// out[r] = sum_c e[c] W[r][c], for rows x columns of a row-major W: tiles of one row and 64 columns, whose
// eight vectors stay in registers while the digits of e for these columns pass by. The lanes of a sum are four
// partial sums of one row; four rows are added across lanes and become one block of the extension array.
import { P, primes, scratch, sub4 } from './montgomery';
import { addSplit, anyWide, BLOCK_BYTES, LIMBS, loadEntries, powerOfTwo, sumLanes, tailLanes, wideBits } from './fold';

/** Columns of a tile, and bytes of one digit of a tile. */
const TILE: usize = 64;
const DIGIT_BYTES: usize = 2 * TILE;

/** The sum of four dot products of consecutive vectors at `digit`. */
// @ts-ignore: decorator
@inline
function dot4(a: v128, b: v128, c: v128, d: v128, digit: usize): v128 {
  return i32x4.add(
    i32x4.add(i32x4.dot_i16x8_s(a, v128.load(digit)), i32x4.dot_i16x8_s(b, v128.load(digit, 16))),
    i32x4.add(i32x4.dot_i16x8_s(c, v128.load(digit, 32)), i32x4.dot_i16x8_s(d, v128.load(digit, 48))),
  );
}

/** Entries 8i..8i+7 of the `left` entries at w; zeros behind the last one. */
// @ts-ignore: decorator
@inline
function loadPartial<T>(w: usize, i: usize, left: usize): v128 {
  const first = i << 3;
  if (first >= left) return i64x2.splat(0);
  if (first + 8 <= left) return loadEntries<T>(w + first * sizeof<T>());
  // The eight entries that end the row (memory before a row is readable), shifted to the front.
  return v128.swizzle(loadEntries<T>(w + (left - 8) * sizeof<T>()), tailLanes(left & 7));
}

/**
 * One row of `columns` entries. `direct`: sums go to A and U in every tile; the low digit after eight products
 * a lane, the high one after sixteen. Otherwise int32 sums at `at` (16 bytes a digit) collect tiles.
 * Returns the wide bits seen when `direct`.
 */
// @ts-ignore: decorator
@inline
function tiles<T>(at: usize, w: usize, columns: usize, digits: usize, count: usize, direct: bool): v128 {
  let seen = i64x2.splat(0);
  let digit = digits;
  for (let c: usize = 0; c < columns; c += TILE, w += TILE * sizeof<T>()) {
    let w0: v128, w1: v128, w2: v128, w3: v128, w4: v128, w5: v128, w6: v128, w7: v128;
    if (c + TILE <= columns) {
      w0 = loadEntries<T>(w);
      w1 = loadEntries<T>(w + 8 * sizeof<T>());
      w2 = loadEntries<T>(w + 16 * sizeof<T>());
      w3 = loadEntries<T>(w + 24 * sizeof<T>());
      w4 = loadEntries<T>(w + 32 * sizeof<T>());
      w5 = loadEntries<T>(w + 40 * sizeof<T>());
      w6 = loadEntries<T>(w + 48 * sizeof<T>());
      w7 = loadEntries<T>(w + 56 * sizeof<T>());
    } else {
      const left = columns - c;
      w0 = loadPartial<T>(w, 0, left);
      w1 = loadPartial<T>(w, 1, left);
      w2 = loadPartial<T>(w, 2, left);
      w3 = loadPartial<T>(w, 3, left);
      w4 = loadPartial<T>(w, 4, left);
      w5 = loadPartial<T>(w, 5, left);
      w6 = loadPartial<T>(w, 6, left);
      w7 = loadPartial<T>(w, 7, left);
    }
    if (direct) {
      seen = wideBits(wideBits(wideBits(wideBits(seen, w0), w1), w2), w3);
      seen = wideBits(wideBits(wideBits(wideBits(seen, w4), w5), w6), w7);
    }
    const digitsEnd = digit + count * DIGIT_BYTES;
    if (direct) {
      for (let sum = at; digit < digitsEnd; sum += 64) {
        const x = dot4(w0, w1, w2, w3, digit);
        const y = dot4(w4, w5, w6, w7, digit + 64);
        v128.store(sum, i32x4.add(v128.load(sum), i32x4.add(x, y)));
        const high = i32x4.add(i32x4.shr_s(x, 16), i32x4.shr_s(y, 16));
        v128.store(sum, i32x4.add(v128.load(sum, 16), high), 16);
        digit += DIGIT_BYTES;
        const z = i32x4.add(dot4(w0, w1, w2, w3, digit), dot4(w4, w5, w6, w7, digit + 64));
        v128.store(sum, i32x4.add(v128.load(sum, 32), z), 32);
        v128.store(sum, i32x4.add(v128.load(sum, 48), i32x4.shr_s(z, 16)), 48);
        digit += DIGIT_BYTES;
      }
    } else {
      for (let sum = at; digit < digitsEnd; sum += 16) {
        const x = i32x4.add(dot4(w0, w1, w2, w3, digit), dot4(w4, w5, w6, w7, digit + 64));
        v128.store(sum, i32x4.add(v128.load(sum), x));
        digit += DIGIT_BYTES;
      }
    }
  }
  return seen;
}

/** Lane sums of the vectors at `at` in four consecutive rows of sums. */
// @ts-ignore: decorator
@inline
function fourRows(at: usize, rowBytes: usize): v128 {
  const b = at + rowBytes;
  const c = b + rowBytes;
  return sumLanes(v128.load(at), v128.load(b), v128.load(c), v128.load(c + rowBytes));
}

/**
 * Residues of the split sums of `rows` rows, (A, U) for each digit. The lanes of a row are added first: with
 * at most 2^14 terms a lane, four lanes hold the 2^16 terms that A and U are good for.
 */
function finish(out: usize, split: usize, rows: usize, parts: u32, bits: u32): void {
  const p = primes();
  const rowBytes: usize = LIMBS * parts * 32;
  let excess: u32 = 0;
  for (let k: u32 = 0; k < parts; k++) excess = <u32>((<u64>excess + powerOfTwo(bits * k + 47)) % <u64>P);
  const surplus = i32x4.splat(excess);
  const w0 = powerOfTwo(32);
  const w1 = powerOfTwo(bits + 32);
  const w2 = powerOfTwo(2 * bits + 32);
  const h0 = powerOfTwo(48);
  const h1 = powerOfTwo(bits + 48);
  const h2 = powerOfTwo(2 * bits + 48);
  for (let r: usize = 0; r < rows; r += 4) {
    let at = split + r * rowBytes;
    for (let limb: usize = 0; limb < LIMBS; limb++) {
      let total = addSplit(i64x2.splat(0), fourRows(at, rowBytes), fourRows(at + 16, rowBytes), w0, h0, p);
      total = addSplit(total, fourRows(at + 32, rowBytes), fourRows(at + 48, rowBytes), w1, h1, p);
      if (parts == 3) {
        total = addSplit(total, fourRows(at + 64, rowBytes), fourRows(at + 80, rowBytes), w2, h2, p);
      }
      at += parts << 5;
      v128.store(out + (r >> 2) * BLOCK_BYTES + 16 * limb, sub4(total, surplus, p));
    }
  }
}

/** The bounds are those of foldRows14; the high digit's sixteen products: 16 * 16256 * 8192 < 2^31. */
export function foldColumns14(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  digits: usize,
  status: usize,
): void {
  const split = scratch();
  memory.fill(split, 0, ((rows + 3) & ~3) * 320);
  const chunk: usize = 8 * TILE;
  for (let c: usize = 0; c < columns; c += chunk) {
    const width = min<usize>(columns - c, chunk);
    for (let r: usize = 0; r < rows; r++) {
      const seen = tiles<i16>(split + r * 320, w + r * stride + 2 * c, width, digits + 20 * c, 10, true);
      if (anyWide(seen)) {
        store<u32>(status, 1);
        return;
      }
    }
  }
  finish(out, split, rows, 2, 16);
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
  chunk: usize,
): void {
  const count = LIMBS * parts;
  const split = scratch();
  const rowBytes = count << 5;
  const splitBytes = ((rows + 3) & ~3) * rowBytes;
  const sums = split + splitBytes;
  memory.fill(split, 0, splitBytes + (count << 4));
  for (let c: usize = 0; c < columns; c += chunk) {
    const width = min<usize>(columns - c, chunk);
    for (let r: usize = 0; r < rows; r++) {
      tiles<T>(sums, w + r * stride + c * sizeof<T>(), width, digits + 2 * count * c, count, false);
      let at = split + r * rowBytes;
      for (let k: usize = 0; k < count; k++, at += 32) {
        const x = v128.load(sums + (k << 4));
        v128.store(at, i32x4.add(v128.load(at), x));
        v128.store(at, i32x4.add(v128.load(at, 16), i32x4.shr_s(x, 16)), 16);
        v128.store(sums + (k << 4), i64x2.splat(0));
      }
    }
  }
  finish(out, split, rows, <u32>parts, bits);
}

/** int8 entries, 2 digits: 16 tiles give a lane 256 products of at most 2^22. */
export function foldColumns8(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  digits: usize,
  status: usize,
): void {
  collected<i8>(out, w, stride, rows, columns, digits, 2, 16, 16 * TILE);
}

/** Any int16, 3 digits: 4 tiles give a lane 64 products of at most 1016 * 2^15. */
export function foldColumns16(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  columns: usize,
  digits: usize,
  status: usize,
): void {
  collected<i16>(out, w, stride, rows, columns, digits, 3, 10, 4 * TILE);
}

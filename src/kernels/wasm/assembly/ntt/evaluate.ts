// Rows of a codeword at given positions. l layers on a slice of the message split f mod x^M - g into 2^l blocks;
// then every position sums its block against powers of x. Horner's rule runs over slices, with x^S.
import {
  add4,
  addOne,
  highHalves,
  lowHalves,
  MU,
  mulConstant4,
  mulOne,
  mus,
  primes,
  scratch,
} from '../montgomery';
import { splitRows } from './layers';
import { foldMessage, itemBytes } from './message';
import { cosetAt, field, positionAt, powersAt } from './sites';
import { DATA_OFFSET, heapOf } from './twiddles';

/** Rows of slice `s`, folded modulo x^M - g, as 2^l x S rows of padded width. */
function loadSlice(work: usize, d: usize, s: u32, w: u32): void {
  const m = field(d, 1);
  const l = field(d, 2);
  const rows = field(d, 3);
  const rowWords = field(d, 4);
  const kind = field(d, 11);
  const columns = field(d, 12);
  const width = field(d, 13);
  const message: usize = field(d, 10);
  const partItems = columns << m;
  const total = field(d, 5) * columns;
  const pad: usize = field(d, 14);
  const padTotal = field(d, 15) * columns;
  // Whole rows of a slice are neighbours unless they are padded to vectors or cut into slices of columns.
  const runs: u32 = rowWords == columns ? 1 : rows;
  const run: u32 = rowWords == columns ? rows * columns : width;
  for (let h: u32 = 0; h < <u32>(1 << l); h++) {
    let item = ((h << (m - l)) + s * rows) * columns;
    for (let r: u32 = 0; r < runs; r++) {
      const from = message + item * itemBytes(kind);
      const padFrom: usize = pad == 0 ? 0 : pad + (<usize>item << 2);
      foldMessage(work, from, kind, run, partItems, total - item, w, padFrom, padTotal - item);
      work += run << 2;
      // Columns that fill up the last vector. No memory.fill: a call costs more than a row.
      for (let c = run; runs > 1 && c < rowWords; c++, work += 4) store<u32>(work, 0);
      item += columns;
    }
  }
}

/** Two u64 pairs below p 2^32 to four words, divided by R. */
// @ts-ignore: decorator
@inline
function reduce4(lo: v128, hi: v128, p: v128, mu: v128): v128 {
  const q = i32x4.mul(lowHalves(lo, hi), mu);
  const d0 = i64x2.sub(lo, i64x2.extmul_low_i32x4_u(q, p));
  const d1 = i64x2.sub(hi, i64x2.extmul_high_i32x4_u(q, p));
  const d = highHalves(d0, d1);
  return i32x4.min_u(d, i32x4.add(d, p));
}

/**
 * sum_{r < rows} block[r] * powers[r] / R for four neighbouring columns; rows even. Sums are kept below
 * p 2^32 = 2.016 p^2: two products on top make less than 4.017 p^2 < 2^64 = 4.063 p^2, and one conditional
 * subtraction of p 2^32 brings that below 2.016 p^2 again. Its low word is 0, so comparing words compares sums.
 */
function columnSum(block: usize, stride: usize, powers: usize, rows: u32): v128 {
  const p = primes();
  const p32 = v128.and(p, i64x2.splat(0xffffffff00000000));
  let lo = i64x2.splat(0);
  let hi = i64x2.splat(0);
  const end = powers + (rows << 2);
  while (powers < end) {
    const x = v128.load(block);
    const w = v128.load32_splat(powers);
    const y = v128.load(block + stride);
    const v = v128.load32_splat(powers, 4);
    lo = i64x2.add(lo, i64x2.add(i64x2.extmul_low_i32x4_u(x, w), i64x2.extmul_low_i32x4_u(y, v)));
    hi = i64x2.add(hi, i64x2.add(i64x2.extmul_high_i32x4_u(x, w), i64x2.extmul_high_i32x4_u(y, v)));
    lo = i32x4.min_u(lo, i64x2.sub(lo, p32));
    hi = i32x4.min_u(hi, i64x2.sub(hi, p32));
    block += 2 * stride;
    powers += 8;
  }
  return reduce4(lo, hi, p, mus());
}

/** The same sum for a single column, with SIMD along the rows; rows a multiple of 4. */
function singleSum(block: usize, powers: usize, rows: u32): u32 {
  const p = primes();
  const p32 = v128.and(p, i64x2.splat(0xffffffff00000000));
  let lo = i64x2.splat(0);
  let hi = i64x2.splat(0);
  const end = powers + (rows << 2);
  while (powers < end) {
    const x = v128.load(block);
    const w = v128.load(powers);
    // One product a step, then the subtraction: below 2.016 p^2 + p^2.
    lo = i64x2.add(lo, i64x2.extmul_low_i32x4_u(x, w));
    hi = i64x2.add(hi, i64x2.extmul_high_i32x4_u(x, w));
    lo = i32x4.min_u(lo, i64x2.sub(lo, p32));
    hi = i32x4.min_u(hi, i64x2.sub(hi, p32));
    block += 16;
    powers += 16;
  }
  const sums = reduce4(lo, hi, p, mus());
  return addOne(
    addOne(i32x4.extract_lane(sums, 0), i32x4.extract_lane(sums, 1)),
    addOne(i32x4.extract_lane(sums, 2), i32x4.extract_lane(sums, 3)),
  );
}

/** partial = partial * x^S + sum of the block against the powers of x, for every column. */
function addBlock(partial: usize, block: usize, powers: usize, rows: u32, rowWords: u32, step: u32): void {
  if (rowWords == 1) {
    store<u32>(partial, addOne(mulOne(load<u32>(partial), step), singleSum(block, powers, rows)));
    return;
  }
  const p = primes();
  const w = i32x4.splat(step);
  const wMu = i32x4.splat(step * MU);
  const bytes: usize = rowWords << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    const sum = columnSum(block + i, bytes, powers, rows);
    v128.store(partial + i, add4(mulConstant4(v128.load(partial + i), w, wMu, p), sum, p));
  }
}

/** x^exponent as Montgomery words, exponent > 0. */
export function powerOne(x: u32, exponent: u32): u32 {
  let result = x;
  for (let bit: i32 = 30 - <i32>clz<u32>(exponent); bit >= 0; bit--) {
    result = mulOne(result, result);
    if ((exponent >> bit) & 1) result = mulOne(result, x);
  }
  return result;
}

/** What slices [first, first + count) contribute: partial[position][rowWords]. */
export function evaluateSlices(d: usize, first: u32, count: u32, partial: usize): void {
  const l = field(d, 2);
  const rows: usize = field(d, 3);
  const rowWords: usize = field(d, 4);
  const cosets = field(d, 6);
  const rowBytes = rowWords << 2;
  const positions: usize = load<u32>(cosetAt(d, cosets - 1), 12);
  const work = scratch() + DATA_OFFSET;
  memory.fill(partial, 0, positions * rowBytes);
  for (let s: i32 = <i32>(first + count) - 1; s >= <i32>first; s--) {
    for (let e: u32 = 0; e < cosets; e++) {
      const coset = cosetAt(d, e);
      loadSlice(work, d, s, load<u32>(coset, 4));
      splitRows(work, l, rows * rowBytes, heapOf(field(d, 0), l, load<u32>(coset)));
      for (let p: usize = load<u32>(coset, 8); p < <usize>load<u32>(coset, 12); p++) {
        const position = positionAt(d, <u32>p);
        const block = work + <usize>load<u32>(position) * rows * rowBytes;
        const step = load<u32>(position, 4);
        addBlock(partial + p * rowBytes, block, powersAt(d, <u32>p), <u32>rows, <u32>rowWords, step);
      }
    }
  }
  if (first == 0) return;
  for (let p: usize = 0; p < positions; p++) {
    const w = powerOne(load<u32>(powersAt(d, <u32>p), 4), first * <u32>rows);
    const row = partial + p * rowBytes;
    for (let i: usize = 0; i < rowBytes; i += 4) store<u32>(row + i, mulOne(load<u32>(row + i), w));
  }
}

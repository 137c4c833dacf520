// Multiplication by a fixed element of K, or any fixed F-linear map K -> K: 25 words, splatted once.
//
// The words are signed representatives, chosen so that a row of five products with canonical a stays in
// [-p * 2^32, p * 2^32): then no intermediate reduction is needed. A word is centred, |m| <= (p-1)/2. If the
// positive words of a row sum to more than 2^32 = 2.02 p, all five are positive, since four sum to at most 2 p;
// subtracting p from one leaves at most 2 p on this side and at most p on the other. Negative ones likewise.
// With both sums <= 2^32 and a <= p - 1, the row lies within (p - 1) * 2^32 of zero.
import { P, subOne } from './montgomery';
import { reduceSigned4 } from './quintic';

/** Bytes of a table of 25 splatted words, row by row. */
export const TABLE_BYTES: usize = 400;

// @ts-ignore: decorator
@inline
function word(m: usize, i: usize): i64 {
  return <i64>load<i32>(m + (i << 2));
}

/** Centres the five words at m and balances their signs, in place. */
function balance(m: usize): void {
  let positive: i64 = 0;
  let negative: i64 = 0;
  let largest: usize = 0;
  let smallest: usize = 0;
  for (let i: usize = 0; i < 5; i++) {
    let x = word(m, i);
    if (x > <i64>(P >> 1)) x -= <i64>P;
    store<i32>(m + (i << 2), <i32>x);
    if (x > 0) positive += x;
    else negative -= x;
    if (x > word(m, largest)) largest = i;
    if (x < word(m, smallest)) smallest = i;
  }
  const limit = <i64>1 << 32;
  if (positive > limit) store<i32>(m + (largest << 2), <i32>(word(m, largest) - <i64>P));
  else if (negative > limit) store<i32>(m + (smallest << 2), <i32>(word(m, smallest) + <i64>P));
}

/** The table of the linear map with the 5 x 5 words at `matrix` (row by row, canonical), at `table`. */
export function mapTable(table: usize, matrix: usize): void {
  for (let r: usize = 0; r < 5; r++) {
    // The row is staged at its end of the table: 20 bytes that the splats of this row overwrite last.
    const row = table + r * 80;
    const staged = row + 60;
    for (let i: usize = 0; i < 5; i++) {
      store<i32>(staged + (i << 2), load<i32>(matrix + (r * 5 + i) * 4));
    }
    balance(staged);
    const m0 = load<i32>(staged);
    const m1 = load<i32>(staged + 4);
    const m2 = load<i32>(staged + 8);
    const m3 = load<i32>(staged + 12);
    const m4 = load<i32>(staged + 16);
    v128.store(row, i32x4.splat(m0), 0);
    v128.store(row, i32x4.splat(m1), 16);
    v128.store(row, i32x4.splat(m2), 32);
    v128.store(row, i32x4.splat(m3), 48);
    v128.store(row, i32x4.splat(m4), 64);
  }
}

// @ts-ignore: decorator
@inline
function put5(m: usize, a: u32, b: u32, c: u32, d: u32, e: u32): void {
  store<u32>(m, a, 0);
  store<u32>(m, b, 4);
  store<u32>(m, c, 8);
  store<u32>(m, d, 12);
  store<u32>(m, e, 16);
}

/** The table of the multiplication by the element with the words c0..c4 (stride bytes apart, at c). */
export function multiplierTable(table: usize, c: usize, stride: usize): void {
  const b0 = load<u32>(c);
  const b1 = load<u32>(c + stride);
  const b2 = load<u32>(c + 2 * stride);
  const b3 = load<u32>(c + 3 * stride);
  const b4 = load<u32>(c + 4 * stride);
  const u = subOne(b1, b4);
  const v = subOne(b0, b3);
  const w = subOne(b4, b2);
  // The matrix of quintic.ts, staged behind the table.
  const m = table + TABLE_BYTES;
  put5(m, b0, b4, b3, b2, u);
  put5(m + 20, b1, b0, b4, b3, b2);
  put5(m + 40, b2, u, v, w, subOne(b3, u));
  put5(m + 60, b3, b2, u, v, w);
  put5(m + 80, b4, b3, b2, u, v);
  mapTable(table, m);
}

/** Bytes that `multiplierTable` writes, staging included. */
export const TABLE_SPACE: usize = 512;

/** Row r of the table applied to a: canonical a0..a4, the result canonical. */
// @ts-ignore: decorator
@inline
export function fixedRow(
  table: usize, r: usize, a0: v128, a1: v128, a2: v128, a3: v128, a4: v128, p: v128, mu: v128,
): v128 {
  const m0 = v128.load(table + r * 80, 0);
  const m1 = v128.load(table + r * 80, 16);
  const m2 = v128.load(table + r * 80, 32);
  const m3 = v128.load(table + r * 80, 48);
  const m4 = v128.load(table + r * 80, 64);
  const s0 = i64x2.add(
    i64x2.add(i64x2.extmul_low_i32x4_s(a0, m0), i64x2.extmul_low_i32x4_s(a1, m1)),
    i64x2.add(
      i64x2.add(i64x2.extmul_low_i32x4_s(a2, m2), i64x2.extmul_low_i32x4_s(a3, m3)),
      i64x2.extmul_low_i32x4_s(a4, m4),
    ),
  );
  const s1 = i64x2.add(
    i64x2.add(i64x2.extmul_high_i32x4_s(a0, m0), i64x2.extmul_high_i32x4_s(a1, m1)),
    i64x2.add(
      i64x2.add(i64x2.extmul_high_i32x4_s(a2, m2), i64x2.extmul_high_i32x4_s(a3, m3)),
      i64x2.extmul_high_i32x4_s(a4, m4),
    ),
  );
  return reduceSigned4(s0, s1, p, mu);
}

// Extension kernels on `blocks` blocks of four elements (80 bytes; base-field operands: 16 bytes a block).
// A scalar is given by the address of its five words; its multiplier table is built in the thread's scratch.
import { add4, mus, primes, scratch, sub4 } from './montgomery';
import { addAt, BLOCK_BYTES, high, highPrimes, low, productAt, reduce4, timesBase4 } from './quintic';
import { fixedRow, multiplierTable } from './quintic-fixed';

/** out = a * b / R. */
export function kMul(out: usize, a: usize, b: usize, blocks: usize): void {
  const p = primes();
  const mu = mus();
  const pHigh = highPrimes();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    productAt(out, a, b, p, mu, pHigh);
    out += BLOCK_BYTES;
    a += BLOCK_BYTES;
    b += BLOCK_BYTES;
  }
}

/**
 * out = a^2 / R: 16 products, none of whose sums overflows. With d_i = 2 a_i and the coefficients of the product,
 *   r0 = a0^2 - a4^2 + a1 d4 + a2 d3      r1 = a0 d1 + a2 d4 + a3^2
 *   r2 = a0 d2 + a1 (a1 - d4) + a3 (d4 - d2) + a4^2
 *   r3 = a0 d3 + (a1 - a4) d2 + (a4 - a3)(a4 + a3)      r4 = a0 d4 + (a1 - a4) d3 + a2^2
 */
export function kSquare(out: usize, a: usize, blocks: usize): void {
  const p = primes();
  const mu = mus();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const a0 = v128.load(a, 0);
    const a1 = v128.load(a, 16);
    const a2 = v128.load(a, 32);
    const a3 = v128.load(a, 48);
    const a4 = v128.load(a, 64);
    const d1 = i32x4.add(a1, a1); // unreduced, < 2p < 2^32: counts as two products below
    const d2 = add4(a2, a2, p);
    const d3 = add4(a3, a3, p);
    const d4 = add4(a4, a4, p);
    // Each sum is at most 4 p^2 < 2^64 (unreduced sums of two words count twice).
    const t0 = i32x4.add(a0, a4);
    const m04 = sub4(a0, a4, p);
    let s0 = i64x2.add(i64x2.add(low(t0, m04), low(a1, d4)), low(a2, d3));
    let s1 = i64x2.add(i64x2.add(high(t0, m04), high(a1, d4)), high(a2, d3));
    v128.store(out, reduce4(s0, s1, p, mu), 0);
    s0 = i64x2.add(i64x2.add(low(a0, d1), low(a2, d4)), low(a3, a3));
    s1 = i64x2.add(i64x2.add(high(a0, d1), high(a2, d4)), high(a3, a3));
    v128.store(out, reduce4(s0, s1, p, mu), 16);
    const m1 = sub4(a1, d4, p);
    const m2 = sub4(d4, d2, p);
    s0 = i64x2.add(i64x2.add(low(a0, d2), low(a1, m1)), i64x2.add(low(a3, m2), low(a4, a4)));
    s1 = i64x2.add(i64x2.add(high(a0, d2), high(a1, m1)), i64x2.add(high(a3, m2), high(a4, a4)));
    v128.store(out, reduce4(s0, s1, p, mu), 32);
    const m14 = sub4(a1, a4, p);
    const m43 = sub4(a4, a3, p);
    const t43 = i32x4.add(a4, a3);
    s0 = i64x2.add(i64x2.add(low(a0, d3), low(m14, d2)), low(t43, m43));
    s1 = i64x2.add(i64x2.add(high(a0, d3), high(m14, d2)), high(t43, m43));
    v128.store(out, reduce4(s0, s1, p, mu), 48);
    s0 = i64x2.add(i64x2.add(low(a0, d4), low(m14, d3)), low(a2, a2));
    s1 = i64x2.add(i64x2.add(high(a0, d4), high(m14, d3)), high(a2, a2));
    v128.store(out, reduce4(s0, s1, p, mu), 64);
    out += BLOCK_BYTES;
    a += BLOCK_BYTES;
  }
}

/** out = a * c / R with c the words at `c`, `stride` bytes apart. */
export function kScale(out: usize, a: usize, c: usize, stride: usize, blocks: usize): void {
  const table = scratch();
  multiplierTable(table, c, stride);
  const p = primes();
  const mu = mus();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const a0 = v128.load(a, 0);
    const a1 = v128.load(a, 16);
    const a2 = v128.load(a, 32);
    const a3 = v128.load(a, 48);
    const a4 = v128.load(a, 64);
    v128.store(out, fixedRow(table, 0, a0, a1, a2, a3, a4, p, mu), 0);
    v128.store(out, fixedRow(table, 1, a0, a1, a2, a3, a4, p, mu), 16);
    v128.store(out, fixedRow(table, 2, a0, a1, a2, a3, a4, p, mu), 32);
    v128.store(out, fixedRow(table, 3, a0, a1, a2, a3, a4, p, mu), 48);
    v128.store(out, fixedRow(table, 4, a0, a1, a2, a3, a4, p, mu), 64);
    out += BLOCK_BYTES;
    a += BLOCK_BYTES;
  }
}

/** out = a + b * c / R; `step`: 80, or 0 for a constant block a. */
export function kAddScaled(out: usize, a: usize, b: usize, c: usize, step: usize, blocks: usize): void {
  const table = scratch();
  multiplierTable(table, c, 4);
  const p = primes();
  const mu = mus();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const b0 = v128.load(b, 0);
    const b1 = v128.load(b, 16);
    const b2 = v128.load(b, 32);
    const b3 = v128.load(b, 48);
    const b4 = v128.load(b, 64);
    v128.store(out, add4(v128.load(a, 0), fixedRow(table, 0, b0, b1, b2, b3, b4, p, mu), p), 0);
    v128.store(out, add4(v128.load(a, 16), fixedRow(table, 1, b0, b1, b2, b3, b4, p, mu), p), 16);
    v128.store(out, add4(v128.load(a, 32), fixedRow(table, 2, b0, b1, b2, b3, b4, p, mu), p), 32);
    v128.store(out, add4(v128.load(a, 48), fixedRow(table, 3, b0, b1, b2, b3, b4, p, mu), p), 48);
    v128.store(out, add4(v128.load(a, 64), fixedRow(table, 4, b0, b1, b2, b3, b4, p, mu), p), 64);
    out += BLOCK_BYTES;
    a += step;
    b += BLOCK_BYTES;
  }
}

/** out = a + the block at c; `step`: 80, or 0 for a constant block a. */
export function kAddConstant(out: usize, a: usize, c: usize, step: usize, blocks: usize): void {
  const p = primes();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    addAt(out, a, c, p);
    out += BLOCK_BYTES;
    a += step;
  }
}

/** out = a * b / R for b over F. */
export function kMulBase(out: usize, a: usize, b: usize, blocks: usize): void {
  const p = primes();
  const mu = mus();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const x = v128.load(b);
    const xMu = i32x4.mul(x, mu);
    v128.store(out, timesBase4(v128.load(a, 0), x, xMu, p), 0);
    v128.store(out, timesBase4(v128.load(a, 16), x, xMu, p), 16);
    v128.store(out, timesBase4(v128.load(a, 32), x, xMu, p), 32);
    v128.store(out, timesBase4(v128.load(a, 48), x, xMu, p), 48);
    v128.store(out, timesBase4(v128.load(a, 64), x, xMu, p), 64);
    out += BLOCK_BYTES;
    a += BLOCK_BYTES;
    b += 16;
  }
}

/** out = b * c / R for b over F and the five words at c. */
export function kFromBase(out: usize, b: usize, c: usize, blocks: usize): void {
  const p = primes();
  const mu = mus();
  const c0 = v128.load32_splat(c, 0);
  const c1 = v128.load32_splat(c, 4);
  const c2 = v128.load32_splat(c, 8);
  const c3 = v128.load32_splat(c, 12);
  const c4 = v128.load32_splat(c, 16);
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const x = v128.load(b);
    const xMu = i32x4.mul(x, mu);
    v128.store(out, timesBase4(c0, x, xMu, p), 0);
    v128.store(out, timesBase4(c1, x, xMu, p), 16);
    v128.store(out, timesBase4(c2, x, xMu, p), 32);
    v128.store(out, timesBase4(c3, x, xMu, p), 48);
    v128.store(out, timesBase4(c4, x, xMu, p), 64);
    out += BLOCK_BYTES;
    b += 16;
  }
}

/** hi = z * lo, lo = lo - hi for the five words at z: one doubling of an eq table. */
export function kEqDouble(lo: usize, hi: usize, z: usize, blocks: usize): void {
  const p = primes();
  kScale(hi, lo, z, 4, blocks);
  const end = lo + blocks * BLOCK_BYTES;
  while (lo < end) {
    v128.store(lo, sub4(v128.load(lo), v128.load(hi), p));
    lo += 16;
    hi += 16;
  }
}

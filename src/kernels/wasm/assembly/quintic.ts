// K = F[x]/(x^5 + x^2 - 1) on blocks of four elements: five vectors of 16 bytes, limb by limb, 80 bytes.
//
// With u = b1 - b4, v = b0 - b3, w = b4 - b2, e = b3 - u the product of a and b is five rows of five products,
// times a0..a4 (x^5 = 1 - x^2, x^6 = x - x^3, x^7 = x^2 - x^4, x^8 = x^3 + x^2 - 1):
//
//   r0: b0 b4 b3 b2 u | r1: b1 b0 b4 b3 b2 | r2: b2 u v w e | r3: b3 b2 u v w | r4: b4 b3 b2 u v
//
// A row is summed unreduced in 64-bit lanes and reduced once. Bounds, with p = 2^31 - 2^24 + 1:
//   2^64 = 4.06 p^2 and p * 2^32 = 2.02 p^2. Four products of canonical words fit, 4 (p-1)^2 = 0.984 * 2^64;
//   five do not. So after four products `fold` subtracts p * 2^32 where that is possible: then
//   S <= max(p * 2^32, 4 p^2 - p * 2^32) = 2.02 p^2, and with the fifth product S < 3.02 p^2 < 2^64.
import { add4, highHalves, lowHalves, P, sub4 } from './montgomery';

/** Bytes of a block. */
export const BLOCK_BYTES: usize = 80;

/** p * 2^32 in both lanes. */
// @ts-ignore: decorator
@inline
export function highPrimes(): v128 {
  return i64x2.splat(<i64>P << 32);
}

/** S mod p * 2^32, up to one more p * 2^32: the low words are equal, so the minimum acts on the high ones. */
// @ts-ignore: decorator
@inline
export function fold(s: v128, pHigh: v128): v128 {
  return i32x4.min_u(s, i64x2.sub(s, pHigh));
}

// @ts-ignore: decorator
@inline
export function low(a: v128, b: v128): v128 {
  return i64x2.extmul_low_i32x4_u(a, b);
}

// @ts-ignore: decorator
@inline
export function high(a: v128, b: v128): v128 {
  return i64x2.extmul_high_i32x4_u(a, b);
}

/** a0 b0 + .. + a4 b4 in lanes 0 and 1, unreduced, below 3.02 p^2. */
// @ts-ignore: decorator
@inline
export function rowLow(
  a0: v128, b0: v128, a1: v128, b1: v128, a2: v128, b2: v128, a3: v128, b3: v128, a4: v128, b4: v128,
  pHigh: v128,
): v128 {
  const s = i64x2.add(i64x2.add(low(a0, b0), low(a1, b1)), i64x2.add(low(a2, b2), low(a3, b3)));
  return i64x2.add(fold(s, pHigh), low(a4, b4));
}

/** The same in lanes 2 and 3. */
// @ts-ignore: decorator
@inline
export function rowHigh(
  a0: v128, b0: v128, a1: v128, b1: v128, a2: v128, b2: v128, a3: v128, b3: v128, a4: v128, b4: v128,
  pHigh: v128,
): v128 {
  const s = i64x2.add(i64x2.add(high(a0, b0), high(a1, b1)), i64x2.add(high(a2, b2), high(a3, b3)));
  return i64x2.add(fold(s, pHigh), high(a4, b4));
}

/** S / R mod p for four unsigned S < 4 p^2: the high word is below 2p, the result canonical. */
// @ts-ignore: decorator
@inline
export function reduce4(s0: v128, s1: v128, p: v128, mu: v128): v128 {
  const h = highHalves(s0, s1);
  const hp = i32x4.min_u(h, i32x4.sub(h, p));
  const q = i32x4.mul(lowHalves(s0, s1), mu);
  // S and q p have equal low words, so (S - q p) / 2^32 = h - high(q p), in (-p, p).
  const d = i32x4.sub(hp, highHalves(low(q, p), high(q, p)));
  return i32x4.min_u(d, i32x4.add(d, p));
}

/** S / R mod p for four signed S in [-p * 2^32, p * 2^32): the high word lies in [-p, p). */
// @ts-ignore: decorator
@inline
export function reduceSigned4(s0: v128, s1: v128, p: v128, mu: v128): v128 {
  const h = highHalves(s0, s1);
  const hp = i32x4.min_u(h, i32x4.add(h, p));
  const q = i32x4.mul(lowHalves(s0, s1), mu);
  const d = i32x4.sub(hp, highHalves(low(q, p), high(q, p)));
  return i32x4.min_u(d, i32x4.add(d, p));
}

// @ts-ignore: decorator
@inline
function row(
  a0: v128, b0: v128, a1: v128, b1: v128, a2: v128, b2: v128, a3: v128, b3: v128, a4: v128, b4: v128,
  p: v128, mu: v128, pHigh: v128,
): v128 {
  return reduce4(
    rowLow(a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, pHigh),
    rowHigh(a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, pHigh),
    p,
    mu,
  );
}

/** Block product a * b / R at `out`, of limbs already in registers. */
// @ts-ignore: decorator
@inline
export function product(
  out: usize,
  a0: v128, a1: v128, a2: v128, a3: v128, a4: v128,
  b0: v128, b1: v128, b2: v128, b3: v128, b4: v128,
  p: v128, mu: v128, pHigh: v128,
): void {
  const u = sub4(b1, b4, p);
  v128.store(out, row(a0, b0, a1, b4, a2, b3, a3, b2, a4, u, p, mu, pHigh), 0);
  v128.store(out, row(a0, b1, a1, b0, a2, b4, a3, b3, a4, b2, p, mu, pHigh), 16);
  const v = sub4(b0, b3, p);
  v128.store(out, row(a0, b4, a1, b3, a2, b2, a3, u, a4, v, p, mu, pHigh), 64);
  const w = sub4(b4, b2, p);
  v128.store(out, row(a0, b3, a1, b2, a2, u, a3, v, a4, w, p, mu, pHigh), 48);
  v128.store(out, row(a0, b2, a1, u, a2, v, a3, w, a4, sub4(b3, u, p), p, mu, pHigh), 32);
}

/** Block product of the blocks at a and b; `out` may be either. */
// @ts-ignore: decorator
@inline
export function productAt(out: usize, a: usize, b: usize, p: v128, mu: v128, pHigh: v128): void {
  product(
    out,
    v128.load(a, 0), v128.load(a, 16), v128.load(a, 32), v128.load(a, 48), v128.load(a, 64),
    v128.load(b, 0), v128.load(b, 16), v128.load(b, 32), v128.load(b, 48), v128.load(b, 64),
    p, mu, pHigh,
  );
}

/** a * b / R with b * mu known: the five products of an element by a base-field word share b * mu. */
// @ts-ignore: decorator
@inline
export function timesBase4(a: v128, b: v128, bMu: v128, p: v128): v128 {
  const q = i32x4.mul(a, bMu);
  const d0 = i64x2.sub(low(a, b), low(q, p));
  const d1 = i64x2.sub(high(a, b), high(q, p));
  const d = highHalves(d0, d1);
  return i32x4.min_u(d, i32x4.add(d, p));
}

/** Block out = a + b. */
// @ts-ignore: decorator
@inline
export function addAt(out: usize, a: usize, b: usize, p: v128): void {
  v128.store(out, add4(v128.load(a, 0), v128.load(b, 0), p), 0);
  v128.store(out, add4(v128.load(a, 16), v128.load(b, 16), p), 16);
  v128.store(out, add4(v128.load(a, 32), v128.load(b, 32), p), 32);
  v128.store(out, add4(v128.load(a, 48), v128.load(b, 48), p), 48);
  v128.store(out, add4(v128.load(a, 64), v128.load(b, 64), p), 64);
}

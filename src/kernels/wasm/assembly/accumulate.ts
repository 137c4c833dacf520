// Sums over extension arrays. An unreduced 64-bit term S is added as A += S (wrapping) and U += S >> 32; the exact
// sum is U * 2^32 + L with L = A - U * 2^32 mod 2^64, the sum of the low words. For at most 2^29 terms
// (a kernel sees far fewer) U and L stay below 2^61, so that `reduceOne` applies to them (t < p * 2^32).
import { addOne, mulOne, P, reduceOne, sub4 } from './montgomery';
import { rowHigh, rowLow } from './quintic';

/** R^2 mod p for R = 2^32. */
const R2: u32 = <u32>((((<u64>1 << 32) % <u64>P) * ((<u64>1 << 32) % <u64>P)) % <u64>P);

/** Bytes of the accumulators of one element: for each limb A and U, two vectors each. */
export const ACCUMULATOR_BYTES: usize = 320;

export function clearAccumulator(acc: usize): void {
  memory.fill(acc, 0, ACCUMULATOR_BYTES);
}

/** Adds the unreduced lanes s0, s1 to limb `limb`. */
// @ts-ignore: decorator
@inline
export function accumulate(acc: usize, limb: usize, s0: v128, s1: v128): void {
  const at = acc + limb * 64;
  v128.store(at, i64x2.add(v128.load(at, 0), s0), 0);
  v128.store(at, i64x2.add(v128.load(at, 16), s1), 16);
  v128.store(at, i64x2.add(v128.load(at, 32), i64x2.shr_u(s0, 32)), 32);
  v128.store(at, i64x2.add(v128.load(at, 48), i64x2.shr_u(s1, 32)), 48);
}

/** (U * 2^32 + L) / R mod p for A, U below 2^63: U + L / R. */
// @ts-ignore: decorator
@inline
export function finishOne(a: u64, u: u64): u32 {
  // reduceOne(u) = u / R, so mulOne(.., R^2) = u mod p.
  return addOne(mulOne(reduceOne(u), R2), reduceOne(a - (u << 32)));
}

/** Stores the five words (sum of all four lanes) / R at `slot`. */
export function finish(slot: usize, acc: usize): void {
  for (let j: usize = 0; j < 5; j++) {
    const at = acc + j * 64;
    const a = i64x2.add(v128.load(at, 0), v128.load(at, 16));
    const u = i64x2.add(v128.load(at, 32), v128.load(at, 48));
    const A = i64x2.extract_lane(a, 0) + i64x2.extract_lane(a, 1);
    const U = i64x2.extract_lane(u, 0) + i64x2.extract_lane(u, 1);
    store<u32>(slot + (j << 2), finishOne(A, U));
  }
}

/** Adds the row a0 b0 + .. + a4 b4 to limb `limb`. */
// @ts-ignore: decorator
@inline
function accumulateRow(
  acc: usize, limb: usize,
  a0: v128, b0: v128, a1: v128, b1: v128, a2: v128, b2: v128, a3: v128, b3: v128, a4: v128, b4: v128,
  pHigh: v128,
): void {
  accumulate(
    acc,
    limb,
    rowLow(a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, pHigh),
    rowHigh(a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, pHigh),
  );
}

/** Adds the product of the limbs in registers, unreduced. */
// @ts-ignore: decorator
@inline
export function accumulateProduct(
  acc: usize,
  a0: v128, a1: v128, a2: v128, a3: v128, a4: v128,
  b0: v128, b1: v128, b2: v128, b3: v128, b4: v128,
  p: v128, pHigh: v128,
): void {
  const u = sub4(b1, b4, p);
  accumulateRow(acc, 0, a0, b0, a1, b4, a2, b3, a3, b2, a4, u, pHigh);
  accumulateRow(acc, 1, a0, b1, a1, b0, a2, b4, a3, b3, a4, b2, pHigh);
  const v = sub4(b0, b3, p);
  accumulateRow(acc, 4, a0, b4, a1, b3, a2, b2, a3, u, a4, v, pHigh);
  const w = sub4(b4, b2, p);
  accumulateRow(acc, 3, a0, b3, a1, b2, a2, u, a3, v, a4, w, pHigh);
  accumulateRow(acc, 2, a0, b2, a1, u, a2, v, a3, w, a4, sub4(b3, u, p), pHigh);
}

/** Adds the product of the blocks at a and b. */
// @ts-ignore: decorator
@inline
export function accumulateProductAt(acc: usize, a: usize, b: usize, p: v128, pHigh: v128): void {
  accumulateProduct(
    acc,
    v128.load(a, 0), v128.load(a, 16), v128.load(a, 32), v128.load(a, 48), v128.load(a, 64),
    v128.load(b, 0), v128.load(b, 16), v128.load(b, 32), v128.load(b, 48), v128.load(b, 64),
    p, pHigh,
  );
}

// Sums over `blocks` blocks of extension elements: one result of five words at `slot`.
import { accumulateProductAt, clearAccumulator, finish } from './accumulate';
import { P, primes, scratch } from './montgomery';
import { BLOCK_BYTES, highPrimes } from './quintic';

/** (sum of a[i] * b[i]) / R. */
export function kDot(slot: usize, a: usize, b: usize, blocks: usize): void {
  const acc = scratch();
  clearAccumulator(acc);
  const p = primes();
  const pHigh = highPrimes();
  const end = a + blocks * BLOCK_BYTES;
  while (a < end) {
    accumulateProductAt(acc, a, b, p, pHigh);
    a += BLOCK_BYTES;
    b += BLOCK_BYTES;
  }
  finish(slot, acc);
}

/** Sum of a[i]: words below 2^31, so 64-bit lanes are exact for 2^33 blocks. */
export function kSum(slot: usize, a: usize, blocks: usize): void {
  const end = a + blocks * BLOCK_BYTES;
  for (let j: usize = 0; j < 5; j++) {
    let s0 = i64x2.splat(0);
    let s1 = i64x2.splat(0);
    for (let at = a + 16 * j; at < end; at += BLOCK_BYTES) {
      const x = v128.load(at);
      s0 = i64x2.add(s0, i64x2.extend_low_i32x4_u(x));
      s1 = i64x2.add(s1, i64x2.extend_high_i32x4_u(x));
    }
    const s = i64x2.add(s0, s1);
    const total = i64x2.extract_lane(s, 0) + i64x2.extract_lane(s, 1);
    store<u32>(slot + (j << 2), <u32>(<u64>total % <u64>P));
  }
}

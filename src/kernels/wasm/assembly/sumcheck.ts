// Sumcheck rounds over a range of pairs. Operands are constant (step 0) or move by a block; bit k of `moving` says
// which operand moves, in the order of the arguments. Round kernels store t(0) and t(infinity), ten words, at `slot`.
import { ACCUMULATOR_BYTES, clearAccumulator, finish } from './accumulate';
import {
  addChunk, bindChunk, CHUNK, CHUNK_BYTES, dotBaseChunk, dotBaseSlopesChunk, dotChunk, dotSlopesChunk, mulBaseChunk,
  mulBaseSlopesChunk, mulChunk, mulSlopesChunk,
} from './chunks';
import { mus, primes, scratch, sub4 } from './montgomery';
import { BLOCK_BYTES, high, low, reduce4, timesBase4 } from './quintic';
import { multiplierTable } from './quintic-fixed';

// Scratch of a round: accumulators of both values, two chunks of products; then what callers add.
// @ts-ignore: decorator
@inline
function accumulator(k: usize): usize {
  return scratch() + k * ACCUMULATOR_BYTES;
}
// @ts-ignore: decorator
@inline
function products(k: usize): usize {
  return scratch() + 1024 + k * CHUNK_BYTES;
}
/** First byte of the scratch that rounds leave alone. */
// @ts-ignore: decorator
@inline
function tables(): usize {
  return scratch() + 1024 + 2 * CHUNK_BYTES;
}

// @ts-ignore: decorator
@inline
function step(moving: u32, k: u32, bytes: usize): usize {
  return (moving >> k) & 1 ? bytes : 0;
}

/** out = a0 + r (a1 - a0), r the words at `r`. */
export function kBind(out: usize, moving: u32, a0: usize, a1: usize, r: usize, blocks: usize): void {
  const table = tables();
  multiplierTable(table, r, 4);
  bindChunk(out, a0, step(moving, 0, 80), a1, step(moving, 1, 80), table, blocks);
}

/**
 * out = (a0 + r (a1 - a0)) R for a over F: with `r` the five words of r R^2 and `one` the word R^2 mod p, limb 0 is
 * ((a1 - a0) r_0 + a0 * one) / R: two products, 2 p^2 < 2^64.
 */
export function kBindBase(
  out: usize, moving: u32, a0: usize, a1: usize, r: usize, one: u32, blocks: usize,
): void {
  const s0 = step(moving, 0, 16);
  const s1 = step(moving, 1, 16);
  const p = primes();
  const mu = mus();
  const r0 = v128.load32_splat(r, 0);
  const r1 = v128.load32_splat(r, 4);
  const r2 = v128.load32_splat(r, 8);
  const r3 = v128.load32_splat(r, 12);
  const r4 = v128.load32_splat(r, 16);
  const unit = i32x4.splat(one);
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const x = v128.load(a0);
    const d = sub4(v128.load(a1), x, p);
    const dMu = i32x4.mul(d, mu);
    const sum0 = i64x2.add(low(d, r0), low(x, unit));
    const sum1 = i64x2.add(high(d, r0), high(x, unit));
    v128.store(out, reduce4(sum0, sum1, p, mu), 0);
    v128.store(out, timesBase4(r1, d, dMu, p), 16);
    v128.store(out, timesBase4(r2, d, dMu, p), 32);
    v128.store(out, timesBase4(r3, d, dMu, p), 48);
    v128.store(out, timesBase4(r4, d, dMu, p), 64);
    out += BLOCK_BYTES;
    a0 += s0;
    a1 += s1;
  }
}

/**
 * Bit of `moving`: both upper halves are zero, so that (0 - a0) (0 - b0) = a0 b0 and one sum serves both values.
 * It halves the cost of a zero suffix.
 */
const ONE_SUM: u32 = 256;

/** Round of one pair, without weights when w = 0. */
export function kRound(
  slot: usize, moving: u32, a0: usize, a1: usize, b0: usize, b1: usize, w: usize, blocks: usize,
): void {
  clearAccumulator(accumulator(0));
  clearAccumulator(accumulator(1));
  const sa0 = step(moving, 0, 80);
  const sa1 = step(moving, 1, 80);
  const sb0 = step(moving, 2, 80);
  const sb1 = step(moving, 3, 80);
  while (blocks > 0) {
    const n = min<usize>(blocks, CHUNK);
    roundChunk(a0, sa0, a1, sa1, b0, sb0, b1, sb1, w, moving & ONE_SUM, n);
    a0 += n * sa0;
    a1 += n * sa1;
    b0 += n * sb0;
    b1 += n * sb1;
    if (w) w += n * 80;
    blocks -= n;
  }
  finish(slot, accumulator(0));
  finish(slot + 20, accumulator(moving & ONE_SUM ? 0 : 1));
}

function roundChunk(
  a0: usize, sa0: usize, a1: usize, sa1: usize, b0: usize, sb0: usize, b1: usize, sb1: usize, w: usize,
  oneSum: u32, n: usize,
): void {
  if (w) {
    mulChunk(products(0), a0, sa0, b0, sb0, n);
    dotChunk(accumulator(0), products(0), 80, w, 80, n);
    if (oneSum) return;
    mulSlopesChunk(products(0), a0, sa0, a1, sa1, b0, sb0, b1, sb1, n);
    dotChunk(accumulator(1), products(0), 80, w, 80, n);
  } else {
    dotChunk(accumulator(0), a0, sa0, b0, sb0, n);
    if (oneSum) return;
    dotSlopesChunk(accumulator(1), a0, sa0, a1, sa1, b0, sb0, b1, sb1, n);
  }
}

/** Round of two pairs (a, b) and (c, d) under weights. */
export function kRound2(
  slot: usize, moving: u32, a0: usize, a1: usize, b0: usize, b1: usize, c0: usize, c1: usize, d0: usize, d1: usize,
  w: usize, blocks: usize,
): void {
  clearAccumulator(accumulator(0));
  clearAccumulator(accumulator(1));
  const sa0 = step(moving, 0, 80);
  const sa1 = step(moving, 1, 80);
  const sb0 = step(moving, 2, 80);
  const sb1 = step(moving, 3, 80);
  const sc0 = step(moving, 4, 80);
  const sc1 = step(moving, 5, 80);
  const sd0 = step(moving, 6, 80);
  const sd1 = step(moving, 7, 80);
  while (blocks > 0) {
    const n = min<usize>(blocks, CHUNK);
    if (w) {
      mulChunk(products(0), a0, sa0, b0, sb0, n);
      mulChunk(products(1), c0, sc0, d0, sd0, n);
      addChunk(products(0), products(1), n);
      dotChunk(accumulator(0), products(0), 80, w, 80, n);
      mulSlopesChunk(products(0), a0, sa0, a1, sa1, b0, sb0, b1, sb1, n);
      mulSlopesChunk(products(1), c0, sc0, c1, sc1, d0, sd0, d1, sd1, n);
      addChunk(products(0), products(1), n);
      dotChunk(accumulator(1), products(0), 80, w, 80, n);
      w += n * 80;
    } else {
      roundChunk(a0, sa0, a1, sa1, b0, sb0, b1, sb1, 0, 0, n);
      roundChunk(c0, sc0, c1, sc1, d0, sd0, d1, sd1, 0, 0, n);
    }
    a0 += n * sa0;
    a1 += n * sa1;
    b0 += n * sb0;
    b1 += n * sb1;
    c0 += n * sc0;
    c1 += n * sc1;
    d0 += n * sd0;
    d1 += n * sd1;
    blocks -= n;
  }
  finish(slot, accumulator(0));
  finish(slot + 20, accumulator(1));
}

/** Round of one pair whose first array is over F. */
export function kRoundBase(
  slot: usize, moving: u32, a0: usize, a1: usize, b0: usize, b1: usize, w: usize, blocks: usize,
): void {
  clearAccumulator(accumulator(0));
  clearAccumulator(accumulator(1));
  const oneSum = moving & ONE_SUM;
  const sa0 = step(moving, 0, 16);
  const sa1 = step(moving, 1, 16);
  const sb0 = step(moving, 2, 80);
  const sb1 = step(moving, 3, 80);
  while (blocks > 0) {
    const n = min<usize>(blocks, CHUNK);
    if (w) {
      mulBaseChunk(products(0), a0, sa0, b0, sb0, n);
      dotChunk(accumulator(0), products(0), 80, w, 80, n);
      if (!oneSum) {
        mulBaseSlopesChunk(products(0), a0, sa0, a1, sa1, b0, sb0, b1, sb1, n);
        dotChunk(accumulator(1), products(0), 80, w, 80, n);
      }
      w += n * 80;
    } else {
      dotBaseChunk(accumulator(0), a0, sa0, b0, sb0, n);
      if (!oneSum) dotBaseSlopesChunk(accumulator(1), a0, sa0, a1, sa1, b0, sb0, b1, sb1, n);
    }
    a0 += n * sa0;
    a1 += n * sa1;
    b0 += n * sb0;
    b1 += n * sb1;
    blocks -= n;
  }
  finish(slot, accumulator(0));
  finish(slot + 20, accumulator(oneSum ? 0 : 1));
}

// Sums of base-field words under weights from K. Four products of canonical words are summed before they are split
// into the accumulators: 4 (p-1)^2 = 0.984 * 2^64.
import { accumulate, ACCUMULATOR_BYTES, clearAccumulator, finish, finishOne } from './accumulate';
import { add4, mulOne, primes, R2, scratch } from './montgomery';
import { BLOCK_BYTES, high, low } from './quintic';

/** Up to four words at a, the others zero: the last block of a row must not read behind it. */
function loadLanes(a: usize, lanes: usize): v128 {
  let x = v128.load32_zero(a);
  if (lanes > 1) x = v128.load_lane<u32>(a, x, 1, 4);
  if (lanes > 2) x = v128.load_lane<u32>(a, x, 2, 8);
  if (lanes > 3) x = v128.load_lane<u32>(a, x, 3, 12);
  return x;
}

// @ts-ignore: decorator
@inline
function accumulateFour(acc: usize, limb: usize, w: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  const w0 = v128.load(w);
  const w1 = v128.load(w, 80);
  const w2 = v128.load(w, 160);
  const w3 = v128.load(w, 240);
  accumulate(
    acc,
    limb,
    i64x2.add(i64x2.add(low(x0, w0), low(x1, w1)), i64x2.add(low(x2, w2), low(x3, w3))),
    i64x2.add(i64x2.add(high(x0, w0), high(x1, w1)), i64x2.add(high(x2, w2), high(x3, w3))),
  );
}

// @ts-ignore: decorator
@inline
function accumulateBlock(acc: usize, w: usize, x: v128): void {
  for (let j: usize = 0; j < 5; j++) {
    const wj = v128.load(w + 16 * j);
    accumulate(acc, j, low(x, wj), high(x, wj));
  }
}

/** acc += sum of w[i] * a[i] over n words of a and the n elements of w. */
function dotWords(acc: usize, w: usize, a: usize, n: usize): void {
  const groups = a + ((n >> 4) << 6);
  while (a < groups) {
    const x0 = v128.load(a, 0);
    const x1 = v128.load(a, 16);
    const x2 = v128.load(a, 32);
    const x3 = v128.load(a, 48);
    accumulateFour(acc, 0, w, x0, x1, x2, x3);
    accumulateFour(acc, 1, w + 16, x0, x1, x2, x3);
    accumulateFour(acc, 2, w + 32, x0, x1, x2, x3);
    accumulateFour(acc, 3, w + 48, x0, x1, x2, x3);
    accumulateFour(acc, 4, w + 64, x0, x1, x2, x3);
    a += 64;
    w += 4 * BLOCK_BYTES;
  }
  for (let rest = n & 15; rest > 0; ) {
    const lanes = min<usize>(rest, 4);
    accumulateBlock(acc, w, loadLanes(a, lanes));
    a += 16;
    w += BLOCK_BYTES;
    rest -= lanes;
  }
}

/** (sum of w[i] * a[i]) / R over n words. */
export function kWeightedSum(slot: usize, w: usize, a: usize, n: usize): void {
  const acc = scratch();
  clearAccumulator(acc);
  dotWords(acc, w, a, n);
  finish(slot, acc);
}

/** out[r] = sum over columns of w[c] * a[r][c]; `stride`: bytes from row to row. `out` starts at a block. */
export function kFoldColumns(out: usize, a: usize, stride: usize, w: usize, rows: usize, columns: usize): void {
  const acc = scratch();
  const words = acc + ACCUMULATOR_BYTES;
  for (let r: usize = 0; r < rows; r++) {
    clearAccumulator(acc);
    dotWords(acc, w, a, columns);
    finish(words, acc);
    const target = out + (r >> 2) * BLOCK_BYTES + ((r & 3) << 2);
    for (let j: usize = 0; j < 5; j++) {
      store<u32>(target + (j << 4), mulOne(load<u32>(words + (j << 2)), R2)); // undo the division by R
    }
    a += stride;
  }
}

/** Column blocks that are accumulated together: 16 * 320 bytes stay in the first-level cache. */
const TILE: usize = 16;

/** acc[column block] += the four rows at a0..a3 times the splatted weights at `splats` (limb by limb, row by row). */
// @ts-ignore: decorator
@inline
function accumulateRows(acc: usize, splats: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  for (let j: usize = 0; j < 5; j++) {
    const w0 = v128.load(splats + 64 * j, 0);
    const w1 = v128.load(splats + 64 * j, 16);
    const w2 = v128.load(splats + 64 * j, 32);
    const w3 = v128.load(splats + 64 * j, 48);
    accumulate(
      acc,
      j,
      i64x2.add(i64x2.add(low(x0, w0), low(x1, w1)), i64x2.add(low(x2, w2), low(x3, w3))),
      i64x2.add(i64x2.add(high(x0, w0), high(x1, w1)), i64x2.add(high(x2, w2), high(x3, w3))),
    );
  }
}

/** The block of weights of four rows, each word splatted: limb j of row k at splats + 64 j + 16 k. */
function splatWeights(splats: usize, w: usize): void {
  for (let word: usize = 0; word < 80; word += 4) {
    v128.store(splats + (word << 2), v128.load32_splat(w + word));
  }
}

/**
 * out[c] = sum over rows of w[r] * a[r][c] for `columns` columns. Rows behind the last are taken from the last: the
 * weights of idle lanes are zero.
 */
export function kFoldRows(out: usize, a: usize, stride: usize, w: usize, rows: usize, columns: usize): void {
  const splats = scratch();
  const accumulators = splats + 512;
  const blocks = (columns + 3) >> 2;
  const lastRow = a + (rows - 1) * stride;
  for (let first: usize = 0; first < blocks; first += TILE) {
    const tile = min<usize>(TILE, blocks - first);
    memory.fill(accumulators, 0, tile * ACCUMULATOR_BYTES);
    const lanes = min<usize>(4, columns - ((first + tile - 1) << 2));
    const whole = lanes == 4 ? tile : tile - 1;
    let weights = w;
    for (let r: usize = 0; r < rows; r += 4) {
      splatWeights(splats, weights);
      weights += BLOCK_BYTES;
      let a0 = a + r * stride + (first << 4);
      let a1 = min<usize>(a0 + stride, lastRow + (first << 4));
      let a2 = min<usize>(a1 + stride, lastRow + (first << 4));
      let a3 = min<usize>(a2 + stride, lastRow + (first << 4));
      let acc = accumulators;
      for (let k: usize = 0; k < whole; k++) {
        accumulateRows(acc, splats, v128.load(a0), v128.load(a1), v128.load(a2), v128.load(a3));
        acc += ACCUMULATOR_BYTES;
        a0 += 16;
        a1 += 16;
        a2 += 16;
        a3 += 16;
      }
      if (whole < tile) {
        accumulateRows(
          acc, splats, loadLanes(a0, lanes), loadLanes(a1, lanes), loadLanes(a2, lanes), loadLanes(a3, lanes),
        );
      }
    }
    finishColumns(out + first * BLOCK_BYTES, accumulators, tile);
  }
}

/** Stores tile blocks of elements: every lane of A and U is a sum of its own. */
function finishColumns(out: usize, acc: usize, tile: usize): void {
  for (let k: usize = 0; k < tile; k++) {
    for (let j: usize = 0; j < 5; j++) {
      for (let lane: usize = 0; lane < 4; lane++) {
        const at = acc + j * 64 + (lane << 3);
        const value = finishOne(load<u64>(at), load<u64>(at + 32));
        store<u32>(out + j * 16 + (lane << 2), mulOne(value, R2)); // undo the division by R
      }
    }
    acc += ACCUMULATOR_BYTES;
    out += BLOCK_BYTES;
  }
}

/** out[i] += sum over k < count of a[k][i] for n words, a multiple of four; `stride`: bytes from a[k] to a[k + 1]. */
export function fAddMany(out: usize, a: usize, stride: usize, n: usize, count: usize): void {
  const p = primes();
  for (let k: usize = 0; k < count; k++) {
    for (let i: usize = 0; i < n << 2; i += 16) {
      v128.store(out + i, add4(v128.load(out + i), v128.load(a + i), p));
    }
    a += stride;
  }
}

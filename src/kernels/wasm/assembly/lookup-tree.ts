// Fraction trees. `moving` and steps as in sumcheck.ts; layers run as small loops over chunks.
import { ACCUMULATOR_BYTES, clearAccumulator, finish } from './accumulate';
import { fMul } from './base';
import { addChunk, CHUNK, CHUNK_BYTES, dotChunk, mulChunk, mulSlopesChunk } from './chunks';
import { add4, mus, primes, scratch } from './montgomery';
import { addAt, BLOCK_BYTES, high, highPrimes, low, productAt, reduce4 } from './quintic';

/**
 * One limb of four denominators: the four products x_k * b_k are below p^2 each, their sum is at most
 * 4 (p-1)^2 = 0.984 * 2^64.
 */
// @ts-ignore: decorator
@inline
function leafLimb(
  c: v128, x0: v128, b0: v128, x1: v128, b1: v128, x2: v128, b2: v128, x3: v128, b3: v128, p: v128, mu: v128,
): v128 {
  const s0 = i64x2.add(i64x2.add(low(x0, b0), low(x1, b1)), i64x2.add(low(x2, b2), low(x3, b3)));
  const s1 = i64x2.add(i64x2.add(high(x0, b0), high(x1, b1)), i64x2.add(high(x2, b2), high(x3, b3)));
  return add4(c, reduce4(s0, s1, p, mu), p);
}

// @ts-ignore: decorator
@inline
function leafLimb2(c: v128, x0: v128, b0: v128, x1: v128, b1: v128, p: v128, mu: v128): v128 {
  const s0 = i64x2.add(low(x0, b0), low(x1, b1));
  const s1 = i64x2.add(high(x0, b0), high(x1, b1));
  return add4(c, reduce4(s0, s1, p, mu), p);
}

/** The words at `constants` splatted: five of the constant, then five for each column. */
function splatConstants(splats: usize, constants: usize, columns: usize): void {
  for (let k: usize = 0; k < 5 * (columns + 1); k++) {
    v128.store(splats + (k << 4), v128.load32_splat(constants + (k << 2)));
  }
}

// @ts-ignore: decorator
@inline
function leafLimb3(
  c: v128, x0: v128, b0: v128, x1: v128, b1: v128, x2: v128, b2: v128, p: v128, mu: v128,
): v128 {
  const s0 = i64x2.add(i64x2.add(low(x0, b0), low(x1, b1)), low(x2, b2));
  const s1 = i64x2.add(i64x2.add(high(x0, b0), high(x1, b1)), high(x2, b2));
  return add4(c, reduce4(s0, s1, p, mu), p);
}

/** n blocks of leaves of two columns over F. */
function leaves2(out: usize, splats: usize, x0: usize, x1: usize, blocks: usize): void {
  const p = primes();
  const mu = mus();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const y0 = v128.load(x0);
    const y1 = v128.load(x1);
    for (let j: usize = 0; j < 80; j += 16) {
      const at = splats + j;
      v128.store(out + j, leafLimb2(v128.load(at), y0, v128.load(at, 80), y1, v128.load(at, 160), p, mu));
    }
    out += BLOCK_BYTES;
    x0 += 16;
    x1 += 16;
  }
}

/** The same of three columns. */
function leaves3(out: usize, splats: usize, x0: usize, x1: usize, x2: usize, blocks: usize): void {
  const p = primes();
  const mu = mus();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const y0 = v128.load(x0);
    const y1 = v128.load(x1);
    const y2 = v128.load(x2);
    for (let j: usize = 0; j < 80; j += 16) {
      const at = splats + j;
      v128.store(
        out + j,
        leafLimb3(v128.load(at), y0, v128.load(at, 80), y1, v128.load(at, 160), y2, v128.load(at, 240), p, mu),
      );
    }
    out += BLOCK_BYTES;
    x0 += 16;
    x1 += 16;
    x2 += 16;
  }
}

/** The same of four columns. */
function leaves4(out: usize, splats: usize, x0: usize, x1: usize, x2: usize, x3: usize, blocks: usize): void {
  const p = primes();
  const mu = mus();
  const end = out + blocks * BLOCK_BYTES;
  while (out < end) {
    const y0 = v128.load(x0);
    const y1 = v128.load(x1);
    const y2 = v128.load(x2);
    const y3 = v128.load(x3);
    for (let j: usize = 0; j < 80; j += 16) {
      const at = splats + j;
      const b2 = v128.load(at, 240);
      const b3 = v128.load(at, 320);
      v128.store(
        out + j,
        leafLimb(v128.load(at), y0, v128.load(at, 80), y1, v128.load(at, 160), y2, b2, y3, b3, p, mu),
      );
    }
    out += BLOCK_BYTES;
    x0 += 16;
    x1 += 16;
    x2 += 16;
    x3 += 16;
  }
}

/** out = constant + (x0 b0 + x1 b1) / R for columns over F. */
export function kLeaves2(out: usize, constants: usize, x0: usize, x1: usize, blocks: usize): void {
  const splats = scratch();
  splatConstants(splats, constants, 2);
  leaves2(out, splats, x0, x1, blocks);
}

/** out = constant + (x0 b0 + .. + x3 b3) / R for columns over F. */
export function kLeaves4(
  out: usize, constants: usize, x0: usize, x1: usize, x2: usize, x3: usize, blocks: usize,
): void {
  const splats = scratch();
  splatConstants(splats, constants, 4);
  leaves4(out, splats, x0, x1, x2, x3, blocks);
}

/** outP = p0 q1 + p1 q0, outQ = q0 q1 (each / R). outP may be p0, outQ may be q0. */
export function kFractionLayer(
  outP: usize, outQ: usize, moving: u32, p0: usize, p1: usize, q0: usize, q1: usize, blocks: usize,
): void {
  const other = scratch();
  const s0: usize = moving & 1 ? 80 : 0;
  const s1: usize = moving & 2 ? 80 : 0;
  const s2: usize = moving & 4 ? 80 : 0;
  const s3: usize = moving & 8 ? 80 : 0;
  while (blocks > 0) {
    const n = min<usize>(blocks, CHUNK);
    mulChunk(outP, p0, s0, q1, s3, n);
    mulChunk(other, p1, s1, q0, s2, n);
    addChunk(outP, other, n);
    mulChunk(outQ, q0, s2, q1, s3, n);
    outP += n * BLOCK_BYTES;
    outQ += n * BLOCK_BYTES;
    p0 += n * s0;
    p1 += n * s1;
    q0 += n * s2;
    q1 += n * s3;
    blocks -= n;
  }
}

/** The layer above unit numerators: outP = q0 + q1, outQ = q0 q1 / R. outQ may be q0. */
export function kUnitLayer(outP: usize, outQ: usize, q0: usize, q1: usize, blocks: usize): void {
  const p = primes();
  const mu = mus();
  const pHigh = highPrimes();
  const end = outP + blocks * BLOCK_BYTES;
  while (outP < end) {
    addAt(outP, q0, q1, p);
    productAt(outQ, q0, q1, p, mu, pHigh);
    outP += BLOCK_BYTES;
    outQ += BLOCK_BYTES;
    q0 += BLOCK_BYTES;
    q1 += BLOCK_BYTES;
  }
}

/** Bytes of a run's splats: a constant and four weights. */
const RUN_BYTES: usize = 400;

/** n blocks of leaves at `out`, of four or the first two of the columns whose addresses are at `table`, from byte `at` of each on. */
function leavesChunk(out: usize, splats: usize, table: usize, at: usize, wide: u32, n: usize): void {
  const x0 = <usize>load<u32>(table, 0) + at;
  const x1 = <usize>load<u32>(table, 4) + at;
  if (!wide) return leaves2(out, splats, x0, x1, n);
  leaves4(out, splats, x0, x1, <usize>load<u32>(table, 8) + at, <usize>load<u32>(table, 12) + at, n);
}

/**
 * The round values of w (a0 + X (a1 - a0)) (b0 + X (b1 - b0)) at `slot`, over leaves that are made as they are read: runs a0, a1, b0, b1 with
 * 25 words each at `constants` and the addresses of four columns each at `table`; bit k of `wide` says that run k has more than two.
 */
export function kLeafRound(slot: usize, table: usize, constants: usize, wide: u32, w: usize, blocks: usize): void {
  const acc0 = scratch();
  const acc1 = acc0 + ACCUMULATOR_BYTES;
  const product = acc0 + 1024;
  const leaves = product + CHUNK_BYTES;
  const splats = leaves + 4 * CHUNK_BYTES;
  clearAccumulator(acc0);
  clearAccumulator(acc1);
  for (let k: usize = 0; k < 4; k++) splatConstants(splats + k * RUN_BYTES, constants + k * 100, 4);
  const a1 = leaves + CHUNK_BYTES;
  const b0 = leaves + 2 * CHUNK_BYTES;
  const b1 = leaves + 3 * CHUNK_BYTES;
  let at: usize = 0;
  while (blocks > 0) {
    const n = min<usize>(blocks, CHUNK);
    for (let k: usize = 0; k < 4; k++) {
      const isWide = (wide >> <u32>k) & 1;
      leavesChunk(leaves + k * CHUNK_BYTES, splats + k * RUN_BYTES, table + 16 * k, at, isWide, n);
    }
    mulChunk(product, leaves, 80, b0, 80, n);
    dotChunk(acc0, product, 80, w, 80, n);
    mulSlopesChunk(product, leaves, 80, a1, 80, b0, 80, b1, 80, n);
    dotChunk(acc1, product, 80, w, 80, n);
    w += n * BLOCK_BYTES;
    at += n * 16;
    blocks -= n;
  }
  finish(slot, acc0);
  finish(slot + 20, acc1);
}

/** Two chunks of leaves, and a product over F of two columns. */
const PAIR_BYTES: usize = 2 * CHUNK_BYTES + 1024;

/**
 * n blocks of fractions 1/q0 + 1/q1 = (q0 + q1) / (q0 q1) at p and q, of leaves of two runs from byte `at` of each column on.
 *
 * @param room PAIR_BYTES
 * @param kind bits 0 and 1: the run has more than two columns; bit 2: both have one, and then q is the form c + w0 x0 + w1 x1 + w2 x0 x1 of
 *   the first run's splats, p the form c + w0 x0 + w1 x1 of the second's
 */
function pairChunk(p: usize, q: usize, room: usize, splats: usize, table: usize, at: usize, kind: u32, n: usize): void {
  if (kind & 4) {
    const x0 = <usize>load<u32>(table, 0) + at;
    const x1 = <usize>load<u32>(table, 16) + at;
    fMul(room, x0, x1, n << 2);
    leaves3(q, splats, x0, x1, room, n);
    leaves2(p, splats + RUN_BYTES, x0, x1, n);
    return;
  }
  const other = room + CHUNK_BYTES;
  leavesChunk(room, splats, table, at, kind & 1, n);
  leavesChunk(other, splats + RUN_BYTES, table + 16, at, kind & 2, n);
  kUnitLayer(p, q, room, other, n);
}

/**
 * The fractions above leaves that are made as they are read: of two runs, or of four, the sum of those of the first and the last two.
 *
 * @param table the addresses of four columns of each run
 * @param constants 25 words of each run
 * @param kinds three bits of each pair of runs, from bit 0 and from bit 3 on
 * @param pairs 1 or 2
 */
export function kLeafNodes(
  outP: usize, outQ: usize, table: usize, constants: usize, kinds: u32, pairs: u32, blocks: usize,
): void {
  const room = scratch();
  const p0 = room + PAIR_BYTES;
  const q0 = p0 + CHUNK_BYTES;
  const p1 = q0 + CHUNK_BYTES;
  const q1 = p1 + CHUNK_BYTES;
  const splats = q1 + CHUNK_BYTES;
  for (let k: usize = 0; k < 2 * pairs; k++) splatConstants(splats + k * RUN_BYTES, constants + k * 100, 4);
  let at: usize = 0;
  while (blocks > 0) {
    const n = min<usize>(blocks, CHUNK);
    if (pairs === 1) pairChunk(outP, outQ, room, splats, table, at, kinds, n);
    else {
      pairChunk(p0, q0, room, splats, table, at, kinds, n);
      pairChunk(p1, q1, room, splats + 2 * RUN_BYTES, table + 32, at, kinds >> 3, n);
      mulChunk(outP, p0, 80, q1, 80, n);
      mulChunk(room, p1, 80, q0, 80, n);
      addChunk(outP, room, n);
      mulChunk(outQ, q0, 80, q1, 80, n);
    }
    outP += n * BLOCK_BYTES;
    outQ += n * BLOCK_BYTES;
    at += n * 16;
    blocks -= n;
  }
}

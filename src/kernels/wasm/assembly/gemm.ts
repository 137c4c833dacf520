// C[i][j] = sum_l A[i][l] B[j][l] on int16 rows whose lengths are multiples of eight: tiles of 2 rows of A by
// 4 rows of B, eight sums in registers, four entries of a row of C in one vector at the end.
//
// Exact products. Each dot product adds two entries a lane; `flush` vectors are summed in int32, then moved to
// split sums (fold.ts). The caller chooses `flush` such that a sum x satisfies -2^31 + 2^16 <= x <= 2^31:
//   flush * 2 * boundA * boundB <= 2^31 - 2^16, or flush = 1, where int16 alone gives that range:
//   2 * (-32768)^2 = 2^31 and 2 * -32768 * 32767 = -2^31 + 2^16.
// The upper end is no int32, but x - 2^16 is one, and (x - 2^16) >> 16 = (x >> 16) - 1: U is one too small for
// each flush, which is made good at the end.
import { add4, P, primes, scratch, sub4 } from './montgomery';
import { addSplit, powerOfTwo, sumLanes } from './fold';

/** Forms of a result. */
const RAW: u32 = 0;
const BALANCED: u32 = 2;

/** Adds the sum x to A and U at `at`. */
// @ts-ignore: decorator
@inline
function flushSum(at: usize, x: v128): void {
  v128.store(at, i32x4.add(v128.load(at), x));
  const high = i32x4.shr_s(i32x4.sub(x, i32x4.splat(65536)), 16);
  v128.store(at, i32x4.add(v128.load(at, 16), high), 16);
}

/** Stores the first `lanes` of four entries. */
// @ts-ignore: decorator
@inline
function storeLanes(out: usize, x: v128, lanes: usize): void {
  if (lanes >= 4) {
    v128.store(out, x);
    return;
  }
  v128.store32_lane(out, x, 0);
  if (lanes > 1) v128.store32_lane(out, x, 1, 4);
  if (lanes > 2) v128.store32_lane(out, x, 2, 8);
}

/** The first `lanes` of four words, the others zero. */
// @ts-ignore: decorator
@inline
function loadLanes(out: usize, lanes: usize): v128 {
  if (lanes >= 4) return v128.load(out);
  let x = v128.load32_zero(out);
  if (lanes > 1) x = v128.load32_lane(out, x, 1, 4);
  if (lanes > 2) x = v128.load32_lane(out, x, 2, 8);
  return x;
}

/** Stores residues of 2^16 U + L, plus what is there when `keep`, as canonical words or balanced. */
// @ts-ignore: decorator
@inline
function storeResidues(out: usize, a: v128, u: v128, lanes: usize, keep: bool, form: u32, w: u32, h: u32, surplus: u32): void {
  const p = primes();
  let x = sub4(addSplit(i64x2.splat(0), a, u, w, h, p), i32x4.splat(surplus), p);
  if (keep) x = add4(x, loadLanes(out, lanes), p);
  if (form == BALANCED) x = i32x4.sub(x, v128.and(i32x4.gt_s(x, i32x4.splat((P - 1) / 2)), p));
  storeLanes(out, x, lanes);
}

/**
 * m x n entries of C at rows `outStride` bytes apart from A and B of `vectors` vectors a row; `exact`, or
 * wrapping in 32 bits. keep: add to C. form: 0 int32, 1 canonical words, 2 balanced residues.
 */
// @ts-ignore: decorator
@inline
function product(
  out: usize,
  outStride: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  m: usize,
  n: usize,
  vectors: usize,
  flush: usize,
  keep: bool,
  form: u32,
  exact: bool,
): void {
  const w = powerOfTwo(32);
  const h = powerOfTwo(48);
  const surplus = powerOfTwo(47);
  const split = scratch();
  const rowBytes = vectors << 4;
  const flushBytes = flush << 4;
  // Every lane sum misses one a flush and lane.
  const flushes: usize = (vectors + flush - 1) / flush;
  const missed = i32x4.splat(<i32>(flushes << 2));
  for (let j: usize = 0; j < n; j += 4) {
    const lanes = min<usize>(n - j, 4);
    const b0 = b + j * bStride;
    const b1 = lanes > 1 ? b0 + bStride : b0;
    const b2 = lanes > 2 ? b1 + bStride : b0;
    const b3 = lanes > 3 ? b2 + bStride : b0;
    for (let i: usize = 0; i < m; i += 2) {
      const two = i + 1 < m;
      const a0 = a + i * aStride;
      const a1 = two ? a0 + aStride : a0;
      if (exact) {
        for (let at = split; at < split + 256; at += 16) v128.store(at, i64x2.splat(0)); // memory.fill is a call
      }
      let x0 = i64x2.splat(0);
      let x1 = i64x2.splat(0);
      let x2 = i64x2.splat(0);
      let x3 = i64x2.splat(0);
      let y0 = i64x2.splat(0);
      let y1 = i64x2.splat(0);
      let y2 = i64x2.splat(0);
      let y3 = i64x2.splat(0);
      for (let l: usize = 0; l < rowBytes; ) {
        const end = exact ? min<usize>(l + flushBytes, rowBytes) : rowBytes;
        for (; l < end; l += 16) {
          const u0 = v128.load(a0 + l);
          const u1 = v128.load(a1 + l);
          const v0 = v128.load(b0 + l);
          x0 = i32x4.add(x0, i32x4.dot_i16x8_s(u0, v0));
          y0 = i32x4.add(y0, i32x4.dot_i16x8_s(u1, v0));
          const v1 = v128.load(b1 + l);
          x1 = i32x4.add(x1, i32x4.dot_i16x8_s(u0, v1));
          y1 = i32x4.add(y1, i32x4.dot_i16x8_s(u1, v1));
          const v2 = v128.load(b2 + l);
          x2 = i32x4.add(x2, i32x4.dot_i16x8_s(u0, v2));
          y2 = i32x4.add(y2, i32x4.dot_i16x8_s(u1, v2));
          const v3 = v128.load(b3 + l);
          x3 = i32x4.add(x3, i32x4.dot_i16x8_s(u0, v3));
          y3 = i32x4.add(y3, i32x4.dot_i16x8_s(u1, v3));
        }
        if (exact) {
          flushSum(split, x0);
          flushSum(split + 32, x1);
          flushSum(split + 64, x2);
          flushSum(split + 96, x3);
          flushSum(split + 128, y0);
          flushSum(split + 160, y1);
          flushSum(split + 192, y2);
          flushSum(split + 224, y3);
          x0 = x1 = x2 = x3 = y0 = y1 = y2 = y3 = i64x2.splat(0);
        }
      }
      const target = out + i * outStride + (j << 2);
      if (exact) {
        storeResidues(target, splitLanes(split), highLanes(split, missed), lanes, keep, form, w, h, surplus);
        const second = split + 128;
        if (two) {
          const next = target + outStride;
          storeResidues(next, splitLanes(second), highLanes(second, missed), lanes, keep, form, w, h, surplus);
        }
      } else {
        storeInt32(target, sumLanes(x0, x1, x2, x3), lanes, keep, form, w, h, surplus);
        if (two) storeInt32(target + outStride, sumLanes(y0, y1, y2, y3), lanes, keep, form, w, h, surplus);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function splitLanes(at: usize): v128 {
  return sumLanes(v128.load(at), v128.load(at, 32), v128.load(at, 64), v128.load(at, 96));
}

// @ts-ignore: decorator
@inline
function highLanes(at: usize, missed: v128): v128 {
  const u = sumLanes(v128.load(at, 16), v128.load(at, 48), v128.load(at, 80), v128.load(at, 112));
  return i32x4.add(u, missed);
}

/** Stores exact int32 entries, plus what is there when `keep`, or their residues. */
// @ts-ignore: decorator
@inline
function storeInt32(out: usize, x: v128, lanes: usize, keep: bool, form: u32, w: u32, h: u32, surplus: u32): void {
  if (keep) x = i32x4.add(x, loadLanes(out, lanes));
  if (form == RAW) storeLanes(out, x, lanes);
  else storeResidues(out, x, i32x4.shr_s(x, 16), lanes, false, form, w, h, surplus);
}

/** C mod p from exact sums. @see product */
export function gemmExact(
  out: usize,
  outStride: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  m: usize,
  n: usize,
  vectors: usize,
  flush: usize,
  keep: bool,
  form: u32,
): void {
  product(out, outStride, a, aStride, b, bStride, m, n, vectors, flush, keep, form, true);
}

/** C from sums in 32 bits: exact when |C| < 2^31, since additions modulo 2^32 may be made in any order. */
export function gemmWrapping(
  out: usize,
  outStride: usize,
  a: usize,
  aStride: usize,
  b: usize,
  bStride: usize,
  m: usize,
  n: usize,
  vectors: usize,
  flush: usize,
  keep: bool,
  form: u32,
): void {
  product(out, outStride, a, aStride, b, bStride, m, n, vectors, flush, keep, form, false);
}

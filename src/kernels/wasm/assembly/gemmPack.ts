// Operands of gemm.ts from matrices: int16 rows, zero-padded to whole vectors, every entry compared with the
// declared bound on the way (1 is stored at `status` when one is beyond it).
import { loadEntries } from './fold';

// @ts-ignore: decorator
@inline
function entry<T>(p: usize): i16 {
  return <i16>load<T>(p);
}

/** Stores 1 at status unless all lanes lie in [-bound, bound]; a bound of 32768 admits every int16. */
// @ts-ignore: decorator
@inline
function report(least: v128, most: v128, bound: i32, status: usize): void {
  if (bound > 32767) return;
  const low = i16x8.lt_s(least, i16x8.splat(<i16>-bound));
  const high = i16x8.gt_s(most, i16x8.splat(<i16>bound));
  if (v128.any_true(v128.or(low, high))) store<u32>(status, 1);
}

/** The last `count` < 8 entries of a row at p, zeros behind. */
// @ts-ignore: decorator
@inline
function rowTail<T>(p: usize, count: usize): v128 {
  let x = i64x2.splat(0);
  for (let i = count; i > 0; i--) {
    x = v128.shuffle<u8>(x, x, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
    x = i16x8.replace_lane(x, 0, entry<T>(p + (i - 1) * sizeof<T>()));
  }
  return x;
}

/** Copies (`copy`) and checks rows of k entries: out rows are ceil(k / 8) vectors. */
// @ts-ignore: decorator
@inline
function packRows<T>(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  k: usize,
  bound: i32,
  status: usize,
  copy: bool,
): void {
  let least = i64x2.splat(0);
  let most = i64x2.splat(0);
  const tail = k & 7;
  for (let r: usize = 0; r < rows; r++) {
    let p = w + r * stride;
    for (const end = p + (k - tail) * sizeof<T>(); p < end; p += 8 * sizeof<T>()) {
      const x = loadEntries<T>(p);
      least = i16x8.min_s(least, x);
      most = i16x8.max_s(most, x);
      if (copy) {
        v128.store(out, x);
        out += 16;
      }
    }
    if (tail != 0) {
      const x = rowTail<T>(p, tail);
      least = i16x8.min_s(least, x);
      most = i16x8.max_s(most, x);
      if (copy) {
        v128.store(out, x);
        out += 16;
      }
    }
  }
  report(least, most, bound, status);
}

/** The transpose of eight rows of eight int16 at w to rows of outStride bytes. */
// @ts-ignore: decorator
@inline
function transpose8(
  out: usize,
  outStride: usize,
  r0: v128,
  r1: v128,
  r2: v128,
  r3: v128,
  r4: v128,
  r5: v128,
  r6: v128,
  r7: v128,
): void {
  const a0 = v128.shuffle<u16>(r0, r1, 0, 8, 1, 9, 2, 10, 3, 11);
  const a1 = v128.shuffle<u16>(r0, r1, 4, 12, 5, 13, 6, 14, 7, 15);
  const a2 = v128.shuffle<u16>(r2, r3, 0, 8, 1, 9, 2, 10, 3, 11);
  const a3 = v128.shuffle<u16>(r2, r3, 4, 12, 5, 13, 6, 14, 7, 15);
  const a4 = v128.shuffle<u16>(r4, r5, 0, 8, 1, 9, 2, 10, 3, 11);
  const a5 = v128.shuffle<u16>(r4, r5, 4, 12, 5, 13, 6, 14, 7, 15);
  const a6 = v128.shuffle<u16>(r6, r7, 0, 8, 1, 9, 2, 10, 3, 11);
  const a7 = v128.shuffle<u16>(r6, r7, 4, 12, 5, 13, 6, 14, 7, 15);
  quarter(out, outStride, a0, a2, a4, a6);
  quarter(out + 4 * outStride, outStride, a1, a3, a5, a7);
}

/** Four output rows from the interleaved pairs of eight rows. */
// @ts-ignore: decorator
@inline
function quarter(out: usize, outStride: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<u64>(ab0, cd0, 0, 2));
  v128.store(out + outStride, v128.shuffle<u64>(ab0, cd0, 1, 3));
  v128.store(out + 2 * outStride, v128.shuffle<u64>(ab1, cd1, 0, 2));
  v128.store(out + 3 * outStride, v128.shuffle<u64>(ab1, cd1, 1, 3));
}

/** Row l < k of the matrix as a vector of eight columns; zero behind the last row. */
// @ts-ignore: decorator
@inline
function rowOr0<T>(w: usize, stride: usize, l: usize, k: usize): v128 {
  return l < k ? loadEntries<T>(w + l * stride) : i64x2.splat(0);
}

/** Packs the columns of a k x n matrix as n rows of ceil(k / 8) vectors. */
// @ts-ignore: decorator
@inline
function packColumns<T>(
  out: usize,
  w: usize,
  stride: usize,
  n: usize,
  k: usize,
  bound: i32,
  status: usize,
): void {
  const outStride = ((k + 7) >> 3) << 4;
  let least = i64x2.splat(0);
  let most = i64x2.splat(0);
  for (let l: usize = 0; l < k; l += 8) {
    let j: usize = 0;
    for (; j + 8 <= n; j += 8) {
      const p = w + j * sizeof<T>();
      const r0 = rowOr0<T>(p, stride, l, k);
      const r1 = rowOr0<T>(p, stride, l + 1, k);
      const r2 = rowOr0<T>(p, stride, l + 2, k);
      const r3 = rowOr0<T>(p, stride, l + 3, k);
      const r4 = rowOr0<T>(p, stride, l + 4, k);
      const r5 = rowOr0<T>(p, stride, l + 5, k);
      const r6 = rowOr0<T>(p, stride, l + 6, k);
      const r7 = rowOr0<T>(p, stride, l + 7, k);
      least = i16x8.min_s(least, i16x8.min_s(i16x8.min_s(r0, r1), i16x8.min_s(r2, r3)));
      least = i16x8.min_s(least, i16x8.min_s(i16x8.min_s(r4, r5), i16x8.min_s(r6, r7)));
      most = i16x8.max_s(most, i16x8.max_s(i16x8.max_s(r0, r1), i16x8.max_s(r2, r3)));
      most = i16x8.max_s(most, i16x8.max_s(i16x8.max_s(r4, r5), i16x8.max_s(r6, r7)));
      transpose8(out + j * outStride + 2 * l, outStride, r0, r1, r2, r3, r4, r5, r6, r7);
    }
    for (; j < n; j++) {
      for (let i: usize = 0; i < 8; i++) {
        const x: i16 = l + i < k ? entry<T>(w + (l + i) * stride + j * sizeof<T>()) : 0;
        least = i16x8.min_s(least, i16x8.splat(x));
        most = i16x8.max_s(most, i16x8.splat(x));
        store<i16>(out + j * outStride + 2 * (l + i), x);
      }
    }
  }
  report(least, most, bound, status);
}

export function gemmCheck16(w: usize, stride: usize, rows: usize, k: usize, bound: i32, status: usize): void {
  packRows<i16>(0, w, stride, rows, k, bound, status, false);
}

export function gemmPack16(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  k: usize,
  bound: i32,
  status: usize,
): void {
  packRows<i16>(out, w, stride, rows, k, bound, status, true);
}

export function gemmPack8(
  out: usize,
  w: usize,
  stride: usize,
  rows: usize,
  k: usize,
  bound: i32,
  status: usize,
): void {
  packRows<i8>(out, w, stride, rows, k, bound, status, true);
}

export function gemmPackColumns16(
  out: usize,
  w: usize,
  stride: usize,
  n: usize,
  k: usize,
  bound: i32,
  status: usize,
): void {
  packColumns<i16>(out, w, stride, n, k, bound, status);
}

export function gemmPackColumns8(
  out: usize,
  w: usize,
  stride: usize,
  n: usize,
  k: usize,
  bound: i32,
  status: usize,
): void {
  packColumns<i8>(out, w, stride, n, k, bound, status);
}

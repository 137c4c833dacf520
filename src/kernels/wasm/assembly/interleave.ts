// Columns to rows, 4 x 4 at a time. `stride` is the distance of columns in bytes, `columns` and `rows` what is moved;
// out is [rows][columns] words.
import { P, primes } from './montgomery';

/** Stores the transpose of four vectors as four rows at out, out + pitch, .. */
// @ts-ignore: decorator
@inline
function storeTransposed(out: usize, pitch: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<u64>(ab0, cd0, 0, 2));
  v128.store(out + pitch, v128.shuffle<u64>(ab0, cd0, 1, 3));
  v128.store(out + 2 * pitch, v128.shuffle<u64>(ab1, cd1, 0, 2));
  v128.store(out + 3 * pitch, v128.shuffle<u64>(ab1, cd1, 1, 3));
}

// @ts-ignore: decorator
@inline
function wrap(x: v128, p: v128): v128 {
  return i32x4.add(x, v128.and(i32x4.shr_s(x, 31), p)); // |x| < 2^15 < p
}

// @ts-ignore: decorator
@inline
function wrapOne(x: i32): u32 {
  return x < 0 ? <u32>x + P : <u32>x;
}

export function interleaveI8(out: usize, source: usize, stride: usize, columns: usize, rows: usize): void {
  const p = primes();
  const pitch = columns << 2;
  const wide = columns & ~3;
  const tall = rows & ~3;
  for (let i: usize = 0; i < tall; i += 4) {
    const to = out + i * pitch;
    for (let c: usize = 0; c < wide; c += 4) {
      const from = source + c * stride + i;
      storeTransposed(
        to + (c << 2),
        pitch,
        wrap(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load_zero<u32>(from))), p),
        wrap(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load_zero<u32>(from + stride))), p),
        wrap(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load_zero<u32>(from + 2 * stride))), p),
        wrap(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load_zero<u32>(from + 3 * stride))), p),
      );
    }
  }
  for (let i: usize = 0; i < rows; i++) {
    for (let c: usize = i < tall ? wide : 0; c < columns; c++) {
      store<u32>(out + i * pitch + (c << 2), wrapOne(load<i8>(source + c * stride + i)));
    }
  }
}

export function interleaveI16(out: usize, source: usize, stride: usize, columns: usize, rows: usize): void {
  const p = primes();
  const pitch = columns << 2;
  const wide = columns & ~3;
  const tall = rows & ~3;
  for (let i: usize = 0; i < tall; i += 4) {
    const to = out + i * pitch;
    for (let c: usize = 0; c < wide; c += 4) {
      const from = source + c * stride + (i << 1);
      storeTransposed(
        to + (c << 2),
        pitch,
        wrap(v128.load_ext<i16>(from), p),
        wrap(v128.load_ext<i16>(from + stride), p),
        wrap(v128.load_ext<i16>(from + 2 * stride), p),
        wrap(v128.load_ext<i16>(from + 3 * stride), p),
      );
    }
  }
  for (let i: usize = 0; i < rows; i++) {
    for (let c: usize = i < tall ? wide : 0; c < columns; c++) {
      store<u32>(out + i * pitch + (c << 2), wrapOne(load<i16>(source + c * stride + (i << 1))));
    }
  }
}

/** Words as they are. */
export function interleaveU32(out: usize, source: usize, stride: usize, columns: usize, rows: usize): void {
  const pitch = columns << 2;
  const wide = columns & ~3;
  const tall = rows & ~3;
  for (let i: usize = 0; i < tall; i += 4) {
    const to = out + i * pitch;
    for (let c: usize = 0; c < wide; c += 4) {
      const from = source + c * stride + (i << 2);
      storeTransposed(
        to + (c << 2),
        pitch,
        v128.load(from),
        v128.load(from + stride),
        v128.load(from + 2 * stride),
        v128.load(from + 3 * stride),
      );
    }
  }
  for (let i: usize = 0; i < rows; i++) {
    for (let c: usize = i < tall ? wide : 0; c < columns; c++) {
      store<u32>(out + i * pitch + (c << 2), load<u32>(source + c * stride + (i << 2)));
    }
  }
}

/** int32 columns; every int32 is accepted. */
export function interleaveI32(out: usize, source: usize, stride: usize, columns: usize, rows: usize): void {
  const pitch = columns << 2;
  for (let i: usize = 0; i < rows; i++) {
    for (let c: usize = 0; c < columns; c++) {
      const r = <i64>load<i32>(source + c * stride + (i << 2)) % <i64>P;
      store<u32>(out + i * pitch + (c << 2), <u32>(r < 0 ? r + <i64>P : r));
    }
  }
}

/** Blocks of four elements of five limbs to four rows of five words each: `blocks` blocks per column. */
export function interleaveK(out: usize, source: usize, stride: usize, columns: usize, blocks: usize): void {
  const pitch = columns * 20;
  for (let i: usize = 0; i < blocks; i++) {
    for (let c: usize = 0; c < columns; c++) {
      const from = source + c * stride + i * 80;
      const to = out + 4 * i * pitch + c * 20;
      storeTransposed(
        to,
        pitch,
        v128.load(from),
        v128.load(from, 16),
        v128.load(from, 32),
        v128.load(from, 48),
      );
      const last = v128.load(from, 64);
      v128.store_lane<u32>(to, last, 0, 16);
      v128.store_lane<u32>(to + pitch, last, 1, 16);
      v128.store_lane<u32>(to + 2 * pitch, last, 2, 16);
      v128.store_lane<u32>(to + 3 * pitch, last, 3, 16);
    }
  }
}

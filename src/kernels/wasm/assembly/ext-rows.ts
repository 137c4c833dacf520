// Rows of limbs from columns over K, with `stride` the distance of columns in bytes; arrays woven together; sums of lines.
import { add4, primes, sub4 } from './montgomery';

// Stores the transpose of four vectors as four rows at out, out + pitch, ..
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

/** Blocks of four elements of five limbs to four rows of five words each: `blocks` blocks per column. */
export function kRows(out: usize, source: usize, stride: usize, columns: usize, blocks: usize): void {
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

/** Four arrays, `size` bytes apart, woven into rows of `pitch` bytes: `blocks` blocks of each. */
export function kWeave(out: usize, pitch: usize, source: usize, size: usize, blocks: usize): void {
  for (let i: usize = 0; i < blocks; i++) {
    for (let limb: usize = 0; limb < 80; limb += 16) {
      const from = source + i * 80 + limb;
      const b = from + size;
      const c = b + size;
      const rows = out + 4 * i * pitch + limb;
      storeTransposed(rows, pitch, v128.load(from), v128.load(b), v128.load(c), v128.load(c + size));
    }
  }
}

/** Parts of `vectors` vectors of lines of `bytes`: for every pair (to, from) in order, line to of out plus or minus line from. */
export function kAddLines(
  out: usize,
  source: usize,
  bytes: usize,
  pairs: usize,
  count: u32,
  vectors: u32,
  minus: u32,
): void {
  const p = primes();
  const part: usize = vectors << 4;
  for (let k: u32 = 0; k < count; k++, pairs += 8) {
    const to = out + bytes * <usize>load<u32>(pairs);
    const from = source + bytes * <usize>load<u32>(pairs, 4);
    if (minus != 0) {
      for (let i: usize = 0; i < part; i += 16) {
        v128.store(to + i, sub4(v128.load(to + i), v128.load(from + i), p));
      }
    } else {
      for (let i: usize = 0; i < part; i += 16) {
        v128.store(to + i, add4(v128.load(to + i), v128.load(from + i), p));
      }
    }
  }
}

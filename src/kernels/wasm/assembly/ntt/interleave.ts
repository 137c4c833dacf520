// Columns to rows: out[r * columns + c] = a[c * aStride + r], tile by tile in registers.

/** Rows of a band: its lines of `a` and `out` stay in the level-1 cache while the columns go by. */
const BAND: usize = 32;

/** Eight columns of eight 16-bit items. */
// @ts-ignore: decorator
@inline
function tile16(out: usize, outBytes: usize, a: usize, aBytes: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a + aBytes);
  const a2 = v128.load(a + 2 * aBytes);
  const a3 = v128.load(a + 3 * aBytes);
  const a4 = v128.load(a + 4 * aBytes);
  const a5 = v128.load(a + 5 * aBytes);
  const a6 = v128.load(a + 6 * aBytes);
  const a7 = v128.load(a + 7 * aBytes);
  const l01 = v128.shuffle<u16>(a0, a1, 0, 8, 1, 9, 2, 10, 3, 11);
  const l23 = v128.shuffle<u16>(a2, a3, 0, 8, 1, 9, 2, 10, 3, 11);
  const l45 = v128.shuffle<u16>(a4, a5, 0, 8, 1, 9, 2, 10, 3, 11);
  const l67 = v128.shuffle<u16>(a6, a7, 0, 8, 1, 9, 2, 10, 3, 11);
  pairs16(out, outBytes, l01, l23, l45, l67);
  const h01 = v128.shuffle<u16>(a0, a1, 4, 12, 5, 13, 6, 14, 7, 15);
  const h23 = v128.shuffle<u16>(a2, a3, 4, 12, 5, 13, 6, 14, 7, 15);
  const h45 = v128.shuffle<u16>(a4, a5, 4, 12, 5, 13, 6, 14, 7, 15);
  const h67 = v128.shuffle<u16>(a6, a7, 4, 12, 5, 13, 6, 14, 7, 15);
  pairs16(out + 4 * outBytes, outBytes, h01, h23, h45, h67);
}

/** Four rows from pairs of columns: x01 holds items of columns 0 and 1 in turn, and so on. */
// @ts-ignore: decorator
@inline
function pairs16(out: usize, outBytes: usize, x01: v128, x23: v128, x45: v128, x67: v128): void {
  const lo0 = v128.shuffle<u32>(x01, x23, 0, 4, 1, 5);
  const lo1 = v128.shuffle<u32>(x45, x67, 0, 4, 1, 5);
  const hi0 = v128.shuffle<u32>(x01, x23, 2, 6, 3, 7);
  const hi1 = v128.shuffle<u32>(x45, x67, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<u64>(lo0, lo1, 0, 2));
  v128.store(out + outBytes, v128.shuffle<u64>(lo0, lo1, 1, 3));
  v128.store(out + 2 * outBytes, v128.shuffle<u64>(hi0, hi1, 0, 2));
  v128.store(out + 3 * outBytes, v128.shuffle<u64>(hi0, hi1, 1, 3));
}

/** Four columns of four words. */
// @ts-ignore: decorator
@inline
function tile32(out: usize, outBytes: usize, a: usize, aBytes: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a + aBytes);
  const a2 = v128.load(a + 2 * aBytes);
  const a3 = v128.load(a + 3 * aBytes);
  const lo0 = v128.shuffle<u32>(a0, a1, 0, 4, 1, 5);
  const lo1 = v128.shuffle<u32>(a2, a3, 0, 4, 1, 5);
  const hi0 = v128.shuffle<u32>(a0, a1, 2, 6, 3, 7);
  const hi1 = v128.shuffle<u32>(a2, a3, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<u64>(lo0, lo1, 0, 2));
  v128.store(out + outBytes, v128.shuffle<u64>(lo0, lo1, 1, 3));
  v128.store(out + 2 * outBytes, v128.shuffle<u64>(hi0, hi1, 0, 2));
  v128.store(out + 3 * outBytes, v128.shuffle<u64>(hi0, hi1, 1, 3));
}

/** rows x columns items one at a time. */
function single<T>(out: usize, outBytes: usize, a: usize, aBytes: usize, rows: usize, columns: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    let from = a + r * sizeof<T>();
    for (let c: usize = 0; c < columns; c++) {
      store<T>(out + c * sizeof<T>(), load<T>(from));
      from += aBytes;
    }
    out += outBytes;
  }
}

function interleave<T>(out: usize, a: usize, rows: usize, columns: usize, aStride: usize): void {
  // Bytes are too rare to deserve tiles.
  const side: usize = sizeof<T>() == 2 ? 8 : sizeof<T>() == 4 ? 4 : <usize>1 << 30;
  const outBytes = columns * sizeof<T>();
  const aBytes = aStride * sizeof<T>();
  const tiled = columns - (columns % side);
  for (let band: usize = 0; band < rows; band += BAND) {
    const height = min<usize>(BAND, rows - band);
    const whole = height - (height % side);
    const to = out + band * outBytes;
    const from = a + band * sizeof<T>();
    for (let c: usize = 0; c < tiled; c += side) {
      const column = from + c * aBytes;
      for (let r: usize = 0; r < whole; r += side) {
        const place = to + r * outBytes + c * sizeof<T>();
        if (sizeof<T>() == 2) tile16(place, outBytes, column + r * sizeof<T>(), aBytes);
        else tile32(place, outBytes, column + r * sizeof<T>(), aBytes);
      }
      const rest = to + whole * outBytes + c * sizeof<T>();
      single<T>(rest, outBytes, column + whole * sizeof<T>(), aBytes, height - whole, side);
    }
    single<T>(to + tiled * sizeof<T>(), outBytes, from + tiled * aBytes, aBytes, height, columns - tiled);
  }
}

/** `bytes` of an item: 1, 2 or 4. */
export function interleaveRows(
  out: usize,
  a: usize,
  rows: u32,
  columns: u32,
  aStride: u32,
  bytes: u32,
): void {
  if (bytes == 2) interleave<u16>(out, a, rows, columns, aStride);
  else if (bytes == 4) interleave<u32>(out, a, rows, columns, aStride);
  else interleave<u8>(out, a, rows, columns, aStride);
}

// Between rows of words and the lanes of blake3.ts: word w of four rows becomes vector w, and back.

/** The four words at a, b, c and d + byte offset become four vectors at `out`. */
// @ts-ignore: decorator
@inline
export function transpose4(out: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<u32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(out, v128.shuffle<u32>(ab0, cd0, 2, 3, 6, 7), 16);
  v128.store(out, v128.shuffle<u32>(ab1, cd1, 0, 1, 4, 5), 32);
  v128.store(out, v128.shuffle<u32>(ab1, cd1, 2, 3, 6, 7), 48);
}

/** Loads 4 * quads words of four rows into lanes: 4 * quads vectors at `out`. */
// @ts-ignore: decorator
@inline
export function loadLanes(out: usize, a: usize, b: usize, c: usize, d: usize, quads: i32): void {
  for (let q = 0; q < quads; q++) {
    transpose4(out, v128.load(a), v128.load(b), v128.load(c), v128.load(d));
    out += 64;
    a += 16;
    b += 16;
    c += 16;
    d += 16;
  }
}

/** Stores 4 * quads vectors at `lanes` as words of four rows; rows may coincide if their lanes agree. */
// @ts-ignore: decorator
@inline
export function storeLanes(a: usize, b: usize, c: usize, d: usize, lanes: usize, quads: i32): void {
  for (let q = 0; q < quads; q++) {
    const v0 = v128.load(lanes);
    const v1 = v128.load(lanes, 16);
    const v2 = v128.load(lanes, 32);
    const v3 = v128.load(lanes, 48);
    const v01l = v128.shuffle<u32>(v0, v1, 0, 4, 1, 5);
    const v01h = v128.shuffle<u32>(v0, v1, 2, 6, 3, 7);
    const v23l = v128.shuffle<u32>(v2, v3, 0, 4, 1, 5);
    const v23h = v128.shuffle<u32>(v2, v3, 2, 6, 3, 7);
    v128.store(a, v128.shuffle<u32>(v01l, v23l, 0, 1, 4, 5));
    v128.store(b, v128.shuffle<u32>(v01l, v23l, 2, 3, 6, 7));
    v128.store(c, v128.shuffle<u32>(v01h, v23h, 0, 1, 4, 5));
    v128.store(d, v128.shuffle<u32>(v01h, v23h, 2, 3, 6, 7));
    lanes += 64;
    a += 16;
    b += 16;
    c += 16;
    d += 16;
  }
}

/** n words at `from`, each in all four lanes: n vectors at `out`. */
// @ts-ignore: decorator
@inline
export function splatWords(out: usize, from: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) v128.store(out + (i << 4), v128.load32_splat(from + (i << 2)));
}

/** Vectors from one place to another. */
// @ts-ignore: decorator
@inline
export function copyVectors(out: usize, from: usize, n: usize): void {
  for (let i: usize = 0; i < n; i++) v128.store(out + (i << 4), v128.load(from + (i << 4)));
}

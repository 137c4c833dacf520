// The BLAKE3 compression function on four independent messages at once: vector lane l belongs to message l. Vectors
// of state, message and output lie in memory, word i of all four at byte 16 i.

export const CHUNK_START: i32 = 1;
export const CHUNK_END: i32 = 2;
export const PARENT: i32 = 4;
export const ROOT: i32 = 8;
export const KEYED_HASH: i32 = 16;
/** The only compression of a keyed message of one block. */
export const ONE_BLOCK: i32 = KEYED_HASH | CHUNK_START | CHUNK_END | ROOT;

/** Byte offsets of the message vectors in the order in which rounds 0..6 use them: powers of the permutation. */
const SCHEDULE = memory.data<u8>([
  0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240,
  32, 96, 48, 160, 112, 0, 64, 208, 16, 176, 192, 80, 144, 224, 240, 128,
  48, 64, 160, 192, 208, 32, 112, 224, 96, 80, 144, 0, 176, 240, 128, 16,
  160, 112, 192, 144, 224, 48, 208, 240, 64, 0, 176, 32, 80, 128, 16, 96,
  192, 208, 144, 176, 240, 160, 224, 128, 112, 32, 80, 48, 0, 16, 96, 64,
  144, 224, 176, 80, 128, 192, 240, 16, 208, 48, 0, 160, 32, 96, 64, 112,
  176, 240, 80, 0, 16, 144, 128, 96, 224, 160, 32, 192, 48, 64, 112, 208,
]);

// Rotations by whole bytes are one swizzle; with the constant as an operand of swizzle (not of shuffle) V8 keeps it in
// a register or on the stack instead of building it again at each use.
// @ts-ignore: decorator
@inline
function rotate16(x: v128): v128 {
  return v128.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

// @ts-ignore: decorator
@inline
function rotate12(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20));
}

// @ts-ignore: decorator
@inline
function rotate8(x: v128): v128 {
  return v128.swizzle(x, i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
}

// @ts-ignore: decorator
@inline
function rotate7(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25));
}

// @ts-ignore: decorator
@inline
function plus(a: v128, b: v128, c: v128): v128 {
  return i32x4.add(i32x4.add(a, b), c);
}

/** Vector number i of the message in this round's order. */
// @ts-ignore: decorator
@inline
function message(m: usize, schedule: usize, i: usize): v128 {
  return v128.load(m + <usize>load<u8>(schedule + i));
}

/**
 * out = compression of the 16 vectors at m under the 8 vectors of chaining values at cv; 8 vectors are written, and
 * with `full` the second half of the output block as well. out may be cv. The four chunk or output-block
 * counters, below 2^32, are a vector at `counters`.
 */
export function compress4(out: usize, cv: usize, m: usize, counters: usize, length: i32, flags: i32, full: bool): void {
  let v0 = v128.load(cv);
  let v1 = v128.load(cv, 16);
  let v2 = v128.load(cv, 32);
  let v3 = v128.load(cv, 48);
  let v4 = v128.load(cv, 64);
  let v5 = v128.load(cv, 80);
  let v6 = v128.load(cv, 96);
  let v7 = v128.load(cv, 112);
  let v8 = i32x4.splat(0x6a09e667);
  let v9 = i32x4.splat(0xbb67ae85);
  let v10 = i32x4.splat(0x3c6ef372);
  let v11 = i32x4.splat(0xa54ff53a);
  let v12 = v128.load(counters);
  let v13 = i32x4.splat(0);
  let v14 = i32x4.splat(length);
  let v15 = i32x4.splat(flags);
  const end = SCHEDULE + 7 * 16;
  for (let schedule = SCHEDULE; schedule < end; schedule += 16) {
    // Columns.
    v0 = plus(v0, v4, message(m, schedule, 0));
    v12 = rotate16(v128.xor(v12, v0));
    v8 = i32x4.add(v8, v12);
    v4 = rotate12(v128.xor(v4, v8));
    v0 = plus(v0, v4, message(m, schedule, 1));
    v12 = rotate8(v128.xor(v12, v0));
    v8 = i32x4.add(v8, v12);
    v4 = rotate7(v128.xor(v4, v8));
    v1 = plus(v1, v5, message(m, schedule, 2));
    v13 = rotate16(v128.xor(v13, v1));
    v9 = i32x4.add(v9, v13);
    v5 = rotate12(v128.xor(v5, v9));
    v1 = plus(v1, v5, message(m, schedule, 3));
    v13 = rotate8(v128.xor(v13, v1));
    v9 = i32x4.add(v9, v13);
    v5 = rotate7(v128.xor(v5, v9));
    v2 = plus(v2, v6, message(m, schedule, 4));
    v14 = rotate16(v128.xor(v14, v2));
    v10 = i32x4.add(v10, v14);
    v6 = rotate12(v128.xor(v6, v10));
    v2 = plus(v2, v6, message(m, schedule, 5));
    v14 = rotate8(v128.xor(v14, v2));
    v10 = i32x4.add(v10, v14);
    v6 = rotate7(v128.xor(v6, v10));
    v3 = plus(v3, v7, message(m, schedule, 6));
    v15 = rotate16(v128.xor(v15, v3));
    v11 = i32x4.add(v11, v15);
    v7 = rotate12(v128.xor(v7, v11));
    v3 = plus(v3, v7, message(m, schedule, 7));
    v15 = rotate8(v128.xor(v15, v3));
    v11 = i32x4.add(v11, v15);
    v7 = rotate7(v128.xor(v7, v11));
    // Diagonals.
    v0 = plus(v0, v5, message(m, schedule, 8));
    v15 = rotate16(v128.xor(v15, v0));
    v10 = i32x4.add(v10, v15);
    v5 = rotate12(v128.xor(v5, v10));
    v0 = plus(v0, v5, message(m, schedule, 9));
    v15 = rotate8(v128.xor(v15, v0));
    v10 = i32x4.add(v10, v15);
    v5 = rotate7(v128.xor(v5, v10));
    v1 = plus(v1, v6, message(m, schedule, 10));
    v12 = rotate16(v128.xor(v12, v1));
    v11 = i32x4.add(v11, v12);
    v6 = rotate12(v128.xor(v6, v11));
    v1 = plus(v1, v6, message(m, schedule, 11));
    v12 = rotate8(v128.xor(v12, v1));
    v11 = i32x4.add(v11, v12);
    v6 = rotate7(v128.xor(v6, v11));
    v2 = plus(v2, v7, message(m, schedule, 12));
    v13 = rotate16(v128.xor(v13, v2));
    v8 = i32x4.add(v8, v13);
    v7 = rotate12(v128.xor(v7, v8));
    v2 = plus(v2, v7, message(m, schedule, 13));
    v13 = rotate8(v128.xor(v13, v2));
    v8 = i32x4.add(v8, v13);
    v7 = rotate7(v128.xor(v7, v8));
    v3 = plus(v3, v4, message(m, schedule, 14));
    v14 = rotate16(v128.xor(v14, v3));
    v9 = i32x4.add(v9, v14);
    v4 = rotate12(v128.xor(v4, v9));
    v3 = plus(v3, v4, message(m, schedule, 15));
    v14 = rotate8(v128.xor(v14, v3));
    v9 = i32x4.add(v9, v14);
    v4 = rotate7(v128.xor(v4, v9));
  }
  if (full) {
    v128.store(out, v128.xor(v8, v128.load(cv)), 128);
    v128.store(out, v128.xor(v9, v128.load(cv, 16)), 144);
    v128.store(out, v128.xor(v10, v128.load(cv, 32)), 160);
    v128.store(out, v128.xor(v11, v128.load(cv, 48)), 176);
    v128.store(out, v128.xor(v12, v128.load(cv, 64)), 192);
    v128.store(out, v128.xor(v13, v128.load(cv, 80)), 208);
    v128.store(out, v128.xor(v14, v128.load(cv, 96)), 224);
    v128.store(out, v128.xor(v15, v128.load(cv, 112)), 240);
  }
  v128.store(out, v128.xor(v0, v8));
  v128.store(out, v128.xor(v1, v9), 16);
  v128.store(out, v128.xor(v2, v10), 32);
  v128.store(out, v128.xor(v3, v11), 48);
  v128.store(out, v128.xor(v4, v12), 64);
  v128.store(out, v128.xor(v5, v13), 80);
  v128.store(out, v128.xor(v6, v14), 96);
  v128.store(out, v128.xor(v7, v15), 112);
}

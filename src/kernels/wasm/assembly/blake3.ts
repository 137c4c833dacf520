// What the compression function in blake3-rounds.ts is made of, and its domain flags.

export const CHUNK_START: i32 = 1;
export const CHUNK_END: i32 = 2;
export const PARENT: i32 = 4;
export const ROOT: i32 = 8;
export const KEYED_HASH: i32 = 16;
/** The only compression of a keyed message of one block. */
export const ONE_BLOCK: i32 = KEYED_HASH | CHUNK_START | CHUNK_END | ROOT;

// Rotations to the right. By whole bytes they are one swizzle; with the constant as an operand of swizzle (not of
// shuffle) V8 keeps it in a register or on the stack instead of building it again at each use: 8 % of the whole.

// @ts-ignore: decorator
@inline
export function rotate16(x: v128): v128 {
  return v128.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}

// @ts-ignore: decorator
@inline
export function rotate12(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20));
}

// @ts-ignore: decorator
@inline
export function rotate8(x: v128): v128 {
  return v128.swizzle(x, i8x16(1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
}

// @ts-ignore: decorator
@inline
export function rotate7(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25));
}

// @ts-ignore: decorator
@inline
export function add3(a: v128, b: v128, c: v128): v128 {
  return i32x4.add(i32x4.add(a, b), c);
}

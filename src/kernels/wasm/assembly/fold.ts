// What both folds share: digits of extension elements, sums of dot products beyond 32 bits, the final residue.
//
// Each coefficient of e is written centred, |c| <= (p-1)/2 < 2^30, as signed 16-bit digits, so that a dot
// product of integers does all the work:
//   2 digits, c = d0 + 2^16 d1:            -2^15 <= d0 < 2^15, |d1| <= 16256
//   3 digits, c = d0 + 2^10 d1 + 2^20 d2:  -2^9 <= d0, d1 < 2^9, |d2| <= 1016
// Two digits serve int8 and 14-bit entries, three serve every int16.
//
// Sums beyond 32 bits. Let x run over exact int32 sums. A += x (wrapping) and U += x >> 16 (exact) determine
//   sum x = 2^16 U + L,  L = (A - 2^16 U) mod 2^32
// because L is the sum of the low halves: L < 2^16 n <= 2^32 for n <= 2^16 terms, and |U| <= 2^15 n <= 2^31.
import { add4, addOne, mulConstant4, MU, P, primes } from './montgomery';

export const LIMBS: usize = 5;
/** Bytes of a block of four extension elements. */
export const BLOCK_BYTES: usize = 16 * LIMBS;

/** Eight int16 at p: int16 as they are, int8 widened. */
// @ts-ignore: decorator
@inline
export function loadEntries<T>(p: usize): v128 {
  if (sizeof<T>() == 1) return v128.load_ext<i8>(p);
  return v128.load(p);
}

/**
 * The swizzle that turns the eight entries which end a row into its last `count` entries followed by zeros.
 * Index b + 16 - 2 count is out of range, and so gives zero, exactly for the bytes b >= 2 count.
 */
// @ts-ignore: decorator
@inline
export function tailLanes(count: usize): v128 {
  const iota = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return i8x16.add(iota, i8x16.splat(<i8>(16 - 2 * count)));
}

/** Zero exactly when every entry seen so far lies in -8191..8192: x + 8191 in 0..16383 has no high bits. */
// @ts-ignore: decorator
@inline
export function wideBits(seen: v128, w: v128): v128 {
  return v128.or(seen, i16x8.add(w, i16x8.splat(8191)));
}

// @ts-ignore: decorator
@inline
export function anyWide(seen: v128): bool {
  return v128.any_true(v128.and(seen, i16x8.splat(<i16>0xc000)));
}

/** Centres canonical words: x in [0, p) to the representative of least absolute value. */
// @ts-ignore: decorator
@inline
function centre(x: v128, p: v128, half: v128): v128 {
  return i32x4.sub(x, v128.and(i32x4.gt_s(x, half), p));
}

/** The block of limb vectors at e with lanes `first`.. >= n set to zero. */
// @ts-ignore: decorator
@inline
function loadLimb(e: usize, first: usize, limb: usize, n: usize): v128 {
  if (first >= n) return i64x2.splat(0);
  const lanes = i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(<i32>first));
  return v128.and(v128.load(e + first * (4 * LIMBS) + 16 * limb), i32x4.lt_s(lanes, i32x4.splat(<i32>n)));
}

/**
 * Digits of n elements at e, zero-padded to `vectors` vectors of eight. Digit d of vector v, eight int16, is
 * stored in tiles of `tileVectors` vectors: out[v / tileVectors][d][v % tileVectors].
 */
export function foldDigits(out: usize, e: usize, n: usize, vectors: usize, tileVectors: usize, parts: usize): void {
  const p = primes();
  const half = i32x4.splat((P - 1) / 2);
  const step = tileVectors << 4;
  for (let v: usize = 0; v < vectors; v++) {
    let target = out + (v / tileVectors) * (step * LIMBS * parts) + ((v % tileVectors) << 4);
    for (let limb: usize = 0; limb < LIMBS; limb++) {
      let x = centre(loadLimb(e, 8 * v, limb, n), p, half);
      let y = centre(loadLimb(e, 8 * v + 4, limb, n), p, half);
      if (parts == 2) {
        const x0 = i32x4.shr_s(i32x4.shl(x, 16), 16);
        const y0 = i32x4.shr_s(i32x4.shl(y, 16), 16);
        v128.store(target, i16x8.narrow_i32x4_s(x0, y0));
        x = i32x4.shr_s(i32x4.sub(x, x0), 16);
        y = i32x4.shr_s(i32x4.sub(y, y0), 16);
        target += step;
      } else {
        for (let k = 0; k < 2; k++) {
          const x0 = i32x4.shr_s(i32x4.shl(x, 22), 22);
          const y0 = i32x4.shr_s(i32x4.shl(y, 22), 22);
          v128.store(target, i16x8.narrow_i32x4_s(x0, y0));
          x = i32x4.shr_s(i32x4.sub(x, x0), 10);
          y = i32x4.shr_s(i32x4.sub(y, y0), 10);
          target += step;
        }
      }
      v128.store(target, i16x8.narrow_i32x4_s(x, y));
      target += step;
    }
  }
}

/** 2^k mod p, by doubling. */
export function powerOfTwo(k: u32): u32 {
  let word: u32 = 1;
  for (let i: u32 = 0; i < k; i++) word = addOne(word, word);
  return word;
}

/**
 * total + 2^k (2^16 U + L) + 2^(k+47), canonical, for w = 2^(k+32) and w16 = 2^(k+48), the Montgomery words of
 * 2^k and 2^(k+16). U + 2^31 is taken as a u32, hence the excess of 2^31 * 2^(k+16).
 */
// @ts-ignore: decorator
@inline
export function addSplit(total: v128, a: v128, u: v128, w: u32, w16: u32, p: v128): v128 {
  const low = i32x4.sub(a, i32x4.shl(u, 16));
  const high = v128.xor(u, i32x4.splat(0x80000000));
  const x = mulConstant4(low, i32x4.splat(w), i32x4.splat(w * MU), p);
  const y = mulConstant4(high, i32x4.splat(w16), i32x4.splat(w16 * MU), p);
  return add4(total, add4(x, y, p), p);
}

/** The four lane sums of a, b, c, d as one vector. */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const x = i32x4.add(v128.shuffle<u32>(a, b, 0, 4, 1, 5), v128.shuffle<u32>(a, b, 2, 6, 3, 7));
  const y = i32x4.add(v128.shuffle<u32>(c, d, 0, 4, 1, 5), v128.shuffle<u32>(c, d, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<u32>(x, y, 0, 1, 4, 5), v128.shuffle<u32>(x, y, 2, 3, 6, 7));
}

/** out[i] = sum of `count` word arrays at partial, partial + stride, ..., added to out when `keep`. */
export function foldSum(out: usize, partial: usize, stride: usize, count: usize, n: usize, keep: bool): void {
  const p = primes();
  for (let i: usize = 0; i < n << 2; i += 16) {
    let total = keep ? v128.load(out + i) : i64x2.splat(0);
    for (let k: usize = 0; k < count; k++) total = add4(total, v128.load(partial + k * stride + i), p);
    v128.store(out + i, total);
  }
}

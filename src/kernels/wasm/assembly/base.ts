// Base-field kernels on n words at byte addresses. Two vectors an iteration, then single words.
import {
  add4,
  addOne,
  mul4,
  mulConstant4,
  mulOne,
  mus,
  MU,
  P,
  primes,
  sub4,
  subOne,
} from './montgomery';

export function fAdd(out: usize, a: usize, b: usize, n: usize): void {
  const p = primes();
  const end = out + ((n >> 3) << 5);
  while (out < end) {
    v128.store(out, add4(v128.load(a), v128.load(b), p));
    v128.store(out, add4(v128.load(a, 16), v128.load(b, 16), p), 16);
    out += 32;
    a += 32;
    b += 32;
  }
  for (let i: usize = 0; i < (n & 7); i++) {
    store<u32>(out + (i << 2), addOne(load<u32>(a + (i << 2)), load<u32>(b + (i << 2))));
  }
}

export function fSub(out: usize, a: usize, b: usize, n: usize): void {
  const p = primes();
  const end = out + ((n >> 3) << 5);
  while (out < end) {
    v128.store(out, sub4(v128.load(a), v128.load(b), p));
    v128.store(out, sub4(v128.load(a, 16), v128.load(b, 16), p), 16);
    out += 32;
    a += 32;
    b += 32;
  }
  for (let i: usize = 0; i < (n & 7); i++) {
    store<u32>(out + (i << 2), subOne(load<u32>(a + (i << 2)), load<u32>(b + (i << 2))));
  }
}

export function fMul(out: usize, a: usize, b: usize, n: usize): void {
  const p = primes();
  const mu = mus();
  const end = out + ((n >> 3) << 5);
  while (out < end) {
    v128.store(out, mul4(v128.load(a), v128.load(b), p, mu));
    v128.store(out, mul4(v128.load(a, 16), v128.load(b, 16), p, mu), 16);
    out += 32;
    a += 32;
    b += 32;
  }
  for (let i: usize = 0; i < (n & 7); i++) {
    store<u32>(out + (i << 2), mulOne(load<u32>(a + (i << 2)), load<u32>(b + (i << 2))));
  }
}

/** out = a * w / R with w a Montgomery word: a multiplication by the plain element w / R. */
export function fScale(out: usize, a: usize, w: u32, n: usize): void {
  const p = primes();
  const w4 = i32x4.splat(w);
  const wMu = i32x4.splat(w * MU);
  const end = out + ((n >> 3) << 5);
  while (out < end) {
    v128.store(out, mulConstant4(v128.load(a), w4, wMu, p));
    v128.store(out, mulConstant4(v128.load(a, 16), w4, wMu, p), 16);
    out += 32;
    a += 32;
  }
  for (let i: usize = 0; i < (n & 7); i++) {
    store<u32>(out + (i << 2), mulOne(load<u32>(a + (i << 2)), w));
  }
}

/** out = a + b * w / R. */
export function fAddScaled(out: usize, a: usize, b: usize, w: u32, n: usize): void {
  const p = primes();
  const w4 = i32x4.splat(w);
  const wMu = i32x4.splat(w * MU);
  const end = out + ((n >> 2) << 4);
  while (out < end) {
    v128.store(out, add4(v128.load(a), mulConstant4(v128.load(b), w4, wMu, p), p));
    out += 16;
    a += 16;
    b += 16;
  }
  for (let i: usize = 0; i < (n & 3); i++) {
    const product = mulOne(load<u32>(b + (i << 2)), w);
    store<u32>(out + (i << 2), addOne(load<u32>(a + (i << 2)), product));
  }
}

/** out = a / R. */
export function fFromMontgomery(out: usize, a: usize, n: usize): void {
  fScale(out, a, 1, n);
}

/** An int32 lane to its residue: add p once (|x| <= 2^31 < 2p needs twice for the most negative), then reduce. */
// @ts-ignore: decorator
@inline
function residue4(x: v128, p: v128): v128 {
  // Negative x: x + p lies in [p - 2^31, p) = [-2^24 + 1, p), so a second conditional addition is needed.
  // Non-negative x: x < 2^31 < 2p, one conditional subtraction.
  const negative = i32x4.shr_s(x, 31);
  const y = i32x4.add(x, v128.and(negative, p));
  const stillNegative = v128.and(negative, i32x4.shr_s(y, 31));
  const z = i32x4.add(y, v128.and(stillNegative, p));
  return i32x4.min_u(z, i32x4.sub(z, p));
}

// @ts-ignore: decorator
@inline
function residueOne(x: i32): u32 {
  const r = <i64>x % <i64>P;
  return <u32>(r < 0 ? r + <i64>P : r);
}

/** out = a + c for int32 a and a word c. */
export function fFromI32(out: usize, a: usize, c: u32, n: usize): void {
  const p = primes();
  const c4 = i32x4.splat(c);
  const end = out + ((n >> 2) << 4);
  while (out < end) {
    v128.store(out, add4(residue4(v128.load(a), p), c4, p));
    out += 16;
    a += 16;
  }
  for (let i: usize = 0; i < (n & 3); i++) store<u32>(out + (i << 2), addOne(residueOne(load<i32>(a + (i << 2))), c));
}

export function fFromI16(out: usize, a: usize, c: u32, n: usize): void {
  const p = primes();
  const c4 = i32x4.splat(c);
  const end = out + ((n >> 2) << 4);
  while (out < end) {
    const x = v128.load_ext<i16>(a);
    v128.store(out, add4(i32x4.add(x, v128.and(i32x4.shr_s(x, 31), p)), c4, p));
    out += 16;
    a += 8;
  }
  for (let i: usize = 0; i < (n & 3); i++) store<u32>(out + (i << 2), addOne(residueOne(load<i16>(a + (i << 1))), c));
}

export function fFromI8(out: usize, a: usize, c: u32, n: usize): void {
  const p = primes();
  const c4 = i32x4.splat(c);
  const end = out + ((n >> 2) << 4);
  while (out < end) {
    const x = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load_zero<u32>(a)));
    v128.store(out, add4(i32x4.add(x, v128.and(i32x4.shr_s(x, 31), p)), c4, p));
    out += 16;
    a += 4;
  }
  for (let i: usize = 0; i < (n & 3); i++) store<u32>(out + (i << 2), addOne(residueOne(load<i8>(a + i)), c));
}

/** x - l for the balanced residue x of a word and its low half l, signed: 2^16 times its high half. */
// @ts-ignore: decorator
@inline
function upper4(x: v128, low: v128): v128 {
  return i32x4.shr_s(i32x4.sub(x, low), 16);
}

/** Balanced residues of four words. */
// @ts-ignore: decorator
@inline
function balanced4(a: v128, p: v128, half: v128): v128 {
  return i32x4.sub(a, v128.and(i32x4.gt_u(a, half), p));
}

/** Halves of n words, 16 bits each, and at `any` a word that is zero if all high halves are. */
export function fHalves(low: usize, high: usize, any: usize, a: usize, n: usize): void {
  const p = primes();
  const half = i32x4.splat((P - 1) / 2);
  let seen = i32x4.splat(0);
  const end = a + ((n >> 3) << 5);
  while (a < end) {
    const x = balanced4(v128.load(a), p, half);
    const y = balanced4(v128.load(a, 16), p, half);
    const lx = i32x4.shr_s(i32x4.shl(x, 16), 16);
    const ly = i32x4.shr_s(i32x4.shl(y, 16), 16);
    // Within 16 bits, so narrowing does not saturate: low halves by their making, high halves are at most 2^14.
    const h = i16x8.narrow_i32x4_s(upper4(x, lx), upper4(y, ly));
    v128.store(low, i16x8.narrow_i32x4_s(lx, ly));
    v128.store(high, h);
    seen = v128.or(seen, h);
    a += 32;
    low += 16;
    high += 16;
  }
  let rest: u32 = v128.any_true(seen) ? 1 : 0;
  for (let i: usize = 0; i < (n & 7); i++) {
    const word = load<u32>(a + (i << 2));
    const x = <i32>(word > (P - 1) / 2 ? word - P : word);
    const l = <i32>(<i16>x);
    const h = (x - l) >> 16;
    store<i16>(low + (i << 1), <i16>l);
    store<i16>(high + (i << 1), <i16>h);
    rest |= <u32>h;
  }
  store<u32>(any, rest);
}

/** Stores the sum of n words, reduced, at `out`. n < 2^32, words < 2^31: the 64-bit sum is exact. */
export function fSum(out: usize, a: usize, n: usize): void {
  let s0 = i64x2.splat(0);
  let s1 = i64x2.splat(0);
  const end = a + ((n >> 2) << 4);
  while (a < end) {
    const x = v128.load(a);
    s0 = i64x2.add(s0, i64x2.extend_low_i32x4_u(x));
    s1 = i64x2.add(s1, i64x2.extend_high_i32x4_u(x));
    a += 16;
  }
  const s = i64x2.add(s0, s1);
  let total: u64 = i64x2.extract_lane(s, 0) + i64x2.extract_lane(s, 1);
  for (let i: usize = 0; i < (n & 3); i++) total += <u64>load<u32>(a + (i << 2));
  store<u32>(out, <u32>(total % <u64>P));
}


/** Zeros over n bytes, a multiple of 64, at an address aligned to 64. */
export function wipe(at: usize, n: usize): void {
  const end = at + n;
  const zero = i64x2.splat(0);
  while (at < end) {
    v128.store(at, zero);
    v128.store(at, zero, 16);
    v128.store(at, zero, 32);
    v128.store(at, zero, 48);
    at += 64;
  }
}

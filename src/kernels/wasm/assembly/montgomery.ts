// KoalaBear in 128-bit lanes. p = 2^31 - 2^24 + 1, R = 2^32, mu = p^-1 mod 2^32.
// Every vector holds four canonical u32 words in [0, p) unless a comment says otherwise.
// The prime lives in a mutable global: a baked constant is re-materialised in every loop iteration by newer
// V8 engines, a loaded one stays in a register.

export const P: u32 = 0x7f000001;
export const MU: u32 = 0x81000001;

/** R^2 mod p: mulOne(x, R2) is x * R. */
export const R2: u32 = <u32>((((<u64>1 << 32) % <u64>P) * ((<u64>1 << 32) % <u64>P)) % <u64>P);

let primeWord: u32 = P;
let scratchBase: usize = 0;

/** Called once per instance: the prime (always P) and this thread's scratch region. */
export function init(prime: u32, scratch: usize): void {
  primeWord = prime;
  scratchBase = scratch;
}

// @ts-ignore: decorator
@inline
export function scratch(): usize {
  return scratchBase;
}

// @ts-ignore: decorator
@inline
export function primes(): v128 {
  return i32x4.splat(primeWord);
}

// @ts-ignore: decorator
@inline
export function mus(): v128 {
  return i32x4.splat(MU);
}

// @ts-ignore: decorator
@inline
export function add4(a: v128, b: v128, p: v128): v128 {
  const s = i32x4.add(a, b); // < 2p < 2^32
  return i32x4.min_u(s, i32x4.sub(s, p)); // s - p wraps above s exactly when s < p
}

// @ts-ignore: decorator
@inline
export function sub4(a: v128, b: v128, p: v128): v128 {
  const d = i32x4.sub(a, b);
  return i32x4.min_u(d, i32x4.add(d, p));
}

/** The odd (high) 32-bit halves of four u64: x holds numbers 0 and 1, y numbers 2 and 3. */
// @ts-ignore: decorator
@inline
export function highHalves(x: v128, y: v128): v128 {
  return v128.shuffle<u32>(x, y, 1, 3, 5, 7);
}

/** The even (low) halves of four u64. */
// @ts-ignore: decorator
@inline
export function lowHalves(x: v128, y: v128): v128 {
  return v128.shuffle<u32>(x, y, 0, 2, 4, 6);
}

/** a*b/R for canonical words; also for a*b < p * 2^32 in general, e.g. b canonical and a any u32. */
// @ts-ignore: decorator
@inline
export function mul4(a: v128, b: v128, p: v128, mu: v128): v128 {
  const q = i32x4.mul(i32x4.mul(a, b), mu);
  // The low words of a*b and q*p agree, so the 64-bit difference is (a*b - q*p)/2^32 in its high word, in (-p, p).
  const d0 = i64x2.sub(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_low_i32x4_u(q, p));
  const d1 = i64x2.sub(i64x2.extmul_high_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(q, p));
  const d = highHalves(d0, d1);
  return i32x4.min_u(d, i32x4.add(d, p));
}

/** a*w/R for a constant w with wMu = w*mu mod 2^32 precomputed; a may be any u32. */
// @ts-ignore: decorator
@inline
export function mulConstant4(a: v128, w: v128, wMu: v128, p: v128): v128 {
  const q = i32x4.mul(a, wMu);
  const d0 = i64x2.sub(i64x2.extmul_low_i32x4_u(a, w), i64x2.extmul_low_i32x4_u(q, p));
  const d1 = i64x2.sub(i64x2.extmul_high_i32x4_u(a, w), i64x2.extmul_high_i32x4_u(q, p));
  const d = highHalves(d0, d1);
  return i32x4.min_u(d, i32x4.add(d, p));
}

// Scalar twins for the tails of loops.

// @ts-ignore: decorator
@inline
export function addOne(a: u32, b: u32): u32 {
  const s = a + b;
  return min<u32>(s, s - P);
}

// @ts-ignore: decorator
@inline
export function subOne(a: u32, b: u32): u32 {
  const d = a - b;
  return min<u32>(d, d + P);
}

/** t/R mod p for t < p * 2^32. */
// @ts-ignore: decorator
@inline
export function reduceOne(t: u64): u32 {
  const q = <u32>t * MU;
  const d = <u32>(t >> 32) - <u32>((<u64>q * <u64>P) >> 32);
  return min<u32>(d, d + P);
}

// @ts-ignore: decorator
@inline
export function mulOne(a: u32, b: u32): u32 {
  return reduceOne(<u64>a * <u64>b);
}

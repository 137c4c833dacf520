// Coefficients on their way in: integers become residues, and a message longer than a block of 2^m rows is folded
// modulo x^(2^m) - g, i.e. out[j] = sum_q g^q message[j + q 2^m].
import { add4, addOne, MU, mulConstant4, mulOne, P, primes } from '../montgomery';

/** Kinds of messages, as passed by wasm/ntt.ts. */
export const KIND_U32: u32 = 0;
export const KIND_I32: u32 = 1;
export const KIND_I16: u32 = 2;

// @ts-ignore: decorator
@inline
function load4<T>(a: usize, p: v128): v128 {
  if (sizeof<T>() == 4) {
    const x = v128.load(a);
    if (!isSigned<T>()) return x;
    // Negative x: x + p lies in [-2^24 + 1, p), so a second conditional addition is needed. Other x < 2^31 < 2p.
    const negative = i32x4.shr_s(x, 31);
    const y = i32x4.add(x, v128.and(negative, p));
    const z = i32x4.add(y, v128.and(v128.and(negative, i32x4.shr_s(y, 31)), p));
    return i32x4.min_u(z, i32x4.sub(z, p));
  }
  let x: v128;
  if (sizeof<T>() == 2) x = v128.load_ext<i16>(a);
  else x = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load_zero<u32>(a)));
  return i32x4.add(x, v128.and(i32x4.shr_s(x, 31), p));
}

// @ts-ignore: decorator
@inline
function loadOne<T>(a: usize): u32 {
  if (sizeof<T>() == 4 && !isSigned<T>()) return load<u32>(a);
  let x = <i64>load<T>(a); // |x| <= 2^31 < 2p
  if (x < 0) x += <i64>P;
  if (x < 0) x += <i64>P;
  return <u32>(x >= <i64>P ? x - <i64>P : x);
}

function copyItems<T>(out: usize, a: usize, n: u32): void {
  const p = primes();
  const end = out + ((n >> 2) << 4);
  while (out < end) {
    v128.store(out, load4<T>(a, p));
    out += 16;
    a += 4 * sizeof<T>();
  }
  for (let i: usize = 0; i < (n & 3); i++) store<u32>(out + (i << 2), loadOne<T>(a + i * sizeof<T>()));
}

/** out = out * w / R + a. */
function hornerItems<T>(out: usize, a: usize, n: u32, w: u32): void {
  const p = primes();
  const w4 = i32x4.splat(w);
  const wMu = i32x4.splat(w * MU);
  const end = out + ((n >> 2) << 4);
  while (out < end) {
    v128.store(out, add4(mulConstant4(v128.load(out), w4, wMu, p), load4<T>(a, p), p));
    out += 16;
    a += 4 * sizeof<T>();
  }
  for (let i: usize = 0; i < (n & 3); i++) {
    const o = out + (i << 2);
    store<u32>(o, addOne(mulOne(load<u32>(o), w), loadOne<T>(a + i * sizeof<T>())));
  }
}

/** Parts of a message from the last to the first; `started` when `out` already holds what follows the message. */
function fold<T>(
  out: usize,
  a: usize,
  n: u32,
  partItems: u32,
  remaining: i32,
  w: u32,
  started: bool,
): void {
  let q: i32 = remaining <= 0 ? -1 : (remaining - 1) / <i32>partItems;
  if (!started) {
    const top: u32 = q < 0 ? 0 : min<u32>(n, <u32>(remaining - q * <i32>partItems));
    if (q >= 0) copyItems<T>(out, a + <usize>(q * <i32>partItems) * sizeof<T>(), top);
    if (top < n) memory.fill(out + (top << 2), 0, (n - top) << 2);
    q--;
  }
  // Every other part reaches at least to the end of this chunk: n <= partItems.
  for (; q >= 0; q--) hornerItems<T>(out, a + <usize>(q * <i32>partItems) * sizeof<T>(), n, w);
}

/**
 * n folded words at `out`. `a` is the chunk's first item in part 0, part q lies partItems items further on and
 * the message ends `remaining` items after `a` (not after it if remaining <= 0). n <= partItems; w = g R.
 * A pad of words that follows whole parts of the message is given in the same way: its first word of the chunk
 * and the words from there to its end; address 0 for none.
 */
export function foldMessage(
  out: usize,
  a: usize,
  kind: u32,
  n: u32,
  partItems: u32,
  remaining: i32,
  w: u32,
  pad: usize,
  padRemaining: i32,
): void {
  // Most chunks lie behind the pad: copied, not multiplied into zeros.
  const started = pad != 0 && padRemaining > 0;
  if (started) fold<u32>(out, pad, n, partItems, padRemaining, w, false);
  if (kind == KIND_I16) fold<i16>(out, a, n, partItems, remaining, w, started);
  else if (kind == KIND_U32) fold<u32>(out, a, n, partItems, remaining, w, started);
  else if (kind == KIND_I32) fold<i32>(out, a, n, partItems, remaining, w, started);
  else fold<i8>(out, a, n, partItems, remaining, w, started);
}

/** Bytes of one item. */
export function itemBytes(kind: u32): u32 {
  return kind == KIND_I16 ? 2 : kind <= KIND_I32 ? 4 : 1;
}

/**
 * The tables of spec/tables.md a second time: other series, fixed high precision, no code of src/. Entries are
 * floor(v + 1/2) from two-sided bounds of v; a bound pair that leaves two candidates is an error, never a guess.
 */
import {
  circleConstant,
  cosineSine,
  integerRoot,
  log2,
  naturalLogOfTwo,
  newtonRoot,
  powerOfTwo,
} from './numbers.ts';

/** Bits of precision, and the error in ulps that everything below stays within (spot-checked at twice the bits). */
export const P = 224n;
const SLACK = 1n << 64n;
const ONE = 1n << P;

/** Distance of the closest value to a tie among all entries so far, as -log2: printed by the test. */
export interface Closest {
  bits: number;
}

/** floor(v + 1/2) for v = value / 2^scale +- SLACK, where `below` says that v is known to be less than value. */
export function round(value: bigint, scale: bigint, closest?: Closest, below = false): number {
  const half = 1n << (scale - 1n);
  const low = (value - SLACK + half) >> scale;
  const high = below ? (value + half - 1n) >> scale : (value + SLACK + half) >> scale;
  if (low !== high) throw new RangeError('round: two candidates');
  if (closest !== undefined && !below) {
    const rest = (value + half) & ((1n << scale) - 1n);
    const distance = rest < half ? rest : (1n << scale) - rest;
    const bits = Number(scale) - distance.toString(2).length;
    if (bits > closest.bits) closest.bits = bits;
  }
  return Number(low);
}

/** `exp2` by integers alone: e is the greatest with 2e - 1 <= 2^(16 - t/64), i.e. (2e - 1)^64 <= 2^(1024 - t). */
export function exp2(): { e: number[]; b: number[] } {
  const entry = (t: number): number => {
    if (t > 1024) return 0;
    const root = integerRoot(1n << BigInt(1024 - t), 64n);
    return Number((root + 1n) / 2n);
  };
  const e = Array.from({ length: 2048 }, (_, t) => entry(t));
  return { e, b: e.map((value, t) => entry(t - 64) - 2 * value) };
}

/** `rsqrt`: the greatest r with r^2 m <= K^2. */
export function rsqrt(): number[] {
  const K = (2n ** 15n - 2n) * 2n ** 14n;
  return Array.from({ length: 2 ** 16 }, (_, m) => {
    if (m === 0) return 0;
    let r = 0n;
    for (let bit = 1n << 29n; bit > 0n; bit >>= 1n) {
      if ((r + bit) ** 2n * BigInt(m) <= K * K) r += bit;
    }
    return Number(r);
  });
}

/** `gumbel`: -ln u and its logarithm through base 2. */
export function gumbel(closest?: Closest): number[] {
  const DIGITS = 96n; // squaring loses one bit a digit: P - 96 = 128 bits stay exact
  const ln2 = naturalLogOfTwo(P);
  const entries: number[] = [];
  for (let key = 0; key < 20 * 2048; key++) {
    const bits = BigInt(13 + Math.floor(key / 2048));
    const u = ONE - (BigInt(4096 + 2 * (key % 2048) + 1) << (P - bits));
    const a = (-log2(u, P, DIGITS) * ln2) >> DIGITS; // -ln u with an error of 2^-95
    const g = (-log2(a, P, DIGITS) * ln2) >> DIGITS;
    // -ln u >= 2^-20, so the logarithm of it errs by less than 2^-74: 2^150 ulps.
    entries.push(roundWide(g, P - 16n, 1n << 150n, closest));
  }
  return entries;
}

function roundWide(value: bigint, scale: bigint, error: bigint, closest?: Closest): number {
  const half = 1n << (scale - 1n);
  if ((value - error + half) >> scale !== (value + error + half) >> scale)
    throw new RangeError('round: two candidates');
  return round(value, scale, closest);
}

/** `rope`: the frequency is an exact integer root, each angle is reduced and evaluated on its own. */
export function rope(
  base: number,
  headDim: number,
  positions: number,
  closest?: Closest,
): { cos: number[]; sin: number[] } {
  const twoPi = 2n * circleConstant(P);
  const D = BigInt(headDim);
  const frequencies = Array.from({ length: headDim / 2 }, (_, i) =>
    newtonRoot((1n << (P * D)) / BigInt(base) ** BigInt(2 * i), D),
  );
  const [cos, sin]: [number[], number[]] = [[], []];
  for (let t = 0; t < positions; t++) {
    for (const frequency of frequencies) {
      const [c, s] = cosineSine(BigInt(t) * frequency, P, twoPi);
      cos.push(round(c, P - 14n, closest));
      sin.push(round(s, P - 14n, closest));
    }
  }
  return { cos, sin };
}

/** 1 - f(x)/x on the grid x = n / 2^15, n > 0, in fixed point: keys of 16 bits over |x| <= 2 are on it. */
export type Tail = (n: bigint) => bigint;

export const GRID = 15n;

/** The tails of the three smooth activations. */
export function tails(): Readonly<Record<'silu' | 'gelu-tanh' | 'gelu-erf', Tail>> {
  const ln2 = naturalLogOfTwo(P);
  const power = powerOfTwo(P);
  const exp = (v: bigint): bigint => power((v << P) / ln2); // exp(-v)
  const logistic = (v: bigint): bigint => ONE - (ONE << P) / (ONE + exp(v));
  const pi = circleConstant(P);
  const rootPi = integerRoot(pi << P, 2n);
  const rootTwo = integerRoot(1n << (2n * P + 1n), 2n);
  const c = integerRoot((8n << (3n * P)) / pi, 2n);
  return {
    silu: (n) => logistic(n << (P - GRID)),
    'gelu-tanh': (n) => {
      const x = n << (P - GRID);
      const cube = (((x * x) >> P) * x) >> P;
      return logistic((c * (x + (cube * 44715n) / 1_000_000n)) >> P);
    },
    // 1/2 erfc(z), z = x / sqrt 2: erf by its alternating series 2/sqrt(pi) sum (-1)^k z^(2k+1) / (k! (2k+1)).
    'gelu-erf': (n) => {
      if (n > 16n << GRID) return 0n; // Q(16) < 2^-187
      // Terms grow to exp(z^2) <= 2^185 before they shrink: as many more bits.
      const W = 2n * P;
      const square = (n * n) << (W - 2n * GRID - 1n);
      let power = 1n << W;
      let sum = 0n;
      for (let k = 0n; power !== 0n; k++, power = -((power * square) >> W) / k) sum += power / (2n * k + 1n);
      // erf z = 2 z / sqrt(pi) * sum; z = n / (2^15 sqrt 2)
      const half = (n * sum * (ONE << P)) / (rootTwo * rootPi);
      return (ONE >> 1n) - (half >> (W - P + GRID));
    },
  };
}

/** Values of a tail on the grid, computed once. */
export function memoised(tail: Tail): Tail {
  const known = new Map<bigint, bigint>();
  return (n) => {
    const value = known.get(n) ?? tail(n);
    known.set(n, value);
    return value;
  };
}

/** A smooth activation table with keys of `bits` bits over |x| <= 2^range. */
export function activation(tail: Tail, bits: number, range: number, closest?: Closest): number[] {
  const half = 2 ** (bits - 1);
  const unit = BigInt(2 ** (range + 1 + Number(GRID) - bits)); // grid points per key step
  // Entry in units of 2^-(14 - range): x (1 - tail) 2^(14 - range).
  const scale = P + GRID - 14n + BigInt(range);
  return Array.from({ length: 2 * half }, (_, i) => {
    const n = i - half;
    if (n === 0) return 0;
    const x = BigInt(Math.abs(n)) * unit;
    const small = tail(x);
    const whole = n > 0 ? x << P : 0n;
    // Where the tail is too small to be seen the value lies just below a whole step: exact but for its sign.
    if (x * small <= SLACK) return round(whole, scale, undefined, true);
    return round(whole - x * small, scale, closest);
  });
}

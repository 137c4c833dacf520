/**
 * Activation tables: `silu-B-rR`, `gelu-tanh-B-rR`, `gelu-erf-B-rR` and `relu-B`.
 *
 * Keys are the signed B-bit integers. With range R a key n stands for x = n 2^(R+1-B), so that |x| <= 2^R; the entry is
 * round(2^(14-R) f(x)), a signed 15-bit integer on the scale of the same range. `relu-B` keeps the scale: max(n, 0).
 *
 * The three smooth functions are x (1 - tail(x)) with tail(-x) = 1 - tail(x), hence f(-x) = f(x) - x, and one evaluation
 * serves both signs. For x > 0 the tail lies strictly between 0 and 1/2:
 *   silu       tail = E / (1 + E), E = exp(-x)
 *   gelu-tanh  the same with E = exp(-2 sqrt(2/pi) (x + 0.044715 x^3)): "gelu_new" of GPT-2, 0.5 x (1 + tanh(..))
 *   gelu-erf   tail = Q(x) = 1 - Phi(x), the exact GELU of Hendrycks and Gimpel, 2016
 */
import { EXP_MOST, expNegative as expOfDouble, roundBelow } from './doubles.ts';
import { roundHalfUp, type Bounds } from './rounding.ts';
import { expNegative, isqrt, pi } from './series.ts';
import type { Table } from './table.ts';

export type Activation = 'silu' | 'gelu-tanh' | 'gelu-erf' | 'relu';

export interface ActivationParameters {
  readonly kind: Activation;
  /** Bits B of the key, 2 to 16. */
  readonly bits: number;
  /** |x| <= 2^range, 0 to 8; absent for relu. */
  readonly range?: number;
}

/** Bits of an entry of a smooth activation. */
export const ACTIVATION_BITS = 15;
/** Precision at which almost every entry is decided. */
const FIRST = 48n;
const LAST = 1024n;

/** The id of a table. */
export function activationId({ kind, bits, range }: ActivationParameters): string {
  return kind === 'relu' ? `relu-${bits}` : `${kind}-${bits}-r${range}`;
}

/** low < tail <= high, in ulps of P bits. */
export interface Tail {
  readonly low: bigint;
  readonly high: bigint;
}

/** E / (1 + E) for E = exp(-v) known to within `error` ulps: the map has slope at most 1. */
function logisticTail(E: bigint, error: bigint, P: bigint): Tail {
  const tail = (E << P) / ((1n << P) + E); // cut by less than 1
  const slack = error + 1n;
  return { low: tail > slack ? tail - slack : 0n, high: tail + slack };
}

/** exp(-n / 2^f) for n = 256 a + b as exp(-256 a / 2^f) exp(-b / 2^f); the factors are computed once. */
const factors = new Map<string, bigint>();

function expFactor(n: bigint, f: bigint, P: bigint): bigint {
  const key = `${n} ${f} ${P}`;
  const value = factors.get(key) ?? expNegative((n << P) >> f, P); // errs by 1 ulp of the argument and 2 of exp
  factors.set(key, value);
  return value;
}

/** The product of factors that are at most 1 and err by 3 ulps each, cut: 7 ulps. */
function siluTail(n: bigint, f: bigint, P: bigint): Tail {
  const E = (expFactor(n & ~0xffn, f, P) * expFactor(n & 0xffn, f, P)) >> P;
  return logisticTail(E, 7n, P);
}

/** v = 2 sqrt(2/pi) (x + 0.044715 x^3), with x = n / 2^f and 0.044715 = 44715/10^6 exact. */
function geluTanhTail(n: bigint, f: bigint, P: bigint): Tail {
  const W = P + 32n;
  // sqrt(8/pi) with W bits: pi errs by 1 ulp in 3.14, the quotient and the root by one each: below 4 ulps.
  const c = isqrt((8n << (3n * W)) / pi(W));
  const cubic = 1_000_000n * (n << (2n * f)) + 44_715n * n ** 3n; // 10^6 2^(3f) (x + 0.044715 x^3)
  const v = (c * cubic) / (1_000_000n << (3n * f + 32n));
  // For |x| <= 2^8 the polynomial is below 2^20: c's error counts 2^22 ulps of W < 1 ulp of P, the cut one.
  return logisticTail(expNegative(v, P), 4n, P); // 2 through v, 2 of exp
}

/**
 * Q(x) = 1/2 - phi(x) sum_k x^(2k+1) / (1 3 5 .. (2k+1)), summed from t_0 = x phi(x), t_(k+1) = t_k x^2 / (2k+3).
 *
 * An error of one ulp at any step is multiplied by at most max(1.5, 1.3 exp(x^2/2)) in the sum (the later factors are
 * smaller than those from t_0 on, whose sum is (1/2 - Q) / (x phi) ). With `growth` > log2 exp(x^2/2) and W = P + growth + 40
 * bits, fewer than 2^12 steps of 2 ulps and 4 ulps from phi leave less than 2^14 * 1.3 * 2^-40 ulps of P.
 */
function geluErfTail(n: bigint, f: bigint, P: bigint): Tail {
  const square = n * n; // x^2 = square / 2^(2f)
  const growth = (square * 3n) >> (2n * f + 2n); // 0.75 x^2 > x^2/2 log2 e = 0.7214 x^2
  if (growth > P + P / 16n + 2n) return { low: 0n, high: 1n }; // Q(x) < exp(-x^2/2) < 2^-P
  const W = P + growth + 40n;
  const root = isqrt((2n * pi(W)) << W); // sqrt(2 pi)
  const phi = (expNegative((square << W) >> (2n * f + 1n), W) << W) / root;
  let term = (n * phi) >> f;
  let sum = 0n;
  for (let k = 3n; term > 0n; k += 2n) {
    sum += term;
    term = ((term * square) >> (2n * f)) / k;
  }
  const tail = ((1n << (W - 1n)) - sum) >> (W - P);
  return { low: tail > 2n ? tail - 2n : 0n, high: tail + 2n };
}

/** tail(n / 2^f) for n > 0 at a precision of P bits. */
export const TAILS = { silu: siluTail, 'gelu-tanh': geluTanhTail, 'gelu-erf': geluErfTail } as const;

/** Entries of key n > 0 and of key -n, by integers. */
export function entryPair(kind: keyof typeof TAILS, n: number, f: bigint, scale: bigint): [number, number] {
  const N = BigInt(n);
  for (let P = FIRST; P <= LAST; P *= 2n) {
    const { low, high } = TAILS[kind](N, f, P);
    const above = N << P;
    // n (1 - tail) in ulps; the tail is strictly above `low`, so the upper bound is exclusive.
    const positive: Bounds = { low: above - N * high, high: above - N * low, scale: P + scale };
    const negative: Bounds = { low: positive.low - above, high: positive.high - above, scale: P + scale };
    const pair = [roundHalfUp(positive), roundHalfUp(negative)] as const;
    if (pair[0] !== undefined && pair[1] !== undefined) return [pair[0], pair[1]];
  }
  throw new RangeError(`entryPair: n: expected an entry that bounds decide, got ${kind} at ${n}`);
}

/** Values of E in doubles, of key n at place n: relative error below 2^-40, but 0 where exp(-v) < 2^-69. */
type NearExponentials = (half: number, f: number) => Float64Array;

const BLOCK = 256;

/** n = 256 a + b: the product of two exponentials, each of an exact argument. */
function siluExponentials(half: number, f: number): Float64Array {
  const low = Float64Array.from({ length: BLOCK }, (_, b) => near(b / 2 ** f));
  const values = new Float64Array(half + 1);
  for (let n = 0; n <= half; n += BLOCK) {
    const high = near(n / 2 ** f);
    for (let b = 0; b < BLOCK && n + b <= half; b++) values[n + b] = high * (low[b] as number);
  }
  return values;
}

/** v errs relatively by at most 6 roundings and 2^-46.6 from c, so exp(-v), v <= 48, by less than 2^-40.9, and 2^-42.3 of its own: 2^-40 in all. */
function geluTanhExponentials(half: number, f: number): Float64Array {
  const c = Number(isqrt((8n << (3n * FIRST)) / pi(FIRST))) / 2 ** Number(FIRST); // sqrt(8/pi), off by less than 2^-46
  const values = new Float64Array(half + 1);
  for (let n = 0, part = 1 / 2 ** f; n <= half; n++) {
    const x = n * part;
    values[n] = near(c * (x + 0.044715 * x * x * x));
  }
  return values;
}

function near(v: number): number {
  return v > EXP_MOST ? 0 : expOfDouble(v);
}

const EXPONENTIALS: Partial<Record<Activation, NearExponentials>> = {
  silu: siluExponentials,
  'gelu-tanh': geluTanhExponentials,
};

/**
 * Entries of keys n > 0 and -n in doubles, where they decide: n (1 - tail) and -n tail in units of an entry. n unit is exact and tail =
 * E / (1 + E) errs relatively by less than 2^-39, or is below 2^-69, times 2^14.
 */
function nearPair(n: number, unit: number, E: number): readonly [number, number] | undefined {
  const whole = n * unit;
  const part = (whole * E) / (1 + E);
  const positive = roundBelow(whole, part);
  const negative = roundBelow(0, part);
  return positive === undefined || negative === undefined ? undefined : [positive, negative];
}

/** The table of a smooth activation or of relu. */
export function activationTable(parameters: ActivationParameters): Table {
  const { kind, bits, range = 0 } = parameters;
  const half = 2 ** (bits - 1);
  const data = new Int32Array(2 * half);
  const columns = [{ name: 'y', data }];
  const table = { id: activationId(parameters), firstKey: -half, rows: 2 * half, columns };
  if (kind === 'relu') {
    for (let n = 0; n < half; n++) data[half + n] = n;
    return table;
  }
  const f = BigInt(bits - 1 - range); // x = n / 2^f
  if (f < 0n) throw new RangeError(`range: expected at most bits - 1 = ${bits - 1}, got ${range}`);
  const scale = f - BigInt(ACTIVATION_BITS - 1 - range); // entry = f(n) 2^-scale in units of n
  const values = EXPONENTIALS[kind]?.(half, bits - 1 - range);
  const unit = 2 ** (ACTIVATION_BITS - bits);
  for (let n = 1; n <= half; n++) {
    const decided = values && nearPair(n, unit, values[n] as number);
    const [positive, negative] = decided ?? entryPair(kind, n, f, scale);
    if (n < half) data[half + n] = positive;
    data[half - n] = negative;
  }
  return table;
}

/**
 * Derivatives of the activation functions: round(2^14 f'(x)) for every key of an activation table, correctly rounded, by integers
 * alone. spec/training-operators.md section 3.
 *
 * With the tail of `activation.ts`, f(x) = x (1 - tail(x)):
 *   silu, gelu-tanh  f' = (1 - tail) (1 + w tail),  w = x for silu, w = 2 sqrt(2/pi) (x + 3 0.044715 x^3) for gelu-tanh
 *   gelu-erf         f' = 1 - tail + x phi(x),      phi the density of the normal distribution
 * and f'(-x) = 1 - f'(x) for all three, since f(-x) = f(x) - x.
 */
import { TAILS, type ActivationParameters } from './activation.ts';
import { decided, type Bounds } from './rounding.ts';
import { expNegative, isqrt, pi } from './series.ts';

/** Binary places of a slope. Slopes lie between -0.13 and 1.13: 16 signed bits. */
export const SLOPE_FRACTION = 14;

type Smooth = keyof typeof TAILS;

/** Ulps of P bits around a value: |value - f'(x)| <= error. */
interface Near {
  readonly value: bigint;
  readonly error: bigint;
}

/** w in ulps of P bits, to within 4. */
function tailFactor(kind: Smooth, n: bigint, f: bigint, P: bigint): bigint {
  if (kind === 'silu') return (n << P) >> f;
  const W = P + 32n;
  const c = isqrt((8n << (3n * W)) / pi(W)); // sqrt(8/pi), below 4 ulps of W
  // 10^6 2^(3f) (x + 0.134145 x^3) < 2^(3f + 20 + 23) for x <= 2^8: the error of c counts less than 1 ulp of P
  const cubic = 1_000_000n * (n << (2n * f)) + 134_145n * n ** 3n;
  return (c * cubic) / (1_000_000n << (3n * f + 32n));
}

/** (1 - t) (1 + w t) for the tail t in (low, high]: its slope in t is at most 2 + 3 w in absolute value. */
function logisticSlope(kind: Smooth, n: bigint, f: bigint, P: bigint): Near {
  const { low, high } = TAILS[kind](n, f, P);
  const one = 1n << P;
  const w = tailFactor(kind, n, f, P);
  const value = ((one - low) * (one + ((w * low) >> P))) >> P;
  // Cut twice, and w errs by 4 ulps times a tail below 1/2.
  const error = (((high - low) * (2n * one + 3n * w)) >> P) + 8n;
  return { value, error };
}

/** 1 - Q + x phi(x): phi errs by 2 ulps of the exponential, times x <= 2^8. */
function normalSlope(n: bigint, f: bigint, P: bigint): Near {
  const { low, high } = TAILS['gelu-erf'](n, f, P);
  const W = P + 16n;
  const root = isqrt((2n * pi(W)) << W); // sqrt(2 pi)
  const phi = (expNegative(((n * n) << W) >> (2n * f + 1n), W) << W) / root; // 4 ulps of W and one of the argument
  return { value: (1n << P) - low + ((n * phi) >> (f + 16n)), error: high - low + 4n };
}

/** round(2^14 f'(n / 2^f)) and the same at -n, for n > 0. Both are transcendental there: no tie. */
function slopePair(kind: Smooth, n: number, f: bigint): [number, number] {
  const N = BigInt(n);
  const bounds = (P: bigint, negative: boolean): Bounds => {
    const near = kind === 'gelu-erf' ? normalSlope(N, f, P) : logisticSlope(kind, N, f, P);
    const value = negative ? (1n << P) - near.value : near.value;
    return { low: value - near.error, high: value + near.error, scale: P - BigInt(SLOPE_FRACTION) };
  };
  return [decided((P) => bounds(P, false)), decided((P) => bounds(P, true))];
}

/**
 * Slopes of all keys, from -2^(bits-1) on. Of relu 0 up to key 0 and 2^14 above it.
 *
 * @throws RangeError for a range of more than bits - 1
 */
export function slopeEntries({ kind, bits, range = 0 }: ActivationParameters): Int32Array {
  const half = 2 ** (bits - 1);
  const data = new Int32Array(2 * half);
  if (kind === 'relu') return data.fill(2 ** SLOPE_FRACTION, half + 1);
  const f = BigInt(bits - 1 - range);
  if (f < 0n) throw new RangeError(`range: expected at most bits - 1 = ${bits - 1}, got ${range}`);
  data[half] = 2 ** (SLOPE_FRACTION - 1);
  for (let n = 1; n <= half; n++) {
    const [positive, negative] = slopePair(kind, n, f);
    if (n < half) data[half + n] = positive;
    data[half - n] = negative;
  }
  return data;
}

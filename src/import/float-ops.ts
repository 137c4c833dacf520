/** The operators of a decoder in float64, for one token. */
import type { Activation, Architecture } from './model.ts';

/** A matrix [rows][columns] or a vector, held exactly. */
export type Values = Float32Array | Float64Array;

/** y_j = sum_k matrix[j][k] x_k (+ bias_j), for `rows` outputs. */
export function linear(matrix: Values, x: Float64Array, rows: number, bias?: Values): Float64Array {
  const columns = x.length;
  const y = new Float64Array(rows);
  for (let j = 0; j < rows; j++) {
    let sum = bias === undefined ? 0 : (bias[j] as number);
    const row = j * columns;
    for (let k = 0; k < columns; k++) sum += (matrix[row + k] as number) * (x[k] as number);
    y[j] = sum;
  }
  return y;
}

/** LayerNorm or RMSNorm with gain (and bias). */
export function normalise(
  norm: Architecture['norm'],
  x: Float64Array,
  gain: Values,
  bias: Values | undefined,
): Float64Array {
  let mean = 0;
  if (norm.kind === 'layer') {
    for (const value of x) mean += value;
    mean /= x.length;
  }
  let squares = 0;
  for (const value of x) squares += (value - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / x.length + norm.eps);
  return x.map((value, i) => (value - mean) * scale * (gain[i] as number) + (bias?.[i] ?? 0));
}

/** Turns the pairs of each head in place. See `Positions` for the meaning of `pairing`. */
export function rotate(
  x: Float64Array,
  headDim: number,
  position: number,
  theta: number,
  pairing: 'half' | 'interleaved',
): void {
  const half = headDim / 2;
  for (let i = 0; i < half; i++) {
    const angle = position * theta ** (-i / half);
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [a, b] = pairing === 'half' ? [i, i + half] : [2 * i, 2 * i + 1];
    for (let head = 0; head < x.length; head += headDim) {
      const [u, v] = [x[head + a] as number, x[head + b] as number];
      x[head + a] = u * cos - v * sin;
      x[head + b] = u * sin + v * cos;
    }
  }
}

/** Keys and values of one layer: rows of kvHeads * headDim, one per position. */
export interface LayerCache {
  readonly keys: Float64Array[];
  readonly values: Float64Array[];
}

/** softmax(q k^T / sqrt(headDim)) v of the newest position over the positions of the cache that it sees. */
export function attend(a: Architecture, query: Float64Array, cache: LayerCache): Float64Array {
  const { headDim, heads, kvHeads } = a;
  const count = cache.keys.length;
  const from = a.window === undefined ? 0 : Math.max(0, count - a.window);
  const result = new Float64Array(heads * headDim);
  for (let head = 0; head < heads; head++) {
    const at = head * headDim;
    const kvAt = Math.floor((head * kvHeads) / heads) * headDim;
    const weights = softmax(
      cache.keys.slice(from).map((key) => {
        let score = 0;
        for (let i = 0; i < headDim; i++) score += (query[at + i] as number) * (key[kvAt + i] as number);
        return score / Math.sqrt(headDim);
      }),
    );
    weights.forEach((weight, j) => {
      const value = cache.values[from + j] as Float64Array;
      for (let i = 0; i < headDim; i++) {
        result[at + i] = (result[at + i] as number) + weight * (value[kvAt + i] as number);
      }
    });
  }
  return result;
}

/** Weights proportional to e^x, with sum 1. */
export function softmax(x: readonly number[]): number[] {
  const top = x.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = x.map((value) => Math.exp(value - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/** See `Activation`. */
export function activate(kind: Activation, x: number): number {
  switch (kind) {
    case 'gelu-tanh':
      return 0.5 * x * (1 + Math.tanh(SQRT_2_OVER_PI * (x + 0.044715 * x ** 3)));
    case 'gelu-erf':
      return 0.5 * x * (1 + erf(x / Math.SQRT2));
    case 'relu':
      return Math.max(x, 0);
    case 'silu':
      return x / (1 + Math.exp(-x));
  }
}

/**
 * The error function, to about 1e-15. Series of Abramowitz and Stegun 7.1.6, all of whose terms have one sign:
 * erf(x) = 2/sqrt(pi) e^(-x^2) sum_n 2^n x^(2n+1) / (1 3 ... (2n+1)); beyond 6 it is 1 in float64.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  // The terms grow while 2 x^2 > 2n + 1, then fall faster and faster; 200 suffice for |x| <= 6.
  for (let n = 1; n < 200 && sum + term !== sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

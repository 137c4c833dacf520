/** The operators of a decoder in float64, for one token. */
import type { Activation, Architecture } from './model.ts';

/** A matrix [rows][columns] or a vector, held exactly. */
export type Values = Float32Array | Float64Array;

/** y_j = sum_k matrix[j][k] x_k (+ bias_j), for `rows` outputs: four sums at a time, each in the order of the columns. */
export function linear(
  matrix: Values,
  x: Float64Array,
  rows: number,
  bias?: Values,
): Float64Array<ArrayBuffer> {
  const columns = x.length;
  const y = new Float64Array(rows);
  const four = new Float64Array(4 * columns);
  for (let j = 0; j < rows; j += 4) {
    const own = matrix.subarray(j * columns, Math.min(j + 4, rows) * columns);
    four.set(own); // rows behind the last one are left over and not used
    let [s0, s1, s2, s3] = [0, 1, 2, 3].map((i) => bias?.[j + i] ?? 0) as [number, number, number, number];
    for (let k = 0; k < columns; k++) {
      const v = x[k] as number;
      s0 += (four[k] as number) * v;
      s1 += (four[columns + k] as number) * v;
      s2 += (four[2 * columns + k] as number) * v;
      s3 += (four[3 * columns + k] as number) * v;
    }
    const sums = [s0, s1, s2, s3];
    for (let i = 0; i < 4 && j + i < rows; i++) y[j + i] = sums[i] as number;
  }
  return y;
}

/** Rows of inputs that share each weight that is read. */
const TILE = 4;

/**
 * Y = X W^T + b: [count][rows] for `count` rows of X. Every sum starts from its bias and runs over the columns in order, so that
 * results do not depend on how many rows are taken together. Two outputs of four rows at a time: eight independent sums.
 */
export function linearRows(
  matrix: Values,
  x: Float64Array,
  count: number,
  rows: number,
  bias?: Values,
): Float64Array<ArrayBuffer> {
  if (count === 1) return linear(matrix, x, rows, bias);
  const columns = matrix.length / rows;
  const out = new Float64Array(count * rows);
  const tiles = tilesOf(x, count, columns);
  const sums = new Float64Array(2 * TILE);
  // Weights in one type: the inner loop then reads nothing but float64.
  const pair = new Float64Array(2 * columns);
  for (let j = 0; j < rows; j += 2) {
    const both = j + 1 < rows;
    pair.set(matrix.subarray(j * columns, (j + (both ? 2 : 1)) * columns));
    tiles.forEach((tile, g) => {
      for (let i = 0; i < TILE; i++) {
        sums[i] = bias?.[j] ?? 0;
        sums[TILE + i] = bias?.[j + 1] ?? 0;
      }
      addTile(sums, pair, tile, columns);
      for (let i = 0; i < TILE && g * TILE + i < count; i++) {
        const at = (g * TILE + i) * rows + j;
        out[at] = sums[i] as number;
        if (both) out[at + 1] = sums[TILE + i] as number;
      }
    });
  }
  return out;
}

/** Four rows woven together: entry k of all four, then entry k + 1. The last tile repeats its last row. */
function tilesOf(x: Float64Array, count: number, columns: number): Float64Array[] {
  return Array.from({ length: Math.ceil(count / TILE) }, (_, g) => {
    const tile = new Float64Array(TILE * columns);
    for (let i = 0; i < TILE; i++) {
      const from = Math.min(g * TILE + i, count - 1) * columns;
      for (let k = 0; k < columns; k++) tile[TILE * k + i] = x[from + k] as number;
    }
    return tile;
  });
}

function addTile(sums: Float64Array, pair: Float64Array, tile: Float64Array, columns: number): void {
  let [a0, a1, a2, a3, b0, b1, b2, b3] = sums as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  for (let k = 0, at = 0; k < columns; k++, at += TILE) {
    const v = pair[k] as number;
    const w = pair[columns + k] as number;
    const x0 = tile[at] as number;
    const x1 = tile[at + 1] as number;
    const x2 = tile[at + 2] as number;
    const x3 = tile[at + 3] as number;
    a0 += v * x0;
    a1 += v * x1;
    a2 += v * x2;
    a3 += v * x3;
    b0 += w * x0;
    b1 += w * x1;
    b2 += w * x2;
    b3 += w * x3;
  }
  sums.set([a0, a1, a2, a3, b0, b1, b2, b3]);
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

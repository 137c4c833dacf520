/**
 * Matrix products over each domain: out[b, m, n] = sum_k x[b, m, k] * y[b, k, n], on compact row-major arrays.
 * `einsum` brings every contraction of two tensors to this form.
 */
import { BLOCK, extWord, writeExt } from '../kernels/contract/layout.ts';
import { inRange, outOfRange } from './elements.ts';
import {
  allocate,
  copyElements,
  domainOf,
  type Dtype,
  type IntegerDtype,
  type TensorContext,
  type TensorData,
} from './tensor.ts';

/** Sizes of a batch of products. */
export interface GemmShape {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** One operand: compact storage and its dtype. */
export interface Matrix {
  readonly dtype: Dtype;
  readonly data: TensorData;
}

/**
 * The product in `dtype`: K when an operand is over K, F when the larger is F, else int32 or int64. Operands over
 * F and K may differ; integers have been converted to F where the other is not one.
 *
 * @param nameOf names a result element (flat position) for errors
 * @throws RangeError for the first integer result outside the dtype
 */
export function gemm(
  context: TensorContext,
  dtype: Dtype,
  shape: GemmShape,
  x: Matrix,
  y: Matrix,
  nameOf: (position: number) => string,
): TensorData {
  const { batch, m, k, n } = shape;
  const out = allocate(context, dtype, batch * m * n);
  if (domainOf(dtype) === 'Z') {
    gemmIntegers(shape, x.data as Integers, y.data as Integers, out, dtype as IntegerDtype, nameOf);
  } else if (dtype === 'F')
    gemmWords(context.F.modulus, shape, x.data as Uint32Array, y.data as Uint32Array, out as Uint32Array);
  else gemmExts(context, shape, x, y, out as Uint32Array);
  return out;
}

type Integers = Int8Array | Int16Array | Int32Array | BigInt64Array;

/** Doubles while every partial sum is exact, bigints otherwise: the result is exact or an error. */
function gemmIntegers(
  { batch, m, k, n }: GemmShape,
  x: Integers,
  y: Integers,
  out: TensorData,
  dtype: IntegerDtype,
  nameOf: (position: number) => string,
): void {
  const exact = Math.max(1, k) * largest(x) * largest(y) <= 2 ** 53; // |partial sum| <= k * max|x| * max|y|
  const [a, b] = exact ? [Float64Array.from(x as never, Number), Float64Array.from(y as never, Number)] : [];
  for (let row = 0; row < batch * m; row++) {
    const first = Math.floor(row / m) * k * n;
    const sums =
      a !== undefined && b !== undefined
        ? rowOfNumbers(a, b, row * k, first, k, n)
        : rowOfBigints(x, y, row * k, first, k, n);
    for (let j = 0; j < n; j++) {
      const value = sums[j] as number | bigint;
      if (!inRange(value, dtype)) outOfRange(nameOf(row * n + j), dtype);
      out[row * n + j] = (dtype === 'int64' ? BigInt(value) : Number(value)) as never;
    }
  }
}

function largest(x: Integers): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(Number(x[i])));
  return largest;
}

function rowOfNumbers(
  x: Float64Array,
  y: Float64Array,
  xAt: number,
  yAt: number,
  k: number,
  n: number,
): Float64Array {
  const sums = new Float64Array(n);
  for (let i = 0; i < k; i++) {
    const factor = x[xAt + i] as number;
    if (factor === 0) continue;
    const row = yAt + i * n;
    for (let j = 0; j < n; j++) sums[j] = (sums[j] as number) + factor * (y[row + j] as number);
  }
  return sums;
}

function rowOfBigints(x: Integers, y: Integers, xAt: number, yAt: number, k: number, n: number): bigint[] {
  const sums = new Array<bigint>(n).fill(0n);
  for (let i = 0; i < k; i++) {
    const factor = BigInt(x[xAt + i] as number | bigint);
    for (let j = 0; j < n; j++) {
      sums[j] = (sums[j] as bigint) + factor * BigInt(y[yAt + i * n + j] as number | bigint);
    }
  }
  return sums;
}

/** Products below 2^47 that a double sums exactly on top of a residue: 32 * 2^47 = 2^52. */
const TERMS = 32;

/**
 * Products of words mod p in doubles: x = x1 * 2^16 + x0, so that x0 * y < 2^47 and x1 * y < 2^46 are exact and
 * TERMS of them may be summed before a reduction.
 */
export function gemmWords(
  p: number,
  { batch, m, k, n }: GemmShape,
  x: Uint32Array,
  y: Uint32Array,
  out: Uint32Array,
): void {
  const inverse = 1 / p;
  const low = new Float64Array(n);
  const high = new Float64Array(n);
  // |q - floor(s / p)| <= 1 for s < 2^53, and q * p < 2^53 is exact: the remainder is off by p at most.
  const reduce = (s: number): number => {
    const r = s - Math.floor(s * inverse) * p;
    return r < 0 ? r + p : r >= p ? r - p : r;
  };
  const reduceAll = (sums: Float64Array): void => {
    for (let j = 0; j < n; j++) sums[j] = reduce(sums[j] as number);
  };
  for (let row = 0; row < batch * m; row++) {
    low.fill(0);
    high.fill(0);
    for (let i = 0; i < k; i++) {
      const word = x[row * k + i] as number;
      const [x0, x1] = [word & 0xffff, word >>> 16];
      const at = (Math.floor(row / m) * k + i) * n;
      for (let j = 0; j < n; j++) {
        const factor = y[at + j] as number;
        low[j] = (low[j] as number) + x0 * factor;
        high[j] = (high[j] as number) + x1 * factor;
      }
      if (i % TERMS === TERMS - 1) {
        reduceAll(low);
        reduceAll(high);
      }
    }
    reduceAll(high);
    for (let j = 0; j < n; j++) {
      out[row * n + j] = reduce((high[j] as number) * 65536 + (low[j] as number)); // < 2^47 + 2^52
    }
  }
}

/** Contractions at least this long are dot products of the kernels; shorter ones do not pay for the calls. */
const LONG_DOT = 64;

/** Products with an operand over K: limb by limb where the other is over F, dot products or limbs over K. */
function gemmExts(context: TensorContext, shape: GemmShape, x: Matrix, y: Matrix, out: Uint32Array): void {
  if (x.dtype !== 'K') return gemmLimbs(context, shape, x.data as Uint32Array, 'x', y, out);
  if (y.dtype !== 'K') return gemmLimbs(context, shape, y.data as Uint32Array, 'y', x, out);
  if (shape.k >= LONG_DOT) return gemmDots(context, shape, x.data as Uint32Array, y.data as Uint32Array, out);
  // x * y = sum_j x_j * (X^j * y) with limbs x_j over F: d products of F by K.
  const { K, kernels } = context;
  const sizeX = shape.batch * shape.m * shape.k;
  const power = new Uint32Array(y.data.length);
  const part = new Uint32Array(out.length);
  for (let j = 0; j < K.degree; j++) {
    kernels.kScale(
      power,
      y.data as Uint32Array,
      K.one.map((_, i) => (i === j ? K.base.one : K.base.zero)),
    );
    const words = limbWords(x.data as Uint32Array, j, K.degree, sizeX);
    gemmLimbs(context, shape, words, 'x', { dtype: 'K', data: power }, part);
    kernels.add(out, out, part);
  }
}

/** F by K: every limb of the operand over K is a product over F. `words` is the operand named by `side`. */
function gemmLimbs(
  { K, F }: TensorContext,
  shape: GemmShape,
  words: Uint32Array,
  side: 'x' | 'y',
  other: Matrix,
  out: Uint32Array,
): void {
  const { batch, m, k, n } = shape;
  const size = batch * k * (side === 'x' ? n : m);
  const part = new Uint32Array(batch * m * n);
  for (let j = 0; j < K.degree; j++) {
    const limb = limbWords(other.data as Uint32Array, j, K.degree, size);
    gemmWords(F.modulus, shape, side === 'x' ? words : limb, side === 'x' ? limb : words, part);
    for (let i = 0; i < part.length; i++) out[extWord(i, j, K.degree)] = part[i] as number;
  }
}

/** Limb j of every element as words. */
function limbWords(data: Uint32Array, j: number, degree: number, size: number): Uint32Array {
  const words = new Uint32Array(size);
  for (let i = 0; i < size; i++) words[i] = data[extWord(i, j, degree)] as number;
  return words;
}

/** K by K with long contractions: rows of x and columns of y as arrays of whole blocks, one dot product each. */
function gemmDots(
  context: TensorContext,
  { batch, m, k, n }: GemmShape,
  x: Uint32Array,
  y: Uint32Array,
  out: Uint32Array,
): void {
  const { K, kernels } = context;
  const padded = Math.ceil(k / BLOCK) * BLOCK;
  const rows = new Uint32Array(batch * m * padded * K.degree);
  const columns = new Uint32Array(batch * n * padded * K.degree);
  for (let row = 0; row < batch * m; row++) copyElements(context, 'K', rows, row * padded, x, row * k, k);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < n; j++) {
        copyElements(context, 'K', columns, (b * n + j) * padded + i, y, (b * k + i) * n + j, 1);
      }
    }
  }
  kernels.toMontgomery(rows, rows); // kDot divides each product by R^2, one for each Montgomery form
  kernels.toMontgomery(columns, columns);
  const words = padded * K.degree;
  for (let i = 0; i < batch * m * n; i++) {
    const row = Math.floor(i / n);
    const column = Math.floor(row / m) * n + (i % n);
    const dot = kernels.kDot(
      rows.subarray(row * words, (row + 1) * words),
      columns.subarray(column * words, (column + 1) * words),
    );
    writeExt(out, i, dot);
  }
}

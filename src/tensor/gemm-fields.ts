/** Matrix products over F and K. */
import { BLOCK, extWord, extWords, writeExt } from '../kernels/contract/layout.ts';
import { embedWords } from './elements.ts';
import type { GemmShape, Matrix } from './gemm.ts';
import { isNarrow } from './gemm-integers.ts';
import { copyElements, type TensorContext } from './tensor.ts';

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
  if (n === 1) return dotsOfWords(p, batch, m, k, x, y, out);
  const low = new Float64Array(n);
  const high = new Float64Array(n);
  const reduce = reducer(p);
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

/** s mod p for 0 <= s < 2^53. */
function reducer(p: number): (s: number) => number {
  const inverse = 1 / p;
  // The floor is off by one at most, and q * p < 2^53 is exact: so the remainder is off by p at most.
  return (s) => {
    const r = s - Math.floor(s * inverse) * p;
    return r < 0 ? r + p : r >= p ? r - p : r;
  };
}

/** The case of one column: sums in registers. */
function dotsOfWords(
  p: number,
  batch: number,
  m: number,
  k: number,
  x: Uint32Array,
  y: Uint32Array,
  out: Uint32Array,
): void {
  const reduce = reducer(p);
  for (let row = 0; row < batch * m; row++) {
    const [xAt, yAt] = [row * k, Math.floor(row / m) * k];
    let [low, high] = [0, 0];
    for (let first = 0; first < k; first += TERMS) {
      const last = Math.min(first + TERMS, k);
      for (let i = first; i < last; i++) {
        const [word, factor] = [x[xAt + i] as number, y[yAt + i] as number];
        low += (word & 0xffff) * factor;
        high += (word >>> 16) * factor;
      }
      low = reduce(low);
      high = reduce(high);
    }
    out[row] = reduce(high * 65536 + low);
  }
}

/** Contractions at least this long are dot products of the kernels; shorter ones do not pay for the calls. */
const LONG_DOT = 64;
/** Below this many columns the loops over them cost more than embedding F in K. */
const FEW_COLUMNS = 4;

/**
 * Products with an operand over K: the fold kernels for narrow integers, limb by limb where the other operand is
 * over F, dot products or limbs over K.
 */
export function gemmExts(
  context: TensorContext,
  shape: GemmShape,
  x: Matrix,
  y: Matrix,
  out: Uint32Array,
): void {
  if (isNarrow(x.data)) return foldsOfColumns(context, shape, x.data, y.data as Uint32Array, out);
  if (isNarrow(y.data)) return foldsOfRows(context, shape, x.data as Uint32Array, y.data, out);
  const bothK = x.dtype === 'K' && y.dtype === 'K';
  if (shape.k >= LONG_DOT && (bothK || shape.n < FEW_COLUMNS)) {
    return gemmDots(context, shape, asExts(context, x), asExts(context, y), out);
  }
  if (x.dtype !== 'K') return gemmLimbs(context, shape, x.data as Uint32Array, 'x', y, out);
  if (y.dtype !== 'K') return gemmLimbs(context, shape, y.data as Uint32Array, 'y', x, out);
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

function asExts(context: TensorContext, { dtype, data }: Matrix): Uint32Array {
  return dtype === 'K' ? (data as Uint32Array) : embedWords(context, data as Uint32Array);
}

/** Narrow integers by K: a fold of the columns of each matrix for each column of y. */
function foldsOfColumns(
  context: TensorContext,
  { batch, m, k, n }: GemmShape,
  x: Int8Array | Int16Array,
  y: Uint32Array,
  out: Uint32Array,
): void {
  const { K, kernels } = context;
  const e = new Uint32Array(extWords(k, K.degree));
  const fold = new Uint32Array(extWords(m, K.degree));
  for (let column = 0; column < batch * n; column++) {
    const [b, j] = [Math.floor(column / n), column % n];
    for (let l = 0; l < k; l++) copyElements(context, 'K', e, l, y, (b * k + l) * n + j, 1);
    kernels.foldColumns(fold, { data: x, rows: m, columns: k, offset: b * m * k }, e);
    for (let i = 0; i < m; i++) copyElements(context, 'K', out, (b * m + i) * n + j, fold, i, 1);
  }
}

/** K by narrow integers: a fold of the rows of each matrix for each row of x. */
function foldsOfRows(
  context: TensorContext,
  { batch, m, k, n }: GemmShape,
  x: Uint32Array,
  y: Int8Array | Int16Array,
  out: Uint32Array,
): void {
  const { K, kernels } = context;
  const e = new Uint32Array(extWords(k, K.degree));
  const fold = new Uint32Array(extWords(n, K.degree));
  for (let row = 0; row < batch * m; row++) {
    copyElements(context, 'K', e, 0, x, row * k, k);
    const offset = Math.floor(row / m) * k * n;
    kernels.foldRows(fold, { data: y, rows: k, columns: n, offset }, e);
    copyElements(context, 'K', out, row * n, fold, 0, n);
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
  // Rows of whole blocks lie as they should already, and so does a single column.
  const whole = k === padded;
  if (!whole) {
    for (let row = 0; row < batch * m; row++) copyElements(context, 'K', rows, row * padded, x, row * k, k);
  }
  for (let column = 0; column < batch * n && !(whole && n === 1); column++) {
    const [b, j, to] = [Math.floor(column / n), column % n, column * padded];
    if (n === 1) copyElements(context, 'K', columns, to, y, b * k, k);
    else for (let i = 0; i < k; i++) copyElements(context, 'K', columns, to + i, y, (b * k + i) * n + j, 1);
  }
  // kDot divides each product by R^2, one for each Montgomery form.
  kernels.toMontgomery(rows, whole ? x : rows);
  kernels.toMontgomery(columns, whole && n === 1 ? y : columns);
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

/** Sums over axes, and the rows in which all reductions see a tensor. */
import { extWord, writeExt } from '../kernels/contract/layout.ts';
import { inRange, outOfRange } from './elements.ts';
import { commonDtype } from './operands.ts';
import { checkAxes, indexName, sizeOf } from './shape.ts';
import {
  allocate,
  compact,
  domainOf,
  makeTensor,
  type IntegerDtype,
  type Tensor,
  type TensorData,
} from './tensor.ts';
import { permute, reshape } from './views.ts';

/** Which axes a reduction sums over, and whether they stay as axes of size 1. */
export interface ReduceOptions {
  readonly keepdims?: boolean;
}

/** Terms below 2^32 that a double sums exactly: 2^20 * 2^32 < 2^53. */
const CHUNK = 1 << 20;
/** Rows of at least this many words are summed by the kernels, which cost more per call and less per word. */
const LONG_ROW = 4096;

/** A tensor with the reduced axes moved last and merged: rows of `inner` elements, one per result element. */
export interface Rows {
  readonly a: Tensor;
  readonly outer: number;
  readonly inner: number;
  /** Shape of the result without, and with, the reduced axes. */
  readonly kept: readonly number[];
  readonly shape: readonly number[];
}

/** @throws RangeError for an axis out of range or named twice */
export function rowsOf(
  op: string,
  a: Tensor,
  axes: number | readonly number[] | undefined,
  options: ReduceOptions,
): Rows {
  const reduced = checkAxes(`${op}: axes`, axes, a.shape);
  const keptAxes = a.shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  const kept = keptAxes.map((axis) => a.shape[axis] as number);
  const inner = sizeOf(reduced.map((axis) => a.shape[axis] as number));
  const outer = sizeOf(kept);
  const shape =
    options.keepdims === true ? a.shape.map((dim, axis) => (reduced.includes(axis) ? 1 : dim)) : kept;
  return {
    a: reshape(permute(a, [...keptAxes, ...reduced]), [outer, inner]),
    outer,
    inner,
    kept,
    shape,
  };
}

/**
 * The sum over axes: `sum` under the name of the operation that needs it.
 * @throws RangeError naming the first integer result outside its dtype, or a bad axis
 */
export function sumOver(
  op: string,
  a: Tensor,
  axes?: number | readonly number[],
  options: ReduceOptions = {},
): Tensor {
  const rows = rowsOf(op, a, axes, options);
  const dtype = commonDtype(a.dtype, a.dtype);
  const data = compact(rows.a);
  const out = allocate(a.context, dtype, rows.outer);
  if (domainOf(dtype) === 'Z') sumIntegers(op, rows, data, out, dtype as IntegerDtype);
  else if (dtype === 'F') sumWords(rows, data as Uint32Array, out as Uint32Array);
  else sumExts(rows, data as Uint32Array, out as Uint32Array);
  return makeTensor(a.context, dtype, rows.shape, out);
}

function sumIntegers(op: string, rows: Rows, data: TensorData, out: TensorData, dtype: IntegerDtype): void {
  const { inner, kept } = rows;
  for (let row = 0; row < rows.outer; row++) {
    let total = 0n;
    for (let from = 0; from < inner; from += CHUNK) {
      const to = Math.min(from + CHUNK, inner);
      if (data instanceof BigInt64Array) {
        for (let i = from; i < to; i++) total += data[row * inner + i] as bigint;
      } else {
        let partial = 0; // |partial| <= CHUNK * 2^31 < 2^53
        for (let i = from; i < to; i++) partial += data[row * inner + i] as number;
        total += BigInt(partial);
      }
    }
    if (!inRange(total, dtype)) outOfRange(`${op}: result${indexName(kept, row)}`, dtype);
    out[row] = (dtype === 'int64' ? total : Number(total)) as never;
  }
}

function sumWords(rows: Rows, data: Uint32Array, out: Uint32Array): void {
  const { F, kernels } = rows.a.context;
  for (let row = 0; row < rows.outer; row++) {
    const words = data.subarray(row * rows.inner, (row + 1) * rows.inner);
    out[row] = words.length >= LONG_ROW ? kernels.sum(words) : sumStrided(F.modulus, words, 0, words.length);
  }
}

/** sum of n words, mod p. */
function sumStrided(p: number, words: Uint32Array, from: number, n: number): number {
  let total = 0;
  for (let first = 0; first < n; first += CHUNK) {
    const last = Math.min(first + CHUNK, n);
    for (let i = first; i < last; i++) total += words[from + i] as number; // < p + CHUNK * 2^31 < 2^53
    total %= p;
  }
  return total;
}

function sumExts(rows: Rows, data: Uint32Array, out: Uint32Array): void {
  const { F, K, kernels } = rows.a.context;
  const { inner } = rows;
  if (rows.outer === 1) return writeExt(out, 0, kernels.kSum(data));
  for (let row = 0; row < rows.outer; row++) {
    for (let j = 0; j < K.degree; j++) {
      let total = 0;
      for (let i = row * inner; i < (row + 1) * inner; i++) {
        total += data[extWord(i, j, K.degree)] as number;
        if ((i & (CHUNK - 1)) === 0) total %= F.modulus; // at least once in CHUNK terms: exact
      }
      out[extWord(row, j, K.degree)] = total % F.modulus;
    }
  }
}

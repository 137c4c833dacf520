/** Matrix products over the integers: exact, or an error. */
import type { GemmOptions } from '../kernels/contract/gemm.ts';
import { inRange, outOfRange } from './elements.ts';
import type { GemmShape } from './gemm.ts';
import type { IntegerDtype, TensorContext, TensorData } from './tensor.ts';

export type Integers = Int8Array | Int16Array | Int32Array | BigInt64Array;

/**
 * The kernels where bounds of the entries prove that 32 bits suffice, doubles while every partial sum is exact in
 * them, bigints otherwise.
 *
 * @throws RangeError for the first result outside the dtype
 */
export function gemmIntegers(
  context: TensorContext,
  shape: GemmShape,
  x: Integers,
  y: Integers,
  out: TensorData,
  dtype: IntegerDtype,
  nameOf: (position: number) => string,
): void {
  const [boundA, boundB] = [largest(x), largest(y)];
  const bound = shape.k * boundA * boundB; // |partial sum| <= k * max|x| * max|y|
  if (bound < 2 ** 31 && isNarrow(x) && isNarrow(y) && out instanceof Int32Array) {
    return gemmNarrow(context, shape, x, y, out, { boundA, boundB, layoutB: 'kn' });
  }
  const exact = bound < 2 ** 53; // so every entry that counts is an exact double as well
  const [a, b] = exact ? [doubles(x), doubles(y)] : [];
  const { batch, m, k, n } = shape;
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

/** What the fold and product kernels take. */
export function isNarrow(x: TensorData): x is Int8Array | Int16Array {
  return x instanceof Int8Array || x instanceof Int16Array;
}

function gemmNarrow(
  { kernels }: TensorContext,
  { batch, m, k, n }: GemmShape,
  x: Int8Array | Int16Array,
  y: Int8Array | Int16Array,
  out: Int32Array,
  options: GemmOptions,
): void {
  for (let b = 0; b < batch; b++) {
    kernels.gemmInt32(
      out.subarray(b * m * n, (b + 1) * m * n),
      { data: x, rows: m, columns: k, offset: b * m * k },
      { data: y, rows: k, columns: n, offset: b * k * n },
      options,
    );
  }
}

function doubles(x: Integers): Float64Array {
  return x instanceof BigInt64Array ? Float64Array.from(x, Number) : new Float64Array(x);
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

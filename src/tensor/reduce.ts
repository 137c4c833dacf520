/** Reductions over axes: sum and product in every domain, order statistics over the integers. */
import { inRange, outOfRange, scalarTensor } from './elements.ts';
import { mul } from './elementwise.ts';
import { checkIntegers, commonDtype } from './operands.ts';
import { indexName } from './shape.ts';
import { rowsOf, sumOver, type ReduceOptions, type Rows } from './sums.ts';
import { allocate, compact, domainOf, makeTensor, type IntegerDtype, type Tensor } from './tensor.ts';
import { to } from './convert.ts';
import { broadcastTo, reshape, slice } from './views.ts';

/**
 * The sum over axes (default: all); 0 for no elements. Integers: exact whatever the order, int32 or int64.
 *
 * @throws RangeError naming the first result outside its dtype, or a bad axis
 * @example
 * const a = t.fromArray([[1, 2], [3, 4]]);
 * a.sum().item(); // 10
 * a.sum(0).toArray(); // [4, 6]
 * a.sum(1, { keepdims: true }).toArray(); // [[3], [7]]
 */
export function sum(a: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  return sumOver('sum', a, axes, options);
}

/**
 * The product over axes (default: all); 1 for no elements.
 *
 * @throws RangeError naming the first integer result outside its dtype, or a bad axis
 * @example
 * t.fromArray([[1, 2], [3, 4]]).prod(1).toArray(); // [2, 12]
 */
export function prod(a: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  const rows = rowsOf('prod', a, axes, options);
  const dtype = commonDtype(a.dtype, a.dtype);
  if (domainOf(dtype) === 'Z') return prodIntegers(rows, dtype as IntegerDtype);
  const one = to(scalarTensor(a.context, dtype, 1, 'prod'), dtype);
  let result = broadcastTo(one, [rows.outer, 1]);
  let left = rows.a; // [outer, n]: halves are multiplied until one column is left, odd columns go to `result`
  while ((left.shape[1] as number) > 0) {
    const half = (left.shape[1] as number) >> 1;
    if ((left.shape[1] as number) % 2 === 1) result = mul(result, slice(left, null, [2 * half]));
    left = mul(slice(left, null, [0, half]), slice(left, null, [half, 2 * half]));
  }
  return reshape(result, rows.shape);
}

/** Exact products: intermediate factors may exceed the dtype where a later zero makes the result fit. */
function prodIntegers(rows: Rows, dtype: IntegerDtype): Tensor {
  const { a, inner, outer, kept } = rows;
  const data = compact(a);
  const out = allocate(a.context, dtype, outer);
  for (let row = 0; row < outer; row++) {
    const factors = Array.from(data.subarray(row * inner, (row + 1) * inner) as ArrayLike<number | bigint>);
    // A zero anywhere decides; otherwise magnitudes never shrink, so leaving the dtype is final.
    let product = factors.some((x) => x == 0) ? 0n : 1n;
    for (let i = 0; i < inner && product !== 0n; i++) {
      product *= BigInt(factors[i] as number | bigint);
      // 2^(b-1) itself may still turn into -2^(b-1), which fits.
      if (!inRange(product, dtype) && !inRange(-product, dtype)) break;
    }
    if (!inRange(product, dtype)) outOfRange(`prod: result${indexName(kept, row)}`, dtype);
    out[row] = (dtype === 'int64' ? product : Number(product)) as never;
  }
  return makeTensor(a.context, dtype, rows.shape, out);
}

/**
 * The largest integer over axes (default: all).
 *
 * @throws RangeError when there is nothing to reduce, TypeError for other dtypes
 * @example
 * t.fromArray([[1, 5], [3, 4]]).max(1).toArray(); // [5, 4]
 */
export function max(a: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  return extremum('max', rowsOf('max', a, axes, options), false, (x, best) => x > best);
}

/**
 * The smallest integer over axes (default: all).
 *
 * @throws RangeError when there is nothing to reduce, TypeError for other dtypes
 * @example
 * t.fromArray([[1, 5], [3, 4]]).min(0).toArray(); // [1, 4]
 */
export function min(a: Tensor, axes?: number | readonly number[], options: ReduceOptions = {}): Tensor {
  return extremum('min', rowsOf('min', a, axes, options), false, (x, best) => x < best);
}

/**
 * The position of the largest integer along an axis, as int32; the lowest position among equals. Without an
 * axis: the position among all elements in row-major order.
 *
 * @throws RangeError when there is nothing to reduce, TypeError for other dtypes
 * @example
 * t.fromArray([[1, 5, 5], [3, 0, 2]]).argmax(1).toArray(); // [1, 0]
 */
export function argmax(a: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return extremum('argmax', rowsOf('argmax', a, axis, options), true, (x, best) => x > best);
}

/**
 * The position of the smallest integer along an axis, as `argmax`.
 *
 * @throws RangeError when there is nothing to reduce, TypeError for other dtypes
 * @example
 * t.fromArray([[1, 5, 5], [3, 0, 0]]).argmin(1).toArray(); // [0, 1]
 */
export function argmin(a: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return extremum('argmin', rowsOf('argmin', a, axis, options), true, (x, best) => x < best);
}

/** The first element of each row that none beats, or its position. */
function extremum(
  op: string,
  rows: Rows,
  position: boolean,
  beats: (x: number | bigint, best: number | bigint) => boolean,
): Tensor {
  const { a, inner, outer } = rows;
  checkIntegers(`${op}: a`, a);
  if (inner === 0 && outer > 0) {
    throw new RangeError(`${op}: axes: expected at least one element to reduce, got none`);
  }
  const data = compact(a);
  const dtype = position ? 'int32' : commonDtype(a.dtype, a.dtype);
  const out = allocate(a.context, dtype, outer);
  for (let row = 0; row < outer; row++) {
    let best = row * inner;
    for (let i = best + 1; i < (row + 1) * inner; i++) {
      if (beats(data[i] as number | bigint, data[best] as number | bigint)) best = i;
    }
    out[row] = (position ? best - row * inner : data[best]) as never;
  }
  return makeTensor(a.context, dtype, rows.shape, out);
}

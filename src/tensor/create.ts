/** Creation of tensors. Methods of the object that `createTensors` returns. */
import { checkDtype, storeElement } from './elements.ts';
import { checkShape, describe, indexName, show, sizeOf } from './shape.ts';
import {
  allocate,
  limbsOf,
  makeTensor,
  type Dtype,
  type Nested,
  type Scalar,
  type Tensor,
  type TensorContext,
  type TensorData,
  usedPadding,
} from './tensor.ts';
import { extWords } from '../kernels/contract/layout.ts';
import { broadcastTo } from './views.ts';

/**
 * All zeros.
 *
 * @throws RangeError for a bad shape, TypeError for a bad dtype
 * @example
 * t.zeros([2, 2]).toArray(); // [[0, 0], [0, 0]]
 */
export function zeros(context: TensorContext, shape: readonly number[], dtype: Dtype = 'int32'): Tensor {
  checkShape('zeros: shape', shape);
  checkDtype('zeros: dtype', dtype);
  return makeTensor(context, dtype, shape, allocate(context, dtype, sizeOf(shape)));
}

/**
 * All ones.
 *
 * @throws RangeError for a bad shape, TypeError for a bad dtype
 * @example
 * t.ones([2], 'K').toArray(); // [[1, 0, 0, 0, 0], [1, 0, 0, 0, 0]]
 */
export function ones(context: TensorContext, shape: readonly number[], dtype: Dtype = 'int32'): Tensor {
  return full(context, shape, 1, dtype);
}

/**
 * One element everywhere. Takes the space of one: every stride is 0.
 *
 * @throws RangeError for a bad shape or an integer out of range, TypeError for a bad dtype or element
 * @example
 * t.full([3], -1, 'F').toArray(); // [2130706432, 2130706432, 2130706432]
 */
export function full(
  context: TensorContext,
  shape: readonly number[],
  value: Scalar,
  dtype: Dtype = 'int32',
): Tensor {
  checkShape('full: shape', shape);
  checkDtype('full: dtype', dtype);
  const data = allocate(context, dtype, 1);
  storeElement(context, dtype, data, 0, value, 'full: value');
  return broadcastTo(makeTensor(context, dtype, [], data), shape);
}

/**
 * 0, 1, .., n - 1.
 *
 * @throws RangeError unless n is a non-negative integer whose range fits the dtype
 * @example
 * t.arange(4).toArray(); // [0, 1, 2, 3]
 */
export function arange(context: TensorContext, n: number, dtype: Dtype = 'int32'): Tensor {
  return generate(context, [n], (i) => i, dtype);
}

/**
 * The identity matrix of n rows.
 *
 * @throws RangeError unless n is a non-negative integer
 * @example
 * t.eye(2).toArray(); // [[1, 0], [0, 1]]
 */
export function eye(context: TensorContext, n: number, dtype: Dtype = 'int32'): Tensor {
  return generate(context, [n, n], (i) => (i % (n + 1) === 0 ? 1 : 0), dtype);
}

/**
 * Elements from a function of their position in row-major order: a formula, a file, or a generator of yours
 * (this library has no source of randomness).
 *
 * @param element gives an integer (reduced mod p for F and K), or limbs for K
 * @throws RangeError or TypeError naming the first index whose element does not fit the dtype
 * @example
 * t.generate([2, 2], (i) => i * i).toArray(); // [[0, 1], [4, 9]]
 */
export function generate(
  context: TensorContext,
  shape: readonly number[],
  element: (position: number) => Scalar,
  dtype: Dtype = 'int32',
): Tensor {
  checkShape('generate: shape', shape);
  checkDtype('generate: dtype', dtype);
  const data = allocate(context, dtype, sizeOf(shape));
  for (let i = 0; i < sizeOf(shape); i++) {
    storeElement(context, dtype, data, i, element(i), `generate: ${indexName(shape, i)}`);
  }
  return makeTensor(context, dtype, shape, data);
}

/**
 * A tensor from nested arrays, or from a flat array and a shape. Integers must fit the dtype; for F they are
 * reduced mod p, so that -1 is p - 1. For K the innermost arrays are the limbs of elements (x^0 first) and must
 * be canonical; K from elements of F is `.to('K')`.
 *
 * @param dtype default: int32, or int64 when the first element is a bigint
 * @param shape default: the nesting; with it, `values` is read flat in row-major order
 * @throws RangeError for ragged nesting, a wrong number of elements, or naming the first element out of range
 * @example
 * t.fromArray([[1, 2], [3, -4]], 'int8').toArray(); // [[1, 2], [3, -4]]
 * t.fromArray([1, -1, 2, -2], 'F', [2, 2]).toArray(); // [[1, 2130706432], [2, 2130706431]]
 * t.fromArray([[1, 2, 3, 4, 5]], 'K').shape; // [1]
 * t.fromArray([[1, 2], [3]]); // throws RangeError: fromArray: values[1]: expected 2 items, got 1
 */
export function fromArray(
  context: TensorContext,
  values: Nested | ArrayLike<number> | ArrayLike<bigint>,
  dtype?: Dtype,
  shape?: readonly number[],
): Tensor {
  const leaves: (number | bigint)[] = [];
  const nesting = flatten(values, 0, [], 'fromArray: values', leaves);
  const type = dtype ?? (typeof leaves[0] === 'bigint' ? 'int64' : 'int32');
  checkDtype('fromArray: dtype', type);
  const limbs = limbsOf(context, type);
  if (type === 'K' && (nesting.length === 0 || (nesting.at(-1) !== limbs && shape === undefined))) {
    throw new RangeError(
      `fromArray: values: expected innermost arrays of ${limbs} limbs, got shape ${show(nesting)}`,
    );
  }
  const full = shape ?? (type === 'K' ? nesting.slice(0, -1) : nesting);
  checkShape('fromArray: shape', full);
  const size = sizeOf(full);
  if (leaves.length !== size * limbs) {
    throw new RangeError(
      `fromArray: values: expected ${size * limbs} items for shape ${show(full)} over ${type}, got ${leaves.length}`,
    );
  }
  const element = (i: number): Scalar =>
    type === 'K' ? (leaves.slice(i * limbs, (i + 1) * limbs) as never) : (leaves[i] as number | bigint);
  const data = allocate(context, type, size);
  for (let i = 0; i < size; i++) {
    storeElement(context, type, data, i, element(i), `fromArray: values${indexName(full, i)}`);
  }
  return makeTensor(context, type, full, data);
}

/** Appends the leaves in order; returns the shape. @throws RangeError naming the first ragged place */
function flatten(
  value: unknown,
  depth: number,
  shape: number[],
  where: string,
  leaves: (number | bigint)[],
): number[] {
  const list = Array.isArray(value) || ArrayBuffer.isView(value);
  if (!list) {
    if (typeof value !== 'number' && typeof value !== 'bigint') {
      throw new TypeError(`${where}: expected a number, a bigint or an array, got ${describe(value)}`);
    }
    if (depth < shape.length) throw new RangeError(`${where}: expected ${shape[depth]} items, got a number`);
    leaves.push(value);
    return shape;
  }
  const items = value as ArrayLike<unknown>;
  if (shape.length === depth) {
    if (leaves.length > 0) throw new RangeError(`${where}: expected a number, got an array`);
    shape.push(items.length);
  }
  if (items.length !== shape[depth]) {
    throw new RangeError(`${where}: expected ${shape[depth]} items, got ${items.length}`);
  }
  for (let i = 0; i < items.length; i++) flatten(items[i], depth + 1, shape, `${where}[${i}]`, leaves);
  return shape;
}

const ARRAYS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  F: Uint32Array,
  K: Uint32Array,
} as const;

/**
 * A tensor over an existing typed array, without a copy: Int8Array, Int16Array, Int32Array or BigInt64Array for
 * integers, Uint32Array of canonical words for F, the blocked layout of the kernels for K. The array must not
 * be written to afterwards. It may lie in kernel memory.
 *
 * @throws TypeError for another array type; RangeError for another length or naming the first word of p or more
 * @example
 * t.wrap(Int8Array.of(1, 2, 3, 4), 'int8', [2, 2]).toArray(); // [[1, 2], [3, 4]]
 */
export function wrap(
  context: TensorContext,
  data: TensorData,
  dtype: Dtype,
  shape: readonly number[] = [data.length],
): Tensor {
  checkDtype('wrap: dtype', dtype);
  checkShape('wrap: shape', shape);
  if (!(data instanceof ARRAYS[dtype])) {
    throw new TypeError(`wrap: data: expected ${ARRAYS[dtype].name} for ${dtype}, got ${describe(data)}`);
  }
  const size = sizeOf(shape);
  const words = dtype === 'K' ? extWords(size, context.K.degree) : size;
  if (data.length !== words) {
    throw new RangeError(
      `wrap: data: expected ${words} items for shape ${show(shape)} over ${dtype}, got ${data.length}`,
    );
  }
  if (data instanceof Uint32Array) {
    const bad = data.findIndex((word) => word >= context.F.modulus);
    if (bad >= 0) {
      throw new RangeError(`wrap: data[${bad}]: expected a value below ${context.F.modulus}, got another`);
    }
  }
  const used = dtype === 'K' ? usedPadding(data as Uint32Array, size, context.K.degree) : -1;
  if (used >= 0) {
    throw new RangeError(`wrap: data[${used}]: expected 0 behind the last element, got another`);
  }
  return makeTensor(context, dtype, shape, data);
}

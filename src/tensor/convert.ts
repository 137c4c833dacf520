/** Conversions between dtypes, and from tensors to ordinary JavaScript values. */
import type { Ext } from '../field/field.ts';
import { extWord } from '../kernels/contract/layout.ts';
import { checkDtype, embedWords, loadElement, narrow } from './elements.ts';
import { indexName, show } from './shape.ts';
import {
  allocate,
  compact,
  makeTensor,
  type Dtype,
  type Nested,
  type Tensor,
  type TensorData,
} from './tensor.ts';

/**
 * Converts to a dtype. Integer to integer keeps values; Z to F or K takes residues mod p; F to K embeds; F to Z
 * takes the balanced representative in [-(p-1)/2, (p-1)/2], so that Z to F to Z is the identity on integers of
 * that range. The tensor itself is returned when it has the dtype already.
 *
 * @throws RangeError naming the first index whose value is outside an integer dtype
 * @throws TypeError from K to anything else (see `limbs`)
 * @example
 * const a = t.fromArray([-1, 5]);
 * a.to('F').toArray(); // [2130706432, 5]
 * a.to('F').to('int8').toArray(); // [-1, 5]
 * t.fromArray([200]).to('int8'); // throws RangeError: to: [0]: expected an integer in [-2^7, 2^7) (int8)
 */
export function to(a: Tensor, dtype: Dtype): Tensor {
  checkDtype('to: dtype', dtype);
  if (a.dtype === dtype) return a;
  const data = compact(a);
  const made = (out: TensorData): Tensor => makeTensor(a.context, dtype, a.shape, out);
  if (a.dtype === 'K') {
    throw new TypeError(`to: dtype: expected K for a tensor over K (limbs() gives F), got ${dtype}`);
  }
  if (dtype === 'K')
    return made(embedWords(a.context, (a.dtype === 'F' ? data : residues(a, data)) as Uint32Array));
  if (dtype === 'F') return made(residues(a, data));
  if (a.dtype === 'F') {
    const balanced = Int32Array.from(data as Uint32Array, (x) => a.context.F.toBalanced(x as never));
    return to(makeTensor(a.context, 'int32', a.shape, balanced), dtype);
  }
  return made(narrow(a.context, data, dtype, (i) => `to: ${indexName(a.shape, i)}`));
}

function residues(a: Tensor, data: TensorData): TensorData {
  const out = new Uint32Array(a.size);
  if (data instanceof BigInt64Array) {
    const p = BigInt(a.context.F.modulus);
    for (let i = 0; i < out.length; i++) out[i] = Number((((data[i] as bigint) % p) + p) % p);
  } else a.context.kernels.fromIntegers(out, data as Int8Array | Int16Array | Int32Array);
  return out;
}

/**
 * The limbs of a tensor over K as a tensor over F with a new last axis of size d.
 *
 * @throws TypeError for another dtype
 * @example
 * t.fromArray([7], 'F').to('K').limbs().toArray(); // [[7, 0, 0, 0, 0]]
 */
export function limbs(a: Tensor): Tensor {
  if (a.dtype !== 'K') throw new TypeError(`limbs: tensor: expected dtype K, got ${a.dtype}`);
  const { degree } = a.context.K;
  const data = compact(a) as Uint32Array;
  const out = new Uint32Array(a.size * degree);
  for (let i = 0; i < a.size; i++) {
    for (let j = 0; j < degree; j++) out[i * degree + j] = data[extWord(i, j, degree)] as number;
  }
  return makeTensor(a.context, 'F', [...a.shape, degree], out);
}

/**
 * The inverse of `limbs`: the last axis of a tensor over F, of size d, becomes elements of K.
 *
 * @throws TypeError for another dtype, RangeError for another last axis
 * @example
 * t.fromArray([[1, 2, 3, 4, 5]], 'F').fromLimbs().toArray(); // [[1, 2, 3, 4, 5]]
 * t.fromArray([[1, 2, 3, 4, 5]], 'F').fromLimbs().shape; // [1]
 */
export function fromLimbs(a: Tensor): Tensor {
  const { degree } = a.context.K;
  if (a.dtype !== 'F') throw new TypeError(`fromLimbs: tensor: expected dtype F, got ${a.dtype}`);
  if (a.shape.at(-1) !== degree) {
    throw new RangeError(`fromLimbs: tensor: expected a last axis of ${degree}, got shape ${show(a.shape)}`);
  }
  const data = compact(a) as Uint32Array;
  const size = a.size / degree;
  const out = allocate(a.context, 'K', size) as Uint32Array;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < degree; j++) out[extWord(i, j, degree)] = data[i * degree + j] as number;
  }
  return makeTensor(a.context, 'K', a.shape.slice(0, -1), out);
}

/**
 * The elements as nested arrays: numbers (bigints for int64); canonical residues for F; arrays of d limbs for
 * K. A tensor of shape [] gives the element itself.
 *
 * @example
 * t.fromArray([[1n, 2n]]).toArray(); // [[1n, 2n]]
 */
export function toArray(a: Tensor): Nested {
  const build = (axis: number, from: number): Nested => {
    if (axis === a.shape.length) return loadElement(a, from) as Nested;
    const step = a.strides[axis] as number;
    return Array.from({ length: a.shape[axis] as number }, (_, i) => build(axis + 1, from + i * step));
  };
  return build(0, a.offset);
}

/**
 * One element: a number, a bigint (int64), or limbs (K).
 *
 * @param index one index per axis, negative ones from the end; none for a tensor with a single element
 * @throws RangeError for another number of indices or an index out of range
 * @example
 * t.arange(6).reshape([2, 3]).item(1, -1); // 5
 */
export function item(a: Tensor, ...index: number[]): number | bigint | Ext {
  if (index.length === 0 && a.size === 1) return loadElement(a, a.offset);
  if (index.length !== a.shape.length) {
    throw new RangeError(`item: index: expected one per axis of ${show(a.shape)}, got ${show(index)}`);
  }
  const position = index.reduce((at, i, axis) => {
    const dim = a.shape[axis] as number;
    if (!Number.isInteger(i) || i < -dim || i >= dim) {
      throw new RangeError(`item: axis ${axis}: expected an index in [${-dim}, ${dim}), got ${i}`);
    }
    return at + (a.strides[axis] as number) * (i < 0 ? i + dim : i);
  }, a.offset);
  return loadElement(a, position);
}

/** Entries of an axis that are printed in full; longer axes show half of them at each end. */
const PRINTED = 6;

/**
 * The dtype, the shape and the elements, long axes cut to their ends; elements of K as tuples of limbs.
 * Printing shows elements: do not print what is secret.
 *
 * @example
 * t.arange(20).toString(); // 'int32 [20] [0, 1, 2, ..., 17, 18, 19]'
 */
export function toString(a: Tensor): string {
  const build = (axis: number, from: number): string => {
    if (axis === a.shape.length) {
      const element = loadElement(a, from);
      return Array.isArray(element) ? `(${element.join(', ')})` : `${element as number}`;
    }
    const dim = a.shape[axis] as number;
    const line = (i: number): string => build(axis + 1, from + i * (a.strides[axis] as number));
    const ends = dim <= PRINTED ? dim : PRINTED / 2;
    const parts = Array.from({ length: ends }, (_, i) => line(i));
    if (dim > PRINTED) {
      parts.push('...', ...Array.from({ length: ends }, (_, i) => line(dim - ends + i)));
    }
    const last = axis === a.shape.length - 1;
    return `[${parts.join(last ? ', ' : `,\n${' '.repeat(axis + 1)}`)}]`;
  };
  const separator = a.shape.length > 1 ? '\n' : ' ';
  return `${a.dtype} ${show(a.shape)}${separator}${build(0, a.offset)}`;
}

/**
 * The canonical storage of the elements in row-major order, for kernels and files: a copy that may be written
 * to. K has the blocked layout of the kernels, F plain canonical words.
 *
 * @example
 * t.fromArray([[1, 2], [3, 4]]).transpose().toTyped(); // Int32Array.of(1, 3, 2, 4)
 */
export function toTyped(a: Tensor): TensorData {
  const data = compact(a);
  return data.buffer === a.data.buffer ? data.slice() : data;
}

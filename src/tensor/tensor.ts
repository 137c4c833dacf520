/**
 * What a tensor is: a dtype, a shape, and a strided window onto a typed array. Element (i_0, .., i_r) lies at
 * element `offset + sum i_k * strides[k]` of `data`, so that views (permute, slice, broadcast) cost no copy.
 *
 * Domains and storage.
 *
 *     Z   int8, int16, int32   Int8Array, Int16Array, Int32Array
 *         int64                BigInt64Array; elements are bigints
 *     F   F                    Uint32Array of canonical words (plain, not in Montgomery form)
 *     K   K                    Uint32Array in the blocked layout of `kernels/contract/layout.ts`
 *
 * Integer arithmetic is exact or it is an error. int8 and int16 are ways to store: every integer operation
 * returns int32, or int64 when an operand is int64 (or a scalar beyond int32), and a result outside that dtype
 * throws a RangeError naming the first index. Nothing wraps, nothing rounds. Between domains Z < F < K: mixed
 * operands meet in the larger one, an integer as its residue.
 *
 * Messages name arguments, indices, shapes and dtypes, never an element: elements may be secret.
 */
import type { BaseField, ExtensionField } from '../field/field.ts';
import { BLOCK, extWord, extWords } from '../kernels/contract/layout.ts';
import type { Kernels } from '../kernels/index.ts';
import type { TensorMethods } from './methods.ts';
import { sizeOf, stridesOf } from './shape.ts';

export type IntegerDtype = 'int8' | 'int16' | 'int32' | 'int64';
export type Dtype = IntegerDtype | 'F' | 'K';
export type Domain = 'Z' | 'F' | 'K';
export type TensorData = Int8Array | Int16Array | Int32Array | BigInt64Array | Uint32Array;

/** One element as operations take it: an integer, or the `degree` canonical limbs of an element of K. */
export type Scalar = number | bigint | readonly number[];
/** What an elementwise operation takes beside a tensor. */
export type Operand = Tensor | Scalar;
/** Nested arrays of elements; an element of K is itself an array of limbs. */
export type Nested = number | bigint | readonly Nested[];

/** What tensors compute with: kernels and the fields that they work on. Made by `createTensors`. */
export interface TensorContext {
  /** @throws Error once the context is closed */
  readonly kernels: Kernels;
  readonly F: BaseField;
  readonly K: ExtensionField;
  /** Prototype of this context's tensors. */
  readonly methods: object;
}

/**
 * A tensor. Immutable by convention: operations return new tensors or views and never write to `data`. Results
 * live in ordinary garbage-collected arrays; nothing has to be disposed of.
 */
export interface Tensor extends TensorMethods {
  readonly context: TensorContext;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly size: number;
  /** Step between neighbours along each axis, in elements of `data`. */
  readonly strides: readonly number[];
  /** Element of `data` at index (0, .., 0). */
  readonly offset: number;
  /** The storage, possibly shared with other views and larger than this one. */
  readonly data: TensorData;
}

/** A tensor over existing storage; strides default to row-major. */
export function makeTensor(
  context: TensorContext,
  dtype: Dtype,
  shape: readonly number[],
  data: TensorData,
  strides: readonly number[] = stridesOf(shape),
  offset = 0,
): Tensor {
  const record = { context, dtype, shape: [...shape], size: sizeOf(shape), strides, offset, data };
  return Object.assign(Object.create(context.methods) as Tensor, record);
}

/** Another window onto the same storage. */
export function viewOf(
  a: Tensor,
  shape: readonly number[],
  strides: readonly number[],
  offset = a.offset,
): Tensor {
  return makeTensor(a.context, a.dtype, shape, a.data, strides, offset);
}

export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'strides' in value && 'dtype' in value;
}

export function domainOf(dtype: Dtype): Domain {
  return dtype === 'F' || dtype === 'K' ? dtype : 'Z';
}

/** Words per element: the degree for K, else 1. */
export function limbsOf(context: TensorContext, dtype: Dtype): number {
  return dtype === 'K' ? context.K.degree : 1;
}

/** Zeroed storage for `size` elements. */
export function allocate(context: TensorContext, dtype: Dtype, size: number): TensorData {
  switch (dtype) {
    case 'int8':
      return new Int8Array(size);
    case 'int16':
      return new Int16Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'int64':
      return new BigInt64Array(size);
    case 'F':
      return new Uint32Array(size);
    case 'K':
      return new Uint32Array(extWords(size, context.K.degree));
  }
}

/** Whether elements lie row-major without gaps. */
export function isContiguous(a: Tensor): boolean {
  const standard = stridesOf(a.shape);
  return a.shape.every((dim, k) => dim === 1 || a.strides[k] === standard[k]);
}

/**
 * The elements in row-major order from element 0 of the returned array: the storage itself (or a subarray)
 * where strides and layout allow, else a copy. What kernels are given; not to be written to.
 */
export function compact(a: Tensor): TensorData {
  if (isContiguous(a)) {
    if (a.dtype !== 'K') return a.data.subarray(a.offset, a.offset + a.size);
    if (a.offset === 0 && isWholeExt(a)) return a.data;
  }
  const out = allocate(a.context, a.dtype, a.size);
  if (a.size === 0) return out;
  const inner = a.shape.at(-1) ?? 1;
  const step = a.strides.at(-1) ?? 1;
  const limbs = limbsOf(a.context, a.dtype);
  let to = 0;
  forEachRow(a, (from) => {
    if (a.dtype === 'K') copyLimbs(out as Uint32Array, to, a.data as Uint32Array, from, step, inner, limbs);
    else copyStrided(out, to, a.data, from, step, inner);
    to += inner;
  });
  return out;
}

/** Whether storage holds these elements of K and nothing else: not a longer tensor that ends in the same block. */
function isWholeExt({ context, data, size }: Tensor): boolean {
  const { degree } = context.K;
  return data.length === extWords(size, degree) && usedPadding(data as Uint32Array, size, degree) < 0;
}

/** Calls `visit` with the storage position of the first element of each innermost row, in row-major order. */
function forEachRow(a: Tensor, visit: (from: number) => void): void {
  const outer = a.shape.slice(0, -1);
  const index = outer.map(() => 0);
  let from = a.offset;
  for (;;) {
    visit(from);
    let axis = outer.length - 1;
    for (; axis >= 0; axis--) {
      from += a.strides[axis] as number;
      if (++(index[axis] as number) < (outer[axis] as number)) break;
      from -= (a.strides[axis] as number) * (outer[axis] as number);
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

function copyStrided(
  out: TensorData,
  to: number,
  data: TensorData,
  from: number,
  step: number,
  n: number,
): void {
  if (step === 1) out.set(data.subarray(from, from + n) as never, to);
  else if (step === 0) out.fill(data[from] as never, to, to + n);
  else for (let i = 0; i < n; i++) out[to + i] = data[from + i * step] as never;
}

function copyLimbs(
  out: Uint32Array,
  to: number,
  data: Uint32Array,
  from: number,
  step: number,
  n: number,
  limbs: number,
): void {
  const block = BLOCK * limbs;
  let first = 0;
  if (step === 1 && from % BLOCK === 0 && to % BLOCK === 0) {
    first = n - (n % BLOCK);
    const words = data.subarray(from * limbs, (from + first) * limbs);
    out.set(words, to * limbs);
  }
  for (let i = first; i < n; i++) {
    const source = from + i * step;
    let read = (source >>> 2) * block + (source & 3);
    let write = ((to + i) >>> 2) * block + ((to + i) & 3);
    for (let j = 0; j < limbs; j++, read += BLOCK, write += BLOCK) out[write] = data[read] as number;
  }
}

/** Copies `n` elements between compact arrays of one dtype, from element `from` to element `to`. */
export function copyElements(
  context: TensorContext,
  dtype: Dtype,
  out: TensorData,
  to: number,
  data: TensorData,
  from: number,
  n: number,
): void {
  if (dtype !== 'K') return copyStrided(out, to, data, from, 1, n);
  copyLimbs(out as Uint32Array, to, data as Uint32Array, from, 1, n, context.K.degree);
}

/** The first word behind the last of `size` elements of K that is not 0, or -1. */
export function usedPadding(words: Uint32Array, size: number, degree: number): number {
  for (let i = size; i % BLOCK !== 0; i++) {
    for (let j = 0; j < degree; j++) {
      const word = extWord(i, j, degree);
      if (words[word] !== 0) return word;
    }
  }
  return -1;
}

/**
 * The oracle of the tensor tests: a function from multi-indices to elements, evaluated one element at a time with
 * the scalar arithmetic of the field objects and bigints. It knows no strides, storage or kernels.
 */
import { expect } from 'vitest';
import { quintic, type Ext, type ExtensionField, type Fe } from '../../src/index.ts';
import { extensionField, primeField } from '../../src/index.ts';
import {
  createTensors,
  type Dtype,
  type IntegerDtype,
  type Nested,
  type Scalar,
  type Tensor,
  type Tensors,
} from '../../src/tensor/index.ts';
import { edges, generator } from '../support/words.ts';

/** An element: bigint over Z, one canonical number over F, limbs over K. */
export type Element = bigint | number | Ext;

export interface Naive {
  readonly shape: readonly number[];
  readonly at: (index: readonly number[]) => Element;
}

export interface Ring {
  readonly zero: Element;
  readonly one: Element;
  readonly add: (a: Element, b: Element) => Element;
  readonly sub: (a: Element, b: Element) => Element;
  readonly mul: (a: Element, b: Element) => Element;
}

type Op<E> = (a: E, b: E) => E;
const ring = <E extends Element>(zero: E, one: E, add: Op<E>, sub: Op<E>, mul: Op<E>): Ring =>
  ({ zero, one, add, sub, mul }) as unknown as Ring;

export function ringOf(K: ExtensionField, dtype: Dtype): Ring {
  if (dtype === 'K') return ring(K.zero, K.one, K.add, K.sub, K.mul);
  if (dtype === 'F') return ring(K.base.zero, K.base.one, K.base.add, K.base.sub, K.base.mul);
  return ring(
    0n as bigint,
    1n,
    (a, b) => a + b,
    (a, b) => a - b,
    (a, b) => a * b,
  );
}

/** An element of one dtype in a ring that contains it. */
export function lift(K: ExtensionField, element: Element, dtype: Dtype): Element {
  if (typeof element === 'bigint' && dtype !== 'F' && dtype !== 'K') return element;
  const inF = typeof element === 'bigint' ? K.base.fromInt(element) : element;
  return dtype === 'K' && typeof inF === 'number' ? K.fromBase(inF as Fe) : inF;
}

export const BITS: Readonly<Record<IntegerDtype, bigint>> = { int8: 8n, int16: 16n, int32: 32n, int64: 64n };

export function fits(value: bigint, dtype: IntegerDtype): boolean {
  return BigInt.asIntN(Number(BITS[dtype]), value) === value;
}

export function isInteger(dtype: Dtype): dtype is IntegerDtype {
  return dtype !== 'F' && dtype !== 'K';
}

/** Random elements, edge values well represented. `magnitude` bounds integers. */
export function elements(
  K: ExtensionField,
  dtype: Dtype,
  next: () => number,
  magnitude?: bigint,
): () => Element {
  const p = K.base.modulus;
  const edge = edges(p);
  const word = (): Fe => (next() & 1 ? next() % p : (edge[next() % edge.length] as number)) as Fe;
  if (dtype === 'F') return word;
  if (dtype === 'K') return () => (next() % 8 === 0 ? K.zero : K.one.map(word));
  const half = 1n << (BITS[dtype] - 1n);
  const bound = magnitude === undefined || magnitude > half ? half : magnitude;
  return () => {
    const wide = ((BigInt(next()) << 32n) | BigInt(next())) % (2n * bound);
    const picks = [0n, 1n, -1n, bound - 1n, -bound];
    return next() & 1 ? wide - bound : (picks[next() % picks.length] as bigint);
  };
}

/** All multi-indices in row-major order. */
export function* indices(shape: readonly number[]): Generator<number[]> {
  const size = shape.reduce((product, dim) => product * dim, 1);
  for (let flat = 0; flat < size; flat++) {
    const index: number[] = [];
    for (let axis = shape.length - 1, rest = flat; axis >= 0; axis--) {
      index.unshift(rest % (shape[axis] as number));
      rest = Math.floor(rest / (shape[axis] as number));
    }
    yield index;
  }
}

export function valuesOf(naive: Naive): Element[] {
  return [...indices(naive.shape)].map((index) => naive.at(index));
}

/** A tensor with random elements, and its oracle. */
export function sample(
  t: Tensors,
  dtype: Dtype,
  shape: readonly number[],
  seed: number,
  magnitude?: bigint,
): { tensor: Tensor; naive: Naive } {
  const element = elements(t.K, dtype, generator(seed), magnitude);
  const values: Element[] = [...indices(shape)].map(element);
  const position = (index: readonly number[]): number =>
    index.reduce((at, i, axis) => at * (shape[axis] as number) + i, 0);
  const tensor = t.generate(shape, (i) => values[i] as Scalar, dtype);
  return { tensor, naive: { shape, at: (index) => values[position(index)] as Element } };
}

/** Elements of nested arrays in order, int64 and int32 alike as bigints. */
function flatten(t: Tensor): Element[] {
  const depth = t.shape.length;
  const walk = (value: Nested, axis: number): Element[] => {
    if (axis < depth) return (value as Nested[]).flatMap((part) => walk(part, axis + 1));
    return [isInteger(t.dtype) ? BigInt(value as number) : (value as Element)];
  };
  return walk(t.toArray(), 0);
}

/** Same shape and elements, read once through strides and once through compact storage. */
export function expectTensor(actual: Tensor, expected: Naive, what = ''): void {
  expect(actual.shape, `${what} shape`).toEqual(expected.shape);
  const values = valuesOf(expected);
  expect(flatten(actual), `${what} elements`).toEqual(values);
  const rebuilt = actual.context as unknown as Tensors;
  expect(flatten(rebuilt.wrap(actual.toTyped(), actual.dtype, actual.shape)), `${what} storage`).toEqual(
    values,
  );
}

/** The contexts that every property is checked on: both kernels on the production field, and two toy fields. */
export async function contexts(): Promise<Tensors[]> {
  return [
    await createTensors({ wasm: { threads: 2, memoryBytes: 64 << 20 } }),
    await createTensors({ kernels: 'reference', field: quintic }),
    await createTensors({ field: extensionField(primeField(97), [-5, 0]) }),
    await createTensors({ field: extensionField(primeField(7), [-3, 0, 0]) }),
  ];
}

/** Shapes of up to four axes with sizes 0 and 1 well represented. */
export function randomShape(next: () => number, maxRank = 4): number[] {
  const sizes = [0, 1, 1, 2, 2, 3, 3, 4, 5];
  return Array.from({ length: next() % (maxRank + 1) }, () => sizes[next() % sizes.length] as number);
}

export function shuffled(n: number, next: () => number): number[] {
  const order = Array.from({ length: n }, (_, k) => k);
  for (let k = n - 1; k > 0; k--) {
    const other = next() % (k + 1);
    [order[k], order[other]] = [order[other] as number, order[k] as number];
  }
  return order;
}

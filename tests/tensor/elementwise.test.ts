/** Elementwise arithmetic equals the oracle on random views and broadcasts, in every domain and mixture. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext, Fe } from '../../src/index.ts';
import type { Dtype, IntegerDtype, Scalar, Tensor, Tensors } from '../../src/tensor/index.ts';
import { generator } from '../support/words.ts';
import { chain } from './chains.ts';
import {
  contexts,
  expectTensor,
  fits,
  indices,
  isInteger,
  lift,
  randomShape,
  ringOf,
  sample,
  type Element,
  type Naive,
} from './oracle.ts';

let all: Tensors[];
beforeAll(async () => {
  all = await contexts();
});
afterAll(() => Promise.all(all.map((t) => t.close())));

const DTYPES: readonly Dtype[] = ['int8', 'int16', 'int32', 'int64', 'F', 'K'];
const ORDER = DTYPES;
const common = (a: Dtype, b: Dtype): Dtype =>
  ORDER[Math.max(ORDER.indexOf(a), ORDER.indexOf(b), ORDER.indexOf('int32'))] as Dtype;

/** Two shapes that broadcast, by dropping leading axes and setting some of the others to 1. */
function broadcastingShapes(next: () => number): [number[], number[]] {
  const shape = randomShape(next);
  const thin = (): number[] =>
    shape.slice(next() % (shape.length + 1)).map((n) => (next() % 3 === 0 ? 1 : n));
  return next() & 1 ? [shape, thin()] : [thin(), thin()];
}

function broadcastNaive(a: Naive, b: Naive, f: (x: Element, y: Element) => Element): Naive {
  const rank = Math.max(a.shape.length, b.shape.length);
  const dim = (v: Naive, axis: number): number => v.shape[axis - rank + v.shape.length] ?? 1;
  const shape = Array.from({ length: rank }, (_, axis) => (dim(a, axis) === 1 ? dim(b, axis) : dim(a, axis)));
  const pick = (v: Naive, index: readonly number[]): Element =>
    v.at(index.slice(rank - v.shape.length).map((i, axis) => (v.shape[axis] === 1 ? 0 : i)));
  return { shape, at: (index) => f(pick(a, index), pick(b, index)) };
}

/** The oracle's tensor, or the first index at which an integer leaves the dtype. */
export function expectExact(run: () => Tensor, expected: Naive, dtype: Dtype, what: string): void {
  const bad = isInteger(dtype)
    ? [...indices(expected.shape)].find((index) => !fits(expected.at(index) as bigint, dtype))
    : undefined;
  if (bad === undefined) {
    const actual = run();
    expect(actual.dtype).toBe(dtype);
    expectTensor(actual, expected, what);
  } else expect(run, what).toThrow(`${what}: result[${bad.join(', ')}]: expected an integer in`);
}

describe.each(['add', 'sub', 'mul'] as const)('%s', (op) => {
  test('every pair of dtypes, broadcasting, on views', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.constantFrom(...DTYPES),
        fc.constantFrom(...DTYPES),
        fc.constantFrom(100n, 40_000n, undefined),
        (seed, dtypeA, dtypeB, magnitude) => {
          for (const t of all) {
            const next = generator(seed);
            const [shapeA, shapeB] = broadcastingShapes(next);
            const a = permuted(sample(t, dtypeA, shapeA, seed, magnitude));
            const b = sample(t, dtypeB, shapeB, seed + 1, magnitude);
            const dtype = common(dtypeA, dtypeB);
            const ring = ringOf(t.K, dtype);
            const expected = broadcastNaive(a.naive, b.naive, (x, y) =>
              ring[op](lift(t.K, x, dtype), lift(t.K, y, dtype)),
            );
            expectExact(() => a.tensor[op](b.tensor), expected, dtype, op);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('scalars: integers, bigints and limbs', () => {
    for (const t of all) {
      for (const dtype of DTYPES) {
        const { tensor, naive } = sample(t, dtype, [3, 2], 5, 1000n);
        const limbs = t.K.one.map((_, i) => t.F.fromInt(i + 1));
        for (const scalar of [3, -7n, 2 ** 40, limbs] as Scalar[]) {
          const asElement = Array.isArray(scalar) ? (scalar as Ext) : BigInt(scalar as number);
          const scalarDtype: Dtype = Array.isArray(scalar) ? 'K' : scalar === 2 ** 40 ? 'int64' : 'int32';
          const result = common(dtype, scalarDtype);
          const ring = ringOf(t.K, result);
          const expected: Naive = {
            shape: [3, 2],
            at: (index) => ring[op](lift(t.K, naive.at(index), result), lift(t.K, asElement, result)),
          };
          expectExact(() => tensor[op](scalar), expected, result, op);
        }
      }
    }
  });
});

/** A view that is not contiguous (where the shape allows) over a copy with its axes reversed. */
function permuted({ tensor, naive }: { tensor: Tensor; naive: Naive }): { tensor: Tensor; naive: Naive } {
  return { tensor: tensor.permute().contiguous().permute(), naive };
}

test('neg and square on chains of views', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.constantFrom(...DTYPES), (seed, dtype) => {
      for (const t of all) {
        const next = generator(seed);
        const { tensor, naive } = chain(sample(t, dtype, randomShape(next), seed), 3, next);
        const result = common(dtype, dtype);
        const ring = ringOf(t.K, result);
        const zero = ring.zero;
        const neg: Naive = { shape: naive.shape, at: (index) => ring.sub(zero, naive.at(index)) };
        expectExact(() => tensor.neg(), neg, result, 'neg');
        const square: Naive = { shape: naive.shape, at: (i) => ring.mul(naive.at(i), naive.at(i)) };
        expectExact(() => tensor.square(), square, result, 'square');
      }
    }),
    { numRuns: 100 },
  );
});

describe('inverse', () => {
  test('is the inverse of every element, or names the first zero', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.constantFrom<Dtype>('F', 'K'), (seed, dtype) => {
        for (const t of all) {
          const { tensor, naive } = chain(
            sample(t, dtype, randomShape(generator(seed)), seed),
            2,
            generator(seed + 1),
          );
          const isZero = (x: Element): boolean => (dtype === 'F' ? x === 0 : t.K.isZero(x as Ext));
          const zero = [...indices(naive.shape)].find((index) => isZero(naive.at(index)));
          if (zero !== undefined) {
            expect(() => tensor.inverse()).toThrow(
              `inverse: a[${zero.join(', ')}]: expected a non-zero element`,
            );
            continue;
          }
          const inverse = (x: Element): Element =>
            dtype === 'F' ? t.F.inverse(x as Fe) : t.K.inverse(x as Ext);
          expectTensor(tensor.inverse(), { shape: naive.shape, at: (index) => inverse(naive.at(index)) });
        }
      }),
      { numRuns: 100 },
    );
  });

  test('of 10,000 elements at once', () => {
    for (const t of all.slice(0, 2)) {
      for (const dtype of ['F', 'K'] as const) {
        const a = t.generate([10_000], (i) => i + 1, dtype);
        expect(a.inverse().mul(a).equal(1).min().item()).toBe(1);
      }
    }
  });
});

describe('pow', () => {
  test.each([0, 1, 2, 3, 5n, 10])('exponent %s', (exponent) => {
    for (const t of all) {
      for (const dtype of DTYPES) {
        const { tensor, naive } = sample(t, dtype, [2, 3], 11, 9n);
        const result = common(dtype, dtype);
        const ring = ringOf(t.K, result);
        const power = (x: Element): Element => {
          let y = ring.one;
          for (let k = 0n; k < BigInt(exponent); k++) y = ring.mul(y, x);
          return y;
        };
        expectExact(
          () => tensor.pow(exponent),
          { shape: [2, 3], at: (index) => power(naive.at(index)) },
          result,
          'pow',
        );
      }
    }
  });

  test('reaches the last value that fits and no further', () => {
    const t = all[0] as Tensors;
    expect(t.fromArray([-2]).pow(31).toArray()).toEqual([-(2 ** 31)]);
    expect(() => t.fromArray([2]).pow(31)).toThrow('pow: result[0]: expected an integer in [-2^31, 2^31)');
    expect(t.fromArray([-2n]).pow(63).toArray()).toEqual([-(2n ** 63n)]);
    expect(() => t.fromArray([-2n]).pow(64)).toThrow('[-2^63, 2^63)');
  });

  test('Fermat and Lagrange', () => {
    for (const t of all) {
      const a = sample(t, 'F', [20], 3).tensor;
      expect(a.pow(t.F.modulus).identical(a)).toBe(true);
      const b = sample(t, 'K', [20], 4).tensor;
      expect(b.pow(BigInt(t.F.modulus) ** BigInt(t.K.degree)).identical(b)).toBe(true);
      expect(() => t.zeros([1], 'F').pow(-1)).toThrow('inverse: a[0]');
    }
  });
});

test('equal and identical', () => {
  for (const t of all) {
    const p = t.F.modulus;
    const residues = t.fromArray([0, 1, p - 1], 'F');
    expect(residues.equal(t.fromArray([p, 1, -1])).toArray()).toEqual([1, 1, 1]);
    expect(residues.to('K').equal(residues).toArray()).toEqual([1, 1, 1]);
    const x = t.K.one.map((_, i) => (i === 1 ? 1 : 0));
    expect(t.fromArray([x], 'K').equal(0).toArray()).toEqual([0]);
    expect(
      t
        .fromArray([2n ** 60n])
        .equal(t.fromArray([2n ** 60n + 1n]))
        .toArray(),
    ).toEqual([0]);
    expect(residues.identical(residues.reshape([1, 3]))).toBe(false);
    expect(residues.identical(t.fromArray([0, 1, p - 2], 'F'))).toBe(false);
    expect(t.fromArray([1], 'int8').identical(t.fromArray([1n]))).toBe(true);
  }
});

test('conversions between integer dtypes keep or refuse', () => {
  const t = all[0] as Tensors;
  for (const from of ['int8', 'int16', 'int32', 'int64'] as IntegerDtype[]) {
    for (const into of ['int8', 'int16', 'int32', 'int64'] as IntegerDtype[]) {
      const { tensor, naive } = sample(t, from, [2, 4], 77);
      const bad = [...indices([2, 4])].find((index) => !fits(naive.at(index) as bigint, into));
      if (bad === undefined) expectTensor(tensor.to(into), naive);
      else expect(() => tensor.to(into)).toThrow(`to: [${bad.join(', ')}]: expected an integer in`);
    }
  }
});

test('Z to F to Z is the identity on balanced residues; F to K and limbs', () => {
  for (const t of all) {
    const half = (t.F.modulus - 1) / 2;
    const a = t.fromArray([0, 1, -1, half, -half]);
    expect(a.to('F').to('int32').identical(a)).toBe(true);
    expect(a.to('int64').to('F').identical(a.to('F'))).toBe(true);
    const k = sample(t, 'K', [2, 3], 6).tensor;
    expect(k.limbs().shape).toEqual([2, 3, t.K.degree]);
    expect(k.limbs().fromLimbs().identical(k)).toBe(true);
    expect(a.to('K').limbs().slice(null, 0).identical(a.to('F'))).toBe(true);
    expect(() => k.to('F')).toThrow('to: dtype: expected K for a tensor over K');
  }
});

/** Reductions equal the oracle over random axes of random views; exact where intermediate values are not. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dtype, Tensor, Tensors } from '../../src/tensor/index.ts';
import { generator } from '../support/words.ts';
import { chain } from './chains.ts';
import {
  contexts,
  expectTensor,
  fits,
  indices,
  isInteger,
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

/** Reduces rows of elements; the elements of each row in row-major order of the reduced axes. */
function reduceNaive(
  a: Naive,
  axes: readonly number[],
  keepdims: boolean,
  f: (row: Element[]) => Element,
): Naive {
  const kept = a.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const row = (index: readonly number[]): Element[] =>
    [...indices(axes.map((axis) => a.shape[axis] as number))].map((inner) =>
      a.at(
        a.shape.map(
          (_, axis) =>
            (axes.includes(axis) ? inner[axes.indexOf(axis)] : index[kept.indexOf(axis)]) as number,
        ),
      ),
    );
  if (!keepdims) return { shape: kept.map((axis) => a.shape[axis] as number), at: (index) => f(row(index)) };
  return {
    shape: a.shape.map((n, axis) => (axes.includes(axis) ? 1 : n)),
    at: (index) => f(row(kept.map((axis) => index[axis] as number))),
  };
}

/** The oracle's result, or an error that names the first index (without the reduced axes) out of range. */
function expectReduced(op: string, run: () => Tensor, flat: Naive, shown: Naive, dtype: Dtype): void {
  const bad = isInteger(dtype)
    ? [...indices(flat.shape)].find((index) => !fits(flat.at(index) as bigint, dtype))
    : undefined;
  if (bad === undefined) expectTensor(run(), shown, op);
  else expect(run, op).toThrow(`${op}: result[${bad.join(', ')}]: expected an integer in`);
}

describe.each(['sum', 'prod'] as const)('%s', (op) => {
  test('random axes of chains of views', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.constantFrom(...DTYPES),
        fc.constantFrom(10n, undefined),
        fc.boolean(),
        (seed, dtype, magnitude, keepdims) => {
          for (const t of all) {
            const next = generator(seed);
            const { tensor, naive } = chain(sample(t, dtype, randomShape(next), seed, magnitude), 2, next);
            const axes = naive.shape.map((_, axis) => axis).filter(() => next() & 1);
            const result: Dtype = dtype === 'int8' || dtype === 'int16' ? 'int32' : dtype;
            const ring = ringOf(t.K, result);
            const f = (row: Element[]): Element =>
              op === 'sum' ? row.reduce(ring.add, ring.zero) : row.reduce(ring.mul, ring.one);
            const given = axes.map((axis) => (next() & 1 ? axis : axis - naive.shape.length));
            expectReduced(
              op,
              () => tensor[op](given, { keepdims }),
              reduceNaive(naive, axes, false, f),
              reduceNaive(naive, axes, keepdims, f),
              result,
            );
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe.each(['max', 'min', 'argmax', 'argmin'] as const)('%s', (op) => {
  test('random axes; ties take the lowest position', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 31 }),
        fc.constantFrom<Dtype>('int8', 'int32', 'int64'),
        fc.boolean(),
        (seed, dtype, keepdims) => {
          const t = all[0] as Tensors;
          const next = generator(seed);
          const { tensor, naive } = chain(sample(t, dtype, randomShape(next), seed, 3n), 2, next);
          const single = op.startsWith('arg');
          const axis = naive.shape.length > 0 && next() % 4 > 0 ? next() % naive.shape.length : undefined;
          const axes = axis === undefined ? naive.shape.map((_, k) => k) : [axis];
          const sign = op.endsWith('max') ? 1n : -1n;
          const f = (row: Element[]): Element => {
            const values = row as bigint[];
            const best = values.reduce((x, y) => (sign * y > sign * x ? y : x), values[0] as bigint);
            return single ? BigInt(values.indexOf(best)) : best;
          };
          const expected = reduceNaive(naive, axes, keepdims, f);
          const rows = expected.shape.reduce((product, n) => product * n, 1);
          const inner = axes.reduce((product, k) => product * (naive.shape[k] as number), 1);
          const run = (): Tensor => tensor[op](axis, { keepdims });
          if (rows > 0 && inner === 0) expect(run).toThrow(`${op}: axes: expected at least one element`);
          else expectTensor(run(), expected, op);
        },
      ),
      { numRuns: 150 },
    );
  });
});

test('integer sums and products are exact whatever the order of their terms', () => {
  const t = all[0] as Tensors;
  const top = 2 ** 31 - 1;
  expect(t.fromArray([top, top, -top]).sum().item()).toBe(top);
  expect(
    t
      .fromArray([2n ** 63n - 1n, 1n, -1n])
      .sum()
      .item(),
  ).toBe(2n ** 63n - 1n);
  expect(t.fromArray([top, top, 0]).prod().item()).toBe(0);
  expect(
    t
      .fromArray([2 ** 30, 2, -1])
      .prod()
      .item(),
  ).toBe(-(2 ** 31));
  expect(() => t.fromArray([2 ** 30, 2, 1]).prod()).toThrow('prod: result[]');
  expect(() => t.fromArray([top, 1]).sum()).toThrow('sum: result[]');
});

test('long sums: beyond 2^20 terms, through kernels and row by row', () => {
  for (const t of all.slice(0, 2)) {
    const p = BigInt(t.F.modulus);
    const n = (1 << 20) + 5;
    const words = t.full([2, n], -1, 'F');
    expect(words.sum(1).toArray()).toEqual([Number((p - BigInt(n)) % p), Number((p - BigInt(n)) % p)]);
    expect(words.transpose().slice([0, 4000]).sum(0).toArray()).toEqual([
      Number(p - 4000n),
      Number(p - 4000n),
    ]);
    expect(
      t
        .full([n], -(2 ** 31), 'int32')
        .to('int32')
        .slice([0, 1])
        .sum()
        .item(),
    ).toBe(-(2 ** 31));
    expect(
      t
        .full([n], 2 ** 10)
        .sum()
        .item(),
    ).toBe(n * 2 ** 10);
    const k = t.full([2, 5000], -1, 'F').to('K');
    expect(k.sum(1).limbs().slice(null, 0).toArray()).toEqual([Number(p - 5000n), Number(p - 5000n)]);
    expect(k.sum().limbs().item(0)).toBe(Number(p - 10000n));
  }
});

test('a view that ends inside a block of K leaves out what follows it', () => {
  for (const t of all) {
    const k = t.fromArray([1, 2, 3], 'F').to('K');
    const two = k.slice([0, 2]);
    expect(two.sum().limbs().item(0)).toBe(3);
    expect(t.einsum('i->', two).limbs().item(0)).toBe(3);
    expect(two.contiguous().toTyped().length).toBe(4 * t.K.degree);
  }
});

test('rows of K with more terms than a double sums exactly', () => {
  const t = all[1] as Tensors;
  const p = t.F.modulus;
  const n = 4_300_000; // n * (p - 2) > 2^53, and p - 2 is odd: a sum that is reduced too late is rounded
  const k = t.full(
    [2, n],
    t.K.one.map(() => p - 2),
    'K',
  );
  const limb = Number((BigInt(n) * BigInt(p - 2)) % BigInt(p));
  const element = t.K.one.map(() => limb);
  expect(k.sum(1).toArray()).toEqual([element, element]);
});

/** Picking and joining against the oracle: take, gather, concat, stack, where, one-hot. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dtype, Tensors } from '../../src/tensor/index.ts';
import { generator } from '../support/words.ts';
import { chain } from './chains.ts';
import { contexts, expectTensor, lift, randomShape, sample, type Naive } from './oracle.ts';

let all: Tensors[];
beforeAll(async () => {
  all = await contexts();
});
afterAll(() => Promise.all(all.map((t) => t.close())));

const DTYPES: readonly Dtype[] = ['int8', 'int16', 'int32', 'int64', 'F', 'K'];
const wider = (a: Dtype, b: Dtype): Dtype => DTYPES[Math.max(DTYPES.indexOf(a), DTYPES.indexOf(b))] as Dtype;
const seeds = fc.integer({ min: 1, max: 2 ** 31 });

test('take: by arrays and by index tensors of any rank', () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(...DTYPES), (seed, dtype) => {
      for (const t of all) {
        const next = generator(seed);
        const { tensor, naive } = chain(sample(t, dtype, [2, ...randomShape(next, 3)], seed), 1, next);
        if (naive.shape.length === 0) continue;
        const axis = next() % naive.shape.length;
        const n = naive.shape[axis] as number;
        const shape = n === 0 ? [0] : randomShape(next, 2);
        const picks = t.generate(shape, () => next() % n);
        const at: Naive['at'] = (index) => {
          const pick = Number(picks.item(...index.slice(axis, axis + shape.length)));
          return naive.at(index.toSpliced(axis, shape.length, pick));
        };
        const expected = { shape: naive.shape.toSpliced(axis, 1, ...shape), at };
        expectTensor(tensor.take(picks, axis), expected);
        if (shape.length === 1) expectTensor(tensor.take(picks.toArray() as number[], axis), expected);
      }
    }),
    { numRuns: 100 },
  );
});

test('gather: one element per index', () => {
  fc.assert(
    fc.property(seeds, fc.constantFrom(...DTYPES), (seed, dtype) => {
      for (const t of all) {
        const next = generator(seed);
        const { tensor, naive } = sample(t, dtype, [3, ...randomShape(next, 3)], seed);
        const axis = next() % naive.shape.length;
        const n = naive.shape[axis] as number;
        const shape = naive.shape.with(axis, n === 0 ? 0 : next() % 4);
        const picks = t
          .generate(shape, () => next() % n)
          .permute()
          .contiguous()
          .permute();
        expectTensor(tensor.gather(picks, axis), {
          shape,
          at: (index) => naive.at(index.with(axis, Number(picks.item(...index)))),
        });
      }
    }),
    { numRuns: 100 },
  );
});

test('concat and stack: mixed dtypes, empty parts, any axis', () => {
  fc.assert(
    fc.property(
      seeds,
      fc.array(fc.constantFrom(...DTYPES), { minLength: 1, maxLength: 4 }),
      (seed, dtypes) => {
        for (const t of all) {
          const next = generator(seed);
          const shape = [2, ...randomShape(next, 3)];
          const axis = next() % shape.length;
          const parts = dtypes.map((dtype, k) => sample(t, dtype, shape.with(axis, next() % 4), seed + k));
          const dtype = dtypes.reduce(wider);
          const starts = parts.map((_, k) =>
            parts.slice(0, k).reduce((sum, { naive }) => sum + (naive.shape[axis] as number), 0),
          );
          const total = parts.reduce((sum, { naive }) => sum + (naive.shape[axis] as number), 0);
          const joined = t.concat(
            parts.map(({ tensor }) => tensor),
            axis - (next() & 1 ? shape.length : 0),
          );
          expect(joined.dtype).toBe(dtype);
          expectTensor(joined, {
            shape: shape.with(axis, total),
            at: (index) => {
              const i = index[axis] as number;
              // The last part that starts at or before i and is not empty there.
              const k = starts.findLastIndex(
                (start, part) => start <= i && (parts[part]?.naive.shape[axis] as number) > 0,
              );
              const local = index.with(axis, i - (starts[k] as number));
              return lift(t.K, parts[k]?.naive.at(local) as never, dtype);
            },
          });
          const same = dtypes.map((d, k) => sample(t, d, shape, seed + k));
          const place = next() % (shape.length + 1);
          expectTensor(
            t.stack(
              same.map(({ tensor }) => tensor),
              place,
            ),
            {
              shape: shape.toSpliced(place, 0, same.length),
              at: (index) =>
                lift(t.K, same[index[place] as number]?.naive.at(index.toSpliced(place, 1)) as never, dtype),
            },
          );
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('where: conditions and branches broadcast', () => {
  for (const t of all) {
    const a = sample(t, 'K', [2, 3], 1);
    const b = sample(t, 'int8', [3], 2);
    const condition = t.fromArray([[1], [0]]);
    expectTensor(t.where(condition, a.tensor, b.tensor), {
      shape: [2, 3],
      at: ([i, j]) => (i === 0 ? a.naive.at([0, j as number]) : lift(t.K, b.naive.at([j as number]), 'K')),
    });
    expect(t.where(t.fromArray([0n, 2n]), 7, -1).toArray()).toEqual([-1, 7]);
  }
});

test('oneHot inverts argmax', () => {
  const t = all[0] as Tensors;
  const picks = t.fromArray([
    [2, 0],
    [3, 1],
  ]);
  expect(t.oneHot(picks, 4).shape).toEqual([2, 2, 4]);
  expect(t.oneHot(picks, 4).argmax(-1).identical(picks)).toBe(true);
  expect(t.oneHot(picks, 4, 'K').sum(-1).equal(1).min().item()).toBe(1);
});

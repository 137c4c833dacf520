/** Views: any chain of them shows what the oracle shows, in every domain, and only copies where it must. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dtype, Tensors } from '../../src/tensor/index.ts';
import { generator } from '../support/words.ts';
import { chain, pythonRange } from './chains.ts';
import { contexts, expectTensor, randomShape, sample } from './oracle.ts';

let all: Tensors[];
beforeAll(async () => {
  all = await contexts();
});
afterAll(() => Promise.all(all.map((t) => t.close())));

describe.each<Dtype>(['int8', 'int16', 'int32', 'int64', 'F', 'K'])('%s', (dtype) => {
  test('chains of views', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.nat(6), (seed, steps) => {
        const next = generator(seed);
        const shape = randomShape(next);
        for (const t of all) {
          const both = chain(sample(t, dtype, shape, seed), steps, generator(seed));
          expectTensor(both.tensor, both.naive, t.K.name);
        }
      }),
      { numRuns: 150 },
    );
  });
});

test('ranges are those of Python', () => {
  // Values computed by hand from the language reference: list(range(5))[start:stop:step].
  expect(pythonRange(5, [1, 4])).toEqual([1, 2, 3]);
  expect(pythonRange(5, [-2])).toEqual([3, 4]);
  expect(pythonRange(5, [null, null, -2])).toEqual([4, 2, 0]);
  expect(pythonRange(5, [10, -10, -1])).toEqual([4, 3, 2, 1, 0]);
  expect(pythonRange(5, [-10, 10, 2])).toEqual([0, 2, 4]);
  expect(pythonRange(5, [3, 1])).toEqual([]);
});

test('views share storage; reshape and contiguous copy only what is not contiguous', () => {
  const t = all[0] as Tensors;
  const a = t.arange(24).reshape([2, 3, 4]);
  const views = [
    a.permute([2, 0, 1]),
    a.transpose(),
    a.slice(1, [0, 2]),
    a.flip(),
    a.broadcastTo([5, 2, 3, 4]),
    a.unsqueeze(0).squeeze(),
    a.reshape([6, 4]),
    a.slice(1).reshape([12]),
    a.slice([0, 1]).transpose(0, 1).reshape([12]), // the stride of an axis of size 1 does not matter
  ];
  for (const view of views) expect(view.data).toBe(a.data);
  expect(a.transpose().reshape([24]).data).not.toBe(a.data);
  expect(a.contiguous().data.buffer).toBe(a.data.buffer);
  expect(a.transpose().contiguous().data.buffer).not.toBe(a.data.buffer);
});

test('a broadcast takes no space', () => {
  const t = all[0] as Tensors;
  const wide = t.full([1 << 16, 1 << 15], 7, 'F');
  expect(wide.data.length).toBe(1);
  expect(wide.item(-1, -1)).toBe(7);
});

test('an empty view points inside its storage', () => {
  const t = all[0] as Tensors;
  expect(t.arange(3).slice([3]).offset).toBe(0);
});

/** Multilinear extensions against their definition: sum over all bits of eq times the entry. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ext, Fe } from '../../src/index.ts';
import type { Dtype, Tensors } from '../../src/tensor/index.ts';
import { generator } from '../support/words.ts';
import { contexts, elements, indices, lift, randomShape, sample } from './oracle.ts';

let all: Tensors[];
beforeAll(async () => {
  all = await contexts();
});
afterAll(() => Promise.all(all.map((t) => t.close())));

/** prod_j (x_j ? z_j : 1 - z_j), the definition. */
function eq(t: Tensors, z: readonly Ext[], x: number): Ext {
  return z.reduce((product, zj, j) => t.K.mul(product, (x >> j) & 1 ? zj : t.K.sub(t.K.one, zj)), t.K.one);
}

const logOf = (n: number): number => {
  let log = 0;
  while (2 ** log < n) log++;
  return log;
};

test('eqTable', () => {
  for (const t of all) {
    const next = elements(t.K, 'K', generator(9));
    for (let m = 0; m <= 6; m++) {
      const z = Array.from({ length: m }, () => next() as Ext);
      const expected = Array.from({ length: 2 ** m }, (_, x) => eq(t, z, x));
      expect(t.eqTable(z).toArray()).toEqual(expected);
      expect(t.eqTable(z).sum().item()).toEqual(t.K.one);
    }
  }
});

test('tables cut to an axis end in zeros', () => {
  for (const t of all) {
    const ones = t.ones([3, 1], 'K');
    // eq over 3 of 4 positions, as bind multiplies it: 1 - z0 * z1.
    const [x, y] = [t.K.one.map((_, i) => t.F.fromInt(i + 2)), t.K.one.map((_, i) => t.F.fromInt(2 * i + 1))];
    const expected = t.K.sub(t.K.one, t.K.mul(x, y));
    expect(ones.bind(0, [x, y]).item(0)).toEqual(expected);
    const bound = t.eye(3, 'F').bind(0, [x, y]);
    expect(bound.sum().item()).toEqual(expected);
    expect(t.wrap(bound.toTyped(), 'K', [3]).sum().item()).toEqual(expected);
  }
});

test('evaluate: any shape, zero beyond its ends; bind in any order of the axes', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.constantFrom<Dtype>('int8', 'int16', 'int32', 'int64', 'F', 'K'),
      (seed, dtype) => {
        for (const t of all) {
          const next = generator(seed);
          const shape = randomShape(next, 3);
          const { tensor, naive } = sample(t, dtype, shape, seed);
          const coordinate = elements(t.K, 'K', next);
          const points = shape.map((n) => Array.from({ length: logOf(n) }, () => coordinate() as Ext));
          let expected = t.K.zero;
          for (const index of indices(shape)) {
            const weight = index.reduce(
              (product, i, axis) => t.K.mul(product, eq(t, points[axis] as Ext[], i)),
              t.K.one,
            );
            expected = t.K.add(expected, t.K.mul(weight, lift(t.K, naive.at(index), 'K') as Ext));
          }
          expect(tensor.numVars()).toEqual(points.map((point) => point.length));
          const value = tensor.evaluate(points.toReversed().flat());
          expect(value.shape).toEqual([]);
          expect(value.item()).toEqual(expected);
          // The first axis first instead of the last.
          let bound = tensor.to(dtype === 'K' ? 'K' : 'F');
          points.forEach((point) => (bound = bound.bind(0, point)));
          expect(bound.to('K').item()).toEqual(expected);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('at points of bits the extension takes the entries, and zero beyond them', () => {
  for (const t of all) {
    const { tensor, naive } = sample(t, 'F', [3, 5], 21);
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 8; j++) {
        const bits = [j & 1, (j >> 1) & 1, j >> 2, i & 1, i >> 1];
        const entry = i < 3 && j < 5 ? (naive.at([i, j]) as Fe) : t.F.zero;
        expect(tensor.evaluate(bits).item()).toEqual(t.K.fromBase(entry));
      }
    }
  }
});

test('binding one variable of a vector is the fold of sumcheck', () => {
  for (const t of all) {
    const { tensor } = sample(t, 'K', [8], 30);
    const r = elements(t.K, 'K', generator(31))() as Ext;
    const [even, odd] = [tensor.slice([0, null, 2]), tensor.slice([1, null, 2])];
    const fold = even.add(odd.sub(even).mul(r));
    expect(tensor.reshape([4, 2]).bind(1, [r]).identical(fold)).toBe(true);
  }
});

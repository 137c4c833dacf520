/** What people see: text of tensors, and nested arrays. */
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTensors, type Tensors } from '../../src/tensor/index.ts';

let t: Tensors;
beforeAll(async () => {
  t = await createTensors({ kernels: 'reference' });
});
afterAll(() => t.close());

test('dtype, shape, elements', () => {
  expect(`${t.arange(6).reshape([2, 3])}`).toBe('int32 [2, 3]\n[[0, 1, 2],\n [3, 4, 5]]');
  expect(`${t.fromArray([-1], 'F')}`).toBe('F [1] [2130706432]');
  expect(`${t.full([], 5, 'int8')}`).toBe('int8 [] 5');
  expect(`${t.fromArray([2n ** 40n])}`).toBe('int64 [1] [1099511627776]');
  expect(`${t.fromArray([[1, 2, 3, 4, 5]], 'K')}`).toBe('K [1] [(1, 2, 3, 4, 5)]');
  expect(`${t.zeros([0, 2])}`).toBe('int32 [0, 2]\n[]');
  expect(`${t.arange(8).reshape([2, 2, 2])}`).toBe(
    'int32 [2, 2, 2]\n[[[0, 1],\n  [2, 3]],\n [[4, 5],\n  [6, 7]]]',
  );
});

test('long axes show their ends', () => {
  expect(`${t.arange(6)}`).toBe('int32 [6] [0, 1, 2, 3, 4, 5]');
  expect(`${t.arange(7)}`).toBe('int32 [7] [0, 1, 2, ..., 4, 5, 6]');
  const lines = `${t.zeros([1000, 1000])}`.split('\n');
  expect(lines).toHaveLength(8);
  expect(lines[4]).toBe(' ...,');
});

test('console.log prints the same', () => {
  expect(inspect(t.arange(2))).toBe('int32 [2] [0, 1]');
});

test('toArray and item', () => {
  expect(t.full([], 7).toArray()).toBe(7);
  expect(t.full([1, 1], 7n, 'int64').item()).toBe(7n);
  expect(t.zeros([2, 0]).toArray()).toEqual([[], []]);
});

test('toTyped is a copy that views cannot see', () => {
  const a = t.arange(4, 'F');
  const copy = a.toTyped();
  copy.fill(9 as never);
  expect(a.toArray()).toEqual([0, 1, 2, 3]);
  expect(a.slice([1, 3]).toTyped()).toEqual(Uint32Array.of(1, 2));
});

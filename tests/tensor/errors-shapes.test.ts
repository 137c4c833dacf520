/** What a wrong creation or view says: the argument, what was expected, what came instead. */
import { afterAll, beforeAll } from 'vitest';
import { createTensors, type Tensors } from '../../src/tensor/index.ts';
import { bad, expectErrors, type Case } from './expect-errors.ts';

let t: Tensors;
beforeAll(async () => {
  t = await createTensors({ kernels: 'reference' });
});
afterAll(() => t.close());

const CASES: Record<string, readonly Case[]> = {
  creation: [
    [() => t.zeros([2, -1]), 'RangeError', 'zeros: shape: expected non-negative integers, got [2, -1]'],
    [() => t.zeros([2.5]), 'RangeError', 'zeros: shape: expected non-negative integers, got [2.5]'],
    [() => t.zeros([2 ** 20, 2 ** 20]), 'RangeError', 'zeros: shape: expected at most 4294967295 elements'],
    [() => t.zeros(bad(3)), 'TypeError', 'zeros: shape: expected an array of dimensions, got 3'],
    [
      () => t.zeros([2], bad('float')),
      'TypeError',
      'zeros: dtype: expected one of int8, int16, int32, int64, F, K, got "float"',
    ],
    [
      () => t.full([2], 300, 'int8'),
      'RangeError',
      'full: value: expected an integer in [-2^7, 2^7) (int8), got one outside',
    ],
    [() => t.full([2], 0.5), 'TypeError', 'full: value: expected an integer, got 0.5'],
    [() => t.full([2], bad([1, 2]), 'K'), 'RangeError', 'full: value: expected 5 limbs, got 2'],
    [
      () => t.full([2], bad([1, 2, 3, 4, 2130706433]), 'K'),
      'RangeError',
      'full: value: limb 4: expected an integer in [0, 2130706433), got another',
    ],
    [
      () => t.full([2], bad('1'), 'K'),
      'TypeError',
      'full: value: expected a safe integer, a bigint or 5 limbs, got "1"',
    ],
    [() => t.arange(-1), 'RangeError', 'generate: shape: expected non-negative integers, got [-1]'],
    [() => t.fromArray([[1, 2], [3]]), 'RangeError', 'fromArray: values[1]: expected 2 items, got 1'],
    [() => t.fromArray([1, [2]]), 'RangeError', 'fromArray: values[1]: expected a number, got an array'],
    [() => t.fromArray([[1], 2]), 'RangeError', 'fromArray: values[1]: expected 1 items, got a number'],
    [
      () => t.fromArray(bad(['x'])),
      'TypeError',
      'fromArray: values[0]: expected a number, a bigint or an array, got "x"',
    ],
    [
      () => t.fromArray([1, 2, 3], 'F', [2, 2]),
      'RangeError',
      'fromArray: values: expected 4 items for shape [2, 2] over F, got 3',
    ],
    [
      () => t.fromArray([1, 2], 'K'),
      'RangeError',
      'fromArray: values: expected innermost arrays of 5 limbs, got shape [2]',
    ],
    [
      () => t.fromArray([[1, 300]], 'int8'),
      'RangeError',
      'fromArray: values[0, 1]: expected an integer in [-2^7, 2^7)',
    ],
    [
      () => t.wrap(new Int8Array(4), 'int16'),
      'TypeError',
      'wrap: data: expected Int16Array for int16, got Int8Array',
    ],
    [
      () => t.wrap(new Uint32Array(5), 'K', [1]),
      'RangeError',
      'wrap: data: expected 20 items for shape [1] over K, got 5',
    ],
    [
      () => t.wrap(Uint32Array.of(1, 2130706433), 'F'),
      'RangeError',
      'wrap: data[1]: expected a value below 2130706433, got another',
    ],
    [
      () => t.wrap(new Uint32Array(20).fill(1), 'K', [1]),
      'RangeError',
      'wrap: data[1]: expected 0 behind the last element, got another',
    ],
    [() => t.oneHot([0, 3], 3), 'RangeError', 'oneHot: indices[1]: expected an index in [0, 3), got another'],
  ],
  views: [
    [
      () => t.zeros([2, 3]).reshape([4]),
      'RangeError',
      'reshape: shape: expected 6 elements as in [2, 3], got [4]',
    ],
    [
      () => t.zeros([2, 3]).reshape([-1, -1]),
      'RangeError',
      'reshape: shape: expected 6 elements as in [2, 3], got [-1, -1]',
    ],
    [
      () => t.zeros([2, 3]).reshape([4, -1]),
      'RangeError',
      'reshape: shape: expected 6 elements as in [2, 3], got [4, -1]',
    ],
    [
      () => t.zeros([2, 3]).permute([0, 0]),
      'RangeError',
      'permute: order: expected distinct axes, got [0, 0]',
    ],
    [() => t.zeros([2, 3]).permute([0]), 'RangeError', 'permute: order: expected all 2 axes, got [0]'],
    [
      () => t.zeros([2, 3]).permute([0, 2]),
      'RangeError',
      'permute: order: expected an axis in [-2, 2) for shape [2, 3], got 2',
    ],
    [() => t.zeros([]).transpose(), 'RangeError', 'transpose: axis0: expected no axis for shape [], got -2'],
    [() => t.zeros([2, 3]).slice(2), 'RangeError', 'slice: axis 0: expected an index in [-2, 2), got 2'],
    [() => t.zeros([2]).slice(0, 0), 'RangeError', 'slice: ranges: expected at most 1 for shape [2], got 2'],
    [() => t.zeros([2]).slice([0, 2, 0]), 'RangeError', 'slice: axis 0: expected a step other than 0, got 0'],
    [() => t.zeros([2]).slice([0.5]), 'RangeError', 'slice: axis 0: expected integers in a range, got 0.5'],
    [
      () => t.zeros([2]).slice(bad('a')),
      'TypeError',
      'slice: axis 0: expected an index, a range or null, got "a"',
    ],
    [
      () => t.zeros([2, 3]).broadcastTo([3, 3]),
      'RangeError',
      'broadcastTo: shape: expected a shape that broadcasts with [2, 3], got [3, 3]',
    ],
    [
      () => t.zeros([2, 3]).broadcastTo([3]),
      'RangeError',
      'broadcastTo: shape: expected a shape that [2, 3] stretches to, got [3]',
    ],
    [
      () => t.zeros([2, 3]).broadcastTo([1, 3]),
      'RangeError',
      'broadcastTo: shape: expected a shape that [2, 3] stretches to, got [1, 3]',
    ],
    [() => t.zeros([2, 1]).squeeze(0), 'RangeError', 'squeeze: axis 0: expected size 1, got shape [2, 1]'],
    [
      () => t.zeros([2]).unsqueeze(3),
      'RangeError',
      'unsqueeze: axis: expected an axis in [-2, 2) for shape [2, 1], got 3',
    ],
    [() => t.zeros([2, 3]).diagonal(), 'RangeError', 'diagonal: axes: expected equal sizes, got 2 and 3'],
    [() => t.zeros([2, 3]).item(0), 'RangeError', 'item: index: expected one per axis of [2, 3], got [0]'],
    [() => t.zeros([2, 3]).item(0, 3), 'RangeError', 'item: axis 1: expected an index in [-3, 3), got 3'],
  ],
};

expectErrors(CASES);

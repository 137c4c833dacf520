/** What a wrong call says: the argument, what was expected, what came instead; and never an element. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTensors, primeField, extensionField, quintic, type Tensors } from '../../src/tensor/index.ts';
import { referenceKernels } from '../../src/index.ts';
import { bad, expectErrors, type Case } from './expect-errors.ts';

let t: Tensors;
let other: Tensors;
beforeAll(async () => {
  t = await createTensors({ kernels: 'reference' });
  other = await createTensors({ field: extensionField(primeField(97), [-5, 0]) });
});
afterAll(() => Promise.all([t.close(), other.close()]));

const CASES: Record<string, readonly Case[]> = {
  arithmetic: [
    [
      () => t.zeros([2, 3]).add(t.zeros([2])),
      'RangeError',
      'add: b: expected a shape that broadcasts with [2, 3], got [2]',
    ],
    [
      () => t.zeros([2]).add(bad('1')),
      'TypeError',
      'add: b: expected a tensor, a safe integer, a bigint or the limbs of an element of K, got "1"',
    ],
    [
      () => t.zeros([2]).mul(0.5),
      'TypeError',
      'mul: b: expected a tensor, a safe integer, a bigint or the limbs',
    ],
    [
      () => t.zeros([2]).add(other.zeros([2])),
      'TypeError',
      'add: b: expected a tensor of the same context, got one over F_97[x]',
    ],
    [
      () => t.zeros([2]).inverse(),
      'TypeError',
      "inverse: a: expected dtype F or K, got int32; convert with to('F')",
    ],
    [
      () => t.zeros([2]).pow(-1),
      'RangeError',
      'pow: exponent: expected a non-negative integer over int32, got -1',
    ],
    [() => t.zeros([2]).pow(1.5), 'TypeError', 'pow: exponent: expected an integer, got 1.5'],
    [
      () => t.zeros([2], 'F').minimum(1),
      'TypeError',
      'minimum: a: expected an integer tensor (int8 to int64), got dtype F',
    ],
    [
      () => t.zeros([2]).less(t.zeros([2], 'K')),
      'TypeError',
      'less: b: expected an integer tensor (int8 to int64), got dtype K',
    ],
    [
      () => t.zeros([2]).shiftRight(1, bad('up')),
      'TypeError',
      "shiftRight: rounding: expected 'floor' or 'half-up', got up",
    ],
    [
      () => t.zeros([2, 2]).sum(2),
      'RangeError',
      'sum: axes: expected an axis in [-2, 2) for shape [2, 2], got 2',
    ],
    [() => t.zeros([2, 2]).sum([0, -2]), 'RangeError', 'sum: axes: expected distinct axes, got [0, -2]'],
    [
      () => t.zeros([2, 2], 'F').max(),
      'TypeError',
      'max: a: expected an integer tensor (int8 to int64), got dtype F',
    ],
    [() => t.zeros([2], 'F').limbs(), 'TypeError', 'limbs: tensor: expected dtype K, got F'],
    [() => t.zeros([5]).fromLimbs(), 'TypeError', 'fromLimbs: tensor: expected dtype F, got int32'],
    [
      () => t.zeros([4], 'F').fromLimbs(),
      'RangeError',
      'fromLimbs: tensor: expected a last axis of 5, got shape [4]',
    ],
    [() => t.zeros([2]).to(bad('float32')), 'TypeError', 'to: dtype: expected one of int8'],
  ],
  contraction: [
    [
      () => t.einsum('ij,jk', t.zeros([1, 1])),
      'RangeError',
      'einsum: subscripts: expected letters such as \'ij,jk->ik\', got "ij,jk"',
    ],
    [() => t.einsum(bad(3)), 'TypeError', 'einsum: subscripts: expected a string, got 3'],
    [
      () => t.einsum('i->j', t.zeros([1])),
      'RangeError',
      "einsum: subscripts: expected letters of the operands after '->', each once, got 'j'",
    ],
    [
      () => t.einsum('i->ii', t.zeros([1])),
      'RangeError',
      "einsum: subscripts: expected letters of the operands after '->', each once, got 'i'",
    ],
    [() => t.einsum('i,j->', t.zeros([1])), 'RangeError', "einsum: operands: expected 2 for 'i,j->', got 1"],
    [
      () => t.einsum('ij->i', t.zeros([1])),
      'RangeError',
      "einsum: operands[0]: expected 2 axes for 'ij', got [1]",
    ],
    [
      () => t.einsum('ii->', t.zeros([2, 3])),
      'RangeError',
      "einsum: operands[0]: expected equal sizes for 'i', got 2 and 3",
    ],
    [
      () => t.einsum('ij,jk->ik', t.zeros([2, 3]), t.zeros([2, 3])),
      'RangeError',
      "einsum: operands[1]: expected size 3 for 'j', got 2 in [2, 3]",
    ],
    [
      () => t.einsum('i->', bad([1])),
      'TypeError',
      'einsum: operands[0]: expected a tensor, got an array of 1',
    ],
    [
      () => t.zeros([2, 3]).matmul(t.zeros([2, 3])),
      'RangeError',
      'matmul: b: expected a shape that [2, 3] multiplies, got [2, 3]',
    ],
    [
      () => t.zeros([]).matmul(t.zeros([1])),
      'RangeError',
      'matmul: b: expected a shape that [] multiplies, got [1]',
    ],
    [
      () => t.zeros([2, 2, 3]).matmul(t.zeros([3, 3, 1])),
      'RangeError',
      'matmul: b: expected a shape that broadcasts with [2], got [3]',
    ],
  ],
  selection: [
    [
      () => t.zeros([3]).take([0, 3]),
      'RangeError',
      'take: indices[1]: expected an index in [0, 3), got another',
    ],
    [
      () => t.zeros([3]).take([-1]),
      'RangeError',
      'take: indices[0]: expected an index in [0, 3), got another',
    ],
    [
      () => t.zeros([3]).take(bad(1)),
      'TypeError',
      'take: indices: expected an integer tensor or an array, got 1',
    ],
    [
      () => t.zeros([3]).take(t.zeros([1], 'F')),
      'TypeError',
      'take: indices: expected an integer tensor (int8 to int64), got dtype F',
    ],
    [
      () => t.zeros([3, 2]).gather(t.zeros([3, 3])),
      'RangeError',
      'gather: indices: expected the shape of [3, 2] except on axis 0, got [3, 3]',
    ],
    [
      () => t.zeros([3, 2]).gather(t.zeros([3])),
      'RangeError',
      'gather: indices: expected the shape of [3, 2] except on axis 0, got [3]',
    ],
    [
      () => t.concat([]),
      'RangeError',
      'concat: tensors: expected an array of at least one, got an array of 0',
    ],
    [
      () => t.concat([t.zeros([2, 3]), t.zeros([2, 2])]),
      'RangeError',
      'concat: tensors[1]: expected [2, 3] except on axis 0, got [2, 2]',
    ],
    [
      () => t.concat([t.zeros([2, 3]), t.zeros([2])]),
      'RangeError',
      'concat: tensors[1]: expected [2, 3] except on axis 0, got [2]',
    ],
    [
      () => t.concat([t.zeros([2]), other.zeros([2])]),
      'TypeError',
      'concat: tensors[1]: expected a tensor of the same context',
    ],
    [
      () => t.stack([t.zeros([2]), t.zeros([3])]),
      'RangeError',
      'stack: tensors[1]: expected shape [2], got [3]',
    ],
    [
      () => t.where(t.zeros([1], 'F'), 1, 2),
      'TypeError',
      'where: condition: expected an integer tensor (int8 to int64), got dtype F',
    ],
    [
      () => t.where(t.zeros([2]), t.zeros([3]), 2),
      'RangeError',
      'where: condition: expected a shape that broadcasts with [3], got [2]',
    ],
  ],
  multilinear: [
    [
      () => t.zeros([4, 3]).evaluate([1, 2, 3]),
      'RangeError',
      'evaluate: point: expected 4 coordinates (2 + 2) for shape [4, 3], got 3',
    ],
    [
      () => t.zeros([4, 3]).bind(1, [1]),
      'RangeError',
      'bind: point: expected 2 coordinates for axis 1 of [4, 3], got 1',
    ],
    [
      () => t.zeros([4]).bind(1, [1]),
      'RangeError',
      'bind: axis: expected an axis in [-1, 1) for shape [4], got 1',
    ],
    [() => t.eqTable(bad([[1, 2]])), 'RangeError', 'eqTable: point[0]: expected 5 limbs, got 2'],
    [() => t.eqTable(bad(3)), 'TypeError', 'eqTable: point: expected an array of coordinates, got 3'],
    [
      () => t.eqTable(new Array(31).fill(0)),
      'RangeError',
      'eqTable: point: expected at most 30 coordinates, got 31',
    ],
  ],
};

expectErrors(CASES);

test('no message shows an element', () => {
  const secret = t.fromArray([1_234_567_891, 2_000_000_011]);
  const runs = [
    () => secret.mul(secret),
    () => secret.add(secret),
    () => secret.to('int8'),
    () => secret.sum(),
    () => secret.prod(),
    () => secret.matmul(secret),
    () => secret.floorDiv(secret.sub(1_234_567_891)),
    () => secret.shiftLeft(secret),
    () => t.zeros([2]).take(secret),
    () => t.oneHot(secret, 3),
  ];
  for (const run of runs) {
    expect(run).toThrow();
    expect(run).not.toThrow(/1234567891|2000000011|3234567902/);
  }
});

describe('contexts', () => {
  test('contradictory options', async () => {
    const toy = extensionField(primeField(97), [-5, 0]);
    await expect(createTensors({ field: toy, kernels: 'wasm' })).rejects.toThrow(
      "createTensors: kernels: expected 'reference' for F_97",
    );
    await expect(createTensors({ field: toy, kernels: referenceKernels(quintic) })).rejects.toThrow(
      'createTensors: field: expected that of the kernels',
    );
    await expect(createTensors({ kernels: bad('gpu') })).rejects.toThrow(
      "createTensors: kernels: expected 'wasm', 'reference' or kernels, got \"gpu\"",
    );
  });

  test('after close: reading works, computing says why not; kernels that were given stay open', async () => {
    const kernels = referenceKernels(quintic);
    const first = await createTensors({ kernels });
    const a = first.arange(3, 'F');
    await first.close();
    expect(a.slice(1).item()).toBe(1);
    expect(() => a.add(a)).toThrow('tensors: expected an open context, got one after close()');
    const second = await createTensors({ kernels });
    expect(second.arange(3, 'F').sum().item()).toBe(3);
  });
});

/** Contractions against brute force over all assignments of the letters. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dtype, Tensor, Tensors } from '../../src/tensor/index.ts';
import { generator } from '../support/words.ts';
import {
  contexts,
  expectTensor,
  fits,
  indices,
  isInteger,
  lift,
  ringOf,
  sample,
  shuffled,
  type Element,
  type Naive,
} from './oracle.ts';

let all: Tensors[];
beforeAll(async () => {
  all = await contexts();
});
afterAll(() => Promise.all(all.map((t) => t.close())));

const DTYPES: readonly Dtype[] = ['int8', 'int16', 'int32', 'int64', 'F', 'K'];

/** The definition: for each result element, the sum over all assignments of the other letters. */
function bruteForce(
  t: Tensors,
  dtype: Dtype,
  inputs: readonly string[],
  output: string,
  operands: readonly Naive[],
): Naive {
  const ring = ringOf(t.K, dtype);
  const sizes = new Map<string, number>();
  inputs.forEach((labels, k) =>
    [...labels].forEach((label, axis) => sizes.set(label, operands[k]?.shape[axis] as number)),
  );
  const letters = [...sizes.keys()].filter((label) => !output.includes(label));
  const term = (assignment: ReadonlyMap<string, number>): Element =>
    operands.reduce((product: Element, operand, k) => {
      const index = [...(inputs[k] as string)].map((label) => assignment.get(label) as number);
      return ring.mul(product, lift(t.K, operand.at(index), dtype));
    }, ring.one);
  return {
    shape: [...output].map((label) => sizes.get(label) as number),
    at: (index) =>
      [...indices(letters.map((label) => sizes.get(label) as number))].reduce((sum: Element, inner) => {
        const assignment = new Map([...output].map((label, axis) => [label, index[axis] as number]));
        letters.forEach((label, k) => assignment.set(label, inner[k] as number));
        return ring.add(sum, term(assignment));
      }, ring.zero),
  };
}

function expectContraction(run: () => Tensor, expected: Naive, dtype: Dtype, what: string): void {
  const overflows = isInteger(dtype)
    ? [...indices(expected.shape)].some((index) => !fits(expected.at(index) as bigint, dtype))
    : false;
  if (overflows) return expect(run, what).toThrow(/einsum: result\[.*\]: expected an integer in/) as never;
  const actual = run();
  expect(actual.dtype).toBe(dtype);
  expectTensor(actual, expected, what);
}

const common = (dtypes: readonly Dtype[]): Dtype =>
  DTYPES[Math.max(2, ...dtypes.map((dtype) => DTYPES.indexOf(dtype)))] as Dtype;

test.each([1, 2, 3])('random subscripts, %i operands, every mixture of dtypes', (count) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 31 }),
      fc.array(fc.constantFrom(...DTYPES), { minLength: count, maxLength: count }),
      fc.constantFrom(10n, 3000n, undefined),
      (seed, dtypes, given) => {
        // Full-range integers: where residues are meant, or where int64 holds every intermediate sum.
        const safe = common(dtypes) === 'int32' ? count < 3 : !isInteger(common(dtypes)) || count === 1;
        const magnitude = given ?? (safe ? undefined : 3000n);
        for (const t of all) {
          const next = generator(seed);
          const letters = [...'abcd'];
          const sizes = new Map(letters.map((label) => [label, [0, 1, 2, 3, 3][next() % 5] as number]));
          const inputs = dtypes.map(() =>
            Array.from({ length: next() % 4 }, () => letters[next() % 4] as string).join(''),
          );
          const used = [...new Set(inputs.join(''))];
          const order = shuffled(used.length, next);
          const output = order
            .slice(0, next() % (used.length + 1))
            .map((k) => used[k])
            .join('');
          const samples = inputs.map((labels, k) =>
            sample(
              t,
              dtypes[k] as Dtype,
              [...labels].map((label) => sizes.get(label) as number),
              seed + k,
              magnitude,
            ),
          );
          const subscripts = `${inputs.join(',')}->${output}`;
          const dtype = common(dtypes);
          const expected = bruteForce(
            t,
            dtype,
            inputs,
            output,
            samples.map(({ naive }) => naive),
          );
          const views = samples.map(({ tensor }) => tensor.permute().contiguous().permute());
          expectContraction(() => t.einsum(subscripts, ...views), expected, dtype, subscripts);
        }
      },
    ),
    { numRuns: 250 },
  );
});

describe.each<[Dtype, Dtype]>([
  ['F', 'F'],
  ['K', 'K'],
  ['K', 'F'],
  ['F', 'K'],
  ['int8', 'K'],
  ['K', 'int8'],
  ['int16', 'K'],
  ['int16', 'F'],
  ['int8', 'int8'],
  ['int64', 'int32'],
])('long contractions %s x %s', (x, y) => {
  // Past every switch of algorithm: 32 terms between reductions, 64 for dot products, odd block lengths.
  test.each([
    ['ij,jk->ik', [3, 70], [70, 2]],
    ['ij,kj->ki', [3, 130], [2, 130]],
    ['ij,j->i', [5, 67], [67]],
    ['i,ij->j', [67], [67, 5]],
    ['i,i->', [203], [203]],
    ['i,i->', [128], [128]],
    ['bij,bj->bi', [2, 3, 64], [2, 64]],
    ['ij,jk->ik', [3, 64], [64, 2]],
    ['bij,bjk->bik', [2, 2, 65], [2, 65, 3]],
  ] as [string, number[], number[]][])('%s', (subscripts, shapeX, shapeY) => {
    for (const t of all) {
      const a = sample(t, x, shapeX, 1, 5000n);
      const b = sample(t, y, shapeY, 2, 5000n);
      const [inputs, output] = subscripts.split('->') as [string, string];
      const dtype = common([x, y]);
      const expected = bruteForce(t, dtype, inputs.split(','), output, [a.naive, b.naive]);
      expectContraction(() => t.einsum(subscripts, a.tensor, b.tensor), expected, dtype, subscripts);
    }
  });
});

test('the largest words: sums of products of p - 1 stay exact', () => {
  for (const t of all) {
    const a = t.full([2, 1000], -1, 'F');
    expect(t.einsum('ij,kj->ik', a, a).toArray()).toEqual([
      [1000 % t.F.modulus, 1000 % t.F.modulus],
      [1000 % t.F.modulus, 1000 % t.F.modulus],
    ]);
    const k = t
      .fromArray([t.K.one.map(() => t.F.modulus - 1)], 'K')
      .broadcastTo([1000])
      .contiguous();
    const square = t.K.square(t.K.one.map(() => t.F.neg(t.F.one)));
    expect(t.einsum('i,i->', k, k).item()).toEqual(t.K.mulBase(square, t.F.fromInt(1000)));
  }
});

test('integers: exact up to the last value that fits, an error naming the index beyond', () => {
  const t = all[0] as Tensors;
  const x = t.fromArray([[2 ** 30, 2 ** 30, -1]]);
  expect(t.einsum('ij,j->i', x, t.fromArray([1, 1, 1])).toArray()).toEqual([2 ** 31 - 1]);
  expect(() => t.einsum('ij,j->i', x, t.fromArray([1, 1, 0]))).toThrow(
    'einsum: result[i=0]: expected an integer in [-2^31, 2^31) (int32)',
  );
  // Partial sums leave the exact doubles, the result does not leave int32.
  const big = t.full([5], 2 ** 31 - 1);
  expect(t.einsum('i,i->', big, t.fromArray([2 ** 31 - 1, 1, 1 - 2 ** 31, -1, 1])).item()).toBe(2 ** 31 - 1);
  // Narrow entries whose bound, 3 * 2^30, is past what 32-bit accumulators prove; the result fits.
  const low = t.full([3], -(2 ** 15), 'int16');
  expect(t.einsum('i,i->', low, t.fromArray([-(2 ** 15), -(2 ** 15), 2 ** 15 - 1], 'int16')).item()).toBe(
    2 ** 30 + 2 ** 15,
  );
  expect(() => t.einsum('i,i->', low, low)).toThrow('einsum: result[]: expected an integer in [-2^31, 2^31)');
  // Intermediate results past int32: of the first two of three operands, and of an operand summed by itself.
  const million = t.full([2], 2 ** 20);
  expect(t.einsum('i,i,i->i', million, million, t.zeros([2])).toArray()).toEqual([0, 0]);
  expect(t.einsum('i,j->j', t.full([2], 2 ** 31 - 1), t.fromArray([0])).toArray()).toEqual([0]);
  expect(() => t.einsum('i,i,i->i', million, million, t.ones([2]))).toThrow('einsum: result[i=0]');
  // An entry that no double holds.
  expect(t.einsum('i,i->', t.fromArray([2n ** 53n + 1n]), t.ones([1])).item()).toBe(2n ** 53n + 1n);
  const wide = t.fromArray([2n ** 62n, 2n ** 62n, -1n]);
  expect(t.einsum('i,i->', wide, t.ones([3])).item()).toBe(2n ** 63n - 1n);
  expect(() => t.einsum('i,i->', wide, t.fromArray([1, 1, 0]))).toThrow('[-2^63, 2^63) (int64)');
});

describe('matmul', () => {
  const SHAPES: [number[], number[], string[], string][] = [
    [[3, 4], [4, 2], ['ij', 'jk'], 'ik'],
    [[4], [4, 2], ['j', 'jk'], 'k'],
    [[3, 4], [4], ['ij', 'j'], 'i'],
    [[4], [4], ['j', 'j'], ''],
    [[5, 3, 4], [5, 4, 2], ['bij', 'bjk'], 'bik'],
    [[5, 3, 4], [4, 2], ['bij', 'jk'], 'bik'],
    [[3, 0], [0, 2], ['ij', 'jk'], 'ik'],
    [[0, 3], [3, 2], ['ij', 'jk'], 'ik'],
  ];
  test.each(SHAPES)('%j times %j', (shapeA, shapeB, inputs, output) => {
    for (const t of all) {
      for (const [x, y] of [
        ['int8', 'int8'],
        ['F', 'K'],
        ['K', 'K'],
        ['F', 'F'],
        ['int32', 'K'],
      ] as [Dtype, Dtype][]) {
        const a = sample(t, x, shapeA, 3, 50n);
        const b = sample(t, y, shapeB, 4, 50n);
        const dtype = common([x, y]);
        expectTensor(
          a.tensor.matmul(b.tensor),
          bruteForce(t, dtype, inputs, output, [a.naive, b.naive]),
          `${x} ${y}`,
        );
      }
    }
  });

  test('batch axes broadcast', () => {
    const t = all[0] as Tensors;
    const a = sample(t, 'F', [2, 1, 2, 3], 8).tensor;
    const b = sample(t, 'F', [4, 3, 2], 9).tensor;
    const product = a.matmul(b);
    expect(product.shape).toEqual([2, 4, 2, 2]);
    expect(product.slice(1, 3).identical(a.slice(1, 0).matmul(b.slice(3)))).toBe(true);
  });
});

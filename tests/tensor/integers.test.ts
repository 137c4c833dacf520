/** Integer operations against bigint definitions, over int32 and int64, at the edges of both. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTensors, type IntegerDtype, type Tensor, type Tensors } from '../../src/tensor/index.ts';
import { fits } from './oracle.ts';

let t: Tensors;
beforeAll(async () => {
  t = await createTensors({ wasm: { threads: 1 } });
});
afterAll(() => t.close());

const compare = (holds: boolean): bigint => (holds ? 1n : 0n);

/** bigint definitions; undefined where the operation refuses the second operand. */
const DEFINITIONS: Record<
  string,
  {
    run: (a: Tensor, b: Tensor) => Tensor;
    define: (x: bigint, y: bigint) => bigint | undefined;
    dtype?: 'int8';
  }
> = {
  floorDiv: {
    run: (a, b) => a.floorDiv(b),
    define: (x, y) => (y === 0n ? undefined : floorReference(x, y)),
  },
  mod: {
    run: (a, b) => a.mod(b),
    define: (x, y) => (y === 0n ? undefined : x - y * floorReference(x, y)),
  },
  minimum: { run: (a, b) => a.minimum(b), define: (x, y) => (x < y ? x : y) },
  maximum: { run: (a, b) => a.maximum(b), define: (x, y) => (x > y ? x : y) },
  abs: { run: (a) => a.abs(), define: (x) => (x < 0n ? -x : x) },
  sign: { run: (a) => a.sign(), define: (x) => BigInt(x > 0n) - BigInt(x < 0n), dtype: 'int8' },
  less: { run: (a, b) => a.less(b), define: (x, y) => compare(x < y), dtype: 'int8' },
  lessEqual: { run: (a, b) => a.lessEqual(b), define: (x, y) => compare(x <= y), dtype: 'int8' },
  greater: { run: (a, b) => a.greater(b), define: (x, y) => compare(x > y), dtype: 'int8' },
  greaterEqual: { run: (a, b) => a.greaterEqual(b), define: (x, y) => compare(x >= y), dtype: 'int8' },
};

/** The largest q with q * |y| <= x * sign(y), from Euclid's remainder. */
function floorReference(x: bigint, y: bigint): bigint {
  const [n, d] = y < 0n ? [-x, -y] : [x, y];
  return (n - (((n % d) + d) % d)) / d;
}

const WIDTH = { int32: 32, int64: 64 } as const;
const value = (dtype: 'int32' | 'int64'): fc.Arbitrary<bigint> => {
  const half = 2n ** BigInt(WIDTH[dtype] - 1);
  const edge = fc.constantFrom(0n, 1n, -1n, 2n, -2n, half - 1n, -half, half - 2n, 1n - half, 7n, -7n);
  return fc.oneof(edge, fc.bigInt({ min: -half, max: half - 1n }), fc.bigInt({ min: -20n, max: 20n }));
};

function check(
  name: string,
  run: () => Tensor,
  dtype: IntegerDtype,
  expected: (bigint | undefined)[],
  refusal: string,
): void {
  const refused = expected.indexOf(undefined);
  const overflow = expected.findIndex((x) => x !== undefined && !fits(x, dtype));
  if (refused >= 0) expect(run, name).toThrow(`${name}: b[${refused}]: expected ${refusal}`);
  else if (overflow >= 0) expect(run, name).toThrow(`${name}: result[${overflow}]: expected an integer in`);
  else expect(run().to('int64').toArray() as bigint[], name).toEqual(expected);
}

describe.each(['int32', 'int64'] as const)('%s', (dtype) => {
  test.each(Object.entries(DEFINITIONS))('%s', (name, { run, define, dtype: result }) => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value(dtype), value(dtype)), { maxLength: 6 }), (pairs) => {
        const a = t.fromArray(
          pairs.map(([x]) => x),
          dtype,
        );
        const b = t.fromArray(
          pairs.map(([, y]) => y),
          dtype,
        );
        check(
          name,
          () => run(a, b),
          result ?? dtype,
          pairs.map(([x, y]) => define(x, y)),
          'a divisor other than 0',
        );
        if (result !== undefined && pairs.length > 0) expect(run(a, b).dtype).toBe(result);
      }),
      { numRuns: 300 },
    );
  });

  test.each(['floor', 'half-up'] as const)('shiftRight %s and shiftLeft', (rounding) => {
    const shift = fc.oneof(fc.bigInt({ min: 0n, max: 62n }), fc.bigInt({ min: -1n, max: 64n }));
    fc.assert(
      fc.property(fc.array(fc.tuple(value(dtype), shift), { maxLength: 6 }), (pairs) => {
        const a = t.fromArray(
          pairs.map(([x]) => x),
          dtype,
        );
        const b = t.fromArray(
          pairs.map(([, s]) => s),
          dtype,
        );
        const right = ([x, s]: readonly [bigint, bigint]): bigint | undefined => {
          if (s < 0n || s > 62n) return undefined;
          const half = rounding === 'half-up' && s > 0n ? 2n ** (s - 1n) : 0n;
          return floorReference(x + half, 2n ** s);
        };
        check('shiftRight', () => a.shiftRight(b, rounding), dtype, pairs.map(right), 'a shift in [0, 62]');
        const left = ([x, s]: readonly [bigint, bigint]): bigint | undefined =>
          s < 0n || s > 62n ? undefined : x * 2n ** s;
        check('shiftLeft', () => a.shiftLeft(b), dtype, pairs.map(left), 'a shift in [0, 62]');
      }),
      { numRuns: 300 },
    );
  });
});

test('clamp with scalars and with tensors', () => {
  const a = t.fromArray([-300, -5, 0, 5, 300], 'int16');
  expect(a.clamp(-128, 127).to('int8').toArray()).toEqual([-128, -5, 0, 5, 127]);
  expect(a.clamp(t.zeros([5]), t.fromArray([9, 9, 9, 3, 3])).toArray()).toEqual([0, 0, 0, 3, 3]);
});

test('int8 and int16 compute in int32', () => {
  const a = t.fromArray([-128, 127], 'int8');
  expect(a.mul(a).toArray()).toEqual([16384, 16129]);
  expect(a.neg().toArray()).toEqual([128, -127]);
  expect(a.add(a).dtype).toBe('int32');
});

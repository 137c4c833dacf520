/** KRN-1 for powers, and the arguments that every function of the family refuses. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fe } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { inAndOut } from '../support/codes.ts';
import { expectSame } from '../support/words.ts';

const reference = referenceKernels(quintic);
let wasm: Kernels[] = [];

beforeAll(async () => {
  wasm = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(wasm.map((k) => k.close()));
});

describe('powers', () => {
  const base = 1_000_000_007 as Fe;
  test.each([0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 16_384, 16_385, 40_001])('%i powers', (n) => {
    const expected = new Uint32Array(n);
    reference.powers(expected, 5 as Fe, base);
    for (const k of wasm) {
      for (const got of inAndOut(k, expected, (x) => k.powers(x, 5 as Fe, base))) expectSame(got, expected);
    }
  });
  test.each([0, 1, 3, 4, 5, 8, 4096, 4097, 9001])('%i powers over K', (n) => {
    const scale = quintic.fromLimbs([1, P - 1, 3, 4, 5]);
    const x = quintic.fromLimbs([P - 1, 0, 17, 2 ** 30, P - 2]);
    const expected = new Uint32Array(20 * Math.ceil(n / 4));
    reference.kPowers(expected, n, scale, x);
    for (const k of wasm) {
      for (const got of inAndOut(k, expected, (y) => k.kPowers(y.fill(7), n, scale, x)))
        expectSame(got, expected);
    }
  });
});

describe('bad arguments are named', () => {
  const cases: [string, (k: Kernels) => void, string][] = [
    ['columns', (k) => k.ntt(new Uint32Array(4), 0), 'columns: expected an integer in [1, 1048576], got 0'],
    [
      'rows',
      (k) => k.ntt(new Uint32Array(12), 2),
      'data: expected 2^l rows of 2 columns, l <= 24, got 12 items',
    ],
    [
      'inverse rows',
      (k) => k.intt(new Uint32Array(0), 1),
      'data: expected 2^l rows of 1 columns, l <= 24, got 0 items',
    ],
    [
      'out',
      (k) => k.encode(new Uint32Array(7), new Int16Array(2), { logN: 3, columns: 1 }),
      'out: expected 8 items, got 7',
    ],
    [
      'message',
      (k) => k.encode(new Uint32Array(8), new Int16Array(9), { logN: 3, columns: 1 }),
      'message: expected 1 to 8 rows of 1 columns, got 9 items',
    ],
    [
      'message rows',
      (k) => k.encode(new Uint32Array(16), new Int16Array(5), { logN: 3, columns: 2 }),
      'message: expected 1 to 8 rows of 2 columns, got 5 items',
    ],
    [
      'logN',
      (k) => k.encode(new Uint32Array(8), new Int16Array(1), { logN: 25, columns: 1 }),
      'logN: expected an integer in [0, 24], got 25',
    ],
    [
      'coset',
      (k) => k.encodeCoset(new Uint32Array(4), new Int16Array(4), { logN: 4, columns: 1 }, 4),
      'coset: expected an integer in [0, 3], got 4',
    ],
    [
      'coset rows',
      (k) => k.encodeCoset(new Uint32Array(3), new Int16Array(4), { logN: 4, columns: 1 }, 0),
      'out: expected 2^l rows of 1 columns, l <= 4, got 3 items',
    ],
    [
      'position',
      (k) => k.evaluateAt(new Uint32Array(2), new Int16Array(4), { logN: 4, columns: 1 }, [1, 16]),
      'positions[1]: expected an integer in [0, 15], got 16',
    ],
    [
      'evaluations',
      (k) => k.evaluateAt(new Uint32Array(3), new Int16Array(4), { logN: 4, columns: 2 }, [1, 2]),
      'out: expected 4 items, got 3',
    ],
    [
      'pad rows',
      (k) =>
        k.encode(
          new Uint32Array(8),
          { data: new Int16Array(2), pad: new Uint32Array(3) },
          { logN: 3, columns: 1 },
        ),
      'pad: expected 0 to 2 rows of 1 columns, got 3 items',
    ],
    [
      'rows before a pad',
      (k) =>
        k.encode(
          new Uint32Array(8),
          { data: new Int16Array(3), pad: new Uint32Array(1) },
          { logN: 3, columns: 1 },
        ),
      'message: expected a power of two of rows before a pad, got 3',
    ],
    [
      'coset of a padded message',
      (k) => {
        const message = { data: new Int16Array(2), pad: new Uint32Array(1) };
        k.encodeCoset(new Uint32Array(4), message, { logN: 3, columns: 1 }, 0);
      },
      'out: expected at most 2 rows for a padded message, got 4',
    ],
    [
      'k',
      (k) => k.evaluateAtTransposed(new Uint32Array(20), new Uint32Array(20), 2, [1], 5),
      'k: expected an integer in [1, 4], got 5',
    ],
    [
      'eta',
      (k) => k.evaluateAtTransposed(new Uint32Array(20), new Uint32Array(5), 2, [1], 3),
      'eta: expected 20 items, got 5',
    ],
    [
      'scale',
      (k) => k.powers(new Uint32Array(1), P as Fe, 1 as Fe),
      `expected an integer in [0, ${P}), got another`,
    ],
    [
      'kPowers',
      (k) => k.kPowers(new Uint32Array(5), 1, quintic.one, quintic.one),
      'out: expected 20 items, got 5',
    ],
  ];
  test.each(cases)('%s', (_, run, message) => {
    for (const k of [reference, ...wasm]) expect(() => run(k)).toThrow(message);
  });
});

/**
 * FLD-4 and KRN-1 for the transforms: against evaluation at points on KoalaBear and toy fields, then WebAssembly
 * against the definition bit for bit, inside and outside the arena, for one thread and two.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bitReverse, domainPoint } from '../../src/field/domain.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { BaseField, Fe } from '../../src/field/field.ts';
import { P, koalaBear } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { expectSame, words } from '../support/words.ts';

const F97 = referenceKernels(extensionField(primeField(97), [-5, 0]));
const F257 = referenceKernels(extensionField(primeField(257), [-3, 0]));
const reference = referenceKernels(quintic);
let wasm: Kernels[] = [];

beforeAll(async () => {
  wasm = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(wasm.map((k) => k.close()));
});

/** f(x) of column c of a [k][columns] message, by Horner's rule. */
export function evaluate(F: BaseField, f: ArrayLike<number>, columns: number, c: number, x: Fe): Fe {
  let value = F.zero;
  for (let j = f.length / columns - 1; j >= 0; j--) {
    value = F.add(F.mul(value, x), F.fromInt(f[j * columns + c] as number));
  }
  return value;
}

/** The whole codeword by point evaluation, rows in stored order. */
function naiveCodeword(F: BaseField, f: ArrayLike<number>, columns: number, logN: number): Uint32Array {
  const out = new Uint32Array(columns << logN);
  for (let q = 0; q < 2 ** logN; q++) {
    const x = domainPoint(F, logN, bitReverse(q, logN));
    for (let c = 0; c < columns; c++) out[q * columns + c] = evaluate(F, f, columns, c, x);
  }
  return out;
}

test('bitReverse is an involution that names cosets as the contract says', () => {
  for (let bits = 0; bits <= 8; bits++) {
    for (let i = 0; i < 2 ** bits; i++) expect(bitReverse(bitReverse(i, bits), bits)).toBe(i);
  }
  const logN = 6;
  const m = 4;
  for (let q = 0; q < 2 ** logN; q++) {
    // Row q of coset b: position c + 2^(logN - m) r, c the reversed b.
    const c = bitReverse(q >> m, logN - m);
    expect(bitReverse(q, logN) % 2 ** (logN - m)).toBe(c);
  }
  expect(() => bitReverse(8, 3)).toThrow('index: expected an integer in [0, 8), got 8');
  expect(() => domainPoint(koalaBear, 3, 8)).toThrow('position: expected an integer in [0, 8), got 8');
});

describe('FLD-4: the definition against point evaluation', () => {
  const fields: [string, Kernels, number][] = [
    ['F_97', F97, 5],
    ['F_257', F257, 8],
    ['koalabear', reference, 8],
  ];
  test.each(fields)('%s: ntt', (_, k, maxLog) => {
    const F = k.ext.base;
    for (let log = 0; log <= maxLog; log++) {
      for (const columns of [1, 3]) {
        const f = words(columns << log, F.modulus, 7 * log + columns);
        const data = f.slice();
        k.ntt(data, columns);
        expectSame(data, naiveCodeword(F, f, columns, log), `2^${log}`);
      }
    }
  });
  test.each(fields)('%s: encode for every message length', (_, k, maxLog) => {
    const F = k.ext.base;
    for (let logN = 0; logN <= Math.min(maxLog, 5); logN++) {
      for (let rows = 1; rows <= 2 ** logN; rows++) {
        const f = words(2 * rows, F.modulus, rows);
        const out = new Uint32Array(2 << logN);
        k.encode(out, f, { logN, columns: 2 });
        expectSame(out, naiveCodeword(F, f, 2, logN), `n = 2^${logN}, k = ${rows}`);
      }
    }
  });
  test.each(fields)('%s: every coset size gives the same codeword', (_, k) => {
    const F = k.ext.base;
    const f = words(11, F.modulus, 3);
    const whole = naiveCodeword(F, f, 1, 4);
    for (let m = 0; m <= 4; m++) {
      for (let coset = 0; coset < 2 ** (4 - m); coset++) {
        const out = new Uint32Array(2 ** m);
        k.encodeCoset(out, f, { logN: 4, columns: 1 }, coset);
        expectSame(out, whole.subarray(coset << m, (coset + 1) << m), `m = ${m}, coset ${coset}`);
      }
    }
  });
  test.each(fields)('%s: <f, pow(x_i)> is the leaf value for all i at m = 3', (_, k) => {
    const F = k.ext.base;
    const f = words(8 + 3, F.modulus, 5); // k = 2^3 + 3 in n = 2^5
    const leaves = new Uint32Array(32);
    k.encode(leaves, f, { logN: 5, columns: 1 });
    for (let i = 0; i < 32; i++) {
      const pow = new Uint32Array(f.length);
      k.powers(pow, F.one, F.pow(F.rootOfUnity(5), i));
      const inner = f.reduce((sum: Fe, x, j) => F.add(sum, F.mul(x as Fe, pow[j] as Fe)), F.zero);
      expect(leaves[bitReverse(i, 5)]).toBe(inner);
    }
  });
});

/** Runs on operands outside the arena and on operands inside it; both results. */
function inAndOut(k: Kernels, data: Uint32Array, run: (data: Uint32Array) => void): Uint32Array[] {
  const outside = data.slice();
  run(outside);
  const inside = k.memory.scope(() => {
    const copy = k.memory.u32(data.length);
    copy.set(data);
    run(copy);
    return copy.slice();
  });
  return [outside, inside];
}

const SHAPES: [log: number, columns: number][] = [];
for (let log = 0; log <= 12; log++) SHAPES.push([log, 1]);
for (const columns of [2, 3, 4, 5, 16, 17]) for (const log of [0, 1, 2, 3, 5, 8]) SHAPES.push([log, columns]);
SHAPES.push(
  [13, 1],
  [14, 1],
  [15, 1],
  [17, 1],
  [14, 5],
  [13, 16],
  [13, 17],
  [9, 300],
  [0, 70_000],
  [1, 70_001],
  [2, 70_000],
  [3, 70_000],
  [16, 3],
);

describe('KRN-1: ntt and intt', () => {
  test.each(SHAPES)('2^%i rows, %i columns', (log, columns) => {
    const data = words(columns << log, P, 31 * log + columns);
    const expected = data.slice();
    reference.ntt(expected, columns);
    for (const k of wasm) {
      for (const got of inAndOut(k, data, (x) => k.ntt(x, columns))) expectSame(got, expected, k.name);
      for (const got of inAndOut(k, expected, (x) => k.intt(x, columns))) expectSame(got, data, k.name);
    }
    const inverse = expected;
    reference.intt(inverse, columns);
    expectSame(inverse, data, 'reference');
  });

  test('extreme words: all p - 1, and single ones', () => {
    for (const log of [4, 12, 17]) {
      const data = new Uint32Array(2 ** log).fill(P - 1);
      const one = new Uint32Array(2 ** log);
      one[2 ** log - 1] = P - 1;
      for (const input of [data, one]) {
        const expected = input.slice();
        reference.ntt(expected, 1);
        for (const k of wasm)
          for (const got of inAndOut(k, input, (x) => k.ntt(x, 1))) expectSame(got, expected);
      }
    }
  });

  test('linearity to 2^12', () => {
    const [k] = wasm as [Kernels];
    const c = 1_234_567_890 as Fe;
    for (let log = 0; log <= 12; log++) {
      const [f, g, sum] = [words(2 ** log, P, 1), words(2 ** log, P, 2), new Uint32Array(2 ** log)];
      k.addScaled(sum, f, c, g);
      for (const x of [f, g, sum]) k.ntt(x, 1);
      const expected = new Uint32Array(2 ** log);
      k.addScaled(expected, f, c, g);
      expectSame(sum, expected, `2^${log}`);
    }
  });

  test('a transform of 2^20 evaluates its polynomial', () => {
    const f = words(2 ** 20, P, 9);
    const [k] = wasm as [Kernels];
    const data = f.slice();
    k.ntt(data, 1);
    for (const q of [0, 1, 2, 3, 777_777, 2 ** 20 - 1]) {
      expect(data[q]).toBe(evaluate(koalaBear, f, 1, 0, domainPoint(koalaBear, 20, bitReverse(q, 20))));
    }
    k.intt(data, 1);
    expectSame(data, f);
  });
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
      `expected an integer in [0, ${P}), got ${P}`,
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

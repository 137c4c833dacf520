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
import { inAndOut } from '../support/codes.ts';
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
function evaluate(F: BaseField, f: ArrayLike<number>, columns: number, c: number, x: Fe): Fe {
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

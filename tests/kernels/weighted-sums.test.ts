/**
 * KRN-1 for the weighted sums: WebAssembly equals the definition bit for bit for matrices of all shapes, inside and
 * outside the kernel memory; the definition equals the field objects, and weightedSum is an evaluation.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext, Fe } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { extWords, readExt, unpackExt } from '../../src/kernels/contract/layout.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { elements, extArray, TOY_FIELDS } from '../support/ext.ts';
import { place } from '../support/kernels.ts';
import { expectSame, words } from '../support/words.ts';

const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

function eachPlace(run: (put: (a: Uint32Array) => Uint32Array, k: Kernels, what: string) => void): void {
  for (const k of implementations) {
    for (const mask of [0, 1, 2, 3]) {
      let call = 0;
      k.memory.scope(() =>
        run((a) => place(k, a, (mask >> (call++ & 1)) % 2 === 1), k, `threads ${k.threads}, places ${mask}`),
      );
    }
  }
}

/** Extreme rows as well: all words and all limbs p - 1. */
const operands = (n: number, rows: number, seed: number): { a: Uint32Array; w: Uint32Array } =>
  seed % 3 === 0
    ? { a: new Uint32Array(n).fill(P - 1), w: new Uint32Array(extWords(rows, 5)).fill(P - 1) }
    : { a: words(n, P, seed), w: extArray(rows, quintic, seed + 1) };

/** All limbs p - 1 in live lanes only. */
function clearIdleLanes(w: Uint32Array, n: number): Uint32Array {
  w.forEach((_, at) => {
    if (Math.floor(at / 20) * 4 + (at & 3) >= n) w[at] = 0;
  });
  return w;
}

test.each([0, 1, 2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 10_002, 16_383, 16_385, 65_535, 65_537])(
  'weightedSum of %i words',
  (n) => {
    const { a, w } = operands(n, n, n + 1);
    clearIdleLanes(w, n);
    const expected = reference.weightedSum(w, a);
    eachPlace((put, k, what) => expect(k.weightedSum(put(w), put(a)), what).toEqual(expected));
  },
);

const MATRICES: [number, number][] = [
  ...[1, 2, 3, 4, 5, 7, 8, 9].flatMap((rows) =>
    [1, 2, 3, 4, 5, 63, 64, 65].map((c): [number, number] => [rows, c]),
  ),
  [0, 5],
  [255, 13],
  [256, 511],
  [257, 513],
  [1030, 67],
  [2, 40_001],
  [5000, 3],
  [70_001, 1],
  [9, 32_769],
];

test.each(MATRICES)('matrix of %i rows and %i columns', (rows, columns) => {
  const { a: matrix, w } = operands(rows * columns, rows, rows + columns);
  clearIdleLanes(w, rows);
  const { w: v } = operands(0, columns, rows * columns);
  clearIdleLanes(v, columns);
  const expectedRows = new Uint32Array(extWords(columns, 5));
  reference.weightedRows(expectedRows, matrix, columns, w);
  const expectedColumns = new Uint32Array(extWords(rows, 5));
  reference.weightedColumns(expectedColumns, matrix, columns, v);
  eachPlace((put, k, what) => {
    const m = put(matrix);
    const out = put(new Uint32Array(expectedRows.length).fill(7));
    k.weightedRows(out, m, columns, put(w));
    expectSame(out, expectedRows, `weightedRows ${what}`);
    const target = put(new Uint32Array(expectedColumns.length).fill(7));
    k.weightedColumns(target, m, columns, put(v));
    expectSame(target, expectedColumns, `weightedColumns ${what}`);
  });
});

test('an evaluation: folding by eq over the rows, then over the columns', () => {
  const z = elements(9, quintic, 3);
  const matrix = words(2 ** 9, P, 4);
  for (const k of [reference, ...implementations]) {
    const table = (point: readonly Ext[]): Uint32Array => {
      const w = new Uint32Array(extWords(2 ** point.length, 5));
      k.eqTable(w, point, quintic.one);
      return w;
    };
    const whole = k.weightedSum(table(z), matrix);
    const rows = new Uint32Array(extWords(32, 5));
    k.weightedRows(rows, matrix, 32, table(z.slice(5)));
    expect(k.kDot(rows, table(z.slice(0, 5)))).toEqual(whole);
    const columns = new Uint32Array(extWords(16, 5));
    k.weightedColumns(columns, matrix, 32, table(z.slice(0, 5)));
    expect(k.kDot(columns, table(z.slice(5)))).toEqual(whole);
  }
});

test.each(TOY_FIELDS.map((K) => [K.name, K] as const))('the definition over %s', (_, K) => {
  const k = referenceKernels(K);
  const matrix = words(35, K.base.modulus, 5);
  const [w, v] = [extArray(7, K, 1), extArray(5, K, 2)];
  const [x, y] = [unpackExt(w, 7, K.degree), unpackExt(v, 5, K.degree)];
  const at = (r: number, c: number): Fe => matrix[5 * r + c] as Fe;
  const byRows = new Uint32Array(extWords(5, K.degree));
  k.weightedRows(byRows, matrix, 5, w);
  const byColumns = new Uint32Array(extWords(7, K.degree));
  k.weightedColumns(byColumns, matrix, 5, v);
  y.forEach((_y, c) =>
    expect(readExt(byRows, c, K.degree)).toEqual(
      x.reduce((s: Ext, xr, r) => K.add(s, K.mulBase(xr, at(r, c))), K.zero),
    ),
  );
  x.forEach((_x, r) =>
    expect(readExt(byColumns, r, K.degree)).toEqual(
      y.reduce((s: Ext, yc, c) => K.add(s, K.mulBase(yc, at(r, c))), K.zero),
    ),
  );
});

describe('bad arguments', () => {
  const a = new Uint32Array(12);
  const w = new Uint32Array(20);
  const CALLS: [string, (k: Kernels) => void, string][] = [
    ['w of a sum', (k) => k.weightedSum(w, a), 'w: expected at least 60 items, got 20'],
    ['columns', (k) => k.weightedRows(w, a, 0, w), 'columns: expected an integer in [1, 2147483648], got 0'],
    ['matrix', (k) => k.weightedRows(w, a, 5, w), 'matrix: expected a multiple of 5 items, got 12'],
    ['w of rows', (k) => k.weightedRows(w, a, 2, w), 'w: expected 40 items, got 20'],
    ['out of rows', (k) => k.weightedRows(a, a, 3, w), 'out: expected 20 items, got 12'],
    ['w of columns', (k) => k.weightedColumns(w, a, 6, w), 'w: expected 40 items, got 20'],
    ['out of columns', (k) => k.weightedColumns(w, a, 2, w), 'out: expected 40 items, got 20'],
  ];
  test.each(CALLS)('%s', (_, call, message) => {
    for (const k of [reference, ...implementations]) {
      expect(() => call(k)).toThrow(new RangeError(message));
    }
  });
});

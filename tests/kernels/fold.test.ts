/**
 * KRN-1 for the folds: WebAssembly equals the TypeScript definition and a bigint twin bit for bit, on the
 * entries and coefficients at which digits, flushes and residues change.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extensionField } from '../../src/field/extension-field.ts';
import { P } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { extWord, extWords } from '../../src/kernels/contract/layout.ts';
import {
  matrixBlock,
  referenceKernels,
  wasmKernels,
  type IntMatrix,
  type Kernels,
} from '../../src/kernels/index.ts';
import { integers, PATTERNS, type Entries } from '../support/integers.ts';
import { expectSame, generator, words } from '../support/words.ts';

type Axis = 'rows' | 'columns';
const D = quintic.degree;
const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];

beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

/** n elements of K with all limbs `word`, or random and edge words; padding words are zero. */
function coefficients(n: number, seed: number, word?: number): Uint32Array {
  const out = new Uint32Array(extWords(n, D));
  const source = words(n * D, P, seed);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < D; j++) out[extWord(i, j, D)] = word ?? (source[i * D + j] as number);
  }
  return out;
}

function run(
  k: Kernels,
  axis: Axis,
  out: Uint32Array,
  w: IntMatrix,
  e: Uint32Array,
  accumulate = false,
): void {
  if (axis === 'rows') k.foldRows(out, w, e, { accumulate });
  else k.foldColumns(out, w, e, { accumulate });
}

/** The fold by its formula, in bigints and without any field code. */
function bigintFold(axis: Axis, w: IntMatrix, e: Uint32Array): Uint32Array {
  const free = axis === 'rows' ? w.columns : w.rows;
  const bound = axis === 'rows' ? w.rows : w.columns;
  const out = new Uint32Array(extWords(free, D));
  for (let f = 0; f < free; f++) {
    for (let j = 0; j < D; j++) {
      let sum = 0n;
      for (let b = 0; b < bound; b++) {
        const [r, c] = axis === 'rows' ? [b, f] : [f, b];
        const entry = w.data[(w.offset ?? 0) + r * (w.stride ?? w.columns) + c] as number;
        sum += BigInt(e[extWord(b, j, D)] as number) * BigInt(entry);
      }
      const p = BigInt(P);
      out[extWord(f, j, D)] = Number(((sum % p) + p) % p);
    }
  }
  return out;
}

/** All implementations, operands outside and inside the arena, plain and accumulating, against `expected`. */
function check(axis: Axis, w: IntMatrix, e: Uint32Array, expected: Uint32Array): void {
  const start = coefficients(axis === 'rows' ? w.columns : w.rows, 99);
  const sum = new Uint32Array(expected.length);
  reference.add(sum, start, expected);
  for (const k of implementations) {
    const what = `${axis} ${w.rows}x${w.columns}, ${k.threads} threads`;
    const outside = new Uint32Array(expected.length).fill(7);
    run(k, axis, outside, w, e);
    expectSame(outside, expected, `${what}, outside`);
    outside.set(start);
    run(k, axis, outside, w, e, true);
    expectSame(outside, sum, `${what}, outside, accumulate`);
    k.memory.scope(() => {
      const data = w.data instanceof Int8Array ? k.memory.i8(w.data.length) : k.memory.i16(w.data.length);
      data.set(w.data);
      const inside = k.memory.u32(expected.length).fill(7);
      const vector = k.memory.u32(e.length);
      vector.set(e);
      run(k, axis, inside, { ...w, data }, vector);
      expectSame(inside, expected, `${what}, inside`);
      inside.set(start);
      run(k, axis, inside, { ...w, data }, vector, true);
      expectSame(inside, sum, `${what}, inside, accumulate`);
    });
  }
}

function checkShape(rows: number, columns: number, entries: Entries, word?: number): void {
  const w = { data: integers(rows * columns, entries, rows + columns), rows, columns };
  for (const axis of ['rows', 'columns'] as const) {
    const e = coefficients(axis === 'rows' ? rows : columns, 5 * rows + columns, word);
    const expected = new Uint32Array(extWords(axis === 'rows' ? columns : rows, D));
    run(reference, axis, expected, w, e);
    check(axis, w, e, expected);
  }
}

const SIDES = [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 63, 64, 65];

describe.each(['int8', 'int14', 'int16'] as const)('%s', (entries) => {
  test.each(SIDES)('%i rows of every width', (rows) => {
    for (const columns of SIDES) checkShape(rows, columns, entries);
  });
  test.each([
    [768, 37],
    [37, 768],
    [1030, 5],
    [5, 1100],
    [600, 300],
    [65_537, 2],
    [2, 65_535],
  ])('%i x %i', (rows, columns) => checkShape(rows, columns, entries));
});

describe.each(PATTERNS)('all entries %s', (entries) => {
  test.each([0, 1, P - 1, (P - 1) / 2, (P + 1) / 2, 0x8000, 0x7fff, 0x1ff, 0x200, P - 0x8000, P - 0x200])(
    'by coefficients %i',
    (word) => {
      for (const [rows, columns] of [
        [520, 9],
        [3, 2200],
      ] as const) {
        const w = { data: integers(rows * columns, entries, 3), rows, columns };
        for (const axis of ['rows', 'columns'] as const) {
          const e = coefficients(axis === 'rows' ? rows : columns, 1, word);
          check(axis, w, e, bigintFold(axis, w, e));
        }
      }
    },
  );
});

test('a single wide entry anywhere is seen', () => {
  // The liar that only the look at the entries stops: 14-bit sums of one entry outside -8191..8192 overflow.
  for (const wide of [-32768, -8192, 8193, 32767]) {
    for (const [rows, columns] of [
      [8, 8],
      [9, 67],
      [33, 13],
    ] as const) {
      for (const place of [0, 7, columns, rows * columns - 1]) {
        const data = new Int16Array(rows * columns).fill(-8191);
        data[place] = wide;
        const w = { data, rows, columns };
        for (const axis of ['rows', 'columns'] as const) {
          const e = coefficients(axis === 'rows' ? rows : columns, 1, P - 0x8000);
          check(axis, w, e, bigintFold(axis, w, e));
        }
      }
    }
  }
});

test('blocks of a matrix add up to the matrix', () => {
  const whole = { data: integers(130 * 768, 'int14', 11), rows: 130, columns: 768 };
  const e = coefficients(768, 12);
  const expected = new Uint32Array(extWords(130, D));
  reference.foldColumns(expected, whole, e);
  for (const k of implementations) {
    const out = new Uint32Array(expected.length);
    k.foldColumns(out, matrixBlock(whole, 0, 130, 0, 512), e.subarray(0, 512 * D));
    k.foldColumns(out, matrixBlock(whole, 0, 130, 512, 768), e.subarray(512 * D), { accumulate: true });
    expectSame(out, expected, 'columns 512 + 256');
  }
  for (const [r0, r1, c0, c1] of [
    [1, 130, 3, 768],
    [5, 6, 0, 768],
    [0, 130, 767, 768],
    [7, 92, 100, 337],
  ] as const) {
    const block = matrixBlock(whole, r0, r1, c0, c1);
    for (const axis of ['rows', 'columns'] as const) {
      const vector = coefficients(axis === 'rows' ? block.rows : block.columns, 13);
      check(axis, block, vector, bigintFold(axis, block, vector));
    }
  }
});

test('streamed blocks of rows add up to the matrix', () => {
  const [rows, columns] = [640, 100];
  const data = integers(rows * columns, 'int16', 21) as Int16Array;
  const e = coefficients(rows, 22);
  const expected = new Uint32Array(extWords(columns, D));
  reference.foldRows(expected, { data, rows, columns }, e);
  for (const k of implementations) {
    const out = new Uint32Array(expected.length);
    for (let r = 0; r < rows; r += 64) {
      const block = { data: data.slice(r * columns, (r + 64) * columns), rows: 64, columns };
      k.foldRows(out, block, e.subarray(r * D, (r + 64) * D), { accumulate: r > 0 });
    }
    expectSame(out, expected);
  }
});

test.each([
  ['rows', 20_000, 300],
  ['columns', 300, 20_000],
  ['rows', 300, 20_000],
  ['columns', 20_000, 300],
] as const)(
  '%s of %i x %i: several panels, and a matrix larger than the memory',
  async (axis, rows, columns) => {
    const data = integers(rows * columns, 'int14', 31) as Int16Array;
    data[rows * columns - 5] = 12_345; // one wide task among fast ones
    const w = { data, rows, columns };
    const e = coefficients(axis === 'rows' ? rows : columns, 32);
    const small = await wasmKernels({ threads: 1, memoryBytes: 11_000_000 }); // the matrix has 12 MB
    const expected = new Uint32Array(extWords(axis === 'rows' ? columns : rows, D));
    run(small, axis, expected, w, e);
    check(axis, w, e, expected);
    // A random linear functional of the result, in bigints: sum_f g_f out_f over 64 outputs of limb 2.
    const free = axis === 'rows' ? columns : rows;
    const next = generator(33);
    for (let i = 0; i < 64; i++) {
      const f = i === 0 ? free - 1 : next() % free;
      let sum = 0n;
      for (let b = 0; b < (axis === 'rows' ? rows : columns); b++) {
        const entry = data[axis === 'rows' ? b * columns + f : f * columns + b] as number;
        sum += BigInt((e[extWord(b, 2, D)] as number) * entry);
      }
      const p = BigInt(P);
      expect(expected[extWord(f, 2, D)]).toBe(Number(((sum % p) + p) % p));
    }
    await small.close();
  },
);

test('the definition works over toy fields', () => {
  const k = referenceKernels(extensionField(primeField(97), [-5, 0]));
  const w = { data: Int16Array.of(1, -2, 300, 4, 5, -6), rows: 2, columns: 3 };
  const e = new Uint32Array(8);
  e.set([3, 10], 0); // limb 0 of elements 0, 1
  e.set([0, 1], 4); // limb 1
  const out = new Uint32Array(8);
  k.foldRows(out, w, e);
  expect([...out]).toEqual([43, 44, 64, 0, 4, 5, 91, 0]); // 3 w[0] + 10 w[1] and w[1], mod 97
});

test('bad arguments are named', () => {
  const w = { data: new Int16Array(12), rows: 3, columns: 4 };
  const [e3, e4] = [new Uint32Array(20), new Uint32Array(40)];
  for (const k of [reference, ...implementations]) {
    expect(() => k.foldRows(e3, w, e4)).toThrow('e: expected 20 items, got 40');
    expect(() => k.foldRows(e4, w, e3)).toThrow('out: expected 20 items, got 40');
    expect(() => k.foldRows(e3, { ...w, rows: 4 }, e3)).toThrow('w.data: expected at least 16 items, got 12');
    expect(() => k.foldRows(e3, { ...w, offset: 1 }, e3)).toThrow(
      'w.data: expected at least 13 items, got 12',
    );
    expect(() => k.foldColumns(e3, { ...w, stride: 3 }, e3)).toThrow('w.stride: expected an integer in [4,');
    expect(() => k.foldColumns(e3, { ...w, rows: 1.5 }, e3)).toThrow('w.rows: expected an integer in [0,');
    const wrong = new Int32Array(12) as unknown as Int16Array;
    expect(() => k.foldRows(e3, { ...w, data: wrong }, e3)).toThrow(
      'w.data: expected an Int8Array or an Int16Array, got Int32Array',
    );
  }
  expect(() => matrixBlock(w, 0, 4, 0, 4)).toThrow('row1: expected an integer in [0, 3], got 4');
  expect(() => matrixBlock(w, 0, 3, 4, 3)).toThrow('column0: expected an integer in [0, 3], got 4');
});

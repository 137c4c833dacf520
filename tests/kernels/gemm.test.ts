/**
 * KRN-1 for the integer matrix products: WebAssembly equals the TypeScript definition and a bigint twin bit
 * for bit, for every width of the operands, and a bound that an entry exceeds is an error.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extensionField } from '../../src/field/extension-field.ts';
import { P } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import {
  matrixBlock,
  referenceKernels,
  wasmKernels,
  type GemmOptions,
  type IntMatrix,
  type Kernels,
} from '../../src/kernels/index.ts';
import { integers, PATTERNS, type Entries } from '../support/integers.ts';
import { expectSame } from '../support/words.ts';

const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];

beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

/** The three products of a kernel set, one after the other, as one array of numbers. */
function results(k: Kernels, a: IntMatrix, b: IntMatrix, o: GemmOptions, inside: boolean): number[] {
  const length = a.rows * (o.layoutB === 'kn' ? b.columns : b.rows);
  return k.memory.scope(() => {
    const move = (m: IntMatrix): IntMatrix => {
      if (!inside) return m;
      const data = m.data instanceof Int8Array ? k.memory.i8(m.data.length) : k.memory.i16(m.data.length);
      data.set(m.data);
      return { ...m, data };
    };
    const [x, y] = [move(a), move(b)];
    const out = inside ? k.memory.u32(length) : new Uint32Array(length);
    k.gemm(out.fill(7), x, y, o);
    const signed = inside ? k.memory.i32(length) : new Int32Array(length);
    k.gemmBalanced(signed.fill(7), x, y, o);
    const all = [...out, ...signed];
    if (!fits(a.columns, o)) return all;
    k.gemmInt32(signed.fill(7), x, y, o);
    return [...all, ...signed];
  });
}

function fits(k: number, { boundA, boundB }: GemmOptions): boolean {
  return k * boundA * boundB < 2 ** 31;
}

/** The same by the formula, in bigints. */
function bigintResults(a: IntMatrix, b: IntMatrix, o: GemmOptions): number[] {
  const n = o.layoutB === 'kn' ? b.columns : b.rows;
  const sums: bigint[] = [];
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0n;
      for (let l = 0; l < a.columns; l++) {
        const [r, c] = o.layoutB === 'kn' ? [l, j] : [j, l];
        const x = a.data[(a.offset ?? 0) + i * (a.stride ?? a.columns) + l] as number;
        const y = b.data[(b.offset ?? 0) + r * (b.stride ?? b.columns) + c] as number;
        sum += BigInt(x) * BigInt(y);
      }
      sums.push(sum);
    }
  }
  const p = BigInt(P);
  const words = sums.map((s) => Number(((s % p) + p) % p));
  const balanced = words.map((x) => (x > (P - 1) / 2 ? x - P : x));
  return [...words, ...balanced, ...(fits(a.columns, o) ? sums.map(Number) : [])];
}

function check(a: IntMatrix, b: IntMatrix, o: GemmOptions, expected: number[]): void {
  for (const k of implementations) {
    for (const inside of [false, true]) {
      const what = `${a.rows} x ${a.columns}, ${k.threads} threads, inside ${inside}`;
      expectSame(results(k, a, b, o, inside), expected, what);
    }
  }
}

function matrix(rows: number, columns: number, entries: Entries, seed: number): IntMatrix {
  return { data: integers(rows * columns, entries, seed), rows, columns };
}

const BOUND = { int8: 128, int14: 8192, int16: 32768 } as const;
const SHAPES = [
  [0, 3, 5],
  [3, 0, 5],
  [3, 5, 0],
  [1, 1, 1],
  [1, 4, 8],
  [2, 3, 7],
  [3, 7, 9],
  [2, 8, 15],
  [4, 9, 16],
  [5, 15, 17],
  [16, 17, 63],
  [17, 16, 64],
  [33, 65, 65],
  [1, 300, 130],
  [300, 1, 130],
  [65, 37, 768],
  [2, 3, 65_537],
] as const;

describe.each([
  ['int16', 'int14'],
  ['int8', 'int14'],
  ['int16', 'int8'],
  ['int8', 'int8'],
  ['int16', 'int16'],
  ['int14', 'int14'],
] as const)('%s x %s', (left, right) => {
  test.each(SHAPES)('%i x %i x %i', (m, n, k) => {
    const bounds = { boundA: BOUND[left], boundB: BOUND[right] };
    const a = matrix(m, k, left, m + k);
    for (const layoutB of ['nk', 'kn'] as const) {
      const b = layoutB === 'nk' ? matrix(n, k, right, n) : matrix(k, n, right, n);
      check(a, b, { ...bounds, layoutB }, results(reference, a, b, { ...bounds, layoutB }, false));
    }
  });
});

describe.each(PATTERNS)('all of a %s', (left) => {
  test.each(PATTERNS)('all of b %s', (right) => {
    // Every partial sum is as large as its sign allows: the flushes are exact to the last one.
    const [a, b] = [matrix(3, 530, left, 1), matrix(5, 530, right, 1)];
    const bound = (m: IntMatrix): number => Math.max(...Array.from(m.data, Math.abs));
    const o = { boundA: bound(a), boundB: bound(b) };
    check(a, b, o, bigintResults(a, b, o));
  });
});

test.each([
  [2047, 511, 'fits int32'],
  [2047, 513, 'does not'],
  [8191, 16, 'fits int32'],
] as const)('entries %i and %i over 2049 terms (%s)', (boundA, boundB, _) => {
  // Two panels of k; sums just inside and just outside int32, of both signs.
  for (const sign of [1, -1]) {
    const a = { data: new Int16Array(3 * 2049).fill(boundA), rows: 3, columns: 2049 };
    const b = { data: new Int16Array(5 * 2049).fill(sign * boundB), rows: 5, columns: 2049 };
    check(a, b, { boundA, boundB }, bigintResults(a, b, { boundA, boundB }));
  }
});

test('several panels in every direction, larger than the memory', async () => {
  const [m, n, k] = [530, 520, 2100];
  const [a, b] = [matrix(m, k, 'int14', 5), matrix(n, k, 'int16', 6)];
  const o = { boundA: 8192, boundB: 32768 };
  const small = await wasmKernels({ threads: 1, memoryBytes: 5_000_000 }); // operands and result: 5.5 MB
  const expected = new Uint32Array(m * n);
  small.gemm(expected, a, b, o);
  await small.close();
  for (const kernels of implementations) {
    const out = new Uint32Array(m * n);
    kernels.gemm(out, a, b, o);
    expectSame(out, expected);
  }
  // Rows and columns around the edges of panels, by the definition.
  for (const i of [0, 264, 265, 266, 529]) {
    for (const j of [0, 259, 260, 261, 519]) {
      const word = new Uint32Array(1);
      reference.gemm(word, matrixBlock(a, i, i + 1, 0, k), matrixBlock(b, j, j + 1, 0, k), o);
      expect(expected[i * n + j]).toBe(word[0]);
    }
  }
});

test('blocks with a stride', () => {
  const [a, b] = [matrix(40, 100, 'int14', 7), matrix(60, 100, 'int14', 8)];
  const [x, y] = [matrixBlock(a, 3, 37, 5, 82), matrixBlock(b, 1, 59, 20, 97)];
  const o = { boundA: 8192, boundB: 8192 };
  check(x, y, o, bigintResults(x, y, o));
  const [left, top] = [matrixBlock(a, 0, 40, 11, 71), matrixBlock(b, 0, 60, 9, 92)]; // 60 terms
  check(left, top, { ...o, layoutB: 'kn' }, bigintResults(left, top, { ...o, layoutB: 'kn' }));
});

test('an entry beyond its bound is named, wherever it is', () => {
  const o = { boundA: 2048, boundB: 8191 };
  for (const k of [1, 7, 8, 9, 64, 65]) {
    for (const [row, column] of [
      [0, 0],
      [2, k - 1],
      [8, k >> 1],
    ] as const) {
      for (const [wide, layoutB] of [
        [-8192, 'nk'],
        [8192, 'kn'],
        [-32768, 'nk'],
        [32767, 'kn'],
      ] as const) {
        const a = { data: new Int16Array(9 * k).fill(-2048), rows: 9, columns: k };
        const good = new Int16Array(9 * k).fill(8191);
        const shape = layoutB === 'nk' ? { rows: 9, columns: k } : { rows: k, columns: 9 };
        const b = { data: good.slice(), ...shape };
        const [r, c] = layoutB === 'nk' ? [row, column] : [column, row];
        b.data[r * b.columns + c] = wide;
        const options = { ...o, layoutB };
        for (const kernels of [reference, ...implementations]) {
          expect(() => kernels.gemm(new Uint32Array(81), a, b, options)).toThrow(
            `b[${r}][${c}]: expected an integer in [-8191, 8191], got another`,
          );
          expect(() => kernels.gemm(new Uint32Array(81), a, { ...b, data: good }, options)).not.toThrow();
          expect(() => kernels.gemm(new Uint32Array(81), a, b, { ...options, boundA: 2047 })).toThrow(
            'a[0][0]: expected an integer in [-2047, 2047], got another',
          );
        }
      }
    }
  }
  const int8 = { data: Int8Array.of(1, 2, -128, 4), rows: 2, columns: 2 };
  for (const kernels of [reference, ...implementations]) {
    expect(() => kernels.gemmInt32(new Int32Array(4), int8, int8, { boundA: 128, boundB: 127 })).toThrow(
      'b[1][0]: expected an integer in [-127, 127], got another',
    );
  }
});

test('bad arguments are named', () => {
  const a = { data: new Int16Array(12), rows: 3, columns: 4 };
  const o = { boundA: 8191, boundB: 8191 };
  const out = new Uint32Array(9);
  for (const k of [reference, ...implementations]) {
    expect(() => k.gemm(out, a, a, { ...o, layoutB: 'kn' })).toThrow('b: expected 4 rows, got 3');
    expect(() => k.gemm(out, a, { ...a, columns: 3 }, o)).toThrow('b: expected 4 columns, got 3');
    expect(() => k.gemm(new Uint32Array(8), a, a, o)).toThrow('out: expected 9 items, got 8');
    expect(() => k.gemm(out, a, a, { ...o, boundA: 40_000 })).toThrow(
      'boundA: expected an integer in [0, 32768]',
    );
    expect(() => k.gemm(out, a, a, { boundA: 1 } as GemmOptions)).toThrow('boundB: expected an integer');
    expect(() => k.gemm(out, { ...a, rows: 4 }, a, o)).toThrow('a.data: expected at least 16 items, got 12');
    const int32 = new Int32Array(9);
    expect(() => k.gemmInt32(int32, a, a, { boundA: 32768, boundB: 16384 })).toThrow(
      'options: expected k * boundA * boundB below 2147483648, got 2147483648',
    );
    const wrong = 'nm' as 'nk';
    expect(() => k.gemm(out, a, a, { ...o, layoutB: wrong })).toThrow('layoutB: expected nk or kn, got nm');
  }
});

test('the definition works over toy fields', () => {
  const k = referenceKernels(extensionField(primeField(7), [-3, 0]));
  const a = { data: Int8Array.of(1, -2, 3), rows: 1, columns: 3 };
  const b = { data: Int8Array.of(5, 6, 1, 1, 1, 2), rows: 2, columns: 3 };
  const out = new Uint32Array(2);
  k.gemm(out, a, b, { boundA: 3, boundB: 6 });
  expect([...out]).toEqual([3, 5]); // -4 and 5 mod 7
  const balanced = new Int32Array(2);
  k.gemmBalanced(balanced, a, b, { boundA: 3, boundB: 6 });
  expect([...balanced]).toEqual([3, -2]);
});

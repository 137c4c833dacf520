/**
 * KRN-1 for the extension kernels: WebAssembly equals the TypeScript definition bit for bit, in place and through
 * windows, for one thread and two, on lengths around every loop boundary; the definition equals bigints and the
 * field objects, over toy fields as well.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { BLOCK, extWord, extWords, readExt, unpackExt, writeExt } from '../../src/kernels/contract/layout.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { bigintProduct, elements, extArray, extremePairs, TOY_FIELDS } from '../support/ext.ts';
import { expectSame, words } from '../support/words.ts';

const LENGTHS = [0, 1, 2, 3, 4, 5, 63, 64, 65, 1027, 10_000, 16_383, 16_385, 65_535, 65_537];
const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];

beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

const HALF = (P - 1) / 2;
const scalar = (...limbs: number[]): Ext => quintic.fromLimbs(limbs);
const SCALAR = scalar(1234567890, 987654321, 5, P - 1, HALF);

/** The scalar with the given Montgomery words: the words that multiplier tables are made of. */
const withWords = (...words: number[]): Ext =>
  quintic.mulBase(scalar(...words), quintic.base.inverse(reference.radix));
/** Five words of one sign in a row sum to 2.5 p: beyond what a signed row may hold without a correction. */
const ONE_SIGNED = {
  'words (p-1)/2': withWords(HALF, HALF, HALF, HALF, HALF),
  'words (p+1)/2': withWords(HALF + 1, HALF + 1, HALF + 1, HALF + 1, HALF + 1),
  'words near (p-1)/2': withWords(HALF - 5, HALF, HALF - 77, HALF - 1, HALF - 1000),
};

interface Operands {
  readonly n: number;
  readonly out: Uint32Array;
  readonly a: Uint32Array;
  readonly b: Uint32Array;
  /** One base-field word an element. */
  readonly f: Uint32Array;
}
type Run = (k: Kernels, x: Operands) => void;

const CASES: Record<string, Run> = {
  kMul: (k, { out, a, b }) => k.kMul(out, a, b),
  kSquare: (k, { out, a }) => k.kSquare(out, a),
  kScale: (k, { out, a }) => k.kScale(out, a, SCALAR),
  ...Object.fromEntries(
    Object.entries(ONE_SIGNED).flatMap(([name, c]): [string, Run][] => [
      [`kScale by ${name}`, (k, { out, a }) => k.kScale(out, a, c)],
      [`kAddScaled by ${name}`, (k, { out, a, b }) => k.kAddScaled(out, a, c, b)],
    ]),
  ),
  'kScale by all p-1': (k, { out, a }) => k.kScale(out, a, scalar(P - 1, P - 1, P - 1, P - 1, P - 1)),
  kAddScaled: (k, { out, a, b }) => k.kAddScaled(out, a, SCALAR, b),
  kMulBase: (k, { out, a, f }) => k.kMulBase(out, a, f),
  kFromBase: (k, { out, f }) => k.kFromBase(out, f, SCALAR),
  kSum: (k, { out, a }) => out.length > 0 && writeExt(out.fill(0), 0, k.kSum(a)),
  kDot: (k, { out, a, b }) => out.length > 0 && writeExt(out.fill(0), 0, k.kDot(a, b)),
  'kMul in place': (k, { out, a, b }) => {
    out.set(a);
    k.kMul(out, out, b);
    k.kMul(out, b, out);
    k.kSquare(out, out);
    k.kScale(out, out, SCALAR);
    k.kAddScaled(out, out, SCALAR, a);
    k.kAddScaled(out, a, SCALAR, out);
  },
};

function check(run: Run, x: Operands): void {
  const expected = new Uint32Array(x.a.length);
  run(reference, { ...x, out: expected });
  for (const k of implementations) {
    const outside = new Uint32Array(x.a.length);
    run(k, { ...x, out: outside });
    expectSame(outside, expected, `${k.name} outside`);
    k.memory.scope(() => {
      const inside = (array: Uint32Array): Uint32Array => {
        const copy = k.memory.u32(array.length);
        copy.set(array);
        return copy;
      };
      const out = k.memory.u32(x.a.length);
      run(k, { n: x.n, out, a: inside(x.a), b: inside(x.b), f: inside(x.f) });
      expectSame(out, expected, `${k.name} inside`);
    });
  }
}

describe.each(Object.entries(CASES))('%s', (_, run) => {
  test.each(LENGTHS)('length %i', (n) => {
    const f = words(BLOCK * Math.ceil(n / BLOCK), P, n + 3);
    check(run, { n, out: f, a: extArray(n, quintic, n + 1), b: extArray(n, quintic, n + 2), f });
  });
  test('all p-1 and (p±1)/2 patterns', () => {
    const { a, b } = extremePairs(quintic);
    const n = a.length / quintic.degree;
    check(run, { n, out: a, a, b, f: words(n, P, 7) });
  });
});

/** The array with every zero element replaced by one. */
function withoutZeros(a: Uint32Array, n: number): Uint32Array {
  for (let i = 0; i < n; i++) if (quintic.isZero(readExt(a, i, 5))) a[extWord(i, 0, 5)] = 1;
  return a;
}

describe('kInverse', () => {
  test.each(LENGTHS)('length %i', (n) => {
    const a = withoutZeros(extArray(n, quintic, n + 4), n);
    const run: Run = (k, { out, a: x }) => {
      k.kInverse(out, x, n);
      const copy = out.slice();
      k.kInverse(out, out, n); // in place, twice: back to a
      expectSame(out, a, 'involution');
      out.set(copy);
    };
    check(run, { n, out: a, a, b: a, f: a });
  });
  test.each([0, 1, 4, 777, 1024, 5000, 16_398])('names the zero at %i', (index) => {
    const n = 16_399;
    const a = withoutZeros(extArray(n, quintic, index + 9), n);
    writeExt(a, index, quintic.zero);
    if (index + 2000 < n) writeExt(a, index + 2000, quintic.zero);
    for (const k of [reference, ...implementations]) {
      const message = `kInverse: a[${index}]: expected a non-zero element, got 0`;
      expect(() => k.kInverse(new Uint32Array(a.length), a, n)).toThrow(new RangeError(message));
      const copy = a.slice();
      expect(() => k.kInverse(copy, copy, n), 'in place').toThrow(RangeError);
    }
  });
});

describe('eqTable', () => {
  test.each([0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 16])('%i variables', (m) => {
    const z = elements(m, quintic, m + 1);
    const size = extWords(2 ** m, 5);
    const run: Run = (k, { out }) => k.eqTable(out, z, SCALAR);
    const out = new Uint32Array(size);
    check(run, { n: 2 ** m, out, a: out, b: out, f: out });
    const prefix = new Uint32Array(20 * Math.ceil(((2 ** m * 5) / 8 + 1) / BLOCK)).subarray(0, size);
    check(run, { n: 0, out: prefix, a: prefix, b: prefix, f: prefix });
  });
  test('sums to its scale, for Boolean z it is one entry', () => {
    for (const k of implementations) {
      const z = elements(13, quintic, 5);
      const out = new Uint32Array(extWords(2 ** 13, 5));
      k.eqTable(out, z, SCALAR);
      const total = quintic.mulBase(k.kSum(out), quintic.base.inverse(k.radix));
      expect(total).toEqual(SCALAR);
      const at = 0b1011001110010;
      k.eqTable(
        out,
        Array.from({ length: 13 }, (_, j) => ((at >> j) & 1 ? quintic.one : quintic.zero)),
        SCALAR,
      );
      const expected = new Uint32Array(out.length);
      writeExt(expected, at, quintic.mulBase(SCALAR, k.radix));
      expectSame(out, expected, 'unit vector');
    }
  });
});

test('the definition agrees with bigints', () => {
  const { a, b } = extremePairs(quintic);
  const n = a.length / 5;
  const [out, square] = [new Uint32Array(a.length), new Uint32Array(a.length)];
  reference.kMul(out, a, b);
  reference.kSquare(square, a);
  const inverseRadix = BigInt(quintic.base.inverse(reference.radix));
  for (let i = 0; i < n; i++) {
    const [x, y] = [readExt(a, i, 5), readExt(b, i, 5)];
    expectSame(readExt(out, i, 5), bigintProduct(quintic, x, y, inverseRadix), `kMul[${i}]`);
    expectSame(readExt(square, i, 5), bigintProduct(quintic, x, x, inverseRadix), `kSquare[${i}]`);
  }
});

test.each(TOY_FIELDS.map((K) => [K.name, K] as const))('the definition over %s', (_, K) => {
  const k = referenceKernels(K);
  const [a, b] = [extArray(101, K, 1), extArray(101, K, 2)];
  const [x, y] = [unpackExt(a, 101, K.degree), unpackExt(b, 101, K.degree)];
  const [c] = elements(1, K, 3) as [Ext];
  const out = new Uint32Array(a.length);
  const result = (): Ext[] => unpackExt(out, 101, K.degree);
  k.kMul(out, a, b);
  expect(result()).toEqual(x.map((xi, i) => K.mul(xi, y[i] as Ext)));
  k.kAddScaled(out, a, c, b);
  expect(result()).toEqual(x.map((xi, i) => K.add(xi, K.mul(c, y[i] as Ext))));
  expect(k.kSum(a)).toEqual(x.reduce(K.add, K.zero));
  expect(k.kDot(a, b)).toEqual(x.reduce((s, xi, i) => K.add(s, K.mul(xi, y[i] as Ext)), K.zero));
  const z = elements(3, K, 4);
  const table = new Uint32Array(extWords(8, K.degree));
  k.eqTable(table, z, c);
  for (let v = 0; v < 8; v++) {
    const factors = z.map((zj, j) => ((v >> j) & 1 ? zj : K.sub(K.one, zj)));
    expect(readExt(table, v, K.degree)).toEqual(factors.reduce(K.mul, c));
  }
});

describe('bad arguments', () => {
  const a = new Uint32Array(40);
  const bad = [...quintic.zero.slice(0, 4), P] as unknown as Ext;
  const CALLS: [string, (k: Kernels) => void, string][] = [
    ['length of b', (k) => k.kMul(a, a, new Uint32Array(20)), 'b: expected 40 items, got 20'],
    ['length of out', (k) => k.kSquare(new Uint32Array(20), a), 'out: expected 40 items, got 20'],
    ['broken block', (k) => k.kSum(new Uint32Array(39)), 'a: expected a multiple of 20 items, got 39'],
    ['base words', (k) => k.kMulBase(a, a, new Uint32Array(7)), 'b: expected 8 items, got 7'],
    [
      'limb out of range',
      (k) => k.kScale(a, a, bad),
      `limbs[4]: expected an integer in [0, ${P}), got another`,
    ],
    ['limbs missing', (k) => k.kFromBase(a, new Uint32Array(8), []), 'limbs: expected 5 limbs, got 0'],
    ['n against a', (k) => k.kInverse(a, a, 9), 'a: expected 60 items, got 40'],
    [
      'eq table too long',
      (k) => k.eqTable(a, [quintic.one], quintic.one),
      'out: expected at most 20 items, got 40',
    ],
    ['eq scalar', (k) => k.eqTable(a, [bad, bad, bad], quintic.one), 'limbs[4]'],
  ];
  test.each(CALLS)('%s', (_, call, message) => {
    for (const k of [reference, ...implementations]) {
      expect(() => call(k)).toThrow(RangeError);
      expect(() => call(k)).toThrow(message);
    }
  });
});

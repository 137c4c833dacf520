/**
 * KRN-1 for encoding, evaluation at positions and its transpose: WebAssembly equals the definition, and the two
 * evaluations are transposes of each other and rows of the codeword.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bitReverse, domainPoint } from '../../src/field/domain.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { Ext, Fe } from '../../src/field/field.ts';
import { P, koalaBear } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { packExt, readExt, unpackExt } from '../../src/kernels/contract/layout.ts';
import type { Message } from '../../src/kernels/contract/ntt.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { expectSame, generator, words } from '../support/words.ts';

const reference = referenceKernels(quintic);
let wasm: Kernels[] = [];
/** A memory that holds two columns of the large shapes at a time: operands move in batches of columns. */
let tiny: Kernels;

beforeAll(async () => {
  wasm = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
  tiny = await wasmKernels({ threads: 2, memoryBytes: 40 * 65_536 });
});
afterAll(async () => {
  await Promise.all([...wasm, tiny].map((k) => k.close()));
});

/** Integers of every type, extremes included. */
function integers(kind: 'i8' | 'i16' | 'i32' | 'u32', n: number, seed: number): Message {
  const next = generator(seed);
  if (kind === 'u32') return words(n, P, seed);
  const edges = [-(2 ** 31), 2 ** 31 - 1, P, -P, -1, 0, 1, 127, -128, 32_767, -32_768];
  const values = Array.from({ length: n }, () =>
    next() & 3 ? next() | 0 : (edges[next() % edges.length] as number),
  );
  if (kind === 'i8') return Int8Array.from(values);
  return kind === 'i16' ? Int16Array.from(values) : Int32Array.from(values);
}

function inside<T extends Message>(k: Kernels, array: T): T {
  const m = k.memory;
  const make = (n: number): Message => {
    if (array instanceof Int8Array) return m.i8(n);
    if (array instanceof Int16Array) return m.i16(n);
    return array instanceof Int32Array ? m.i32(n) : m.u32(n);
  };
  const copy = make(array.length);
  copy.set(array);
  return copy as T;
}

const KINDS = ['i8', 'i16', 'i32', 'u32'] as const;

describe('encode', () => {
  // [logN, k, columns]: k a power of two, 2^m + t, 2^(m+1) - 1, n; one task, two phases, slices of columns.
  const shapes: [number, number, number][] = [
    [0, 1, 1],
    [1, 1, 100_000],
    [2, 3, 70_001],
    [3, 1, 3],
    [3, 5, 2],
    [5, 8, 17],
    [5, 9, 4],
    [5, 15, 5],
    [6, 64, 16],
    [10, 256, 1],
    [10, 320, 3],
    [12, 1024 + 7, 16],
    [15, 8192 + 2048, 17],
    [16, 2 ** 15, 4],
    [17, 2 ** 15 + 2 ** 13 + 1, 5],
    [18, 2 ** 16 + 3, 1],
  ];
  for (const kind of KINDS) {
    test.each(shapes.filter(([logN]) => logN < 14 || kind === 'i16'))(
      `${kind}: n = 2^%i, k = %i, %i columns`,
      (logN, rows, columns) => {
        const message = integers(kind, rows * columns, logN + columns);
        const expected = new Uint32Array(columns << logN);
        reference.encode(expected, message, { logN, columns });
        for (const k of [...wasm, ...(logN < 16 ? [tiny] : [])]) {
          const out = new Uint32Array(expected.length);
          k.encode(out, message, { logN, columns });
          expectSame(out, expected, k.name);
        }
        for (const k of wasm) {
          k.memory.scope(() => {
            const out = k.memory.u32(expected.length).fill(7);
            k.encode(out, inside(k, message), { logN, columns });
            expectSame(out, expected, k.name);
          });
        }
      },
    );
  }

  const padded: [number, number, number, number][] = [
    [1, 1, 1, 3],
    [4, 4, 3, 1],
    [5, 8, 8, 5],
    [10, 256, 64, 16],
    [10, 256, 100, 150],
    [14, 4096, 1000, 17],
    [17, 2 ** 15, 2 ** 13, 4],
  ];
  test.each(padded)(
    'a padded message: n = 2^%i, %i rows and %i of pad, %i columns',
    (logN, r, t, columns) => {
      const data = integers('i16', r * columns, 5);
      const pad = words(t * columns, P, 6);
      const joined = Uint32Array.from([...data, ...pad], (x) => koalaBear.fromInt(x));
      const expected = new Uint32Array(columns << logN);
      reference.encode(expected, joined, { logN, columns });
      const positions = positionsOf(30, logN, 2);
      const rows = new Uint32Array(30 * columns);
      positions.forEach((i, p) => {
        const q = bitReverse(i, logN) * columns;
        rows.set(expected.subarray(q, q + columns), p * columns);
      });
      for (const k of [reference, ...wasm, ...(logN < 16 ? [tiny] : [])]) {
        const out = new Uint32Array(expected.length).fill(7);
        k.encode(out, { data, pad }, { logN, columns });
        expectSame(out, expected, k.name);
        const smaller = out.subarray(0, Math.max(1, r >> 2) * columns).fill(7);
        k.encodeCoset(smaller, { data, pad }, { logN, columns }, 1);
        expectSame(smaller, expected.subarray(smaller.length, 2 * smaller.length), k.name);
        if (k === reference && logN > 9) continue; // the definition's time is quadratic
        const at = new Uint32Array(rows.length);
        k.evaluateAt(at, { data, pad }, { logN, columns }, positions);
        expectSame(at, rows, k.name);
      }
      for (const k of wasm) {
        k.memory.scope(() => {
          const [out, at] = [k.memory.u32(expected.length), k.memory.u32(rows.length)];
          const message = { data: inside(k, data), pad: inside(k, pad) };
          k.encode(out, message, { logN, columns });
          k.evaluateAt(at, message, { logN, columns }, positions);
          expectSame(out, expected, k.name);
          expectSame(at, rows, k.name);
        });
      }
    },
  );

  test('cosets smaller and larger than the message', () => {
    const [logN, columns, rows] = [9, 3, 77];
    const message = integers('i16', rows * columns, 1);
    const expected = new Uint32Array(columns << logN);
    reference.encode(expected, message, { logN, columns });
    for (const k of wasm) {
      for (let m = 0; m <= logN; m++) {
        for (const coset of new Set([0, 2 ** (logN - m) - 1, (2 ** (logN - m)) >> 1])) {
          const out = new Uint32Array(columns << m);
          k.encodeCoset(out, message, { logN, columns }, coset % 2 ** (logN - m));
          const first = (coset % 2 ** (logN - m)) * out.length;
          expectSame(out, expected.subarray(first, first + out.length), `m = ${m}`);
        }
      }
    }
  });

  test('an operand larger than the memory moves in batches of columns', () => {
    const [log, columns] = [15, 21];
    const data = words(columns << log, P, 4);
    expect(4 * data.length).toBeGreaterThan(tiny.memory.capacityBytes);
    const expected = data.slice();
    wasm[0]?.ntt(expected, columns);
    const got = data.slice();
    tiny.ntt(got, columns);
    expectSame(got, expected);
    tiny.intt(got, columns);
    expectSame(got, data);
    expect(() => tiny.ntt(new Uint32Array(2 ** 20), 1)).toThrow('memory: expected at most');
  });
});

describe('interleave', () => {
  const shapes: [rows: number, columns: number][] = [
    [0, 3],
    [1, 1],
    [1, 9],
    [9, 1],
    [8, 8],
    [33, 17],
    [100, 12],
    [64, 118],
    [1000, 5],
    [70, 300],
    [40_000, 7],
    [3, 100_000],
  ];
  for (const kind of KINDS) {
    test.each(shapes)(`${kind}: %i rows of %i columns`, (rows, columns) => {
      const a = integers(kind, rows * columns, rows + columns);
      const expected = a.slice();
      reference.interleave(expected, a, columns);
      for (let i = 0; i < a.length; i += 97) {
        expect(expected[(i % rows) * columns + Math.floor(i / rows)]).toBe(a[i]);
      }
      for (const k of wasm) {
        const out = a.slice().fill(7);
        k.interleave(out, a, columns);
        expectSame(out, expected, k.name);
        k.memory.scope(() => {
          const copy = inside(k, a);
          k.interleave(copy, inside(k, a), columns);
          expectSame(copy, expected, k.name);
        });
      }
    });
  }
  test('bad arguments are named', () => {
    for (const k of [reference, ...wasm]) {
      expect(() => k.interleave(new Int16Array(4), new Int16Array(4), 3)).toThrow(
        'a: expected whole rows of 3 columns, got 4 items',
      );
      expect(() => k.interleave(new Int16Array(3), new Int16Array(4), 2)).toThrow(
        'out: expected 4 items, got 3',
      );
      expect(() => k.interleave<Message>(new Int8Array(4), new Int16Array(4), 2)).toThrow(
        'out: expected Int16Array, got Int8Array',
      );
    }
  });
});

/** Positions with repetitions, extremes and no order. */
function positionsOf(count: number, logN: number, seed: number): number[] {
  const next = generator(seed);
  const n = 2 ** logN;
  return Array.from({ length: count }, (_, p) =>
    p === 1 ? n - 1 : p === 2 ? 0 : p === 5 ? n - 1 : next() % n,
  );
}

const SITES: [logN: number, k: number, columns: number, positions: number][] = [
  [0, 1, 1, 1],
  [4, 5, 3, 7],
  [4, 8, 1, 1],
  [4, 16, 2, 20],
  [6, 11, 1, 64],
  [6, 17, 5, 3],
  [8, 64, 16, 40],
  [8, 65, 4, 1],
  [10, 256 + 100, 17, 33],
  [10, 511, 3, 300],
  [12, 1024 + 256, 1, 211],
  [12, 4096, 1, 50],
  [13, 1024, 5, 60],
  [11, 700, 150, 20],
];

describe('evaluateAt', () => {
  for (const kind of KINDS) {
    test.each(SITES)(`${kind}: n = 2^%i, k = %i, %i columns, %i positions`, (logN, rows, columns, count) => {
      const message = integers(kind, rows * columns, logN + count);
      const positions = positionsOf(count, logN, rows);
      const expected = new Uint32Array(count * columns);
      reference.evaluateAt(expected, message, { logN, columns }, positions);
      for (const k of [...wasm, tiny]) {
        const out = new Uint32Array(expected.length).fill(7);
        k.evaluateAt(out, message, { logN, columns }, positions);
        expectSame(out, expected, k.name);
        if (k === tiny) continue; // holds its operands nowhere but outside
        k.memory.scope(() => {
          const copy = k.memory.u32(expected.length).fill(7);
          k.evaluateAt(copy, inside(k, message), { logN, columns }, Uint32Array.from(positions));
          expectSame(copy, expected, k.name);
        });
      }
    });
  }

  test('rows of a codeword of 2^18', () => {
    const [logN, columns] = [18, 2];
    const message = integers('i16', columns * (2 ** 16 + 2 ** 14), 3);
    const positions = positionsOf(211, logN, 6);
    for (const k of wasm) {
      const codeword = new Uint32Array(columns << logN);
      k.encode(codeword, message, { logN, columns });
      const out = new Uint32Array(positions.length * columns);
      k.evaluateAt(out, message, { logN, columns }, positions);
      positions.forEach((i, p) => {
        for (let c = 0; c < columns; c++) {
          expect(out[p * columns + c]).toBe(codeword[bitReverse(i, logN) * columns + c]);
        }
      });
    }
  });

  test('more positions than one pass takes', () => {
    const [logN, rows] = [13, 300];
    const message = words(rows, P, 2);
    const codeword = new Uint32Array(2 ** logN);
    wasm[0]?.encode(codeword, message, { logN, columns: 1 });
    const positions = Array.from({ length: 2 ** logN }, (_, i) => 2 ** logN - 1 - i);
    for (const k of wasm) {
      const out = new Uint32Array(positions.length);
      k.evaluateAt(out, message, { logN, columns: 1 }, positions);
      expectSame(
        out,
        positions.map((i) => codeword[bitReverse(i, logN)] as number),
      );
    }
  });
});

describe('evaluateAtTransposed', () => {
  test.each(SITES)('n = 2^%i, k = %i, (%i columns), %i positions', (logN, rows, _, count) => {
    const positions = positionsOf(count, logN, rows);
    const eta = packExt(
      Array.from({ length: count }, (_, p) => [...words(5, P, p + 1)] as Fe[]),
      quintic,
    );
    const expected = new Uint32Array(20 * Math.ceil(rows / 4));
    reference.evaluateAtTransposed(expected, eta, logN, positions, rows);
    for (const k of [...wasm, tiny]) {
      const out = new Uint32Array(expected.length).fill(7);
      k.evaluateAtTransposed(out, eta, logN, positions, rows);
      expectSame(out, expected, k.name);
      k.memory.scope(() => {
        const copy = k.memory.u32(expected.length).fill(7);
        k.evaluateAtTransposed(copy, inside(k, eta), logN, positions, rows);
        expectSame(copy, expected, k.name);
      });
    }
  });

  test('no position gives zero, in all implementations', () => {
    for (const k of [reference, ...wasm]) {
      const out = new Uint32Array(20).fill(7);
      k.evaluateAtTransposed(out, new Uint32Array(0), 4, [], 3);
      expectSame(out, new Uint32Array(20));
      k.evaluateAt(new Uint32Array(0), new Int8Array(20), { logN: 5, columns: 1 }, []);
    }
  });

  test('more positions than one pass takes', () => {
    const [logN, rows, count] = [9, 70, 5000];
    const positions = positionsOf(count, logN, 8);
    const eta = packExt(
      Array.from({ length: count }, (_, p) => [...words(5, P, p + 1)] as Fe[]),
      quintic,
    );
    const expected = new Uint32Array(20 * Math.ceil(rows / 4));
    reference.evaluateAtTransposed(expected, eta, logN, positions, rows);
    for (const k of wasm) {
      const out = new Uint32Array(expected.length);
      k.evaluateAtTransposed(out, eta, logN, positions, rows);
      expectSame(out, expected, k.name);
    }
  });

  test('<f, out> = sum eta f(x_i) on a code of 2^16', () => {
    const [logN, rows] = [16, 2 ** 14 + 2 ** 12];
    const f = words(rows, P, 12);
    const positions = positionsOf(211, logN, 5);
    const etas: Ext[] = positions.map((_, p) => [...words(5, P, p + 9)] as Fe[]);
    const want = positions.reduce((sum: Ext, i, p) => {
      const x = domainPoint(koalaBear, logN, i);
      const value = f.reduceRight((v: Fe, c) => koalaBear.add(koalaBear.mul(v, x), c as Fe), 0 as Fe);
      return quintic.add(sum, quintic.mulBase(etas[p] as Ext, value));
    }, quintic.zero);
    for (const k of wasm) {
      const out = new Uint32Array(20 * Math.ceil(rows / 4));
      k.evaluateAtTransposed(out, packExt(etas, quintic), logN, positions, rows);
      let got = quintic.zero;
      f.forEach((c, j) => (got = quintic.add(got, quintic.mulBase(readExt(out, j, 5), c as Fe))));
      expect(got).toEqual(want);
    }
  });

  test('toy fields: the definition is the transpose of evaluation', () => {
    const K = extensionField(primeField(257), [-3, 0]);
    const k = referenceKernels(K);
    const [logN, rows, F] = [6, 21, K.base];
    const positions = positionsOf(9, logN, 3);
    const etas: Ext[] = positions.map((_, p) => [F.fe(3 * p + 1), F.fe(200 - p)]);
    const out = new Uint32Array(8 * Math.ceil(rows / 4));
    k.evaluateAtTransposed(out, packExt(etas, K), logN, positions, rows);
    for (let j = 0; j < rows; j++) {
      const unit = Int8Array.from({ length: rows }, (_, i) => (i === j ? 1 : 0));
      const values = new Uint32Array(positions.length);
      k.evaluateAt(values, unit, { logN, columns: 1 }, positions);
      const want = etas.reduce((sum, e, p) => K.add(sum, K.mulBase(e, values[p] as Fe)), K.zero);
      expect(unpackExt(out, rows, 2)[j]).toEqual(want);
    }
  });
});

/**
 * KRN-1 for evaluation at positions and its transpose: WebAssembly equals the definition, and the two are rows of
 * the codeword and transposes of each other.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bitReverse, domainPoint } from '../../src/field/domain.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { Ext, Fe } from '../../src/field/field.ts';
import { P, koalaBear } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { packExt, readExt, unpackExt } from '../../src/kernels/contract/layout.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { inside, integers, KINDS, positionsOf } from '../support/codes.ts';
import { expectSame, words } from '../support/words.ts';

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

  /** Neighbours in stored order: whole subtrees of 2^t rows, some with a row missing, one row twice, in no order. */
  const SUBTREES: [
    logN: number,
    logData: number,
    pad: number,
    columns: number,
    log: number,
    count: number,
  ][] = [
    [12, 10, 0, 3, 1, 40],
    [12, 10, 32, 4, 2, 25],
    [13, 11, 64, 16, 4, 30],
    [13, 11, 64, 1, 4, 3],
    [13, 11, 8, 5, 4, 20], // a pad of half a subtree: subtrees of eight
    [10, 8, 16, 2, 4, 12], // too short for subtrees of more than four
    [12, 10, 0, 600, 4, 2], // more columns side by side than a slice has
  ];
  test.each(SUBTREES)(
    'n = 2^%i, 2^%i rows and %i of a pad, %i columns, subtrees of 2^%i rows, %i of them',
    (logN, logData, pad, columns, log, count) => {
      const message = {
        data: integers('i16', columns * 2 ** logData, count) as Int16Array,
        pad: words(columns * pad, P, 5),
      };
      const subtrees = positionsOf(count, logN - log, 3);
      const stored = subtrees.flatMap((s) => Array.from({ length: 2 ** log }, (_, i) => s * 2 ** log + i));
      stored.splice(2 ** log + 1, 1, stored[0] as number);
      const positions = stored.reverse().map((row) => bitReverse(row, logN));
      const expected = new Uint32Array(positions.length * columns);
      reference.evaluateAt(expected, message, { logN, columns }, positions);
      for (const k of [...wasm, tiny]) {
        const out = new Uint32Array(expected.length).fill(7);
        k.evaluateAt(out, message, { logN, columns }, positions);
        expectSame(out, expected, k.name);
        if (k === tiny) continue;
        k.memory.scope(() => {
          const copy = { data: inside(k, message.data), pad: inside(k, message.pad) };
          k.evaluateAt(out.fill(7), copy, { logN, columns }, positions);
          expectSame(out, expected, k.name);
        });
      }
    },
  );

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

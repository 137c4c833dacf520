/**
 * KRN-1 for encoding and interleaving: WebAssembly equals the definition bit for bit, for every type of message,
 * padded ones included, inside and outside the arena, and in a memory that holds only a few columns.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bitReverse } from '../../src/field/domain.ts';
import { P, koalaBear } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import type { Message } from '../../src/kernels/contract/ntt.ts';
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

test('operands at the very end of 4 GiB', async () => {
  const k = await wasmKernels({ threads: 1, memoryBytes: 2 ** 32 }); // reserved, not touched
  const { memory } = k;
  memory.u8(memory.capacityBytes - memory.usedBytes - 2 * 4096);
  const [data, a] = [memory.u32(1024), memory.u32(1024)];
  expect(memory.usedBytes).toBe(memory.capacityBytes);
  a.set(words(1024, P, 1));
  data.set(words(1024, P, 2));
  const expected = words(1024, P, 2);
  reference.add(expected, expected, words(1024, P, 1));
  reference.ntt(expected, 1);
  k.add(a, data, a);
  k.ntt(a, 1);
  expectSame(a, expected);
  await k.close();
});

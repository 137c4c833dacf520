/**
 * KRN-1 for the hash kernels: WebAssembly equals the TypeScript definition bit for bit, inside the arena and
 * through windows, for one thread and two; leaves that arrive in pieces equal whole ones; the definition itself is
 * compared with an independent BLAKE3.
 */
import { blake3 as noble } from '@noble/hashes/blake3.js';
import fc from 'fast-check';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { P } from '../../src/field/koalabear.ts';
import { quintic } from '../../src/field/quintic.ts';
import { leafFormat, NODE_KEY, type LeafDomain, type LeafFormat } from '../../src/hash/leaf.ts';
import { bytesOfWords } from '../../src/hash/words.ts';
import { leafStateWords, pieceEnd } from '../../src/kernels/contract/hash.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { expectSame, generator, words } from '../support/words.ts';

const ROWS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 63, 64, 65];
const COLUMNS = [...Array.from({ length: 41 }, (_, i) => i + 1), 251, 252, 253, 256, 257, 507, 508, 509, 600];
const DOMAIN: LeafDomain = { label: 'AM', epoch: 2 ** 40 + 7, group: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
const formatOf = (columns: number, salted: boolean): LeafFormat => leafFormat(DOMAIN, columns, 20, salted);
const reference = referenceKernels(quintic);
let wasm: Kernels[] = [];

beforeAll(async () => {
  wasm = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(wasm.map((k) => k.close()));
});

function salts(rows: number, seed: number): Uint32Array {
  const next = generator(seed);
  return Uint32Array.from({ length: 4 * rows }, next);
}

/** Copies arrays into the arena, as they are when a prover works in place. */
function inside(k: Kernels, array: Uint32Array): Uint32Array {
  const copy = k.memory.u32(array.length);
  copy.set(array);
  return copy;
}

function leavesOf(k: Kernels, rows: number, columns: number, values: Uint32Array, salt: Uint32Array | null) {
  const digests = new Uint32Array(8 * rows);
  k.hashLeaves(digests, formatOf(columns, salt !== null), values, salt);
  return digests;
}

describe('hashLeaves', () => {
  test.each(COLUMNS)('the definition is keyed BLAKE3 of salt and values: %i columns', (columns) => {
    const values = words(3 * columns, P, columns + 1);
    for (const salt of [salts(3, 9), null]) {
      const key = bytesOfWords(formatOf(columns, salt !== null).key);
      const expected = Array.from({ length: 3 }, (_, r) => {
        const head = salt === null ? [] : bytesOfWords(salt.subarray(4 * r, 4 * r + 4));
        const row = bytesOfWords(values.subarray(r * columns, (r + 1) * columns));
        return [...noble(Uint8Array.from([...head, ...row]), { key })];
      });
      expectSame(bytesOfWords(leavesOf(reference, 3, columns, values, salt)), expected.flat());
    }
  });

  test.each(COLUMNS)('WebAssembly, %i columns', (columns) => {
    for (const rows of columns > 41 ? [1, 2, 5, 67] : ROWS) {
      const values = words(rows * columns, P, rows + columns + 1);
      for (const salt of [salts(rows, 5), null]) {
        const expected = leavesOf(reference, rows, columns, values, salt);
        for (const k of wasm) {
          expectSame(leavesOf(k, rows, columns, values, salt), expected, `outside, ${rows} rows`);
          k.memory.scope(() => {
            const digests = k.memory.u32(8 * rows);
            const saltsInside = salt === null ? null : inside(k, salt);
            k.hashLeaves(digests, formatOf(columns, salt !== null), inside(k, values), saltsInside);
            expectSame(digests, expected, `inside, ${rows} rows`);
          });
        }
      }
    }
  });

  test('some operands inside the arena, some outside', () => {
    const [values, salt] = [words(9 * 20, P, 3), salts(9, 4)];
    const expected = leavesOf(reference, 9, 20, values, salt);
    for (const k of wasm) {
      k.memory.scope(() => {
        expectSame(leavesOf(k, 9, 20, inside(k, values), salt), expected, 'values inside');
        expectSame(leavesOf(k, 9, 20, values, inside(k, salt)), expected, 'salts inside');
      });
    }
  });

  test('many rows: several tasks and windows', () => {
    const [rows, columns] = [70_003, 17];
    const values = words(rows * columns, P, 11);
    const [digest, digests] = [new Uint32Array(8), new Uint32Array(8 * rows)];
    const format = formatOf(columns, false);
    for (const k of wasm) {
      k.hashLeaves(digests, format, values, null);
      for (const r of [0, 1, 1023, 1024, 1025, 30_000, rows - 1]) {
        reference.hashLeaves(digest, format, values.subarray(r * columns, (r + 1) * columns), null);
        expectSame(digests.subarray(8 * r, 8 * r + 8), digest, `row ${r}`);
      }
    }
  });
});

describe('leaves that arrive in pieces', () => {
  /** Columns of the leaf, and of the pieces where it is salted; an unsalted one has four more in the first piece. */
  const PIECES: readonly (readonly [number, readonly number[]])[] = [
    [1, [1]],
    [11, [11]],
    [12, [12]],
    [13, [12, 1]],
    [36, [12, 16, 8]],
    [36, [28, 8]],
    [252, [252]],
    [252, [124, 128]],
    [253, [252, 1]],
    [268, [28, 224, 16]],
    [600, [76, 176, 16, 240, 16, 76]],
    [600, [12, ...Array.from({ length: 37 }, (_, i) => (i < 36 ? 16 : 12))]],
    [4012, [12, ...Array.from({ length: 250 }, () => 16)]],
    [4012, [1612, 800, 1600]],
  ];

  function pieces(
    k: Kernels,
    rows: number,
    columns: number,
    values: Uint32Array,
    widths: readonly number[],
    salt: Uint32Array | null,
  ) {
    const format = formatOf(columns, salt !== null);
    const state = new Uint32Array(rows * leafStateWords(format));
    const digests = new Uint32Array(8 * rows);
    let column = 0;
    for (const width of widths) {
      const piece = new Uint32Array(rows * width);
      for (let r = 0; r < rows; r++) {
        piece.set(values.subarray(r * columns + column, r * columns + column + width), r * width);
      }
      k.absorbLeaves(state, format, column, piece, width, column === 0 ? salt : null);
      column += width;
    }
    k.finishLeaves(digests, state, format);
    return { digests, state };
  }

  test.each(PIECES)('%i columns in pieces of %j', (saltedColumns, saltedWidths) => {
    for (const [rows, salted] of [0, 1, 3, 4, 65].flatMap((n) => [[n, true] as const, [n, false] as const])) {
      const salt = salted ? salts(rows, 5) : null;
      const columns = salted ? saltedColumns : saltedColumns + 4;
      const widths = saltedWidths.map((width, i) => (salted || i > 0 ? width : width + 4));
      const values = words(rows * columns, P, columns + rows + 1);
      const expected = leavesOf(wasm[0] as Kernels, rows, columns, values, salt);
      const definition = pieces(reference, rows, columns, values, widths, salt);
      expectSame(definition.digests, expected, 'reference');
      for (const k of wasm) {
        const got = pieces(k, rows, columns, values, widths, salt);
        expectSame(got.digests, expected, `${k.threads} threads, ${rows} rows`);
        expectSame(got.state, definition.state, 'state');
      }
    }
  });

  test('pieceEnd: borders of blocks, never an empty piece', () => {
    expect([0, 12, 28].map((column) => pieceEnd(formatOf(30, true), column, 16))).toEqual([12, 28, 30]);
    expect([0, 16, 32].map((column) => pieceEnd(formatOf(40, false), column, 16))).toEqual([16, 32, 40]);
    expect([0, 12].map((column) => pieceEnd(formatOf(40, true), column, 1))).toEqual([12, 28]);
    expect(pieceEnd(formatOf(100, true), 0, 40)).toBe(28);
    expect(pieceEnd(formatOf(9, true), 0, 16)).toBe(9);
  });

  test('many rows, random pieces', () => {
    fc.assert(
      fc.property(
        fc.nat(400),
        fc.integer({ min: 1, max: 1100 }),
        fc.array(fc.integer({ min: 1, max: 320 }), { minLength: 70, maxLength: 70 }),
        fc.boolean(),
        (rows, columns, most, salted) => {
          const salt = salted ? salts(rows, 5) : null;
          const widths: number[] = [];
          for (let column = 0, k = 0; column < columns; k++) {
            const end = pieceEnd(formatOf(columns, salted), column, most[k] as number);
            widths.push(end - column);
            column = end;
          }
          const values = words(rows * columns, P, rows + columns + 1);
          const expected = leavesOf(wasm[0] as Kernels, rows, columns, values, salt);
          const got = pieces(wasm[1] as Kernels, rows, columns, values, widths, salt);
          expectSame(got.digests, expected, `${rows} rows, widths ${widths.join()}`);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  test('several windows', () => {
    const [rows, columns] = [60_001, 36];
    const values = words(rows * columns, P, 21);
    const expected = leavesOf(wasm[0] as Kernels, rows, columns, values, salts(rows, 5));
    for (const k of wasm) {
      expectSame(pieces(k, rows, columns, values, [12, 24], salts(rows, 5)).digests, expected);
    }
  });

  test('state and values inside the arena', () => {
    const [rows, columns] = [70, 600];
    const format = formatOf(columns, false);
    const values = words(rows * columns, P, 77);
    const expected = leavesOf(reference, rows, columns, values, null);
    for (const k of wasm) {
      k.memory.scope(() => {
        const state = k.memory.u32(rows * leafStateWords(format));
        const digests = k.memory.u32(8 * rows);
        k.absorbLeaves(state, format, 0, inside(k, values), columns, null);
        k.finishLeaves(digests, state, format);
        expectSame(digests, expected);
      });
    }
  });
});

describe('layers', () => {
  test.each(ROWS)('hashParents, %i parents', (n) => {
    const children = words(16 * n, 2 ** 32, n + 1);
    const expected = new Uint8Array(32 * n);
    for (let i = 0; i < n; i++) {
      expected.set(noble(bytesOfWords(children.subarray(16 * i, 16 * i + 16)), { key: NODE_KEY }), 32 * i);
    }
    for (const k of [reference, ...wasm]) {
      const parents = new Uint32Array(8 * n);
      k.hashParents(parents, children);
      expectSame(bytesOfWords(parents), expected, k.name);
    }
  });

  test.each([
    [1, 1],
    [2, 1],
    [2, 2],
    [8, 1],
    [64, 4],
    [2048, 1],
    [4096, 16],
  ])('hashTree, %i leaves, cap of %i', (leaves, cap) => {
    const nodes = new Uint32Array(8 * (2 * leaves - cap));
    nodes.set(words(8 * leaves, 2 ** 32, leaves + 1));
    const expected = nodes.slice();
    reference.hashTree(expected, leaves, cap);
    for (let i = leaves; i < 2 * leaves - cap; i++) {
      const parent = expected.slice(8 * i, 8 * i + 8); // node i has children 2(i - leaves) and the next
      const pair = expected.slice(16 * (i - leaves), 16 * (i - leaves) + 16);
      expectSame(bytesOfWords(parent), noble(bytesOfWords(pair), { key: NODE_KEY }), `node ${i}`);
    }
    for (const k of wasm) {
      const outside = nodes.slice();
      k.hashTree(outside, leaves, cap);
      expectSame(outside, expected, 'outside');
      k.memory.scope(() => {
        const within = inside(k, nodes);
        k.hashTree(within, leaves, cap);
        expectSame(within, expected, 'inside');
      });
    }
  });
});

test('the rounds in the kernel sources are what their generator writes', () => {
  const { status, stderr } = spawnSync(process.execPath, ['tools/unroll-blake3.mjs', '--check']);
  expect(status, stderr.toString()).toBe(0);
});

test('bad arguments', () => {
  const u = (n: number): Uint32Array => new Uint32Array(n);
  for (const k of [reference, ...wasm]) {
    const leaves = (d: number, v: number, salted: boolean, s: Uint32Array | null) => () =>
      k.hashLeaves(u(d), formatOf(3, salted), u(v), s);
    expect(leaves(9, 0, false, null)).toThrow('digests: expected a multiple of 8 items, got 9');
    expect(leaves(16, 5, false, null)).toThrow('values: expected 6 items, got 5');
    expect(leaves(16, 6, true, u(7))).toThrow('salts: expected 8 items, got 7');
    expect(leaves(16, 6, true, null)).toThrow(TypeError);
    expect(leaves(16, 6, false, u(8))).toThrow('salts: expected null, got salts');
    const absorb =
      (column: number, v: number, width: number, s: Uint32Array | null = null, words = 8) =>
      () =>
        k.absorbLeaves(u(words), formatOf(36, true), column, u(v), width, s);
    expect(absorb(16, 8, 8)).toThrow('column: expected a border of blocks, got 16');
    expect(absorb(12, 8, 8)).toThrow(
      'width: expected columns up to a border of blocks or the 24 left, got 8',
    );
    expect(absorb(28, 16, 16)).toThrow('width: expected an integer in [1, 8], got 16');
    expect(absorb(12, 15, 16)).toThrow('values: expected 16 items, got 15');
    expect(absorb(0, 12, 12)).toThrow('salts: expected salts, got null');
    expect(absorb(12, 16, 16, u(4))).toThrow('salts: expected null, got salts');
    expect(absorb(12, 16, 16, null, 9)).toThrow('state: expected a multiple of 8 items, got 9');
    expect(() => k.absorbLeaves(u(8), formatOf(253, true), 0, u(12), 12, u(4))).toThrow(
      'state: expected a multiple of 16 items',
    );
    expect(() => k.finishLeaves(u(16), u(8), formatOf(36, true))).toThrow('state: expected 16 items, got 8');
    expect(() => k.hashParents(u(8), u(8))).toThrow('children: expected 16 items, got 8');
    expect(() => k.hashTree(u(40), 3, 1)).toThrow('leaves: expected a power of two');
    expect(() => k.hashTree(u(40), 4, 8)).toThrow('cap: expected a power of two in [1, 4], got 8');
    expect(() => k.hashTree(u(40), 4, 1)).toThrow('nodes: expected 56 items, got 40');
  }
});

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
import { LEAF_KEY, leafHeader, NODE_KEY, type LeafDomain } from '../../src/hash/leaf.ts';
import { bytesOfWords } from '../../src/hash/words.ts';
import { leafStateWords } from '../../src/kernels/contract/hash.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { expectSame, generator, words } from '../support/words.ts';

const ROWS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 63, 64, 65];
const COLUMNS = [...Array.from({ length: 41 }, (_, i) => i), 239, 240, 241, 242, 495, 496, 497, 600];
const DOMAIN: LeafDomain = { label: 'AM', epoch: 2 ** 40 + 7, group: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
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
  k.hashLeaves(digests, DOMAIN, values, columns, salt, 1000);
  return digests;
}

describe('hashLeaves', () => {
  test.each(COLUMNS)('the definition is keyed BLAKE3 of header and values: %i columns', (columns) => {
    const [values, salt] = [words(3 * columns, P, columns + 1), salts(3, 9)];
    const expected = Array.from({ length: 3 }, (_, r) => {
      const header = leafHeader(DOMAIN, 1000 + r, columns, bytesOfWords(salt.subarray(4 * r, 4 * r + 4)));
      const row = bytesOfWords(values.subarray(r * columns, (r + 1) * columns));
      return [...noble(Uint8Array.from([...header, ...row]), { key: LEAF_KEY })];
    });
    expectSame(bytesOfWords(leavesOf(reference, 3, columns, values, salt)), expected.flat());
  });

  test.each(COLUMNS)('WebAssembly, %i columns', (columns) => {
    for (const rows of columns > 41 ? [1, 2, 5, 67] : ROWS) {
      const [values, salt] = [words(rows * columns, P, rows + columns + 1), salts(rows, 5)];
      const expected = leavesOf(reference, rows, columns, values, salt);
      for (const k of wasm) {
        expectSame(leavesOf(k, rows, columns, values, salt), expected, `outside, ${rows} rows`);
        k.memory.scope(() => {
          const digests = k.memory.u32(8 * rows);
          k.hashLeaves(digests, DOMAIN, inside(k, values), columns, inside(k, salt), 1000);
          expectSame(digests, expected, `inside, ${rows} rows`);
        });
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

  test('an absent salt is a zero salt', () => {
    const values = words(5 * 20, P, 3);
    const expected = leavesOf(reference, 5, 20, values, new Uint32Array(20));
    for (const k of [reference, ...wasm]) expectSame(leavesOf(k, 5, 20, values, null), expected);
  });

  test('many rows: several tasks and windows, the last index', () => {
    const [rows, columns, first] = [70_003, 17, 2 ** 32 - 70_003];
    const values = words(rows * columns, P, 11);
    const [digest, digests] = [new Uint32Array(8), new Uint32Array(8 * rows)];
    for (const k of wasm) {
      k.hashLeaves(digests, DOMAIN, values, columns, null, first);
      for (const r of [0, 1, 1023, 1024, 1025, 30_000, rows - 1]) {
        const row = values.subarray(r * columns, (r + 1) * columns);
        reference.hashLeaves(digest, DOMAIN, row, columns, null, first + r);
        expectSame(digests.subarray(8 * r, 8 * r + 8), digest, `row ${r}`);
      }
    }
  });
});

describe('leaves that arrive in pieces', () => {
  const PIECES: readonly (readonly [number, readonly number[]])[] = [
    [1, [1]],
    [15, [15]],
    [16, [16]],
    [40, [16, 16, 8]],
    [40, [32, 8]],
    [240, [240]],
    [240, [112, 128]],
    [241, [240, 1]],
    [256, [16, 224, 16]],
    [600, [64, 176, 16, 240, 16, 80, 8]],
    [600, Array.from({ length: 38 }, (_, i) => (i < 37 ? 16 : 8))],
    [4000, Array.from({ length: 250 }, () => 16)],
    [4000, [1600, 800, 1600]],
  ];

  function pieces(k: Kernels, rows: number, columns: number, values: Uint32Array, widths: readonly number[]) {
    const state = new Uint32Array(rows * leafStateWords(columns));
    const [digests, salt] = [new Uint32Array(8 * rows), salts(rows, 5)];
    k.beginLeaves(state, DOMAIN, columns, salt, 1000);
    let column = 0;
    for (const width of widths) {
      const piece = new Uint32Array(rows * width);
      for (let r = 0; r < rows; r++) {
        piece.set(values.subarray(r * columns + column, r * columns + column + width), r * width);
      }
      k.absorbLeaves(state, columns, column, piece, width);
      column += width;
    }
    k.finishLeaves(digests, state, columns);
    return { digests, state };
  }

  test.each(PIECES)('%i columns in pieces of %j', (columns, widths) => {
    for (const rows of [0, 1, 3, 4, 65]) {
      const values = words(rows * columns, P, columns + rows + 1);
      const expected = leavesOf(wasm[0] as Kernels, rows, columns, values, salts(rows, 5));
      const definition = pieces(reference, rows, columns, values, widths);
      expectSame(definition.digests, expected, 'reference');
      for (const k of wasm) {
        const got = pieces(k, rows, columns, values, widths);
        expectSame(got.digests, expected, `${k.threads} threads, ${rows} rows`);
        expectSame(got.state, definition.state, 'state');
      }
    }
  });

  test('many rows, random pieces', () => {
    fc.assert(
      fc.property(
        fc.nat(400),
        fc.integer({ min: 1, max: 1100 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 70, maxLength: 70 }),
        (rows, columns, blocks) => {
          const widths: number[] = [];
          for (let left = columns, k = 0; left > 0; k++) {
            const width = Math.min(left, 16 * (blocks[k] as number));
            widths.push(width);
            left -= width;
          }
          const values = words(rows * columns, P, rows + columns + 1);
          const expected = leavesOf(wasm[0] as Kernels, rows, columns, values, salts(rows, 5));
          const got = pieces(wasm[1] as Kernels, rows, columns, values, widths);
          expectSame(got.digests, expected, `${rows} rows, widths ${widths.join()}`);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  test('several windows', () => {
    const [rows, columns] = [60_001, 40];
    const values = words(rows * columns, P, 21);
    const expected = leavesOf(wasm[0] as Kernels, rows, columns, values, salts(rows, 5));
    for (const k of wasm) {
      expectSame(pieces(k, rows, columns, values, [16, 24]).digests, expected);
    }
  });

  test('no columns at all', () => {
    const expected = leavesOf(reference, 3, 0, new Uint32Array(0), salts(3, 5));
    for (const k of [reference, ...wasm]) {
      expectSame(pieces(k, 3, 0, new Uint32Array(0), []).digests, expected);
    }
  });

  test('state and values inside the arena', () => {
    const [rows, columns] = [70, 600];
    const values = words(rows * columns, P, 77);
    const expected = leavesOf(reference, rows, columns, values, null);
    for (const k of wasm) {
      k.memory.scope(() => {
        const state = k.memory.u32(rows * leafStateWords(columns));
        const digests = k.memory.u32(8 * rows);
        k.beginLeaves(state, DOMAIN, columns, null, 1000);
        k.absorbLeaves(state, columns, 0, inside(k, values), columns);
        k.finishLeaves(digests, state, columns);
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
    const leaves = (d: number, v: number, columns: number, s: Uint32Array | null = null, first = 0) => {
      return () => k.hashLeaves(u(d), DOMAIN, u(v), columns, s, first);
    };
    expect(leaves(9, 0, 0)).toThrow('digests: expected a multiple of 8 items, got 9');
    expect(leaves(16, 5, 3)).toThrow('values: expected 6 items, got 5');
    expect(leaves(16, 6, 3, u(7))).toThrow('salts: expected 8 items, got 7');
    expect(leaves(16, 6, 3, null, 2 ** 32 - 1)).toThrow('first: expected an integer in [0, 4294967294]');
    expect(leaves(16, 6, -1)).toThrow('columns: expected an integer');
    const badEpoch = { ...DOMAIN, epoch: -1 };
    expect(() => k.hashLeaves(u(8), badEpoch, u(1), 1, null, 0)).toThrow('epoch: expected an integer');
    expect(() => k.beginLeaves(u(8), DOMAIN, 241, null, 0)).toThrow('state: expected a multiple of 16 items');
    const absorb = (column: number, v: number, width: number) => () =>
      k.absorbLeaves(u(8), 40, column, u(v), width);
    expect(absorb(8, 16, 16)).toThrow('column: expected a multiple of 16, got 8');
    expect(absorb(16, 8, 8)).toThrow('width: expected a multiple of 16 or the 24 left, got 8');
    expect(absorb(32, 16, 16)).toThrow('width: expected an integer in [1, 8], got 16');
    expect(absorb(0, 15, 16)).toThrow('values: expected 16 items, got 15');
    expect(() => k.finishLeaves(u(16), u(8), 40)).toThrow('state: expected 16 items, got 8');
    expect(() => k.hashParents(u(8), u(8))).toThrow('children: expected 16 items, got 8');
    expect(() => k.hashTree(u(40), 3, 1)).toThrow('leaves: expected a power of two');
    expect(() => k.hashTree(u(40), 4, 8)).toThrow('cap: expected a power of two in [1, 4], got 8');
    expect(() => k.hashTree(u(40), 4, 1)).toThrow('nodes: expected 56 items, got 40');
  }
});

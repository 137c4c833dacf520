/**
 * The counting kernel. KRN-1: WebAssembly counts as the definition does, on one thread and two, within kernel memory and outside, for every
 * width of tuples; the definition counts as a search of the table does.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { fourColumns, hashOf, type RowIndex } from '../../src/kernels/contract/tally.ts';
import { referenceKernels, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { eachPlace } from '../support/kernels.ts';
import { words } from '../support/words.ts';

const reference = referenceKernels(quintic);
let implementations: Kernels[] = [];
beforeAll(async () => {
  implementations = [await wasmKernels({ threads: 1 }), await wasmKernels({ threads: 2 })];
});
afterAll(async () => {
  await Promise.all(implementations.map((k) => k.close()));
});

const ROWS = 100;
const FIRST = 7;

/** Columns of the rows, which differ: the first counts from FIRST on, or not. */
function tableOf(width: number, isRange: boolean): Uint32Array[] {
  return Array.from({ length: width }, (_, c) =>
    Uint32Array.from({ length: ROWS }, (_, i) => (c === 0 && isRange ? FIRST + i : (i + 1) * 7919 * (c + 1))),
  );
}

/** Slots for the rows, and no more of them than a power of two needs. */
function slotsOf(table: readonly Uint32Array[]): Int32Array {
  const four = fourColumns(table);
  const slots = new Int32Array(128).fill(-1);
  for (let row = 0; row < ROWS; row++) {
    const [x0, x1, x2, x3] = four.map((column) => column[row]) as [number, number, number, number];
    let slot = hashOf(x0, x1, x2, x3) & 127;
    while ((slots[slot] as number) >= 0) slot = (slot + 1) & 127;
    slots[slot] = row;
  }
  return slots;
}

function picked(table: readonly Uint32Array[], n: number): { rows: Uint32Array; columns: Uint32Array[] } {
  const rows = words(n, ROWS, n + table.length);
  return { rows, columns: table.map((column) => rows.map((row) => column[row] as number)) };
}

describe.each([1, 2, 3, 4])('tuples of %i', (width) => {
  test.each([
    ['rows named by their first column', true],
    ['rows by the hash of their tuple', false],
  ])('%s', (_, isRange) => {
    const table = tableOf(width, isRange);
    const index: RowIndex = isRange
      ? { kind: 'first', first: FIRST }
      : { kind: 'slots', slots: slotsOf(table) };
    for (const n of [0, 1, 5, 4095, 4096, 300_001]) {
      const { rows, columns } = picked(table, n);
      const expected = new Uint32Array(ROWS).fill(3);
      for (const row of rows) expected[row]!++;
      const all = [reference, ...implementations];
      eachPlace(all, (k, put, what) => {
        const counts = put(new Uint32Array(ROWS).fill(3));
        expect(k.tally(counts, columns.map(put), table.map(put), index), what).toBe(n);
        expect([...counts], what).toEqual([...expected]);
      });
      // One word of one tuple, and a second one behind it: the first is named.
      const bad = columns.map((column) => column.slice());
      for (const [cell, column] of [
        [Math.floor(0.8 * n), width - 1],
        [n - 1, 0],
      ] as const) {
        if (n > 0) bad[column]![cell] = 2 ** 32 - 1;
      }
      eachPlace(all, (k, put, what) => {
        const counts = put(new Uint32Array(ROWS));
        expect(k.tally(counts, bad.map(put), table.map(put), index), what).toBe(Math.floor(0.8 * n));
      });
    }
  });
});

test('a word below the first row is none', () => {
  for (const k of [reference, ...implementations]) {
    const cells = new Uint32Array(5000).fill(FIRST);
    cells[4500] = FIRST - 1;
    const count = k.tally(new Uint32Array(ROWS), [cells], tableOf(1, true), { kind: 'first', first: FIRST });
    expect(count).toBe(4500);
  }
});

test.each([
  ['no column', [], [], { kind: 'first', first: 0 }, 'columns.length: expected an integer in [1, 4], got 0'],
  [
    'a column of the table',
    [1],
    [],
    { kind: 'first', first: 0 },
    'table.length: expected an integer in [1, 1], got 0',
  ],
  ['rows', [1], [9], { kind: 'first', first: 0 }, 'table[0]: expected 8 items, got 9'],
  ['tuples', [1, 2], [8, 8], { kind: 'first', first: 0 }, 'columns[1]: expected 1 items, got 2'],
  ['few slots', [1], [8], { kind: 'slots', slots: 8 }, 'index.slots.length: expected an integer in [16, '],
  [
    'odd slots',
    [1],
    [8],
    { kind: 'slots', slots: 24 },
    'index.slots.length: expected a power of two, got 24',
  ],
] as const)('bad arguments: %s', (_, columns, table, index, message) => {
  const arrays = (lengths: readonly number[]): Uint32Array[] => lengths.map((n) => new Uint32Array(n));
  const own: RowIndex =
    index.kind === 'first' ? index : { kind: 'slots', slots: new Int32Array(index.slots) };
  for (const k of [reference, ...implementations]) {
    expect(() => k.tally(new Uint32Array(8), arrays(columns), arrays(table), own)).toThrow(message);
  }
});

/**
 * Counting looked-up rows: how often each row of a table is among many tuples. Integers, no field: words are compared as they are.
 */
import { checkInteger, checkLength } from './checks.ts';
import { MAX_COLUMNS } from './lookup-tree.ts';

/** How the row of a tuple is found. */
export type RowIndex =
  /** The table's first column is `first`, `first` + 1, ..: it names the row. */
  | { readonly kind: 'first'; readonly first: number }
  /** Open addressing by `hashOf` the tuple, modulo the number of slots, a power of two: rows, and -1 where there is none. */
  | { readonly kind: 'slots'; readonly slots: Int32Array };

export interface TallyKernels {
  /**
   * counts[row] += 1 for every tuple, up to the first one that is no row.
   *
   * @param counts of all rows; of sums below 2^32
   * @param columns one to four, the tuples' words
   * @param table as many columns, of the rows; the first is not read where the index names it
   * @returns the first tuple that is no row of the table, else how many tuples there are. Where there is one, counts are unspecified
   * @throws RangeError naming the argument for lengths out of range
   */
  tally(
    counts: Uint32Array,
    columns: readonly Uint32Array[],
    table: readonly Uint32Array[],
    index: RowIndex,
  ): number;
}

/** Mixes the words of a tuple; quality matters for speed only. Narrower tuples repeat their first word. */
export function hashOf(x0: number, x1: number, x2: number, x3: number): number {
  const a = Math.imul(x0 ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(x1, 0xc2b2ae35);
  const b = Math.imul(x2 ^ (a >>> 15), 0x27d4eb2f) ^ Math.imul(x3, 0x165667b1);
  return a ^ b ^ (b >>> 15) ^ (a >>> 13);
}

/** Columns of tuples. Narrower ones repeat their first: tuples are equal then as they were, and one loop serves all widths. */
export type FourColumns = readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

export function fourColumns(columns: readonly Uint32Array[]): FourColumns {
  const first = columns[0] as Uint32Array;
  return Array.from({ length: MAX_COLUMNS }, (_, c) => columns[c] ?? first) as unknown as FourColumns;
}

/** @returns how many tuples there are */
export function checkTally(
  counts: Uint32Array,
  columns: readonly Uint32Array[],
  table: readonly Uint32Array[],
  index: RowIndex,
): number {
  checkInteger('columns.length', columns.length, 1, MAX_COLUMNS);
  checkInteger('table.length', table.length, columns.length, columns.length);
  const n = (columns[0] as Uint32Array).length;
  columns.forEach((column, k) => checkLength(`columns[${k}]`, column, n));
  table.forEach((column, k) => checkLength(`table[${k}]`, column, counts.length));
  if (index.kind === 'first') checkInteger('index.first', index.first, 0, 2 ** 32 - 1);
  else {
    const { length } = index.slots;
    checkInteger('index.slots.length', length, 2 ** Math.ceil(Math.log2(counts.length + 1)), 2 ** 31);
    if ((length & (length - 1)) !== 0) {
      throw new RangeError(`index.slots.length: expected a power of two, got ${length}`);
    }
  }
  return n;
}

/** The definition of the counting kernel. */
import { checkTally, fourColumns, hashOf, type FourColumns, type TallyKernels } from '../contract/tally.ts';

export const referenceTally: TallyKernels = {
  tally(counts, columns, table, index) {
    const n = checkTally(counts, columns, table, index);
    const [tuples, rows] = [fourColumns(columns), fourColumns(table)];
    if (index.kind === 'slots') return hashTally(counts, tuples, rows, index.slots, n);
    if (columns.length === 1) return indexTally(counts, tuples[0], index.first, n);
    return rangeTally(counts, tuples, rows, columns.length, index.first);
  },
};

/** Tuples of one column, rows from `start` on. */
function indexTally(counts: Uint32Array, cells: Uint32Array, start: number, n: number): number {
  const rows = counts.length;
  for (let cell = 0; cell < n; cell++) {
    const row = (cells[cell] as number) - start;
    if (!(row >= 0 && row < rows)) return cell;
    counts[row] = (counts[row] as number) + 1;
  }
  return n;
}

/** The first column of `width` is the row's index, from `start` on. */
function rangeTally(
  counts: Uint32Array,
  [c0, c1, c2, c3]: FourColumns,
  [, t1, t2, t3]: FourColumns,
  width: number,
  start: number,
): number {
  const rows = counts.length;
  for (let cell = 0; cell < c0.length; cell++) {
    const row = (c0[cell] as number) - start;
    if (!(row >= 0 && row < rows) || t1[row] !== c1[cell]) return cell;
    if (width > 2 && t2[row] !== c2[cell]) return cell;
    if (width > 3 && t3[row] !== c3[cell]) return cell;
    counts[row] = (counts[row] as number) + 1;
  }
  return c0.length;
}

function hashTally(
  counts: Uint32Array,
  [c0, c1, c2, c3]: FourColumns,
  [t0, t1, t2, t3]: FourColumns,
  slots: Int32Array,
  n: number,
): number {
  const mask = slots.length - 1;
  for (let cell = 0; cell < n; cell++) {
    const [x0, x1, x2, x3] = [c0[cell], c1[cell], c2[cell], c3[cell]] as [number, number, number, number];
    let slot = hashOf(x0, x1, x2, x3) & mask;
    let row = slots[slot] as number;
    while (row >= 0 && (t0[row] !== x0 || t1[row] !== x1 || t2[row] !== x2 || t3[row] !== x3)) {
      slot = (slot + 1) & mask;
      row = slots[slot] as number;
    }
    if (row < 0) return cell;
    counts[row] = (counts[row] as number) + 1;
  }
  return n;
}

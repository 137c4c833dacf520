/**
 * Columns as a prover reads them: block by block, so that a group of columns may lie in a file and be larger than any memory.
 * A block is column-major, [count][2^m] cells and [count][padLength] pads.
 */

/** Integers as they are committed, or words of F. */
export type Cells = Int8Array | Int16Array | Uint32Array;

export interface ColumnSource {
  readonly columns: number;
  /** Pad cells of every column, at most t. */
  readonly padLength: number;
  /**
   * Cells of columns [first, first + count). Valid until the next call.
   * @param into where they are wanted; a source that has them lying elsewhere may return that
   */
  data(first: number, count: number, into?: Cells): Cells;
  /**
   * Pads of the same columns: plain words, [count][padLength]. Valid until the next call.
   * @param into where they are wanted; a source that has them lying elsewhere may return that
   */
  pads(first: number, count: number, into?: Uint32Array): Uint32Array;
}

/** Columns that are read at once: as many as fill a block of a leaf. */
export const BATCH_COLUMNS = 16;

/** Calls `use` for all columns of a source, at most `most` at a time. */
export function inBatches(
  source: ColumnSource,
  use: (first: number, count: number) => void,
  most: number = BATCH_COLUMNS,
): void {
  for (let first = 0; first < source.columns; first += most) {
    use(first, Math.min(most, source.columns - first));
  }
}

/** A source over arrays that are at hand. */
export function arraySource(
  columns: number,
  cells: Cells,
  padLength: number,
  pads: Uint32Array,
): ColumnSource {
  const length = columns === 0 ? 0 : cells.length / columns;
  if (!Number.isInteger(length) || pads.length !== columns * padLength) {
    throw new RangeError(
      `columns: expected ${columns} columns of equal length and ${columns * padLength} pads, got ${cells.length} cells and ${pads.length} pads`,
    );
  }
  return {
    columns,
    padLength,
    data: (first, count) => cells.subarray(first * length, (first + count) * length),
    pads: (first, count) => pads.subarray(first * padLength, (first + count) * padLength),
  };
}

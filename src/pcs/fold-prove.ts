/** The three passes over committed columns, for integer cells and for words of F alike. */
import type { Kernels } from '../kernels/contract.ts';
import { extWords } from '../kernels/contract/layout.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { Cells } from './columns.ts';

/**
 * out[r] = sum_c e[c] * cells[column][r][c]: a column as a matrix [rows][width], its low bits bound.
 * `out` has the form of `e`.
 *
 * @param run columns from `column` on that are bound together, their outputs one behind the other
 */
export function bindLow(
  kernels: Kernels,
  out: Uint32Array,
  cells: Cells,
  column: number,
  rows: number,
  width: number,
  e: Uint32Array,
  run = 1,
): void {
  const offset = column * rows * width;
  if (cells instanceof Uint32Array) {
    kernels.weightedColumns(out, cells.subarray(offset, offset + run * rows * width), width, e);
  } else {
    kernels.foldColumns(out, { data: cells, rows: run * rows, columns: width, offset }, e);
  }
}

/** out[c] = sum_r e[r] * cells[column][r][c]: a column as a matrix [rows][width], its high bits bound. */
export function bindHigh(
  kernels: Kernels,
  out: Uint32Array,
  cells: Cells,
  column: number,
  rows: number,
  width: number,
  e: Uint32Array,
): void {
  const offset = column * rows * width;
  if (cells instanceof Uint32Array) {
    kernels.weightedRows(out, cells.subarray(offset, offset + rows * width), width, e);
  } else {
    kernels.foldRows(out, { data: cells, rows, columns: width, offset }, e);
  }
}

/**
 * out[i] += sum_c e[c] * cells[c][i] over whole columns.
 *
 * @param out K array of `length` elements
 * @param cells [count][length]
 * @param e K array of `count` elements
 */
export function addCombination(
  kernels: Kernels,
  out: Uint32Array,
  cells: Cells,
  count: number,
  length: number,
  e: Uint32Array,
): void {
  if (!(cells instanceof Uint32Array)) {
    kernels.foldRows(out, { data: cells, rows: count, columns: length }, e, { accumulate: true });
    return;
  }
  kernels.memory.scope(() => {
    const sum = hotWords(kernels, extWords(length, kernels.ext.degree));
    kernels.weightedRows(sum, cells, length, e);
    kernels.add(out, out, sum);
  });
}

/** Integer matrices as kernels take them: a block of rows in an array of int8 or int16, at any row stride. */
import { checkInteger } from './checks.ts';

/**
 * The matrix with entry `data[offset + r * stride + c]` at row r < rows and column c < columns. Blocks of a
 * larger matrix are such matrices as well (`matrixBlock`): nothing is copied.
 */
export interface IntMatrix {
  readonly data: Int8Array | Int16Array;
  readonly rows: number;
  readonly columns: number;
  /** Items from one row to the next, at least `columns`. Default: `columns`. */
  readonly stride?: number;
  /** The item of row 0, column 0. Default: 0. */
  readonly offset?: number;
}

/**
 * Rows [row0, row1) and columns [column0, column1) of a matrix, without a copy.
 *
 * @throws RangeError for a range outside the matrix
 * @example
 * // 768 = 512 + 256: two blocks of power-of-two width over one array
 * const left = matrixBlock(w, 0, w.rows, 0, 512);
 * const right = matrixBlock(w, 0, w.rows, 512, 768);
 */
export function matrixBlock(
  matrix: IntMatrix,
  row0: number,
  row1: number,
  column0: number,
  column1: number,
): Required<IntMatrix> {
  const { data, rows, columns, stride, offset } = checkMatrix('matrix', matrix);
  checkInteger('row1', row1, 0, rows);
  checkInteger('row0', row0, 0, row1);
  checkInteger('column1', column1, 0, columns);
  checkInteger('column0', column0, 0, column1);
  return {
    data,
    rows: row1 - row0,
    columns: column1 - column0,
    stride,
    offset: offset + row0 * stride + column0,
  };
}

/**
 * The matrix with its defaults filled in.
 *
 * @throws TypeError unless the data is an Int8Array or an Int16Array; RangeError for sizes that are no sizes
 *   and for entries behind the end of the data
 */
export function checkMatrix(argument: string, matrix: IntMatrix): Required<IntMatrix> {
  const { data, rows, columns } = matrix;
  const offset = matrix.offset ?? 0;
  if (!(data instanceof Int8Array || data instanceof Int16Array)) {
    const got = Object.prototype.toString.call(data).slice(8, -1);
    throw new TypeError(`${argument}.data: expected an Int8Array or an Int16Array, got ${got}`);
  }
  checkInteger(`${argument}.rows`, rows, 0, Number.MAX_SAFE_INTEGER);
  checkInteger(`${argument}.columns`, columns, 0, Number.MAX_SAFE_INTEGER);
  const stride = matrix.stride ?? columns;
  checkInteger(`${argument}.stride`, stride, columns, Number.MAX_SAFE_INTEGER);
  checkInteger(`${argument}.offset`, offset, 0, Number.MAX_SAFE_INTEGER);
  const end = rows === 0 || columns === 0 ? 0 : offset + (rows - 1) * stride + columns;
  if (end > data.length) {
    throw new RangeError(`${argument}.data: expected at least ${end} items, got ${data.length}`);
  }
  return { data, rows, columns, stride, offset };
}

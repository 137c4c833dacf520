/**
 * Sums of base-field words under weights from K: evaluations of committed columns, contractions of matrices by a
 * vector of K. These are the passes over all N words of a model, so they read every word once.
 *
 * Memory. Everything works through windows: the matrix, the weights and the result may all be larger than the kernel
 * memory.
 */
import type { Ext } from '../../field/field.ts';

export interface WeightedSumKernels {
  /**
   * sum of w[i] * a[i], a plain element: the value at z of the multilinear with the values a, for w = eq(z, .).
   * @param w over K, blocked, Montgomery forms, at least extWords(a.length) words
   * @param a over F, plain words
   * @throws RangeError naming w when it is too short
   */
  weightedSum(w: Uint32Array, a: Uint32Array): Ext;
  /**
   * out[c] = sum over rows r of w[r] * matrix[r][c]. The result keeps the form of w (for plain words of the matrix).
   * @param out over K, extWords(columns) words
   * @param matrix over F, row-major, rows * columns words
   * @param w over K, one weight a row: extWords(rows) words
   * @throws RangeError naming the argument of a wrong length
   */
  weightedRows(out: Uint32Array, matrix: Uint32Array, columns: number, w: Uint32Array): void;
  /**
   * out[r] = sum over columns c of w[c] * matrix[r][c]. The result keeps the form of w.
   * @param out over K, extWords(rows) words
   * @param w over K, one weight a column: extWords(columns) words
   * @throws RangeError naming the argument of a wrong length
   */
  weightedColumns(out: Uint32Array, matrix: Uint32Array, columns: number, w: Uint32Array): void;
}

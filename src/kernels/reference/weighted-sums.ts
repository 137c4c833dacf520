/** The definition of the weighted sums. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { checkInteger, checkLength } from '../contract/checks.ts';
import { extWords, readExt, writeExt } from '../contract/layout.ts';
import type { WeightedSumKernels } from '../contract/weighted-sums.ts';

export function referenceWeightedSums(K: ExtensionField, radix: Fe): WeightedSumKernels {
  const d = K.degree;
  const inverseRadix = K.base.inverse(radix);
  /** sum over k < count of w[k] * a[start + k * step] */
  const dot = (w: Uint32Array, a: Uint32Array, start: number, step: number, count: number): Ext => {
    let total = K.zero;
    for (let k = 0; k < count; k++) {
      total = K.add(total, K.mulBase(readExt(w, k, d), a[start + k * step] as Fe));
    }
    return total;
  };
  return {
    weightedSum(w, a) {
      checkWeightWords(w, a.length, d);
      return K.mulBase(dot(w, a, 0, 1, a.length), inverseRadix);
    },
    weightedRows(out, matrix, columns, w) {
      const rows = checkMatrix(matrix, columns);
      checkLength('w', w, extWords(rows, d));
      checkLength('out', out, extWords(columns, d));
      out.fill(0);
      for (let c = 0; c < columns; c++) writeExt(out, c, dot(w, matrix, c, columns, rows));
    },
    weightedColumns(out, matrix, columns, w) {
      const rows = checkMatrix(matrix, columns);
      checkLength('w', w, extWords(columns, d));
      checkLength('out', out, extWords(rows, d));
      out.fill(0);
      for (let r = 0; r < rows; r++) writeExt(out, r, dot(w, matrix, r * columns, 1, columns));
    },
  };
}

/** @throws RangeError unless w covers n elements */
export function checkWeightWords(w: Uint32Array, n: number, degree: number): void {
  if (w.length < extWords(n, degree)) {
    throw new RangeError(`w: expected at least ${extWords(n, degree)} items, got ${w.length}`);
  }
}

/** The number of rows. @throws RangeError unless the matrix has whole rows of `columns` >= 1 words */
export function checkMatrix(matrix: Uint32Array, columns: number): number {
  checkInteger('columns', columns, 1, 2 ** 31);
  if (matrix.length % columns !== 0) {
    throw new RangeError(`matrix: expected a multiple of ${columns} items, got ${matrix.length}`);
  }
  return matrix.length / columns;
}

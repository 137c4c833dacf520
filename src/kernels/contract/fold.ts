/**
 * Folds of integer matrices by vectors over K: the pass over the weights of every matmul claim. Arrays of K
 * are in the blocked layout of `layout.ts`; a fold is linear, so `out` has the form of `e`: plain words give
 * plain words, Montgomery words give Montgomery words. Entries of the matrix are plain integers.
 *
 * Every int8 and int16 is accepted and the result is exact. Entries of at most 14 bits, -8191..8192, are the
 * fast case of int16; nobody has to declare it, kernels look at the entries in the same pass.
 *
 * `out` must not overlap `e` or the matrix. With `accumulate` the fold is added to `out`, so that a matrix
 * that no memory holds can be streamed in blocks of rows or columns.
 */
import { checkLength } from './checks.ts';
import { extWords } from './layout.ts';
import { checkMatrix, type IntMatrix } from './matrix.ts';

export interface FoldOptions {
  /** Add to `out` instead of overwriting it. Default: false. */
  readonly accumulate?: boolean;
}

export interface FoldKernels {
  /**
   * out[c] = sum_r e[r] * w[r][c]: binds the row index.
   *
   * @param out K array of `columns` elements
   * @param e K array of `rows` elements
   * @throws RangeError for a wrong length, TypeError for other matrix data than int8 and int16
   */
  foldRows(out: Uint32Array, w: IntMatrix, e: Uint32Array, options?: FoldOptions): void;
  /**
   * out[r] = sum_c e[c] * w[r][c]: binds the column index.
   *
   * @param out K array of `rows` elements
   * @param e K array of `columns` elements
   * @throws RangeError for a wrong length, TypeError for other matrix data than int8 and int16
   */
  foldColumns(out: Uint32Array, w: IntMatrix, e: Uint32Array, options?: FoldOptions): void;
}

/** The checks that every implementation makes: the matrix with its defaults, and matching lengths. */
export function checkFold(
  axis: 'rows' | 'columns',
  out: Uint32Array,
  w: IntMatrix,
  e: Uint32Array,
  degree: number,
): Required<IntMatrix> {
  const matrix = checkMatrix('w', w);
  const [bound, free] = axis === 'rows' ? [matrix.rows, matrix.columns] : [matrix.columns, matrix.rows];
  checkLength('e', e, extWords(bound, degree));
  checkLength('out', out, extWords(free, degree));
  return matrix;
}

/**
 * Turning columns into rows. Columns (tensors, masks) are produced and folded one by one; codes and hash leaves want the
 * rows across many columns side by side. A *column array* is [columns][length], one column after the other; a *row
 * array* is [length][columns].
 *
 * Operands may lie inside or outside kernel memory; those outside move through it in windows of rows.
 */
import type { Message } from './ntt.ts';

export interface InterleaveKernels {
  /**
   * out[i * columns + c] = source[c * length + i] mod p: rows of plain words from columns of integers, or of words as they are.
   * @param out [length][columns]
   * @param source [columns][length]; `Uint32Array`s hold words of F
   * @throws RangeError unless both have the same number of items and `columns` divides it
   */
  interleave(out: Uint32Array, source: Message, columns: number): void;
  /**
   * Rows of limbs from columns over K: out[i][c * d + j] = limb j of element c * length + i.
   * @param out [length][columns * d] words
   * @param source K array (`layout.ts`) of columns * length elements, length a multiple of 4; words are kept as they are
   * @throws RangeError for other shapes
   */
  kInterleave(out: Uint32Array, source: Uint32Array, columns: number): void;
}

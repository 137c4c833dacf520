/**
 * Columns over K as rows of limbs: K arrays are produced and folded one by one, codes and hash leaves want the limbs of
 * many of them side by side. Operands may lie inside or outside kernel memory; those outside move through it in windows.
 */
import { checkBlocks, checkInteger, checkLength } from './checks.ts';

export interface ExtRowKernels {
  /**
   * Rows of limbs from columns over K: out[i][c * d + j] = limb j of element c * length + i.
   * @param out [length][columns * d] words
   * @param source K array (`layout.ts`) of columns * length elements, length a multiple of 4; words are kept as they are
   * @throws RangeError for other shapes
   */
  kRows(out: Uint32Array, source: Uint32Array, columns: number): void;
}

/** @returns the length of a column. @throws RangeError for other shapes */
export function checkedExtColumnLength(
  out: { readonly length: number },
  source: { readonly length: number },
  columns: number,
  degree: number,
): number {
  checkInteger('columns', columns, 1, 1 << 20);
  checkLength('out', out, source.length);
  const elements = 4 * checkBlocks('source', source, degree);
  if (elements % (4 * columns) !== 0) {
    throw new RangeError(
      `source: expected ${columns} columns of whole blocks of 4, got ${elements} elements`,
    );
  }
  return elements / columns;
}

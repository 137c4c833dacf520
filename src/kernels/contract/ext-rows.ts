/**
 * K arrays in other orders, and sums of their lines. Columns over K as rows of limbs: K arrays are produced and folded one by
 * one, codes and hash leaves want the limbs of many of them side by side. Operands may lie inside or outside kernel memory;
 * outside, rows of limbs move through it in windows, and the others are made by plain loops.
 */
import { checkBlocks, checkInteger, checkLength } from './checks.ts';
import { BLOCK } from './layout.ts';

/** Which line of `out` takes which line of `source`: (to, from), (to, from), .. */
export type LinePairs = Int32Array;

export interface ExtRowKernels {
  /**
   * Rows of limbs from columns over K: out[i][c * d + j] = limb j of element c * length + i.
   * @param out [length][columns * d] words
   * @param source K array (`layout.ts`) of columns * length elements, length a multiple of 4; words are kept as they are
   * @throws RangeError for other shapes
   */
  kRows(out: Uint32Array, source: Uint32Array, columns: number): void;
  /**
   * Weaves four arrays into one over (i, p) with p in the low bits: element i * stride + first + k of `out` becomes element i
   * of array k. Other elements stay as they are.
   * @param out K array of length * stride elements; stride and first are multiples of 4, first + 4 <= stride
   * @param source K array of the four arrays, one behind the other, of `length` elements each, a multiple of 4
   * @throws RangeError for other shapes
   */
  kWeave(out: Uint32Array, source: Uint32Array, stride: number, first: number): void;
  /**
   * Line `to` of out, plus line `from` of source or, with `minus`, less it, for every pair: one behind the other, so that
   * the arrays may be the same. Words in any form, both in one.
   * @param out, source K arrays of whole lines of `width` elements, a multiple of 4
   * @throws RangeError for other shapes, and naming pairs[i] for a line that an array has not
   */
  kAddLines(out: Uint32Array, source: Uint32Array, width: number, pairs: LinePairs, minus?: boolean): void;
}

/** @returns the length of each of the four arrays. @throws RangeError for other shapes */
export function checkWeave(
  out: { readonly length: number },
  source: { readonly length: number },
  stride: number,
  first: number,
  degree: number,
): number {
  checkInteger('stride', stride, BLOCK, 2 ** 30);
  checkInteger('first', first, 0, stride - BLOCK);
  if (stride % BLOCK !== 0 || first % BLOCK !== 0) {
    throw new RangeError(`stride, first: expected multiples of ${BLOCK}, got ${stride} and ${first}`);
  }
  const length = checkBlocks('source', source, degree); // a quarter of its elements
  if (length % BLOCK !== 0) {
    throw new RangeError(`source: expected four arrays of whole blocks of 4, got ${BLOCK * length} elements`);
  }
  checkLength('out', out, length * stride * degree);
  return length;
}

/** @throws RangeError for other shapes than `kAddLines` takes */
export function checkLines(
  out: { readonly length: number },
  source: { readonly length: number },
  width: number,
  pairs: LinePairs,
  degree: number,
): void {
  checkInteger('width', width, BLOCK, 2 ** 30);
  if (width % BLOCK !== 0) throw new RangeError(`width: expected a multiple of ${BLOCK}, got ${width}`);
  const words = width * degree;
  for (const [name, array] of Object.entries({ out, source })) {
    if (array.length % words !== 0) {
      throw new RangeError(`${name}: expected whole lines of ${words} words, got ${array.length}`);
    }
  }
  if (pairs.length % 2 !== 0) throw new RangeError(`pairs: expected pairs, got ${pairs.length} integers`);
  const lines = [out.length / words, source.length / words] as const;
  for (let i = 0; i < pairs.length; i++) {
    const line = pairs[i] as number;
    const most = lines[i % 2] as number;
    if (line < 0 || line >= most) {
      throw new RangeError(`pairs[${i}]: expected a line in [0, ${most}), got ${line}`);
    }
  }
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

/** Argument checks of `interleave.ts`, shared by all implementations. */
import { checkBlocks, checkInteger, checkLength } from './checks.ts';

/** @returns the length of a column */
export function checkedColumnLength(
  out: { readonly length: number },
  source: { readonly length: number },
  columns: number,
): number {
  checkInteger('columns', columns, 1, 1 << 20);
  checkLength('out', out, source.length);
  if (source.length % columns !== 0) {
    throw new RangeError(`source: expected a multiple of ${columns} items, got ${source.length}`);
  }
  return source.length / columns;
}

/** @returns the length of a column over K */
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

/** The gradient of a table of rows: each row of the pass adds its own to the row of its id. Nothing is committed or looked up. */
import { term } from '../../../relation/handles.ts';
import type { Index, Mask, Term } from '../../../relation/program.ts';
import type { Matrix, Parts } from '../parts.ts';

/** Which id each row of a pass has: known to all, or rows of zeros and ones with a single one, committed. */
export type RowIds =
  | { readonly kind: 'public'; readonly ids: readonly number[] }
  | { readonly kind: 'hidden'; readonly oneHot: Matrix };

/** 1 where v is the id of row t. */
function isId(ids: readonly number[], t: Index, v: Index): Mask {
  return { row: t.name, column: v.name, from: ids, to: ids.map((id) => id + 1) };
}

/** coefficient [v is the id of row t]. */
export function idTerm(ids: RowIds, coefficient: number, t: Index, v: Index): Term {
  if (ids.kind === 'hidden') return term(coefficient, ids.oneHot.at(t, v));
  return term(coefficient, { mask: isId(ids.ids, t, v) });
}

/** coefficient sum_t [v is the id of row t] g[t][j] for indices v and j. */
export function embeddingWeightTerm(
  b: Parts,
  ids: RowIds,
  gradient: Matrix,
  coefficient: number,
  [v, j]: readonly [Index, Index],
): Term {
  const t = b.index('t', gradient.shape[0]);
  if (ids.kind === 'hidden') {
    return term(coefficient, ids.oneHot.at(t, v), gradient.at(t, j), { sum: t });
  }
  return term(coefficient, gradient.at(t, j), { sum: t, mask: isId(ids.ids, t, v) });
}

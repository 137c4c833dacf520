/** One entry of each row of a value: the logit of the choice, by public ids, without committing logits. */
import type { Term, View } from '../../relation/program.ts';
import { viewIndices } from '../../relation/view.ts';
import { view, viewAt, type Lowering } from '../lowering.ts';
import type { ArgmaxNode } from './shape.ts';

/**
 * Terms of entry ids[t] of every row t of the node's input. Weights are read at gathered rows. Where a tensor holds rows and
 * columns of the input itself, its entry is a sum over all columns with a public tensor that is 1 at the id.
 */
export function atColumns(to: Lowering, { name, input }: ArgmaxNode, ids: Int32Array): readonly Term[] {
  const width = to.columnIndex(input);
  const rows = Array.from(ids, (_, t) => t);
  let terms = to.selected(input, rows);
  // Three factors are none of a term: such an input is committed.
  if (terms.some((of) => of.views.length > 1 && of.views.some(isDiagonal))) {
    to.operand(input);
    terms = to.terms(input);
  }
  return terms.map((of) => {
    if (!of.views.some(isDiagonal)) return { ...of, views: of.views.map((own) => viewAt(own, 'j', ids)) };
    const values = new Int32Array(ids.length * width.size);
    ids.forEach((id, t) => (values[t * width.size + id] = 1));
    const one = to.publicTensor(`${name}:one`, [ids.length, width.size], values);
    return { ...of, views: [...of.views, view(one, 't', 'j')], sums: [...of.sums, width] };
  });
}

/** Whether a view reads the row and the column. */
function isDiagonal(of: View): boolean {
  const read = viewIndices(of);
  return read.includes('t') && read.includes('j');
}

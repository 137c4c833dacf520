/** One entry of each row of a value: the logit of the choice, by public ids, without committing logits. */
import type { Coordinate, Term, View } from '../../relation/program.ts';
import { viewIndices } from '../../relation/view.ts';
import { rowsAt, view, type Lowering } from '../lowering.ts';
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
    if (!of.views.some(isDiagonal)) return { ...of, views: of.views.map((own) => gathered(own, ids)) };
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

/** A view of columns j at the ids instead. */
function gathered(of: View, ids: Int32Array): View {
  const coordinates = of.coordinates.map((coordinate): Coordinate => {
    if (coordinate.kind === 'gather') {
      if (coordinate.index !== 'j') return coordinate;
      return {
        kind: 'gather',
        index: 't',
        positions: Array.from(ids, (id) => coordinate.positions[id] as number),
      };
    }
    const [part] = coordinate.parts.filter(({ index }) => index === 'j');
    if (part === undefined) return coordinate;
    if (coordinate.parts.length > 1) throw new Error('choice: expected a coordinate of the column alone');
    return rowsAt(
      't',
      Array.from(ids, (id) => coordinate.offset + part.stride * id),
    );
  });
  return { ...of, coordinates };
}

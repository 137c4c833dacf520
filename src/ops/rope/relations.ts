/**
 * The rotation is a sum of products with public numbers, one for each row and pair of columns; its rounding is that of
 * section 3. Two lookups an entry; the rotated tensor is never committed.
 */
import type { Coordinate, Index, Mask, Term } from '../../relation/program.ts';
import { column, ROPE_FRACTION, tableOf } from '../../tables/index.ts';
import { rangeTable } from '../lower-tables.ts';
import { joined, term, view, type Lowering, type Relations } from '../lowering.ts';
import { HALF_FIELD } from '../operator.ts';
import { quotientRelations } from '../requantise/relations.ts';
import { ropeForm, type RopeNode } from './shape.ts';

/** Indices: t the row, h the head, i the pair in it, e and f one of the two entries of a pair. */
export const ropeRelations: Relations<RopeNode> = (node, to) => {
  const { name, order } = node;
  const x = to.operand(node.input);
  const { headDim } = ropeForm(node);
  const t = to.rowIndex(name);
  const half = headDim / 2;
  const [step, gap] = order === 'half' ? [1, half] : [2, 1];
  const h = { name: 'h', size: to.info(name).width / headDim };
  const i = { name: 'i', size: half };
  const [e, f] = [
    { name: 'e', size: 2 },
    { name: 'f', size: 2 },
  ];
  const place = (entry: Index): Coordinate => joined([h, headDim], [entry, gap], [i, step]);
  const cos = view(ropeConstants(node, to, 'cos'), 't', 'i');
  const sin = view(ropeConstants(node, to, 'sin'), 't', 'i');
  const quotient = quotientRelations(to, name, node, [t, to.columnIndex(name)]);

  // a' = a c - b s, b' = b c + a s. The constants are read by row and pair alone: a verifier evaluates them once for all heads.
  const other = (sign: number, mask: Omit<Mask, 'row' | 'column'>): Term => ({
    ...term(sign, [view(x, 't', place(f)), sin], [f]),
    mask: { row: 'e', column: 'f', ...mask },
  });
  const terms = [
    term(1, [view(x, 't', place(e)), cos]),
    other(-1, { from: [1, 0], to: [2, 0] }),
    other(1, { from: [0, 0], to: [0, 1] }),
  ];
  // |a c - b s| <= 23172 max|x| <= (p-1)/2 (section 5); range inference adds the three terms, and of x it sees what x was committed in.
  const { min, max } = to.claimed(x) ?? { min: -Infinity, max: Infinity };
  const level = 3 * 2 ** ROPE_FRACTION * Math.max(-min, max) <= HALF_FIELD ? 'proven' : 'residue';
  const indices = [t, h, e, i];
  const rotated = view(to.virtual(`${name}:rotated`, indices, terms, level), 't', 'h', 'e', 'i');
  const remainder = [
    term(1, [rotated]),
    term(2 ** (ROPE_FRACTION - 1)),
    term(-(2 ** ROPE_FRACTION), [view(quotient, 't', place(e))]),
  ];
  to.lookup(`${name}:remainder`, indices, to.table(rangeTable(ROPE_FRACTION)), [remainder]);
};

/** A column of the table for the rows of the pass, [rows, D/2]. @returns the name of the public tensor */
export function ropeConstants(node: RopeNode, to: Lowering, which: 'cos' | 'sin'): string {
  const { positions } = to.rows;
  const of = column(tableOf(node.table), which);
  const half = ropeForm(node).headDim / 2;
  const out = new Int32Array(positions.length * half);
  positions.forEach((position, t) => out.set(of.subarray(position * half, (position + 1) * half), t * half));
  return to.publicTensor(`${which}/${node.table}`, [positions.length, half], out);
}

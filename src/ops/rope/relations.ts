/**
 * The rotation is a product with public matrices of two by two, one for each row and pair of columns; its rounding is that of
 * section 3. Two lookups an entry; the rotated tensor is never committed.
 */
import type { Coordinate } from '../../relation/program.ts';
import { column, ROPE_FRACTION, tableOf } from '../../tables/index.ts';
import { rangeTable } from '../lower-tables.ts';
import { term, view, type Relations } from '../lowering.ts';
import { HALF_FIELD, magnitude } from '../operator.ts';
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
  const place = (entry: string): Coordinate => ({
    kind: 'affine',
    parts: [
      { index: 'h', stride: headDim },
      { index: entry, stride: gap },
      { index: 'i', stride: step },
    ],
    offset: 0,
  });
  const matrices = rotations(node, to.rows.positions);
  const rotation = to.publicTensor(`rotation/${node.table}`, [t.size, 2, 2, half], matrices);
  const quotient = quotientRelations(to, name, node, [t, to.columnIndex(name)]);
  const indices = [
    t,
    { name: 'h', size: to.info(name).width / headDim },
    { name: 'e', size: 2 },
    { name: 'i', size: half },
  ];
  const factors = [view(x, 't', place('f')), view(rotation, 't', 'e', 'f', 'i')];
  // |a c - b s| <= 23172 max|x| <= (p-1)/2 (section 5); without c^2 + s^2 = 2^28 only 2^15 max|x| is seen
  const level =
    2 ** (ROPE_FRACTION + 1) * magnitude(to.info(node.input)) <= HALF_FIELD ? 'proven' : 'residue';
  const product = [term(1, factors, [{ name: 'f', size: 2 }])];
  const rotated = view(to.virtual(`${name}:rotated`, indices, product, level), 't', 'h', 'e', 'i');
  const remainder = [
    term(1, [rotated]),
    term(2 ** (ROPE_FRACTION - 1)),
    term(-(2 ** ROPE_FRACTION), [view(quotient, 't', place('e'))]),
  ];
  to.lookup(`${name}:remainder`, indices, to.table(rangeTable(ROPE_FRACTION)), [remainder]);
};

/** [rows, 2, 2, D/2]: (a', b') = ((c, -s), (s, c)) (a, b) for the constants of each row's position. */
function rotations(node: RopeNode, positions: readonly number[]): Int32Array {
  const table = tableOf(node.table);
  const [cos, sin] = [column(table, 'cos'), column(table, 'sin')];
  const half = ropeForm(node).headDim / 2;
  const out = new Int32Array(positions.length * 4 * half);
  positions.forEach((position, t) => {
    const [c, s] = [cos, sin].map((of) => of.subarray(position * half, (position + 1) * half)) as [
      Int32Array,
      Int32Array,
    ];
    const entries = [c, s.map((v) => -v), s, c];
    entries.forEach((entry, e) => out.set(entry, (4 * t + e) * half));
  });
  return out;
}

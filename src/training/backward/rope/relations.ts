/** One rounding an entry, of the gradient turned back by the public numbers that turned the row. */
import { joined } from '../../../ops/lowering.ts';
import { ropeConstants } from '../../../ops/rope/relations.ts';
import { ropeForm, type RopeNode } from '../../../ops/rope/shape.ts';
import { handleOf, term } from '../../../relation/handles.ts';
import type { Coordinate, Index, Mask, Term } from '../../../relation/program.ts';
import { ROPE_FRACTION } from '../../../tables/index.ts';
import { roundedCells, roundInto, type Matrix, type Parts } from '../parts.ts';
import type { GradientBits } from '../rounding.ts';

/**
 * da = g_a c + g_b s, db = g_b c - g_a s. Indices: t the row, h the head, i the pair in it, e and f one of the two entries of a pair.
 *
 * @returns the gradient with respect to the input
 */
export function ropeBackRelations(b: Parts, node: RopeNode, gradient: Matrix, bits: GradientBits): Matrix {
  const [rows, width] = gradient.shape;
  const { headDim } = ropeForm(node);
  const half = headDim / 2;
  const [step, gap] = node.order === 'half' ? [1, half] : [2, 1];
  const [t, h, i] = [b.index('t', rows), b.index('h', width / headDim), b.index('i', half)];
  const [e, f] = [b.index('e', 2), b.index('f', 2)];
  const place = (entry: Index): Coordinate => joined([h, headDim], [entry, gap], [i, step]);
  const constants = (which: 'cos' | 'sin'): Matrix =>
    handleOf(ropeConstants(node, b.to, which), [rows, half] as const);
  const [cos, sin] = [constants('cos').at(t, i), constants('sin').at(t, i)];
  const other = (sign: number, own: Pick<Mask, 'from' | 'to'>): Term =>
    term(sign, gradient.at(t, place(f)), sin, { sum: f, mask: { row: 'e', column: 'f', ...own } });
  const terms = [
    term(1, gradient.at(t, place(e)), cos),
    other(1, { from: [1, 0], to: [2, 0] }),
    other(-1, { from: [0, 0], to: [0, 1] }),
  ];
  const rounding = { ...bits, shift: ROPE_FRACTION };
  const { result, quotient } = roundedCells(b, `back/${node.name}:input`, gradient.shape, rounding);
  roundInto(b, result.name, quotient.at(t, place(e)), [t, h, e, i], terms, ROPE_FRACTION);
  return result as Matrix;
}

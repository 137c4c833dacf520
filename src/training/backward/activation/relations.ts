/** (x, slope) is a row of the table of slopes, and slope times gradient is rounded: three lookups an entry. */
import { activationForm, type ActivationNode } from '../../../ops/activation/shape.ts';
import { term } from '../../../relation/handles.ts';
import { SLOPE_FRACTION } from '../../../tables/slope.ts';
import { addTable } from '../../program-parts.ts';
import { roundedTensor, type Matrix, type Parts } from '../parts.ts';
import type { GradientBits } from '../rounding.ts';
import { slopeTable } from './slope-table.ts';

/** @returns the gradient with respect to the input */
export function activationBackRelations(
  b: Parts,
  node: ActivationNode,
  gradient: Matrix,
  bits: GradientBits,
): Matrix {
  const x = b.result(node.input);
  const [t, j] = [b.index('t', x.shape[0]), b.index('j', x.shape[1])];
  const half = 2 ** (activationForm(node).bits - 1);
  const slope = b.witness(`back/${node.name}:slope`, x.shape);
  const key = [term(1, x.at(t, j)), term(half)];
  b.lookup(slope.name, [t, j], addTable(b, slopeTable(node)), key, [term(1, slope.at(t, j))]);
  // Slopes have 16 signed bits, gradients at most 16: products are below 2^30.
  const product = [term(1, gradient.at(t, j), slope.at(t, j))];
  const shift = SLOPE_FRACTION;
  return roundedTensor(b, `back/${node.name}:input`, [t, j], product, { ...bits, shift }) as Matrix;
}

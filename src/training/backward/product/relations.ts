/** Two roundings an entry, of the gradient times the other factor. */
import type { ProductNode } from '../../../ops/product/shape.ts';
import { term } from '../../../relation/handles.ts';
import { roundedTensor, type Matrix, type Parts } from '../parts.ts';
import type { GradientBits } from '../rounding.ts';
import type { FactorPlaces } from './eval.ts';

/** @returns the gradients with respect to both factors */
export function productBackRelations(
  b: Parts,
  node: ProductNode,
  gradient: Matrix,
  places: FactorPlaces,
  bits: GradientBits,
): { readonly left: Matrix; readonly right: Matrix } {
  const [t, j] = [b.index('t', gradient.shape[0]), b.index('j', gradient.shape[1])];
  const through = (side: 'left' | 'right', other: 'left' | 'right'): Matrix => {
    const product = [term(1, gradient.at(t, j), b.result(node[other]).at(t, j))];
    const rounding = { ...bits, shift: places[other] };
    return roundedTensor(b, `back/${node.name}:${side}`, [t, j], product, rounding) as Matrix;
  };
  return { left: through('left', 'right'), right: through('right', 'left') };
}

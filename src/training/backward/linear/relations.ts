/** One rounding for each entry of the input; gradients of matrix and bias are terms, committed nowhere. */
import { matrixTensor } from '../../../ops/lowering.ts';
import type { LinearNode } from '../../../ops/linear/shape.ts';
import { handleOf, term } from '../../../relation/handles.ts';
import type { Index, Term } from '../../../relation/program.ts';
import { roundedTensor, type Matrix, type Parts } from '../parts.ts';
import type { GradientBits } from '../rounding.ts';

/** @param fraction binary places of the weights @returns the gradient with respect to the input */
export function linearBackRelations(
  b: Parts,
  node: LinearNode,
  gradient: Matrix,
  fraction: number,
  bits: GradientBits,
): Matrix {
  const [rows, outputs] = gradient.shape;
  const { width } = b.to.info(node.input);
  const weight = handleOf(matrixTensor(node.weight), [outputs, width] as const);
  const [t, k, o] = [b.index('t', rows), b.index('k', width), b.index('o', outputs)];
  const sum = [term(1, gradient.at(t, o), weight.at(o, k), { sum: o })];
  return roundedTensor(b, `back/${node.name}:input`, [t, k], sum, { ...bits, shift: fraction }) as Matrix;
}

/** coefficient sum_t dy[t][o] x[t][k] for indices o and k. */
export function linearWeightTerm(
  b: Parts,
  node: LinearNode,
  gradient: Matrix,
  coefficient: number,
  [o, k]: readonly [Index, Index],
): Term {
  const t = b.index('t', gradient.shape[0]);
  return term(coefficient, gradient.at(t, o), b.result(node.input).at(t, k), { sum: t });
}

/** coefficient sum_t dy[t][o] for an index o. */
export function linearBiasTerm(b: Parts, gradient: Matrix, coefficient: number, o: Index): Term {
  const t = b.index('t', gradient.shape[0]);
  return term(coefficient, gradient.at(t, o), { sum: t });
}

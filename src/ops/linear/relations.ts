/** The accumulator as a virtual tensor: sum over k of x W, plus the bias. Nothing is committed and nothing looked up. */
import { matrixTensor, term, vectorParts, view, type Relations } from '../lowering.ts';
import type { LinearNode } from './shape.ts';

export const linearRelations: Relations<LinearNode> = ({ name, input, weight, bias }, to) => {
  const x = to.operand(input);
  const sum = { name: 'k', size: to.info(input).width };
  const product = term(1, [view(x, 't', 'k'), view(matrixTensor(weight), 'j', 'k')], [sum]);
  const parts = bias === undefined ? [] : vectorParts(to.declaration(bias));
  const shift = parts.map(({ coefficient, tensor }) => term(coefficient, [view(tensor, 'j')]));
  to.virtual(name, [to.rowIndex(name), to.columnIndex(name)], [product, ...shift], 'residue');
  to.define(name, [{ coefficient: 1, tensor: name }]);
};

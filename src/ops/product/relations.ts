/** A virtual tensor of products. */
import { term, view, type Relations } from '../lowering.ts';
import type { ProductNode } from './shape.ts';

export const productRelations: Relations<ProductNode> = ({ name, left, right }, to) => {
  const views = [left, right].map((input) => view(to.operand(input), 't', 'j'));
  to.virtual(name, [to.rowIndex(name), to.columnIndex(name)], [term(1, views)], 'proven');
  to.define(name, [{ coefficient: 1, tensor: name }]);
};

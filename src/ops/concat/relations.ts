/** A committed tensor whose left columns are one value and whose right ones another. */
import { at, term, view, type Relations } from '../lowering.ts';
import type { ConcatNode } from './shape.ts';

export const concatRelations: Relations<ConcatNode> = ({ name, left, right }, to) => {
  const rows = to.rowIndex(name);
  to.witness(name, [rows.size, to.columnIndex(name).size]);
  [left, right].forEach((input, side) => {
    const place = at('j', 1, side === 0 ? 0 : to.info(left).width);
    if (!to.isReal(input)) to.operand(input); // a residue becomes a tensor as a whole
    const own = term(-1, [view(name, 't', place)]);
    to.zero(
      `${name}:${side === 0 ? 'left' : 'right'}`,
      [rows, to.columnIndex(input)],
      [...to.terms(input), own],
    );
  });
  to.define(name, [{ coefficient: 1, tensor: name }]);
};

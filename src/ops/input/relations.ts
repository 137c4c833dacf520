/** A committed tensor, range-checked: by a lookup of its own unless a later node's lookup is as narrow. */
import { rangeTable } from '../lower-tables.ts';
import { term, type Relations } from '../lowering.ts';
import { signedRange } from '../operator.ts';
import type { InputNode } from './shape.ts';

export const inputRelations: Relations<InputNode> = (node, to) => {
  const { name, bits } = node;
  const indices = [to.rowIndex(name), to.columnIndex(name)];
  to.witness(
    name,
    indices.map(({ size }) => size),
    signedRange(bits),
  );
  to.define(name, [{ coefficient: 1, tensor: name }]);
  const check = to.check(name);
  if (check !== undefined && check.bits <= bits) return;
  to.lookup(`${name}:range`, indices, to.table(rangeTable(bits)), [
    [...to.terms(name), term(2 ** (bits - 1))],
  ]);
};

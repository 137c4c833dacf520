/** (x, y) is a row of the table: one lookup, which is the range check of x as well. */
import { column, tableOf } from '../../tables/index.ts';
import type { Table, Term } from '../../relation/program.ts';
import { denseColumn, keys, sharedTable } from '../lower-tables.ts';
import { term, type Lowering, type Relations } from '../lowering.ts';
import { activationForm, type ActivationNode } from './shape.ts';

export const activationRelations: Relations<ActivationNode> = (node, to) => {
  if (to.isDefined(node.name)) return; // a saturating rounding before it looks both up at once
  const { name, input, table } = node;
  const { bits } = activationForm(node);
  const result = activationResult(node, to);
  const indices = [to.rowIndex(name), to.columnIndex(name)];
  const key = [...to.terms(input), term(2 ** (bits - 1))];
  to.lookup(`${name}:entry`, indices, to.table(activationTable(table)), [key, result]);
};

/** Commits the result. @returns its terms, the second entry of a lookup */
export function activationResult({ name }: ActivationNode, to: Lowering): readonly Term[] {
  const indices = [to.rowIndex(name), to.columnIndex(name)];
  const { min, max } = to.info(name);
  to.witness(
    name,
    indices.map(({ size }) => size),
    { min, max },
  );
  to.define(name, [{ coefficient: 1, tensor: name }]);
  return to.terms(name);
}

/** Rows (x + 2^(N-1), y). */
function activationTable(id: string): Table {
  return sharedTable(id, () => {
    const y = activationEntries(id);
    return { rows: y.length, columns: [keys(), denseColumn(y)] };
  });
}

/** y for all keys, from -2^(N-1) on. */
export function activationEntries(id: string): Int32Array {
  return column(tableOf(id), 'y');
}

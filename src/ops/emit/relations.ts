/** Some rows of what is there: nothing is committed. Of a virtual tensor only these rows are defined anew. */
import type { Relations } from '../lowering.ts';
import type { EmitNode } from './shape.ts';

export const emitRelations: Relations<EmitNode> = ({ name, input }, to) => {
  const { emitted } = to.rows;
  const indices = [to.rowIndex(name), to.columnIndex(name)];
  if (to.isReal(input)) {
    const parts = to.value(input).parts.map((part) => ({
      ...part,
      positions: emitted.map((row) => part.positions?.[row] ?? row),
    }));
    return to.define(name, parts);
  }
  to.virtual(name, indices, to.selected(input, emitted), 'residue');
  to.define(name, [{ coefficient: 1, tensor: name }]);
};

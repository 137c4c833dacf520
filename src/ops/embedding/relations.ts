/** Rows of committed tables by public ids and positions: views, nothing committed, nothing looked up. */
import { refuse } from '../../errors/proof-error.ts';
import { matrixTensor, type Relations } from '../lowering.ts';
import type { EmbeddingNode } from './shape.ts';

/** @throws ProofError `TOKEN` for an id outside the vocabulary */
export const embeddingRelations: Relations<EmbeddingNode> = ({ name, table, positions }, to) => {
  const vocabulary = to.declaration(table).shape[0] as number;
  const ids = Array.from(to.rows.tokens as ArrayLike<number>);
  ids.forEach((id, row) => {
    const known = Number.isInteger(id) && id >= 0 && id < vocabulary;
    if (!known) refuse('TOKEN', `pass/${name}`, `row ${row}: expected an id below ${vocabulary}`);
  });
  const byToken = { coefficient: 1, tensor: matrixTensor(table), positions: ids };
  if (positions === undefined) return to.define(name, [byToken]);
  const byPosition = { coefficient: 1, tensor: matrixTensor(positions), positions: to.rows.positions };
  to.define(name, [byToken, byPosition]);
};

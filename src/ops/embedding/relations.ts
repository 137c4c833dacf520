/**
 * Rows of committed tables by ids and positions. Public ids are views: nothing is committed, nothing looked up. Rows at private ids
 * are committed (`private.ts`).
 */
import { refuse } from '../../errors/proof-error.ts';
import { matrixTensor, PRIVATE_TOKEN, type Relations } from '../lowering.ts';
import { rowsByPrivateIds } from './private.ts';
import type { EmbeddingNode } from './shape.ts';

/** @throws ProofError `TOKEN` for a public id outside the vocabulary */
export const embeddingRelations: Relations<EmbeddingNode> = (node, to) => {
  const { name, table, positions } = node;
  const vocabulary = to.declaration(table).shape[0] as number;
  const ids = Array.from(to.rows.tokens as ArrayLike<number>);
  ids.forEach((id, row) => {
    const known = id === PRIVATE_TOKEN || (Number.isInteger(id) && id >= 0 && id < vocabulary);
    if (!known) refuse('TOKEN', `pass/${name}`, `row ${row}: expected an id below ${vocabulary}`);
  });
  const byToken =
    to.rows.privateRows.length === 0
      ? { coefficient: 1, tensor: matrixTensor(table), positions: ids }
      : { coefficient: 1, tensor: rowsByPrivateIds(node, to, ids) };
  if (positions === undefined) return to.define(name, [byToken]);
  const byPosition = { coefficient: 1, tensor: matrixTensor(positions), positions: to.rows.positions };
  to.define(name, [byToken, byPosition]);
};

/** One-hots of private ids, the rows that share their high digit, and the rows of all ids. */
import type { OperatorWitness } from '../lowering-witness.ts';
import type { EmbeddingNode } from './shape.ts';

export const embeddingWitness: OperatorWitness<EmbeddingNode> = ({ auxiliary }) => ({
  high: () => auxiliary('high'),
  low: () => auxiliary('low'),
  slices: () => auxiliary('slices'),
  rows: () => auxiliary('rows'),
});

/** Softmax cross-entropy over all rows: what each row's logits move, probabilities less the token that follows. */
import { term } from '../../../relation/handles.ts';
import { softmaxRelations } from '../../softmax-relations.ts';
import { idTerm, type RowIds } from '../embedding/relations.ts';
import type { Matrix, Parts } from '../parts.ts';

/** @param targets of all rows @returns `softmax/gradient`, with respect to logits */
export function lossBackRelations(b: Parts, logits: Matrix, targets: RowIds, fraction: number): Matrix {
  const [r, j] = [b.index('r', logits.shape[0]), b.index('j', logits.shape[1])];
  const probability = softmaxRelations(b, r, logits, fraction);
  const gradient = b.witness('softmax/gradient', logits.shape);
  b.zero(
    `${gradient.name}/difference`,
    [r, j],
    [term(1, gradient.at(r, j)), term(-1, probability.at(r, j)), idTerm(targets, 2 ** fraction, r, j)],
  );
  return gradient;
}

/** Means, and digits of means and remainders. */
import { intervalDigits } from '../interval.ts';
import type { OperatorWitness } from '../lowering-witness.ts';
import type { CentreNode } from './shape.ts';

export const centreWitness: OperatorWitness<CentreNode> = ({ node, auxiliary, result, range }) => {
  const { min, max } = range(node.input);
  const means = auxiliary('mean');
  return {
    mean: () => means,
    ...intervalDigits(
      'mean',
      means.map((mu) => mu - min),
      max - min + 1,
    ),
    ...intervalDigits('rest', auxiliary('remainder'), 2 * result(node.input).width),
  };
};

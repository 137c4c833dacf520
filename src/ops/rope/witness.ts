/** Quotients, where the result is clamped, and the rotation before it is rounded. */
import { ROPE_FRACTION } from '../../tables/index.ts';
import type { OperatorWitness } from '../lowering-witness.ts';
import { ropeForm, type RopeNode } from './shape.ts';

export const ropeWitness: OperatorWitness<RopeNode> = ({ node, auxiliary }) => {
  const [quotient, remainder] = [auxiliary('quotient'), auxiliary('remainder')];
  const half = ropeForm(node).headDim / 2;
  const rotated = (at: number): number =>
    2 ** ROPE_FRACTION * (quotient[at] as number) + (remainder[at] as number) - 2 ** (ROPE_FRACTION - 1);
  return {
    quotient: () => quotient,
    // [rows, heads, 2, D/2]: both entries of a pair lie half a head apart.
    rotated: () =>
      quotient.map((_, cell) => {
        if (node.order === 'half') return rotated(cell);
        const [head, entry, i] = [Math.floor(cell / half / 2), Math.floor(cell / half) % 2, cell % half];
        return rotated((head * half + i) * 2 + entry);
      }),
  };
};

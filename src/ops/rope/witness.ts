/** Quotients, where the result is clamped, and the rotation before it is rounded. */
import { ROPE_FRACTION } from '../../tables/index.ts';
import type { OperatorWitness } from '../lowering-witness.ts';
import { ropeForm, type RopeNode } from './shape.ts';

export const ropeWitness: OperatorWitness<RopeNode> = ({ node, auxiliary }) => {
  const [quotient, remainder] = [auxiliary('quotient'), auxiliary('remainder')];
  const half = ropeForm(node).headDim / 2;
  return {
    quotient: () => quotient,
    // [rows, heads, 2, D/2]: both entries of a pair lie half a head apart.
    rotated: () => {
      const [entry, i] = node.order === 'half' ? [half, 1] : [1, 2];
      const [unit, middle] = [2 ** ROPE_FRACTION, 2 ** (ROPE_FRACTION - 1)];
      const rotated = new Int32Array(quotient.length);
      let cell = 0;
      for (let head = 0; head < rotated.length; head += 2 * half) {
        for (let e = 0; e < 2; e++) {
          for (let k = 0, at = head + e * entry; k < half; k++, at += i) {
            rotated[cell++] = unit * (quotient[at] as number) + (remainder[at] as number) - middle;
          }
        }
      }
      return rotated;
    },
  };
};

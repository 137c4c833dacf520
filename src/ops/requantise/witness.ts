/** Quotients, where the result is clamped. */
import type { OperatorWitness } from '../lowering-witness.ts';

export const requantiseWitness: OperatorWitness = ({ auxiliary }) => ({
  quotient: () => auxiliary('quotient'),
});

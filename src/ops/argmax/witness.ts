/** Values of the choices, leads over all others, and digits of both. */
import { intervalDigits, shiftedRight } from '../interval.ts';
import type { OperatorWitness } from '../lowering-witness.ts';
import { CHOICE_BITS, LEAD_LOW, type ArgmaxNode } from './shape.ts';

export const argmaxWitness: OperatorWitness<ArgmaxNode> = ({ auxiliary }) => {
  const chosen = auxiliary('chosen');
  const lead = auxiliary('lead');
  const moved = chosen.map((value) => value + 2 ** (CHOICE_BITS - 1));
  return {
    chosen: () => chosen,
    ...intervalDigits('chosen', moved, 2 ** CHOICE_BITS),
    lead: () => lead,
    'lead-high': () => shiftedRight(lead, LEAD_LOW),
  };
};

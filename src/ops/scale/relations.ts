/** A multiple of what is there: nothing is committed. */
import type { Relations } from '../lowering.ts';
import type { ScaleNode } from './shape.ts';

export const scaleRelations: Relations<ScaleNode> = ({ name, input, power }, to) => {
  const parts = to.value(input).parts.map((part) => ({
    ...part,
    coefficient: part.coefficient * 2 ** power,
  }));
  to.define(name, parts);
};

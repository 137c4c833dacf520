/** A sum of what is there: nothing is committed. */
import type { Relations } from '../lowering.ts';
import type { AddNode } from './shape.ts';

export const addRelations: Relations<AddNode> = ({ name, left, right }, to) => {
  to.define(name, [...to.value(left).parts, ...to.value(right).parts]);
};

/** The operators by name: adding one is a folder under ops/ and a line here (and its node in `graph.ts`). */
import { activation } from '../ops/activation/shape.ts';
import { add } from '../ops/add/shape.ts';
import { argmax } from '../ops/argmax/shape.ts';
import { attention } from '../ops/attention/shape.ts';
import { centre } from '../ops/centre/shape.ts';
import { concat } from '../ops/concat/shape.ts';
import { embedding } from '../ops/embedding/shape.ts';
import { emit } from '../ops/emit/shape.ts';
import { input } from '../ops/input/shape.ts';
import { linear } from '../ops/linear/shape.ts';
import type { NodeBase, Operator } from '../ops/operator.ts';
import { product } from '../ops/product/shape.ts';
import { requantise } from '../ops/requantise/shape.ts';
import { rmsnorm } from '../ops/rmsnorm/shape.ts';
import { rope } from '../ops/rope/shape.ts';
import { scale } from '../ops/scale/shape.ts';

const ALL = [
  activation,
  add,
  argmax,
  attention,
  centre,
  concat,
  embedding,
  emit,
  input,
  linear,
  product,
  requantise,
  rmsnorm,
  rope,
  scale,
];

/** Every operator by its name. */
export const OPERATORS: ReadonlyMap<string, Operator<NodeBase>> = new Map(ALL.map((op) => [op.op, op]));

/** The operator of a node of a checked graph. */
export function operatorOf(node: NodeBase): Operator<NodeBase> {
  return OPERATORS.get(node.op) as Operator<NodeBase>;
}

/** Names that the fields of one kind hold, in the order of the fields. */
export function references(node: NodeBase, kind: 'tensor' | 'weight' | 'table'): string[] {
  const values = node as unknown as Readonly<Record<string, string | undefined>>;
  return Object.entries(operatorOf(node).fields).flatMap(([key, field]) => {
    const value = values[key];
    return field.kind === kind && value !== undefined ? [value] : [];
  });
}

/** Ids of all tables that a node uses. */
export function tablesOf(node: NodeBase): readonly string[] {
  return [...references(node, 'table'), ...(operatorOf(node).tables?.(node) ?? [])];
}

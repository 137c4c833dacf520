/** The relations of every operator by its name. */
import { addRelations } from '../ops/add/relations.ts';
import { inputRelations } from '../ops/input/relations.ts';
import { linearRelations } from '../ops/linear/relations.ts';
import type { Relations } from '../ops/lowering.ts';
import type { NodeBase } from '../ops/operator.ts';
import { requantiseRelations } from '../ops/requantise/relations.ts';
import { scaleRelations } from '../ops/scale/relations.ts';
import type { GraphNode } from './graph.ts';

type ByOperator = { readonly [N in GraphNode as N['op']]?: Relations<N> };

const RELATIONS: ByOperator = {
  add: addRelations,
  input: inputRelations,
  linear: linearRelations,
  requantise: requantiseRelations,
  scale: scaleRelations,
};

/** The relations of a node's operator. */
export function relationsOf(node: GraphNode): Relations<NodeBase> {
  return RELATIONS[node.op] as unknown as Relations<NodeBase>;
}

/** The relations of every operator by its name. */
import { activationRelations } from '../ops/activation/relations.ts';
import { addRelations } from '../ops/add/relations.ts';
import { argmaxRelations } from '../ops/argmax/relations.ts';
import { attentionRelations } from '../ops/attention/relations.ts';
import { centreRelations } from '../ops/centre/relations.ts';
import { concatRelations } from '../ops/concat/relations.ts';
import { embeddingRelations } from '../ops/embedding/relations.ts';
import { emitRelations } from '../ops/emit/relations.ts';
import { inputRelations } from '../ops/input/relations.ts';
import { linearRelations } from '../ops/linear/relations.ts';
import { productRelations } from '../ops/product/relations.ts';
import { requantiseRelations } from '../ops/requantise/relations.ts';
import { rmsnormRelations } from '../ops/rmsnorm/relations.ts';
import { ropeRelations } from '../ops/rope/relations.ts';
import { scaleRelations } from '../ops/scale/relations.ts';
import type { Relations } from '../ops/lowering.ts';
import type { NodeBase } from '../ops/operator.ts';
import type { GraphNode } from './graph.ts';

type ByOperator = { readonly [N in GraphNode as N['op']]: Relations<N> };

const RELATIONS: ByOperator = {
  activation: activationRelations,
  add: addRelations,
  argmax: argmaxRelations,
  attention: attentionRelations,
  centre: centreRelations,
  concat: concatRelations,
  embedding: embeddingRelations,
  emit: emitRelations,
  input: inputRelations,
  linear: linearRelations,
  product: productRelations,
  requantise: requantiseRelations,
  rmsnorm: rmsnormRelations,
  rope: ropeRelations,
  scale: scaleRelations,
};

/** The relations of a node's operator. */
export function relationsOf(node: GraphNode): Relations<NodeBase> {
  return RELATIONS[node.op] as unknown as Relations<NodeBase>;
}

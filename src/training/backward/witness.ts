/** From an executed step to the tensors of its program. */
import type { Graph } from '../../graph/graph.ts';
import { programWitness } from '../../graph/lower-witness.ts';
import type { RowMajor } from '../../relation/cells-prove.ts';
import type { Program } from '../../relation/program.ts';
import type { GraphPlan } from './plan.ts';
import type { GraphState } from './state.ts';
import { partCells, stateParts } from './state-parts.ts';
import { nextName } from './state-relations.ts';
import type { GraphStep } from './step.ts';

/** Cells of the witness tensors of a step. @param program of the same graph, plan and batch */
export function graphStepWitness(
  graph: Graph,
  program: Program,
  { forward, values }: Pick<GraphStep, 'forward' | 'values'>,
): { readonly tensors: Map<string, RowMajor> } {
  const isForward = ({ name }: { readonly name: string }): boolean => !values.has(name);
  const own = { ...program, tensors: program.tensors.filter(isForward), virtuals: [] };
  const { tensors } = programWitness(graph, own, forward);
  return { tensors: new Map<string, RowMajor>([...tensors, ...values]) };
}

/** Cells of the weights that a step reads and of those that it writes, by tensor. */
export function stateTensorCells(
  graph: Graph,
  plan: GraphPlan,
  before: GraphState,
  after: GraphState,
): Map<string, Int16Array> {
  return new Map(
    stateParts(graph, plan).flatMap((part) => [
      [part.name, partCells(part, before)] as const,
      [nextName(part), partCells(part, after)] as const,
    ]),
  );
}

/** From an executed step to the tensors of its program. */
import type { Graph } from '../../graph/graph.ts';
import { programWitness } from '../../graph/lower-witness.ts';
import type { RowMajor } from '../../relation/cells-prove.ts';
import type { Program } from '../../relation/program.ts';
import type { GraphPlan } from './plan.ts';
import type { GraphState } from './state.ts';
import { partCells, stateParts } from './state-parts.ts';
import type { PublicBatch } from './batch.ts';
import { graphStepProgram } from './program.ts';
import { nameInStep } from './stack.ts';
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

/**
 * Cells of all tensors of steps that are proven together: those that the proof commits, and those of the weights at both ends.
 *
 * @param first what the first one reads; undefined where it is public
 */
export function stepsWitness(
  graph: Graph,
  plan: GraphPlan,
  batches: readonly PublicBatch[],
  first: GraphState | undefined,
  runs: readonly GraphStep[],
): { readonly tensors: Map<string, RowMajor>; readonly statics: Map<string, Int16Array> } {
  const tensors = new Map<string, RowMajor>();
  const statics = new Map<string, Int16Array>();
  runs.forEach((run, step) => {
    const program = graphStepProgram(graph, plan, batches[step] as PublicBatch, true);
    const put = (into: Map<string, RowMajor>, name: string, cells: RowMajor): unknown =>
      into.set(runs.length === 1 ? name : nameInStep(step, name), cells);
    for (const [name, cells] of graphStepWitness(graph, program, run).tensors) put(tensors, name, cells);
    const written = step === runs.length - 1 ? statics : tensors;
    for (const [name, cells] of writtenCells(graph, plan, run.next)) put(written, name, cells);
    if (step === 0 && first !== undefined) for (const [name, cells] of readCells(graph, plan, first)) put(statics, name, cells); // prettier-ignore
  });
  return { tensors, statics };
}

/** Cells of the weights that a step reads and of those that it writes, by tensor. */
export function stateTensorCells(
  graph: Graph,
  plan: GraphPlan,
  before: GraphState,
  after: GraphState,
): Map<string, Int16Array> {
  return new Map([...readCells(graph, plan, before), ...writtenCells(graph, plan, after)]);
}

function readCells(graph: Graph, plan: GraphPlan, state: GraphState): [string, Int16Array][] {
  return stateParts(graph, plan).map((part) => [part.name, partCells(part, state)]);
}

function writtenCells(graph: Graph, plan: GraphPlan, state: GraphState): [string, Int16Array][] {
  return stateParts(graph, plan).map((part) => [nextName(part), partCells(part, state)]);
}

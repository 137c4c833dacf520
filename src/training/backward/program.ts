/** A step of training a graph as one program: the pass, the loss, the way back, the update. spec/training-operators.md section 8. */
import { checkGraph } from '../../graph/check.ts';
import type { Graph } from '../../graph/graph.ts';
import { lowerGraphWith } from '../../graph/lower.ts';
import { refuse } from '../../errors/proof-error.ts';
import type { Program } from '../../relation/program.ts';
import { passOf, type TokenBatch } from './batch.ts';
import type { RowIds } from './embedding/relations.ts';
import { graphBackRelations } from './graph-relations.ts';
import { lossBackRelations } from './loss/relations.ts';
import { partsOn } from './parts.ts';
import { checkGraphPlan, type GraphPlan } from './plan.ts';
import { stateTensors, updateRelations } from './state-relations.ts';

/**
 * The program of a step: the same for whoever proves and whoever verifies.
 *
 * @throws ProofError `PLAN`, `TOKEN`, `PASS_ROWS`; as `checkGraph`
 * @example
 * checkProgram(koalaBear, graphStepProgram(graph, plan, { tokens: [1, 2, 3], targets: [2, 3, 4], starts: [0] }));
 */
export function graphStepProgram(graph: Graph, plan: GraphPlan, batch: TokenBatch): Program {
  const info = checkGraph(graph);
  const places = checkGraphPlan(graph, info, plan);
  const { tokens, targets } = batch;
  checkTargets(targets, tokens.length, info.tensors.get(graph.output)?.width as number);
  const program = lowerGraphWith(graph, passOf(batch), (to) => {
    const b = partsOn(to);
    const known = (ids: readonly number[]): RowIds => ({ kind: 'public', ids });
    const logits = lossBackRelations(b, b.result(graph.output), known(targets), plan.gradient.fraction);
    const moves = graphBackRelations(b, graph, plan, places, logits, known(tokens));
    updateRelations(b, graph, plan, moves);
  });
  return { ...program, tensors: [...program.tensors, ...stateTensors(graph)] };
}

function checkTargets(targets: readonly number[], rows: number, classes: number): void {
  if (targets.length !== rows) refuse('TOKEN', 'targets', `expected ${rows}, got ${targets.length}`);
  const strange = targets.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= classes);
  if (strange >= 0) refuse('TOKEN', 'targets', `row ${strange}: expected an id below ${classes}`);
}

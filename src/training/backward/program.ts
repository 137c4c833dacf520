/** A step of training a graph as one program: the pass, the loss, the way back, the update. spec/training-operators.md section 8. */
import { checkGraph } from '../../graph/check.ts';
import type { Graph } from '../../graph/graph.ts';
import { lowerGraphWith } from '../../graph/lower.ts';
import { refuse } from '../../errors/proof-error.ts';
import type { EmbeddingNode } from '../../ops/embedding/shape.ts';
import type { Program, Tensor } from '../../relation/program.ts';
import { passOf, planFor, type CorpusBatch, type PublicBatch, type TokenBatch } from './batch.ts';
import { CORPUS, corpusRelations } from './corpus/relations.ts';
import type { RowIds } from './embedding/relations.ts';
import { graphBackRelations } from './graph-relations.ts';
import { lossBackRelations } from './loss/relations.ts';
import { partsOn } from './parts.ts';
import { checkGraphPlan, type GraphPlan } from './plan.ts';
import { stackedProgram } from './stack.ts';
import { stateParts } from './state-parts.ts';
import { stateTensors, TOKENS, updateRelations } from './state-relations.ts';

/**
 * The program of steps one behind the other, each on a batch of its own.
 *
 * @param written whether a proven step wrote the weights that the first one reads
 * @throws ProofError as `graphStepProgram`; RangeError for no step
 */
export function graphStepsProgram(
  graph: Graph,
  plan: GraphPlan,
  batches: readonly PublicBatch[],
  written = false,
): Program {
  if (batches.length === 0) throw new RangeError('batches: expected one at least, got none');
  const programs = batches.map((batch, i) => graphStepProgram(graph, plan, batch, written || i > 0));
  return stackedProgram(programs, stateParts(graph, plan));
}

/**
 * The program of a step: the same for whoever proves and whoever verifies.
 *
 * @param ofRun the plan, but for a rate that the batch may have
 * @param written whether a proven step wrote the weights that this one reads. Those of a first step nobody looked up before: it does
 * @throws ProofError `PLAN`, `TOKEN`, `PASS_ROWS`; as `checkGraph`
 * @example
 * checkProgram(koalaBear, graphStepProgram(graph, plan, { tokens: [1, 2, 3], targets: [2, 3, 4], starts: [0] }));
 */
export function graphStepProgram(
  graph: Graph,
  ofRun: GraphPlan,
  batch: PublicBatch,
  written = false,
): Program {
  const plan = planFor(ofRun, batch);
  const info = checkGraph(graph);
  const places = checkGraphPlan(graph, info, plan);
  const classes = info.tensors.get(graph.output)?.width as number;
  if ('tokens' in batch) checkIds(batch, classes);
  else checkPlaces(batch);
  const program = lowerGraphWith(graph, passOf(batch), (to) => {
    const b = partsOn(to);
    const { ids, targets } =
      'tokens' in batch ? publicIds(batch) : corpusRelations(b, embeddingOf(graph), batch, classes);
    const logits = lossBackRelations(b, b.result(graph.output), targets, plan.gradient.fraction);
    const moves = graphBackRelations(b, graph, plan, places, logits, ids);
    updateRelations(b, graph, plan, moves, written);
  });
  const corpus: Tensor[] =
    'tokens' in batch ? [] : [{ kind: 'static', name: CORPUS, shape: [batch.corpus], group: TOKENS }];
  return { ...program, tensors: [...program.tensors, ...stateTensors(graph, plan), ...corpus] };
}

function publicIds({ tokens, targets }: TokenBatch): { readonly ids: RowIds; readonly targets: RowIds } {
  return { ids: { kind: 'public', ids: tokens }, targets: { kind: 'public', ids: targets } };
}

/** The one embedding of a graph with private ids (`publicRows` refuses others). */
function embeddingOf({ nodes }: Graph): EmbeddingNode {
  return nodes.find((node) => node.op === 'embedding') as EmbeddingNode;
}

/** That ids are below the vocabulary is the embedding's to say. */
function checkIds({ tokens, targets }: TokenBatch, classes: number): void {
  const rows = tokens.length;
  // What stands for a private token in a pass is no id: nobody but the prover would know what this row read.
  const hidden = tokens.findIndex((id) => !Number.isInteger(id) || id < 0);
  if (hidden >= 0) refuse('TOKEN', 'tokens', `row ${hidden}: expected an id`);
  if (targets.length !== rows) refuse('TOKEN', 'targets', `expected ${rows}, got ${targets.length}`);
  const strange = targets.findIndex((id) => !Number.isInteger(id) || id < 0 || id >= classes);
  if (strange >= 0) refuse('TOKEN', 'targets', `row ${strange}: expected an id below ${classes}`);
}

function checkPlaces({ at, corpus }: CorpusBatch): void {
  const strange = at.findIndex((i) => !Number.isInteger(i) || i < 0 || i + 1 >= corpus);
  if (strange >= 0) refuse('TOKEN', 'batch', `row ${strange}: expected a place below ${corpus - 1}`);
}

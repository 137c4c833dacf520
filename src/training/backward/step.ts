/** One step of training a graph on tokens, in exact integers. What is proven is this, bit for bit. spec/training-operators.md section 8. */
import { checkGraph } from '../../graph/check.ts';
import type { ExecuteOptions } from '../../graph/execute.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { executePass } from '../../graph/lower-witness.ts';
import { publicRows, type Pass } from '../../graph/pass.ts';
import type { Execution } from '../../graph/session.ts';
import { attentionWitness } from '../../ops/attention/witness.ts';
import { PRIVATE_TOKEN } from '../../ops/lowering.ts';
import type { WeightData } from '../../ops/tensor.ts';
import type { EmbeddingNode } from '../../ops/embedding/shape.ts';
import type { AttentionNode } from '../../ops/attention/shape.ts';
import { corpusRows } from './corpus/eval.ts';
import { passOf, planFor, type TokenBatch } from './batch.ts';
import { graphBack, type BackPass, type ForwardPass } from './graph-eval.ts';
import { lossBack } from './loss/eval.ts';
import { checkGraphPlan, type GraphPlan } from './plan.ts';
import { movedState, weightState, type GraphState } from './state.ts';

export interface StepOptions extends ExecuteOptions {
  /** Tokens are those of a committed corpus. Default: public. */
  readonly hidden?: boolean;
}

/** A step with everything that its proof commits. */
export interface GraphStep extends BackPass {
  readonly next: GraphState;
  readonly forward: Execution<Int32Array>;
}

/**
 * @param ofRun the plan, but for a rate that the batch may have
 * @throws ProofError `PLAN` for a graph that cannot be trained so, `TOKEN`, `PASS_ROWS`, and `UNPROVABLE` naming node, row and column of a value
 *   beyond its bits
 */
export function graphStep(
  graph: Graph,
  ofRun: GraphPlan,
  state: GraphState,
  batch: TokenBatch,
  { hidden = false, ...options }: StepOptions = {},
): GraphStep {
  const plan = planFor(ofRun, batch);
  const info = checkGraph(graph);
  const places = checkGraphPlan(graph, info, plan);
  const { tokens } = batch;
  // A pass of private tokens computes what proofs of these commit.
  const pass = { ...passOf(batch), ...(hidden && { tokens: tokens.map(() => PRIVATE_TOKEN) }) };
  const weights = (name: string): WeightData => weightState(state, name).weight;
  const own = { ...options, privateTokens: hidden ? tokens : [] };
  const forward = executePass(graph, weights, pass, {}, own);
  const logits = resultOf(forward, graph.output);
  const { fraction } = plan.gradient;
  const loss = lossBack(logits.data, batch.targets, logits.width, fraction);
  const back = graphBack(
    graph,
    plan,
    places,
    forwardPass(graph, { ...pass, tokens }, forward, weights),
    loss['gradient'] as Int32Array,
  );
  const vocabulary = (name: string): number => info.weights.get(name)?.shape[0] as number;
  const embedding = graph.nodes.find(({ op }) => op === 'embedding') as EmbeddingNode | undefined;
  const rows = hidden && embedding ? corpusRows(batch, vocabulary(embedding.table), logits.width) : {};
  const softmax = Object.entries(loss).map(([name, cells]) => [`softmax/${name}`, cells] as const);
  return {
    forward,
    values: new Map([...Object.entries(rows), ...softmax, ...back.values]),
    weights: back.weights,
    next: movedState(graph, plan, state, back.weights),
  };
}

function resultOf({ tensors }: Execution<Int32Array>, name: string) {
  const found = tensors.get(name);
  if (found === undefined) throw new Error(`step: expected a result of ${name}`);
  return found;
}

/** What the way back reads of an execution. */
function forwardPass(
  graph: Graph,
  pass: Pass,
  forward: Execution<Int32Array>,
  weights: (name: string) => WeightData,
): ForwardPass {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const shapes = new Map(graph.weights.map(({ name, shape }) => [name, shape]));
  const auxiliary = (node: string, value: string): Int32Array =>
    forward.auxiliary.get(`${node}.${value}`) as Int32Array;
  const { positions, sequenceStart } = publicRows(graph, pass);
  return {
    ...{ tokens: pass.tokens as readonly number[], positions, sequenceStart },
    result: (node) => resultOf(forward, node),
    auxiliary,
    numerators(name, block) {
      const node = nodes.get(name) as GraphNode as AttentionNode;
      const made = attentionWitness({
        node,
        rows: pass.rows,
        auxiliary: (value) => auxiliary(name, value),
        wide: (value) => forward.auxiliary.get(`${name}.${value}`) as Float64Array,
        result: (of) => resultOf(forward, of),
        range: () => ({ min: 0, max: 0 }),
      });
      return (made[`numerator-${block}`] as () => Int32Array)();
    },
    weight: (name) => ({ data: weights(name), shape: shapes.get(name) as readonly number[] }),
  };
}

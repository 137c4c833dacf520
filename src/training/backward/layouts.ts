/** What the cells of the weights of a graph in training mean. spec/training-operators.md section 9. */
import { checkGraph } from '../../graph/check.ts';
import type { Graph } from '../../graph/graph.ts';
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { GroupKey } from '../../pcs/key.ts';
import { digestOfLeaves } from '../../transcript/statement.ts';
import { DATA_LABEL, groupColumnsOf, STATE_LABEL } from '../layouts.ts';
import { checkGraphPlan, weightPlaces, type GraphPlan } from './plan.ts';
import { stateParts } from './state-parts.ts';

/** Shapes of the tensors of a group, in order. */
export function graphStateShapes(graph: Graph, plan: GraphPlan): readonly (readonly number[])[] {
  return stateParts(graph, plan).map(({ own }) => own.shape);
}

/** Names the meaning of the cells: the same for what one step writes and the next one reads. */
export function graphStateLayout(graph: Graph, plan: GraphPlan): Uint8Array<ArrayBuffer> {
  const { momentum } = plan;
  const integer = (label: string, value: number) => ({ label, type: 'integer' as const, value });
  return digestOfLeaves('zkdl graph state layout 1', [
    integer('low', plan.low),
    ...graph.weights.flatMap(({ name, shape, bits }, i) => [
      { label: `weight-${i}`, type: 'text' as const, value: name },
      ...shape.map((size, d) => integer(`size-${i}-${d}`, size)),
      integer(`bits-${i}`, bits),
      integer(`places-${i}`, weightPlaces(plan, name)),
    ]),
    ...(momentum === undefined
      ? []
      : [integer('momentum-high', momentum.high), integer('momentum-low', momentum.low)]),
  ]);
}

/** Names everything that a plan says of a graph. @throws ProofError `PLAN` for a weight that it does not name */
export function graphPlanDigest(graph: Graph, plan: GraphPlan): Uint8Array<ArrayBuffer> {
  const { norms, gradient, low, rate, ratePlaces, momentum } = plan;
  const integer = (label: string, value: number) => ({ label, type: 'integer' as const, value });
  return digestOfLeaves('zkdl graph plan 1', [
    integer('norms', norms),
    integer('gradient-bits', gradient.bits),
    integer('gradient-fraction', gradient.fraction),
    integer('low', low),
    integer('rate', rate),
    integer('rate-places', ratePlaces),
    ...graph.weights.map(({ name }, i) => integer(`places-${i}`, weightPlaces(plan, name))),
    ...(gradient.guard === undefined ? [] : [integer('gradient-guard', gradient.guard)]),
    ...(['shift', 'high', 'low'] as const).flatMap((part) =>
      momentum === undefined ? [] : [integer(`momentum-${part}`, momentum[part])],
    ),
  ]);
}

/**
 * Checks that a key is of weights of this graph in training.
 *
 * @throws ProofError `PLAN` for a graph that is not trained so, `KEY_LAYOUT` for another layout, label, lifetime or number of columns
 */
export function checkGraphStateKey(graph: Graph, plan: GraphPlan, key: GroupKey, stage: string): void {
  checkGraphPlan(graph, checkGraph(graph), plan);
  const wrong = (detail: string): never => refuse('KEY_LAYOUT', stage, `weights: ${detail}`);
  if (!sameBytes(key.layout, graphStateLayout(graph, plan)))
    wrong('expected the layout of the plan, got another');
  const { label, lifetime, columns } = key.group;
  if (lifetime !== 'carried' || label !== STATE_LABEL) {
    wrong(`expected a carried group ${STATE_LABEL}, got ${lifetime} ${label}`);
  }
  const expected = groupColumnsOf(graphStateShapes(graph, plan), key.parameters.code.logData);
  if (columns !== expected) wrong(`expected ${expected} columns, got ${columns}`);
}

/** Names the meaning of the cells of a corpus: token ids, one after the other. */
export function corpusLayout(tokens: number): Uint8Array<ArrayBuffer> {
  return digestOfLeaves('zkdl corpus layout 1', [{ label: 'tokens', type: 'integer', value: tokens }]);
}

/** @throws ProofError `KEY_LAYOUT` for a key of another number of tokens, label, lifetime or number of columns */
export function checkCorpusKey(tokens: number, key: GroupKey): void {
  const wrong = (detail: string): never => refuse('KEY_LAYOUT', 'corpus', detail);
  if (!sameBytes(key.layout, corpusLayout(tokens)))
    wrong(`expected a corpus of ${tokens} tokens, got another`);
  const { label, lifetime, columns } = key.group;
  if (lifetime !== 'static' || label !== DATA_LABEL) {
    wrong(`expected a static group ${DATA_LABEL}, got ${lifetime} ${label}`);
  }
  const expected = groupColumnsOf([[tokens]], key.parameters.code.logData);
  if (columns !== expected) wrong(`expected ${expected} columns, got ${columns}`);
}

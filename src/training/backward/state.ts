/** Weights of a graph during training, and how a step moves them. spec/training-operators.md section 8. */
import type { Graph } from '../../graph/graph.ts';
import type { WeightDeclaration } from '../../ops/operator.ts';
import { balanced } from '../../ops/tensor.ts';
import { split } from '../update.ts';
import type { LayerState } from '../state.ts';
import type { WeightSums } from './graph-eval.ts';
import { moveOf, type GraphPlan } from './plan.ts';

/** A weight is weight 2^low + rest; the passes read the first. */
export type WeightState = Pick<LayerState, 'weight' | 'rest'>;

/** By name. */
export type GraphState = ReadonlyMap<string, WeightState>;

/** Weights as the passes read them, with nothing below. @param entries of every weight, row-major */
export function stateOf(graph: Graph, entries: (name: string) => ArrayLike<number>): GraphState {
  return new Map(
    graph.weights.map(({ name }) => {
      const weight = Int16Array.from(entries(name));
      return [name, { weight, rest: new Int16Array(weight.length) }];
    }),
  );
}

/** The parts of a weight. @throws RangeError for a weight that the state does not have */
export function weightState(state: GraphState, name: string): WeightState {
  const own = state.get(name);
  if (own === undefined) throw new RangeError(`state: expected the weight ${name}, got none`);
  return own;
}

/**
 * V' = bal(V - sum of moves), in both parts.
 *
 * @param sums parts of the gradient of every weight
 * @throws ProofError `UNPROVABLE` for a weight beyond its bits
 */
export function movedState(
  graph: Graph,
  plan: GraphPlan,
  state: GraphState,
  sums: ReadonlyMap<string, readonly WeightSums[]>,
): GraphState {
  return new Map(graph.weights.map((own) => [own.name, moved(own, plan, state, sums.get(own.name) ?? [])]));
}

function moved(
  { name, shape, bits }: WeightDeclaration,
  plan: GraphPlan,
  state: GraphState,
  parts: readonly WeightSums[],
): WeightState {
  const { weight, rest } = weightState(state, name);
  const unit = 2 ** plan.low;
  const moves = parts.map((part) => ({ by: moveOf(plan, name, part.places), sums: part.sums }));
  const values = Int32Array.from(weight, (w, at) => {
    // A sum below 2^30 times a rate below 2^10 and 2^20 could be inexact: each product is reduced by itself, below 2^53 or not at all.
    let value = w * unit + (rest[at] as number);
    for (const { by, sums } of moves) value -= productOf(by, sums[at] as number);
    return balanced(value);
  });
  const [high, below] = split(`${name}: weights`, values, shape[1] as number, bits, plan.low);
  return { weight: high, rest: below };
}

/** bal(a b) for |a| <= 2^30 and |b| < 2^30, in two steps that are exact. */
function productOf(a: number, b: number): number {
  const low = a % 2 ** 15;
  const high = (a - low) / 2 ** 15;
  return balanced(balanced(high * b) * 2 ** 15 + low * b); // below 2^45, then below 2^46
}

/** Weights of a graph during training, and how a step moves them. spec/training-operators.md section 8. */
import type { Graph } from '../../graph/graph.ts';
import type { WeightDeclaration } from '../../ops/operator.ts';
import { balanced, unprovable } from '../../ops/tensor.ts';
import { split } from '../split.ts';
import type { WeightSums } from './graph-eval.ts';
import { countOf, lowOf, moveOf, unitOf, type GraphPlan } from './plan.ts';

/** A weight is weight 2^low + rest, low as `lowOf`; the passes read the first. With momentum high 2^low + low, of the plan's momentum. */
export interface WeightState {
  /** Of a bias up to 29 bits. */
  readonly weight: Int16Array | Int32Array;
  readonly rest: Int16Array;
  readonly high?: Int16Array;
  readonly low?: Int16Array;
}

/** The parts of a weight, in the order in which they are committed. */
export type StateKind = keyof WeightState;

/** By name. */
export type GraphState = ReadonlyMap<string, WeightState>;

/**
 * Weights as the passes read them, with nothing below; no momentum.
 *
 * @param entries of every weight, row-major, @param plan that these are trained by: where it has momentum, states have it
 */
export function stateOf(
  graph: Graph,
  entries: (name: string) => ArrayLike<number>,
  plan: Pick<GraphPlan, 'momentum'> = {},
): GraphState {
  return new Map(
    graph.weights.map(({ name, shape }) => {
      const weight = (shape.length === 1 ? Int32Array : Int16Array).from(entries(name));
      const none = (): Int16Array => new Int16Array(weight.length);
      const own = { weight, rest: none() };
      return [name, plan.momentum === undefined ? own : { ...own, high: none(), low: none() }];
    }),
  );
}

/** The parts of a weight. @throws RangeError for a weight that the state does not have */
export function weightState(state: GraphState, name: string): WeightState {
  const own = state.get(name);
  if (own === undefined) throw new RangeError(`state: expected the weight ${name}, got none`);
  return own;
}

/** One part of a weight. @throws RangeError for one that the state does not have */
export function partOf<K extends StateKind>(state: WeightState, kind: K): NonNullable<WeightState[K]> {
  const { [kind]: part } = state;
  if (part === undefined) throw new RangeError(`state: expected ${kind}, got none: the plan has momentum`);
  return part;
}

/**
 * V' = bal(V - sum of moves), in both parts; with momentum M' = bal(M - round(M, m) + G) and V' = bal(V - rate M').
 *
 * @param sums parts of the gradient of every weight
 * @throws ProofError `UNPROVABLE` for a weight or a momentum beyond its bits
 */
export function movedState(
  graph: Graph,
  plan: GraphPlan,
  state: GraphState,
  sums: ReadonlyMap<string, readonly WeightSums[]>,
): GraphState {
  return new Map(
    graph.weights.map((own) => {
      const [before, parts] = [weightState(state, own.name), sums.get(own.name) ?? []];
      if (plan.momentum === undefined) return [own.name, moved(own, plan, before, parts)] as const;
      const { momentum, ...kept } = momentumOf(own, plan, before, parts);
      const by = [{ places: unitOf(parts), sums: momentum }];
      return [own.name, { ...moved(own, plan, before, by), ...kept }] as const;
    }),
  );
}

function moved(
  own: WeightDeclaration,
  plan: GraphPlan,
  { weight, rest }: WeightState,
  parts: readonly WeightSums[],
): Pick<WeightState, 'weight' | 'rest'> {
  const { name, shape, bits } = own;
  const low = lowOf(plan, own);
  const moves = parts.map((part) => ({ by: moveOf(plan, own, part.places), sums: part.sums }));
  const values = Int32Array.from(weight, (w, at) => {
    // A sum below 2^30 times a rate below 2^10 and 2^20 could be inexact: each product is reduced by itself, below 2^53 or not at all.
    let value = w * 2 ** low + (rest[at] as number);
    for (const { by, sums } of moves) value -= productOf(by, sums[at] as number);
    return balanced(value);
  });
  const stage = `${name}: weights`;
  if (shape.length === 1) return splitBias(stage, values, bits, low);
  const [high, below] = split(stage, values, shape[1] as number, bits, low);
  return { weight: high, rest: below };
}

/** As `split`, of up to 29 bits above. */
function splitBias(
  stage: string,
  values: Int32Array,
  bits: number,
  low: number,
): { readonly weight: Int32Array; readonly rest: Int16Array } {
  const [limit, half] = [2 ** (bits - 1), 2 ** (low - 1)];
  const weight = values.map((value) => (value + half) >> low); // below 2^30 + 2^14
  const strange = weight.findIndex((top) => top < -limit || top >= limit);
  if (strange >= 0) unprovable(stage, strange, 0, `expected ${bits} bits`);
  return { weight, rest: Int16Array.from(values, (value, o) => value - ((weight[o] as number) << low)) };
}

/** M' whole, and in its parts. */
function momentumOf(
  { name, shape }: WeightDeclaration,
  plan: GraphPlan,
  state: WeightState,
  parts: readonly WeightSums[],
): { readonly momentum: Int32Array; readonly high: Int16Array; readonly low: Int16Array } {
  const { shift, ...bits } = plan.momentum as NonNullable<GraphPlan['momentum']>;
  const [before, below] = [partOf(state, 'high'), partOf(state, 'low')];
  const [unit, half] = [2 ** bits.low, 2 ** (shift - 1)];
  const added = parts.map(({ places, sums }) => ({ by: countOf(name, places, unitOf(parts)), sums }));
  const momentum = Int32Array.from(before, (top, at) => {
    const own = top * unit + (below[at] as number); // of 30 bits
    let value = own - ((own + half) >> shift);
    for (const { by, sums } of added) value += productOf(by, sums[at] as number);
    return balanced(value);
  });
  const [high, low] = split(`${name}: momentum`, momentum, shape[1] ?? 1, bits.high, bits.low);
  return { momentum, high, low };
}

/** bal(a b) for |a| <= 2^30 and |b| < 2^30, in two steps that are exact. */
function productOf(a: number, b: number): number {
  const low = a % 2 ** 15;
  const high = (a - low) / 2 ** 15;
  return balanced(balanced(high * b) * 2 ** 15 + low * b); // below 2^45, then below 2^46
}

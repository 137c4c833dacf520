/**
 * The committed parts of weights in training: their tensors, in order, and what each counts. What one step writes the next one reads, and so does an
 * answer. spec/graph-step-program.md section 1.
 */
import type { Graph } from '../../graph/graph.ts';
import { staticCells } from '../../graph/static-tensors.ts';
import { matrixTensor, VECTOR_DIGIT, vectorParts, type Part } from '../../ops/lowering.ts';
import type { WeightDeclaration } from '../../ops/operator.ts';
import { unprovable } from '../../ops/tensor.ts';
import type { Range } from '../../relation/program.ts';
import { signed, unsigned } from '../program-parts.ts';
import type { GraphMomentum } from './momentum.ts';
import { lowOf, type GraphPlan } from './plan.ts';
import { partOf, weightState, type GraphState, type StateKind, type WeightState } from './state.ts';

/** A committed tensor of a weight, with as many cells. */
export interface StatePart {
  readonly own: WeightDeclaration;
  readonly kind: StateKind;
  /** In the group that a step reads; with `next/` before it in the one that it writes. */
  readonly name: string;
  readonly range: Range;
  /** How often a cell counts in the weight, or in its momentum. */
  readonly counts: number;
}

/** Kinds of parts, in the order in which they are committed. */
function kindsOf({ momentum }: Pick<GraphPlan, 'momentum'>): readonly StateKind[] {
  return momentum === undefined ? ['weight', 'rest'] : ['weight', 'rest', 'high', 'low'];
}

/** All parts in the order of a group: what the passes read of every weight, then the bits below, then both parts of momenta. */
export function stateParts({ weights }: Graph, plan: GraphPlan): readonly StatePart[] {
  return kindsOf(plan).flatMap((kind) => weights.flatMap((own) => partsOfKind(plan, own, kind)));
}

/** The parts of one weight, in the same order. */
export function partsOf(plan: GraphPlan, own: WeightDeclaration): readonly StatePart[] {
  return kindsOf(plan).flatMap((kind) => partsOfKind(plan, own, kind));
}

/** One, but of what the passes read of a bias beyond 16 bits two digits. */
function partsOfKind(plan: GraphPlan, own: WeightDeclaration, kind: StateKind): StatePart[] {
  const below = lowOf(plan, own);
  if (kind === 'weight') {
    const read = tensorsRead(own).map(({ tensor, coefficient }) => {
      return { own, kind, name: tensor, counts: 2 ** below * coefficient };
    });
    const ranges = read.length === 1 ? [signed(own.bits)] : [unsigned(VECTOR_DIGIT), signed(own.bits - VECTOR_DIGIT)]; // prettier-ignore
    return read.map((part, i) => ({ ...part, range: ranges[i] as Range }));
  }
  const momentum = plan.momentum as GraphMomentum;
  const bits = kind === 'rest' ? below : momentum[kind];
  const counts = kind === 'high' ? 2 ** momentum.low : 1;
  return [{ own, kind, name: `${kind}/${own.name}`, range: signed(bits), counts }];
}

/** What the passes read of a weight. */
function tensorsRead(own: WeightDeclaration): readonly Part[] {
  return own.shape.length === 1 ? vectorParts(own) : [{ coefficient: 1, tensor: matrixTensor(own.name) }];
}

/** The cells of a part. @throws RangeError for one that the state does not have */
export function partCells({ own, kind, name }: StatePart, state: GraphState): Int16Array {
  const cells = weightState(state, own.name);
  return kind === 'weight' ? (staticCells(own, cells.weight).get(name) as Int16Array) : partOf(cells, kind);
}

/**
 * That weights and momenta are within their bits, which a first step looks up.
 *
 * @throws ProofError `UNPROVABLE` naming the first that is not, without its value
 */
export function checkState(graph: Graph, plan: GraphPlan, state: GraphState): void {
  for (const part of stateParts(graph, plan)) {
    const { own, name, range } = part;
    const at = partCells(part, state).findIndex((x) => x < range.min || x > range.max);
    const width = own.shape[1] ?? 1;
    if (at >= 0) unprovable(name, Math.floor(at / width), at % width, 'expected its bits');
  }
}

/** The state whose parts have these cells. @param cells of all parts, in their order */
export function stateFrom(graph: Graph, plan: GraphPlan, cells: readonly Int16Array[]): GraphState {
  const byName = new Map(stateParts(graph, plan).map(({ name }, i) => [name, cells[i] as Int16Array]));
  const entries = (own: WeightDeclaration, kind: StateKind): Int16Array | Int32Array => {
    const [low, high] = partsOfKind(plan, own, kind).map(({ name }) => byName.get(name)) as [Int16Array, Int16Array?]; // prettier-ignore
    if (kind !== 'weight' || own.shape.length === 2) return low;
    return Int32Array.from(low, (b, i) => b + 2 ** VECTOR_DIGIT * (high?.[i] ?? 0));
  };
  return new Map(
    graph.weights.map((own) => {
      const parts = kindsOf(plan).map((kind) => [kind, entries(own, kind)] as const);
      return [own.name, Object.fromEntries(parts) as unknown as WeightState] as const;
    }),
  );
}

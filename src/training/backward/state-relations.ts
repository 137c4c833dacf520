/** Weights and momenta before and after a step: nothing committed beside them, a lookup for each part of each, one more with momentum. */
import type { Graph } from '../../graph/graph.ts';
import { matrixTensor } from '../../ops/lowering.ts';
import type { WeightDeclaration } from '../../ops/operator.ts';
import { handleOf, term } from '../../relation/handles.ts';
import type { Index, Tensor, Term, View } from '../../relation/program.ts';
import type { Momentum } from '../plan.ts';
import { addTable } from '../program-parts.ts';
import type { StateKind } from '../state.ts';
import { remainderTable } from '../tables.ts';
import type { WeightTerm } from './graph-relations.ts';
import type { Matrix, Parts } from './parts.ts';
import { countOf, moveOf, unitOf, type GraphPlan } from './plan.ts';
import { graphStateKinds, kindBits } from './state.ts';

/** Groups of a step's program: the weights that it reads, those that it writes, and tokens where these are committed. */
const BEFORE = 0;
const AFTER = 1;
export const TOKENS = 2;

/** Name of a part of a weight in the group that a step reads, and in the one that it writes. */
export function partName(kind: StateKind, weight: string): string {
  return kind === 'weight' ? matrixTensor(weight) : `${kind}/${weight}`;
}
export function nextName(kind: StateKind, weight: string): string {
  return `next/${partName(kind, weight)}`;
}

/**
 * What a step's program commits beside the matrices of the graph. Either group has the matrices in the order of the graph, then the
 * bits below in the same order, then both parts of momenta: what one step writes the next one reads.
 */
export function stateTensors(graph: Graph, plan: GraphPlan): Tensor[] {
  const written = graphStateKinds(plan).flatMap((kind) =>
    partTensors(graph, (own) => nextName(kind, own), AFTER),
  );
  return [...readTensorsBeside(graph, plan), ...written];
}

/** What the group that is read holds beside the matrices of the graph, in its order. */
export function readTensorsBeside(graph: Graph, plan: Pick<GraphPlan, 'momentum'>): Tensor[] {
  const [, ...others] = graphStateKinds(plan);
  return others.flatMap((kind) => partTensors(graph, (own) => partName(kind, own), BEFORE));
}

function partTensors({ weights }: Graph, name: (weight: string) => string, group: number): Tensor[] {
  return weights.map((own) => ({ kind: 'static', name: name(own.name), shape: own.shape, group }));
}

/** A weight with its places in the program. */
interface Moved {
  readonly own: WeightDeclaration;
  readonly indices: readonly [Index, Index];
  before(kind: StateKind): View;
  after(kind: StateKind): View;
}

/** V' = V - moves, with momentum V' = V - rate M': one pair (W', R') of bits + low <= 30 bits fits a residue. */
export function updateRelations(
  b: Parts,
  graph: Graph,
  plan: GraphPlan,
  moves: ReadonlyMap<string, readonly WeightTerm[]>,
): void {
  for (const own of graph.weights) {
    const [rows, columns] = own.shape as readonly [number, number];
    const indices = [b.index('o', rows), b.index('k', columns)] as const;
    const cell = (name: string): View => (handleOf(name, [rows, columns] as const) as Matrix).at(...indices);
    const moved: Moved = {
      ...{ own, indices },
      before: (kind) => cell(partName(kind, own.name)),
      after: (kind) => cell(nextName(kind, own.name)),
    };
    const parts = moves.get(own.name) ?? [];
    if (plan.momentum !== undefined) momentumRelations(b, plan, moved, parts);
    updateRelation(b, plan, moved, parts);
    for (const kind of graphStateKinds(plan)) {
      const bits = kindBits(plan, own, kind);
      const key = [term(1, moved.after(kind)), term(2 ** (bits - 1))];
      b.lookup(`${nextName(kind, own.name)}/range`, indices, b.digits(bits), key);
    }
  }
}

function updateRelation(b: Parts, plan: GraphPlan, of: Moved, parts: readonly WeightTerm[]): void {
  const { name } = of.own;
  const by = parts.map(({ places, term: own }) => own(moveOf(plan, name, places), of.indices));
  const unit = 2 ** plan.low;
  b.zero(`update/${name}`, of.indices, [
    term(unit, of.after('weight')),
    term(1, of.after('rest')),
    term(-unit, of.before('weight')),
    term(-1, of.before('rest')),
    ...(plan.momentum === undefined ? by : momentumTerms(plan, of.after, moveOf(plan, name, unitOf(parts)))),
  ]);
}

/** coefficient M */
function momentumTerms({ momentum }: GraphPlan, at: Moved['before'], coefficient: number): Term[] {
  const { low } = momentum as Momentum;
  return [term(coefficient * 2 ** low, at('high')), term(coefficient, at('low'))];
}

/**
 * M' = M - round(M, m) + G, as 2^m M' - ((2^m - 1) M + 2^m G) + 2^(m-1) = (M + 2^(m-1)) mod 2^m: what rounding leaves of M, a function of its low part.
 * So one M' fits; within [0, 2^m) alone others would, by multiples of 2^-m modulo p away.
 */
function momentumRelations(b: Parts, plan: GraphPlan, of: Moved, parts: readonly WeightTerm[]): void {
  const { shift, low } = plan.momentum as Momentum;
  const [name, whole, unit] = [`momentum/${of.own.name}`, 2 ** shift, unitOf(parts)];
  const gradient = parts.map(({ places, term: own }) =>
    own(-whole * countOf(of.own.name, places, unit), of.indices),
  );
  const key = [term(1, of.before('low')), term(2 ** (low - 1))];
  b.lookup(`${name}/remainder`, of.indices, addTable(b, remainderTable(low, shift)), key, [
    ...momentumTerms(plan, of.after, whole),
    ...momentumTerms(plan, of.before, 1 - whole),
    ...gradient,
    term(whole / 2),
  ]);
}

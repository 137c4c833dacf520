/**
 * Weights and momenta before and after a step: nothing committed beside them. Of each a lookup for each part that is written, one more with momentum;
 * where no proven step wrote what is read, one for each part of it too.
 */
import type { Graph } from '../../graph/graph.ts';
import { bitsFor } from '../../ops/interval.ts';
import type { WeightDeclaration } from '../../ops/operator.ts';
import { handleOf, term } from '../../relation/handles.ts';
import type { Index, Tensor, Term, View } from '../../relation/program.ts';
import { addTable } from '../program-parts.ts';
import type { StateKind } from './state.ts';
import { remainderTable } from '../tables.ts';
import type { WeightTerm } from './graph-relations.ts';
import type { GraphMomentum } from './momentum.ts';
import type { Parts } from './parts.ts';
import { countOf, moveOf, unitOf, type GraphPlan } from './plan.ts';
import { partsOf, stateParts, type StatePart } from './state-parts.ts';

/** Groups of a step's program: the weights that it reads, those that it writes, and tokens where these are committed. */
const BEFORE = 0;
const AFTER = 1;
export const TOKENS = 2;

/** Name of a part in the group that a step writes. */
export function nextName({ name }: StatePart): string {
  return `next/${name}`;
}

/**
 * What a step's program commits beside the weights of the graph. Either group has the weights in the order of the graph, then the bits below in the
 * same order, then both parts of momenta: what one step writes the next one reads.
 */
export function stateTensors(graph: Graph, plan: GraphPlan): Tensor[] {
  const written = stateParts(graph, plan).map((part) => tensorOf(part, nextName(part), AFTER));
  return [...readTensorsBeside(graph, plan), ...written];
}

/** What the group that is read holds beside the weights of the graph, in its order. */
export function readTensorsBeside(graph: Graph, plan: GraphPlan): Tensor[] {
  const beside = stateParts(graph, plan).filter(({ kind }) => kind !== 'weight');
  return beside.map((part) => tensorOf(part, part.name, BEFORE));
}

function tensorOf({ own }: StatePart, name: string, group: number): Tensor {
  return { kind: 'static', name, shape: own.shape, group };
}

/** A weight with its places in the program. */
interface Moved {
  readonly own: WeightDeclaration;
  readonly parts: readonly StatePart[];
  /** o over its rows and k over its columns; of a bias o alone. */
  readonly indices: readonly Index[];
  /** A tensor as large as it is. */
  cell(name: string): View;
}

/**
 * V' = V - moves, with momentum V' = V - rate M': one set of parts of at most 30 bits together fits a residue.
 *
 * @param written whether a proven step wrote what is read: then that step looked it up
 */
export function updateRelations(
  b: Parts,
  graph: Graph,
  plan: GraphPlan,
  moves: ReadonlyMap<string, readonly WeightTerm[]>,
  written: boolean,
): void {
  for (const own of graph.weights) {
    const indices = own.shape.map((size, d) => b.index(d === 0 ? 'o' : 'k', size));
    const parts = partsOf(plan, own);
    const of = { own, parts, indices, cell: (name: string) => handleOf(name, own.shape).at(...indices) };
    const gradient = moves.get(own.name) ?? [];
    if (plan.momentum !== undefined) momentumRelations(b, plan, of, gradient);
    updateRelation(b, plan, of, gradient);
    for (const part of parts) rangeRelation(b, of, part, nextName(part));
    if (written) continue;
    // A low part of a momentum is looked up by `momentumRelations`, in every step.
    for (const part of parts) if (part.kind !== 'low') rangeRelation(b, of, part, part.name);
  }
}

/** That a tensor of a part is within its bits. */
function rangeRelation(b: Parts, { cell, indices }: Moved, { range }: StatePart, name: string): void {
  const { min, max } = range;
  b.lookup(`${name}/range`, indices, b.digits(bitsFor(max - min + 1)), [term(1, cell(name)), term(-min)]);
}

function updateRelation(b: Parts, plan: GraphPlan, of: Moved, gradient: readonly WeightTerm[]): void {
  const { own, indices } = of;
  const by = gradient.map(({ places, term: part }) => part(moveOf(plan, own, places), indices));
  b.zero(`update/${own.name}`, indices, [
    ...wholeTerms(of, ['weight', 'rest'], nextName),
    ...wholeTerms(of, ['weight', 'rest'], nameOf, -1),
    ...(plan.momentum === undefined
      ? by
      : wholeTerms(of, ['high', 'low'], nextName, moveOf(plan, own, unitOf(gradient)))),
  ]);
}

function nameOf({ name }: StatePart): string {
  return name;
}

/** coefficient times a weight or its momentum, which is the sum of these parts. */
function wholeTerms(
  { parts, cell }: Moved,
  kinds: readonly StateKind[],
  name: (part: StatePart) => string,
  coefficient = 1,
): Term[] {
  const own = parts.filter(({ kind }) => kinds.includes(kind));
  return own.map((part) => term(coefficient * part.counts, cell(name(part))));
}

/**
 * M' = M - round(M, m) + G, as 2^m M' - ((2^m - 1) M + 2^m G) + 2^(m-1) = (M + 2^(m-1)) mod 2^m: what rounding leaves of M, a function of its low part.
 * So one M' fits; within [0, 2^m) alone others would, by multiples of 2^-m modulo p away.
 */
function momentumRelations(b: Parts, plan: GraphPlan, of: Moved, gradient: readonly WeightTerm[]): void {
  const { shift, low } = plan.momentum as GraphMomentum;
  const { name } = of.own;
  const [whole, unit] = [2 ** shift, unitOf(gradient)];
  const added = gradient.map(({ places, term: part }) =>
    part(-whole * countOf(name, places, unit), of.indices),
  );
  const key = [term(1, of.cell(`low/${name}`)), term(2 ** (low - 1))];
  b.lookup(`momentum/${name}/remainder`, of.indices, addTable(b, remainderTable(low, shift)), key, [
    ...wholeTerms(of, ['high', 'low'], nextName, whole),
    ...wholeTerms(of, ['high', 'low'], nameOf, 1 - whole),
    ...added,
    term(whole / 2),
  ]);
}

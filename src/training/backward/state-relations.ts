/** Weights before and after a step: two lookups for each weight, nothing committed beside the weights themselves. */
import type { Graph } from '../../graph/graph.ts';
import { matrixTensor } from '../../ops/lowering.ts';
import type { WeightDeclaration } from '../../ops/operator.ts';
import { handleOf, term } from '../../relation/handles.ts';
import type { Tensor } from '../../relation/program.ts';
import type { WeightTerm } from './graph-relations.ts';
import type { Matrix, Parts } from './parts.ts';
import { moveOf, type GraphPlan } from './plan.ts';

/** Groups of a step's program: the weights that it reads, those that it writes, and tokens where these are committed. */
export const BEFORE = 0;
export const AFTER = 1;
export const TOKENS = 2;

/** Names of the parts of a weight in the group that a step reads, and in the one that it writes. */
export function partNames(
  name: string,
): Readonly<Record<'weight' | 'rest' | 'nextWeight' | 'nextRest', string>> {
  return {
    weight: matrixTensor(name),
    rest: `rest/${name}`,
    nextWeight: `next/${matrixTensor(name)}`,
    nextRest: `next/rest/${name}`,
  };
}

/**
 * What a step's program commits beside the matrices of the graph. Either group has the matrices in the order of the graph, then the
 * bits below in the same order: what one step writes the next one reads.
 */
export function stateTensors(graph: Graph): Tensor[] {
  const written = (['nextWeight', 'nextRest'] as const).flatMap((of) => partTensors(graph, of, AFTER));
  return [...readTensorsBeside(graph), ...written];
}

/** What the group that is read holds beside the matrices of the graph, in its order. */
export function readTensorsBeside(graph: Graph): Tensor[] {
  return partTensors(graph, 'rest', BEFORE);
}

function partTensors({ weights }: Graph, of: keyof ReturnType<typeof partNames>, group: number): Tensor[] {
  return weights.map(({ name, shape }) => ({ kind: 'static', name: partNames(name)[of], shape, group }));
}

/** 2^low W' + R' = 2^low W + R - moves: one pair (W', R') of bits + low <= 30 bits fits a residue. */
export function updateRelations(
  b: Parts,
  graph: Graph,
  plan: GraphPlan,
  moves: ReadonlyMap<string, readonly WeightTerm[]>,
): void {
  for (const own of graph.weights) updateRelation(b, own, plan, moves.get(own.name) ?? []);
}

function updateRelation(
  b: Parts,
  { name, shape, bits }: WeightDeclaration,
  plan: GraphPlan,
  moves: readonly WeightTerm[],
): void {
  const [rows, columns] = shape as readonly [number, number];
  const indices = [b.index('o', rows), b.index('k', columns)] as const;
  const names = partNames(name);
  const cell = (of: keyof typeof names) =>
    (handleOf(names[of], [rows, columns] as const) as Matrix).at(...indices);
  const unit = 2 ** plan.low;
  b.zero(`update/${name}`, indices, [
    term(unit, cell('nextWeight')),
    term(1, cell('nextRest')),
    term(-unit, cell('weight')),
    term(-1, cell('rest')),
    ...moves.map(({ places, term: of }) => of(moveOf(plan, name, places), indices)),
  ]);
  for (const [part, own] of [
    ['nextWeight', bits],
    ['nextRest', plan.low],
  ] as const) {
    b.lookup(`${names[part]}/range`, indices, b.digits(own), [term(1, cell(part)), term(2 ** (own - 1))]);
  }
}

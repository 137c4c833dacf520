/** The way back through a graph as relations behind those of the graph. */
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { term } from '../../relation/handles.ts';
import type { Index, Term } from '../../relation/program.ts';
import { activationBackRelations } from './activation/relations.ts';
import { attentionBackRelations } from './attention/relations.ts';
import { embeddingWeightTerm, type RowIds } from './embedding/relations.ts';
import { linearBackRelations, linearBiasTerm, linearWeightTerm } from './linear/relations.ts';
import type { Matrix, Parts } from './parts.ts';
import { weightPlaces, type GraphPlan, type Places } from './plan.ts';
import { productBackRelations } from './product/relations.ts';
import { walkBack } from './reverse.ts';
import { rmsnormBackRelations } from './rmsnorm/relations.ts';
import { ropeBackRelations } from './rope/relations.ts';

/** A part of the gradient of a weight. */
export interface WeightTerm {
  /** Its unit is 2^-(gradient.fraction + places). */
  readonly places: number;
  /** coefficient times the part, at row and column of a matrix, at an entry of a bias. */
  readonly term: (coefficient: number, at: readonly Index[]) => Term;
}

/** Row and column. */
type Cell = readonly [Index, Index];

/**
 * @param logits the gradient of the graph's output
 * @param ids of all rows, for embeddings
 * @returns the parts of the gradient of every weight
 */
export function graphBackRelations(
  b: Parts,
  graph: Graph,
  plan: GraphPlan,
  places: Places,
  logits: Matrix,
  ids: RowIds,
): ReadonlyMap<string, readonly WeightTerm[]> {
  const { gradient: bits } = plan;
  const of = (name: string): number => places.get(name) as number;
  return walkBack<Matrix, WeightTerm>(graph, logits, {
    sum: (node, parts) => sumRelation(b, node, parts),
    through(node, gradient, give, move) {
      switch (node.op) {
        case 'embedding': {
          const rows = (own: RowIds): WeightTerm => ({
            places: 0,
            term: (coefficient, at) => embeddingWeightTerm(b, own, gradient, coefficient, at as Cell),
          });
          move(node.table, rows(ids));
          const { positions } = b.to.rows;
          if (node.positions !== undefined) move(node.positions, rows({ kind: 'public', ids: positions }));
          return;
        }
        case 'linear':
          move(node.weight, {
            places: of(node.input),
            term: (coefficient, at) => linearWeightTerm(b, node, gradient, coefficient, at as Cell),
          });
          if (node.bias !== undefined) {
            const own = (coefficient: number, [o]: readonly Index[]): Term =>
              linearBiasTerm(b, gradient, coefficient, o as Index);
            move(node.bias, { places: 0, term: own });
          }
          return give(
            node.input,
            linearBackRelations(b, node, gradient, weightPlaces(plan, node.weight), bits),
          );
        case 'requantise':
          return give(node.input, gradient);
        case 'add':
          give(node.left, gradient);
          return give(node.right, gradient);
        case 'product': {
          const factors = { left: of(node.left), right: of(node.right) };
          const { left, right } = productBackRelations(b, node, gradient, factors, bits);
          give(node.left, left);
          return give(node.right, right);
        }
        case 'activation':
          return give(node.input, activationBackRelations(b, node, gradient, bits));
        case 'rope':
          return give(node.input, ropeBackRelations(b, node, gradient, bits));
        case 'rmsnorm': {
          const own = { input: of(node.input), result: of(node.name) };
          return give(node.input, rmsnormBackRelations(b, node, gradient, own, bits));
        }
        case 'attention': {
          const own = { query: of(node.query), key: of(node.key), value: of(node.value) };
          const { query, key, value } = attentionBackRelations(b, node, gradient, own, bits);
          give(node.query, query);
          give(node.key, key);
          return give(node.value, value);
        }
        default:
          throw new Error(`training: expected an operator of the plan, got ${node.op}`);
      }
    },
  });
}

/** A gradient in several parts, committed: no lookup. */
function sumRelation(b: Parts, { name }: GraphNode, parts: readonly Matrix[]): Matrix {
  const [first] = parts as readonly [Matrix];
  const sum = b.witness(`back/${name}:sum`, first.shape);
  const [t, j] = [b.index('t', first.shape[0]), b.index('j', first.shape[1])];
  b.zero(sum.name, [t, j], [...parts.map((part) => term(1, part.at(t, j))), term(-1, sum.at(t, j))]);
  return sum;
}

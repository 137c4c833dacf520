/** The way back through a graph in integers: what `graph-relations.ts` says, computed. */
import { firstVisibleRows, attentionBlocks } from '../../ops/attention/blocks.ts';
import type { AttentionNode } from '../../ops/attention/shape.ts';
import { ropeForm } from '../../ops/rope/shape.ts';
import { column, tableOf } from '../../tables/index.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { activationBack } from './activation/eval.ts';
import { slopesOf } from './activation/slope-table.ts';
import { attentionBack, type Attended } from './attention/eval.ts';
import { embeddingWeightGradient } from './embedding/eval.ts';
import { linearBack, linearBiasGradient, linearWeightGradient } from './linear/eval.ts';
import { weightPlaces, type GraphPlan, type Places } from './plan.ts';
import { productBack } from './product/eval.ts';
import { walkBack } from './reverse.ts';
import { rmsnormBack } from './rmsnorm/eval.ts';
import { ropeBack } from './rope/eval.ts';
import type { Values } from './rounding.ts';

/** A part of the gradient of a weight, row-major, in units of 2^-(gradient.fraction + places): balanced residues. */
export interface WeightSums {
  readonly places: number;
  readonly sums: Int32Array;
}

/** What the forward pass left. */
export interface ForwardPass {
  readonly tokens: ArrayLike<number>;
  readonly positions: readonly number[];
  readonly sequenceStart: readonly number[];
  /** The result of a node, and what it computed beside that. */
  result(node: string): { readonly data: Int32Array; readonly width: number };
  auxiliary(node: string, value: string): Int32Array;
  /** e of a block of attention: [heads, rows, columns]. */
  numerators(node: string, block: number): Int32Array;
  /** Entries of a weight. */
  weight(name: string): { readonly data: ArrayLike<number>; readonly shape: readonly number[] };
}

/** What the way back computes: values under the names that the program has for them, and gradients of weights. */
export interface BackPass {
  readonly values: ReadonlyMap<string, Int32Array>;
  readonly weights: ReadonlyMap<string, readonly WeightSums[]>;
}

/** @param logits gradient of the graph's output @throws ProofError `UNPROVABLE` for a value beyond its bits */
export function graphBack(
  graph: Graph,
  plan: GraphPlan,
  places: Places,
  pass: ForwardPass,
  logits: Int32Array,
): BackPass {
  const values = new Map<string, Int32Array>();
  const { bits, guard = 0 } = plan.gradient;
  const gradients = { bits, guard };
  const of = (name: string): number => places.get(name) as number;
  const keep = (node: GraphNode, own: Values): Values => {
    for (const [name, cells] of Object.entries(own)) values.set(`back/${node.name}:${name}`, cells);
    return own;
  };
  const weights = walkBack<Int32Array, WeightSums>(graph, logits, {
    sum(node, parts) {
      const [first, ...others] = parts as [Int32Array, ...Int32Array[]];
      const sum = first.map((g, i) => others.reduce((total, part) => total + (part[i] as number), g));
      return keep(node, { sum })['sum'] as Int32Array;
    },
    through(node, gradient, give, move) {
      const stage = `${node.name}: gradient`;
      const through = (own: Values, inputs: Readonly<Record<string, string>>): void => {
        keep(node, own);
        for (const [value, input] of Object.entries(inputs)) give(input, own[value] as Int32Array);
      };
      const { width } = pass.result(node.name);
      const data = (name: string): Int32Array => pass.result(name).data;
      switch (node.op) {
        case 'embedding': {
          const rowsOf = (table: string, ids: ArrayLike<number>): void => {
            const size = { rows: pass.weight(table).shape[0] as number, width };
            move(table, { places: 0, sums: embeddingWeightGradient(ids, gradient, size) });
          };
          rowsOf(node.table, pass.tokens);
          if (node.positions !== undefined) rowsOf(node.positions, pass.positions);
          return;
        }
        case 'linear': {
          const size = { outputs: width, inputs: pass.result(node.input).width };
          const sums = linearWeightGradient(gradient, data(node.input), size);
          move(node.weight, { places: of(node.input), sums });
          if (node.bias !== undefined) {
            move(node.bias, { places: 0, sums: linearBiasGradient(gradient, width) });
          }
          const weight = {
            ...size,
            data: pass.weight(node.weight).data,
            fraction: weightPlaces(plan, node.weight),
          };
          return through(linearBack(stage, weight, gradient, gradients), { input: node.input });
        }
        case 'requantise':
          return give(node.input, gradient);
        case 'add':
          give(node.left, gradient);
          return give(node.right, gradient);
        case 'product': {
          const factors = { left: data(node.left), right: data(node.right) };
          const own = { left: of(node.left), right: of(node.right) };
          const made = productBack(stage, factors, gradient, own, { width, ...gradients });
          return through(made, { left: node.left, right: node.right });
        }
        case 'activation':
          return through(
            activationBack(stage, data(node.input), gradient, slopesOf(node), { width, ...gradients }),
            {
              input: node.input,
            },
          );
        case 'rope': {
          const table = tableOf(node.table);
          const { headDim } = ropeForm(node);
          const turned = { cos: column(table, 'cos'), sin: column(table, 'sin'), headDim, order: node.order };
          const made = ropeBack(stage, gradient, turned, pass.positions, { width, ...gradients });
          return through(made, { input: node.input });
        }
        case 'rmsnorm': {
          const rows = { width, result: data(node.name), root: pass.auxiliary(node.name, 'root') };
          const own = { input: of(node.input), result: of(node.name) };
          return through(rmsnormBack(stage, rows, gradient, own, gradients), { input: node.input });
        }
        case 'attention': {
          const own = { query: of(node.query), key: of(node.key), value: of(node.value) };
          const made = attentionBack(stage, node, attended(node, pass), gradient, own, gradients);
          return through(made, { query: node.query, key: node.key, value: node.value });
        }
        default:
          throw new Error(`training: expected an operator of the plan, got ${node.op}`);
      }
    },
  });
  return { values, weights };
}

function attended(node: AttentionNode, pass: ForwardPass): Attended {
  const firstVisible = firstVisibleRows(pass.sequenceStart, node.window);
  const blocks = attentionBlocks(firstVisible);
  const data = (name: string): Int32Array => pass.result(name).data;
  return {
    ...{ query: data(node.query), key: data(node.key), value: data(node.value), result: data(node.name) },
    sum: pass.auxiliary(node.name, 'sum'),
    numerators: blocks.map((_, b) => pass.numerators(node.name, b)),
    ...{ blocks, firstVisible },
  };
}

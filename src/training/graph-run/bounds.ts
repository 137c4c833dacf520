/** How the first weights of a graph in training are drawn: so that the values between its layers are about as large as those that they are made of. */
import { references } from '../../graph/operators.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import type { StartBounds } from '../backward/drawn.ts';
import type { GraphPlan } from '../backward/plan.ts';

/** Real bound of the entries of tables: rows of a mean square of 4/3. */
const TABLE_BOUND = 2;

/**
 * Greatest entries of all weights, at most what their bits hold; biases are zero. The run file has these numbers, so nobody need compute them again.
 *
 * @param plan for its binary places
 * @example
 * const owner = announceGraphRun({ graph, plan }, corpus, startBounds(graph, plan), schedule, seed);
 */
export function startBounds(graph: Graph, plan: GraphPlan): StartBounds {
  const bounds = graph.weights.map(({ name, shape, bits }) => {
    if (shape.length === 1) return 0;
    const unit = 2 ** (plan.weights[name] as number);
    return Math.min(Math.floor(unit * boundOf(graph, name, shape[1] as number)), 2 ** (bits - 1) - 1);
  });
  return { bounds };
}

/** Of the entries of a matrix, as a real number. */
function boundOf(graph: Graph, name: string, columns: number): number {
  const layer = graph.nodes.find((node) => node.op === 'linear' && node.weight === name);
  if (layer === undefined) return TABLE_BOUND;
  return Math.sqrt(3 / columns) * readersFactor(graph, layer.name);
}

/** Less for what is added to a stream, and for queries and keys, whose products are not divided by the root of their length. */
function readersFactor(graph: Graph, name: string): number {
  const readers = graph.nodes.filter((node) => references(node, 'tensor').includes(name));
  return readers.reduce((factor, node) => factor * readerFactor(graph, node, name), 1);
}

function readerFactor(graph: Graph, node: GraphNode, name: string): number {
  if (node.op === 'requantise' || node.op === 'rope') return readersFactor(graph, node.name);
  if (node.op === 'add') return 0.5;
  if (node.op === 'attention' && node.value !== name) {
    return Math.sqrt(Math.min(1, 2 / Math.sqrt(node.headDim)));
  }
  return 1;
}

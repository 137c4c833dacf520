/** The first weights of a graph in training: drawn, so that the values between its layers are about as large as those that they are made of. */
import { references } from '../../graph/operators.ts';
import type { Graph, GraphNode } from '../../graph/index.ts';
import { rawWords } from '../../hash/stream.ts';
import { stateOf, type GraphPlan, type GraphState } from '../../training/index.ts';

/** Real bound of the entries of tables: rows of a mean square of 4/3. */
const TABLE_BOUND = 2;

/**
 * Weights, uniform in [-a, a]; biases are zero. Nothing that is proven depends on how they are drawn.
 *
 * @param seed 32 bytes
 */
export function drawnState(graph: Graph, plan: GraphPlan, seed: Uint8Array): GraphState {
  const entries = (name: string): Int32Array => {
    const id = graph.weights.findIndex((own) => own.name === name);
    const { shape, bits } = graph.weights[id] as Graph['weights'][number];
    const cells = new Int32Array(shape.reduce((product, size) => product * size, 1));
    if (shape.length === 1) return cells;
    const unit = 2 ** (plan.weights[name] as number);
    const a = Math.min(Math.floor(unit * boundOf(graph, name, shape[1] as number)), 2 ** (bits - 1) - 1);
    const words = rawWords({ key: seed, label: 'weights', id }, 0, cells.length);
    return cells.map((_, i) => Math.floor(((words[i] as number) * (2 * a + 1)) / 2 ** 32) - a);
  };
  return stateOf(graph, entries, plan);
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

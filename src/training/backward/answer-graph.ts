/** From a graph that is trained to one that answers: rows that emit, and the choice behind their logits. spec/training-operators.md section 11. */
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { references, tablesOf } from '../../graph/operators.ts';
import { tableDigestOf } from '../../tables/index.ts';
import { LOGIT_FRACTION } from '../plan.ts';

/** Operators of one input that compute every row by itself. */
const ROW_BY_ROW: ReadonlySet<GraphNode['op']> = new Set(['linear', 'requantise', 'activation', 'rmsnorm']);

/**
 * The graph with `emit` and `argmax`. Emission stands as early as rows that choose nothing can be left out: before the last nodes that read one
 * tensor each and that nobody else reads. The same weights in the same order, the same integers in the rows that emit.
 *
 * @param graph a checked one
 */
export function answeringGraph(graph: Graph): Graph {
  const emitted = freeName(graph, 'emitted');
  const last = lastNodes(graph);
  const first = graph.nodes.findIndex(({ name }) => last.has(name));
  const from = first < 0 ? graph.output : inputOf(graph.nodes[first] as GraphNode);
  const emit: GraphNode = { name: emitted, op: 'emit', input: from };
  const moved = graph.nodes.map((node, i) =>
    i === first ? ({ ...node, input: emitted } as GraphNode) : node,
  );
  const before = first < 0 ? moved.length : first;
  const choice: GraphNode = {
    name: freeName(graph, 'next'),
    op: 'argmax',
    input: first < 0 ? emitted : graph.output,
    unit: 2 ** LOGIT_FRACTION,
  };
  const nodes = [...moved.slice(0, before), emit, ...moved.slice(before), choice];
  const ids = [...new Set(nodes.flatMap(tablesOf))].sort();
  const tables = ids.map((id) => ({ id, digest: tableDigestOf(id) }));
  return { ...graph, tables, nodes, output: choice.name };
}

/** The nodes behind which nothing looks at rows that do not emit: a chain that ends with the output. */
function lastNodes({ nodes, output }: Graph): ReadonlySet<string> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const last = new Set<string>();
  for (let name = output; ;) {
    const node = byName.get(name) as GraphNode;
    const isRead = nodes.some((other) => !last.has(other.name) && references(other, 'tensor').includes(name));
    if (isRead || !ROW_BY_ROW.has(node.op)) return last;
    last.add(name);
    name = inputOf(node);
  }
}

function inputOf(node: GraphNode): string {
  return references(node, 'tensor')[0] as string;
}

/** A name that no node has. */
function freeName({ nodes }: Graph, name: string): string {
  const taken = new Set(nodes.map((node) => node.name));
  for (let i = 0; ; i++) {
    const own = i === 0 ? name : `${name}.${i}`;
    if (!taken.has(own)) return own;
  }
}

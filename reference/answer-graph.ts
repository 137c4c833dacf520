/** From a graph in training to the one that answers: spec/training-operators.md section 11. */
import { tablesIn } from './graph-checks.ts';
import { nameOf, namesIn, type Graph, type Node } from './graph-file.ts';
import { range } from './lists.ts';
import { tableDigest } from './table-ids.ts';

const ROW_BY_ROW = ['linear', 'requantise', 'activation', 'rmsnorm'];

/** @param graph a checked one */
export function answeringGraph(graph: Graph): Graph {
  const end = endOf(graph);
  const first = graph.nodes.find((node) => end.includes(node)); // undefined: there is no end
  const [emitted, next] = [freeName(graph, 'emitted'), freeName(graph, 'next')];
  const emit = (input: string): Node => ({ name: emitted, op: 'emit', input });
  const before = graph.nodes.flatMap((node) =>
    node === first ? [emit(nameOf(node, 'input')), { ...node, input: emitted }] : [node],
  );
  const all = first === undefined ? [...before, emit(graph.output)] : before;
  const input = first === undefined ? emitted : graph.output;
  const nodes = [...all, { name: next, op: 'argmax', input, unit: 2 ** 8 }];
  const tables = tablesIn(nodes).map((id) => ({ id, digest: tableDigest(id) }));
  return { ...graph, nodes, tables, output: next };
}

/** The nodes, from the output back, that compute row by row and that nodes of the end alone read. */
function endOf({ nodes, output }: Graph): readonly Node[] {
  const end: Node[] = [];
  for (let name = output; ;) {
    const node = nodes.find((of) => of.name === name);
    const others = nodes.filter((of) => !end.includes(of) && namesIn(of, 'tensor').includes(name));
    if (node === undefined || others.length > 0 || !ROW_BY_ROW.includes(node.op)) return end;
    end.push(node);
    name = nameOf(node, 'input');
  }
}

/** The name, or with .1, .2, .. behind it, the first that no node has. */
function freeName({ nodes }: Graph, name: string): string {
  const names = range(nodes.length + 1).map((i) => (i === 0 ? name : `${name}.${i}`));
  return names.find((own) => nodes.every((node) => node.name !== own)) as string;
}

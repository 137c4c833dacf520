/** The program of a pass: spec/integer-semantics.md section 9. A verifier lowers for itself; nobody sends a program. */
import { checkGraph } from './graph-checks.ts';
import type { Graph, Node } from './graph-file.ts';
import { ascend, rowsOf, type Pass } from './pass.ts';
import { at } from './lists.ts';
import { attention } from './lower-attention.ts';
import { argmax } from './lower-choice.ts';
import { rmsnorm } from './lower-norm.ts';
import { rope } from './lower-rope.ts';
import { activation, requantise } from './lower-rounding.ts';
import { add, centre, concat, embedding, emit, input, linear, multiply, scale } from './lower-values.ts';
import { columnIndex, infoOf, publicTensor, rowIndex, staticTensors, termsAtRows, zero, type Lowering } from './lowering.ts'; // prettier-ignore
import type { Program } from './program.ts';
import { require } from './refusal.ts';
import { cell } from './terms.ts';

const OPERATORS: Readonly<Record<string, (to: Lowering, node: Node) => void>> = {
  ...{ activation, add, argmax, attention, centre, concat, embedding, emit, input },
  ...{ linear, product: multiply, requantise, rmsnorm, rope, scale },
};

/** `most`: cells of a group of weights; undefined: one group. @throws Refusal of the graph, `PASS_*`, `CONTEXT`, `TOKEN` */
export function lower(graph: Graph, pass: Pass, most?: number): Program {
  const { tensors, tables, virtuals, relations } = lowerInto(graph, pass, most);
  return { tensors, tables, virtuals, relations };
}

/** The same, for who has more to say of the values: steps of training. */
export function lowerInto(graph: Graph, pass: Pass, most?: number): Lowering {
  const checked = checkGraph(graph);
  const to: Lowering = {
    ...checked,
    rows: rowsOf(graph, pass),
    tensors: staticTensors(graph, most),
    tables: [],
    virtuals: [],
    relations: [],
    values: new Map(),
  };
  for (const node of graph.nodes) OPERATORS[node.op]?.(to, node);
  pass.revealed.forEach((_, i) => reveal(to, i));
  return to;
}

/** Shown rows of a value. */
function reveal(to: Lowering, i: number): void {
  const { node, rows, values } = at(to.rows.revealed, i);
  const { width } = infoOf(to, node);
  require(rows.length > 0 && ascend(rows, rowIndex(to, node).size), 'PASS_ROWS', node);
  require(values.length === rows.length * width, 'PASS_VALUES', node);
  const name = publicTensor(to, `${node}:revealed-${i}`, [rows.length, width], values);
  const t = { name: 't', size: rows.length };
  zero(to, name, [t, columnIndex(to, node)], [...termsAtRows(to, node, rows), cell(-1, name, 't', 'j')]);
}

/**
 * From a graph and the public part of a pass to the program that a proof is about. Prover and verifier each lower for
 * themselves; a key or a proof never carries a program. spec/integer-semantics.md section 9.
 */
import { refuse } from '../errors/proof-error.ts';
import {
  selectRows,
  term,
  termsOfParts,
  view,
  type Lowering,
  type Part,
  type Value,
} from '../ops/lowering.ts';
import type { NodeBase, TensorInfo } from '../ops/operator.ts';
import type { Index, Program, Relation, Table, Tensor, Term, Virtual } from '../relation/program.ts';
import { checkGraph, type GraphInfo } from './check.ts';
import type { Graph } from './graph.ts';
import { references } from './operators.ts';
import { publicRows, type Pass, type Revealed } from './pass.ts';
import { relationsOf } from './relations.ts';
import { staticTensors } from './static-tensors.ts';

/**
 * The program of a pass.
 *
 * @param groupCells how its weights are committed (`weightGroups`). Default: as one group
 * @throws ProofError as `checkGraph`; `PASS_ROWS`, `PASS_VALUES`, `PASS_CHOICE`, `CONTEXT`, `TOKEN` for a pass that is none of the
 *   graph
 * @example
 * const program = lowerGraph(graph, { rows: 3, tokens: [1, 403, 407], starts: [0], emit: [2], choices: { next: [261] } });
 */
export function lowerGraph(graph: Graph, pass: Pass, groupCells = Infinity): Program {
  return lowerGraphWith(graph, pass, () => undefined, groupCells);
}

/**
 * The same with what a caller adds behind the nodes: training reads what they committed, and goes back through them.
 *
 * @throws as `lowerGraph`
 */
export function lowerGraphWith(
  graph: Graph,
  pass: Pass,
  more: (to: Lowering) => void,
  groupCells = Infinity,
): Program {
  const lowering = createLowering(graph, checkGraph(graph), pass, groupCells);
  for (const node of graph.nodes) relationsOf(node)(node, lowering);
  (pass.revealed ?? []).forEach((revealed, i) => reveal(lowering, revealed, i));
  more(lowering);
  return lowering.program();
}

/** Adds selected rows of a value as public numbers. */
function reveal(to: Lowering, { node, rows, values }: Revealed, i: number): void {
  const { width } = to.value(node);
  const count = to.rowIndex(node).size;
  const fits = rows.length > 0 && rows.every((row, r) => isBelow(row, count) && row > (rows[r - 1] ?? -1));
  if (!fits) refuse('PASS_ROWS', `pass/${node}`, `revealed: expected ascending rows below ${count}`);
  if (values.length !== rows.length * width) {
    refuse(
      'PASS_VALUES',
      `pass/${node}`,
      `revealed: expected ${rows.length * width} values, got ${values.length}`,
    );
  }
  const name = `${node}:revealed-${i}`;
  const indices = [{ name: 't', size: rows.length }, to.columnIndex(node)];
  to.publicTensor(name, [rows.length, width], values);
  to.zero(name, indices, [...to.selected(node, rows), term(-1, [view(name, 't', 'j')])]);
}

/** Whether a part is a tensor as it is. */
function isPlain({ coefficient, positions, everyColumn }: Part): boolean {
  return coefficient === 1 && positions === undefined && everyColumn === undefined;
}

function isBelow(x: number, end: number): boolean {
  return Number.isInteger(x) && x >= 0 && x < end;
}

/** The program under construction, and its end. */
interface Construction extends Lowering {
  program(): Program;
}

function createLowering(graph: Graph, info: GraphInfo, pass: Pass, groupCells: number): Construction {
  const rows = publicRows(graph, pass);
  const tensors: Tensor[] = staticTensors(graph, groupCells);
  const tables = new Map<string, Table>();
  const virtuals = new Map<string, Virtual>();
  const relations: Relation[] = [];
  const publics = new Set<string>();
  const values = new Map<string, Value>();
  const readers = readersOf(graph);
  const infoOf = (node: string): TensorInfo =>
    info.tensors.get(node) ?? refuse('PASS_VALUES', `pass/${node.slice(0, 64)}`, 'no node has this name');

  /** Terms of real tensors and indices t, j, k alone. */
  const writtenOut = (terms: readonly Term[]): readonly Term[] =>
    terms.flatMap((of) => {
      const virtual =
        of.views.length === 1 ? virtuals.get((of.views[0] as { tensor: string }).tensor) : undefined;
      if (virtual === undefined) return [of];
      return writtenOut(virtual.terms).map((inner) => ({
        ...inner,
        coefficient: of.coefficient * inner.coefficient,
      }));
    });

  const to: Construction = {
    rows,
    info: infoOf,
    declaration: (weight) => info.weights.get(weight) as ReturnType<Lowering['declaration']>,
    check: (node) => info.checks.get(node),
    consumers: (node) => ({
      nodes: readers.get(node) ?? [],
      shown: graph.output === node || (pass.revealed ?? []).some((revealed) => revealed.node === node),
    }),
    value(node) {
      infoOf(node);
      return values.get(node) as Value;
    },
    terms: (node, coefficient = 1) => termsOfParts(to.value(node).parts, coefficient),
    operand(node) {
      const { parts } = to.value(node);
      const [part] = parts as [Part];
      if (parts.length === 1 && isPlain(part) && !virtuals.has(part.tensor)) return part.tensor;
      const indices = [to.rowIndex(node), to.columnIndex(node)];
      const name = to.witness(`${node}:value`, sizes(indices));
      to.zero(name, indices, [...to.terms(node), term(-1, [view(name, 't', 'j')])]);
      values.set(node, { ...to.value(node), parts: [{ coefficient: 1, tensor: name }] });
      return name;
    },
    selected(node, positions) {
      const terms = to.terms(node);
      return selectRows(isReal(to.value(node)) ? terms : writtenOut(terms), positions);
    },
    isReal: (node) => isReal(to.value(node)),
    isDefined: (node) => values.has(node),
    define(node, parts) {
      const { rows: kind, width } = infoOf(node);
      values.set(node, { rows: kind, width, parts });
    },
    rowIndex: (node) => {
      const size = infoOf(node).rows === 'tokens' ? rows.count : rows.emitted.length;
      if (size === 0) refuse('PASS_ROWS', `pass/${node}`, 'emit: expected at least one row');
      return { name: 't', size };
    },
    columnIndex: (node) => ({ name: 'j', size: infoOf(node).width }),
    witness(name, shape, range) {
      tensors.push({ kind: 'witness', name, shape, ...(range && { range }) });
      return name;
    },
    claimed(name) {
      const own = tensors.find((tensor) => tensor.name === name);
      return own?.kind === 'witness' ? own.range : undefined;
    },
    virtual(name, indices, terms, range) {
      virtuals.set(name, { name, indices, terms, range });
      return name;
    },
    publicTensor(name, shape, of) {
      if (!publics.has(name)) tensors.push({ kind: 'public', name, shape, values: of });
      publics.add(name);
      return name;
    },
    table(table) {
      tables.set(table.name, table);
      return table.name;
    },
    lookup: (name, indices, table, entries) =>
      void relations.push({ kind: 'lookup', name, indices, table, entries }),
    zero: (name, indices, terms) => void relations.push({ kind: 'zero', name, indices, terms }),
    program: () => ({
      tensors,
      tables: [...tables.values()],
      virtuals: [...virtuals.values()],
      relations,
    }),
  };
  const isReal = ({ parts }: Value): boolean => parts.every(({ tensor }) => !virtuals.has(tensor));
  return to;
}

function sizes(indices: readonly Index[]): number[] {
  return indices.map(({ size }) => size);
}

function readersOf(graph: Graph): ReadonlyMap<string, readonly NodeBase[]> {
  const readers = new Map<string, NodeBase[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(references(node, 'tensor'))) {
      const known = readers.get(name);
      if (known === undefined) readers.set(name, [node]);
      else known.push(node);
    }
  }
  return readers;
}

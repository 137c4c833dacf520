/**
 * What makes a graph a program: names resolve, shapes fit, no declared range can be left, digits are unique, tables are the
 * ones that the verifier computes. These checks carry soundness; the verifier makes them on every key.
 */
import { refuse } from '../errors/proof-error.ts';
import {
  ensure,
  signedRange,
  type LookupCheck,
  type NodeBase,
  type TensorInfo,
  type WeightDeclaration,
} from '../ops/operator.ts';
import { tableDigestOf, tableRows } from '../tables/index.ts';
import { checkFormat } from './format.ts';
import { MAX_CONTEXT, type Graph, type GraphNode } from './graph.ts';
import { operatorOf, references, tablesOf } from './operators.ts';

/** What a checked graph is known to compute. */
export interface GraphInfo {
  /** Shape and range of every result, by name. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly weights: ReadonlyMap<string, WeightDeclaration>;
  /** Tensors that a lookup of a later node checks: to how many bits, and which node. */
  readonly checks: ReadonlyMap<string, LookupCheck>;
  /** Nodes for which some inputs have no witness, with the reason; empty: every input can be proven. */
  readonly partial: readonly { readonly node: string; readonly reason: string }[];
  /** Tensors whose values are residues by definition. */
  readonly residues: readonly string[];
}

/** Bits of entries: matrices enter products of 2^20 2^15 2^17, vectors are added once. */
const MATRIX_BITS = 16;
const VECTOR_BITS = 31;
const MAX_DIMENSION = 2 ** 31;
/** Summands of a result: sums are written out where they are read, and a sum of a sum with itself has twice as many. */
const MAX_SUMMANDS = 2 ** 9;
/** Rows of all tables of a graph, two columns of 16384 positions of the widest heads: a reader makes every table to compare digests. */
const MAX_TABLE_ROWS = 2 ** 24;

function checkWeight({ name, shape, bits }: WeightDeclaration): void {
  const stage = `graph/${name}`;
  const dimensions = shape.length === 1 || shape.length === 2;
  if (!dimensions || shape.some((n) => n < 1 || n > MAX_DIMENSION)) {
    refuse('GRAPH_SHAPE', stage, 'shape: expected one or two positive dimensions');
  }
  const most = shape.length === 2 ? MATRIX_BITS : VECTOR_BITS;
  if (bits < 2 || bits > most) refuse('GRAPH_RANGE', stage, `bits: expected 2 to ${most}, got ${bits}`);
}

function weightsByName(graph: Graph): ReadonlyMap<string, WeightDeclaration> {
  const weights = new Map<string, WeightDeclaration>();
  const used = new Set(graph.nodes.flatMap((node) => references(node, 'weight')));
  for (const weight of graph.weights) {
    if (weights.has(weight.name)) refuse('GRAPH_NAME', `graph/${weight.name}`, 'declared twice');
    if (!used.has(weight.name)) refuse('GRAPH_UNUSED', `graph/${weight.name}`, 'no node uses this weight');
    checkWeight(weight);
    weights.set(weight.name, weight);
  }
  return weights;
}

/** The tables are those that the nodes use, in order (operators refuse unknown ids), with the digests of their contents. */
function checkTables(graph: Graph): void {
  const expected = [...new Set(graph.nodes.flatMap(tablesOf))].sort();
  const named = graph.tables.map((table) => table.id);
  if (named.length !== expected.length || named.some((id, i) => id !== expected[i])) {
    refuse('GRAPH_TABLE', 'graph/tables', `expected [${expected.join(', ')}], got [${named.join(', ')}]`);
  }
  const rows = expected.reduce((sum, id) => sum + tableRows(id), 0);
  if (rows > MAX_TABLE_ROWS) {
    refuse('GRAPH_TABLE', 'graph/tables', `expected at most ${MAX_TABLE_ROWS} rows in all, got ${rows}`);
  }
  for (const { id, digest } of graph.tables) {
    const computed = tableDigestOf(id);
    if (digest !== computed)
      refuse('GRAPH_TABLE', 'graph/tables', `${id}: expected ${computed}, got ${digest}`);
  }
}

/** For each tensor the narrowest check that lookups of other nodes make of it. */
function lookupChecks(nodes: readonly NodeBase[]): ReadonlyMap<string, LookupCheck> {
  const checks = new Map<string, LookupCheck>();
  for (const node of nodes) {
    for (const { input, bits } of operatorOf(node).checks?.(node) ?? []) {
      if (bits < (checks.get(input)?.bits ?? Infinity)) checks.set(input, { bits, node: node.name });
    }
  }
  return checks;
}

/** Of how many tensors a result is the sum, at most: what reads it commits it only sometimes. @throws ProofError `GRAPH_SHAPE` */
function summandsOf(node: GraphNode, known: ReadonlyMap<string, number>): number {
  const of = (name: string): number => known.get(name) as number;
  switch (node.op) {
    case 'add': {
      const all = of(node.left) + of(node.right);
      ensure(
        all <= MAX_SUMMANDS,
        'GRAPH_SHAPE',
        node,
        `expected at most ${MAX_SUMMANDS} summands, got ${all}`,
      );
      return all;
    }
    case 'scale':
    case 'emit':
      return of(node.input);
    case 'embedding':
      return node.positions === undefined ? 1 : 2;
    default:
      return node.op === 'centre' ? 2 : 1;
  }
}

/**
 * A tensor that a lookup checks has the checked range in every accepted proof. The consumer that checks still sees
 * the unchecked range, so that it reports inputs without a witness.
 */
function checkedInfo(info: TensorInfo, bits: number | undefined): TensorInfo {
  if (bits === undefined) return info;
  const range = signedRange(bits);
  const inside = { min: Math.max(info.min, range.min), max: Math.min(info.max, range.max) };
  return { ...info, ...inside, level: 'proven' };
}

/**
 * Checks a graph and infers shapes and ranges.
 *
 * @throws ProofError `GRAPH_FORMAT`, `GRAPH_CONTEXT`, `GRAPH_NAME`, `GRAPH_UNUSED`, `GRAPH_SHAPE`, `GRAPH_RANGE`, `GRAPH_SHIFT`,
 *   `GRAPH_DIGITS`, `GRAPH_TABLE`, with the node or weight in the stage
 * @example
 * const { tensors, partial } = checkGraph(graph);
 * tensors.get('logits'); // { rows: 'emitted', width: 512, min: .., max: .., level: 'residue' }
 */
export function checkGraph(graph: Graph): GraphInfo {
  checkFormat(graph);
  if (graph.context < 1 || graph.context > MAX_CONTEXT) {
    refuse('GRAPH_CONTEXT', 'graph/context', `expected 1 to ${MAX_CONTEXT}, got ${graph.context}`);
  }
  const weights = weightsByName(graph);
  const context = {
    context: graph.context,
    weight: (name: string) =>
      weights.get(name) ?? refuse('GRAPH_NAME', `graph/${name}`, 'no weight has this name'),
  };
  const raw = new Map<string, TensorInfo>();
  const tensors = new Map<string, TensorInfo>();
  const partial: { node: string; reason: string }[] = [];
  const checks = lookupChecks(graph.nodes);
  const summands = new Map<string, number>();
  for (const node of graph.nodes) {
    if (tensors.has(node.name)) refuse('GRAPH_NAME', `graph/${node.name}`, 'two nodes have this name');
    const checked = new Set(
      operatorOf(node)
        .checks?.(node)
        .map((check) => check.input),
    );
    const inputs = references(node, 'tensor').map(
      (name) =>
        (checked.has(name) ? raw : tensors).get(name) ??
        refuse('GRAPH_NAME', `graph/${node.name}`, `no earlier node is called ${name}`),
    );
    const info = operatorOf(node).infer(node, inputs, context);
    if (info.partial !== undefined) partial.push({ node: node.name, reason: info.partial });
    summands.set(node.name, summandsOf(node, summands));
    raw.set(node.name, info);
    tensors.set(node.name, checkedInfo(info, checks.get(node.name)?.bits));
  }
  if (!tensors.has(graph.output)) refuse('GRAPH_NAME', 'graph/output', `no node is called ${graph.output}`);
  checkTables(graph);
  const residues = [...tensors].filter(([, info]) => info.level === 'residue').map(([name]) => name);
  return { tensors, weights, checks, partial, residues };
}

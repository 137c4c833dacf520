/**
 * What makes a graph a program: spec/integer-semantics.md section 7, "Refusals", in its order. What is known of a result from
 * those before it is `graph-ranges.ts`.
 */
import { integerOf, nameOf, namesIn, type Graph, type Node, type Weight } from './graph-file.ts';
import { activationOf, infer, signed, type Info } from './graph-ranges.ts';
import { at } from './lists.ts';
import { refuse, require } from './refusal.ts';
import { tableDigest, tableRows } from './table-ids.ts';

export interface CheckedGraph {
  readonly graph: Graph;
  readonly infos: ReadonlyMap<string, Info>;
  /** The narrowest range check, in bits, that the lookups of later nodes make of a whole result. */
  readonly checks: ReadonlyMap<string, number>;
}

export function checkGraph(graph: Graph): CheckedGraph {
  require(graph.context >= 1 && graph.context <= 16384, 'GRAPH_CONTEXT', `${graph.context}`);
  const weights = checkWeights(graph);
  const checks = new Map<string, number>();
  for (const node of graph.nodes) {
    const bits = checkedBits(node);
    const input = nameOf(node, 'input');
    if (bits !== undefined && bits < (checks.get(input) ?? Infinity)) checks.set(input, bits);
  }
  const raw = new Map<string, Info>();
  const infos = new Map<string, Info>();
  const summands = new Map<string, number>();
  for (const node of graph.nodes) {
    require(!infos.has(node.name), 'GRAPH_NAME', `${node.name} twice`);
    // Who checks an input still sees the range that it had before.
    const known = checkedBits(node) === undefined ? infos : raw;
    const inputs = namesIn(node, 'tensor').map(
      (name) => known.get(name) ?? refuse('GRAPH_NAME', `${node.name} reads ${name}`),
    );
    const info = infer(node, inputs, weights, graph.context);
    summands.set(node.name, summandsOf(node, summands));
    raw.set(node.name, info);
    infos.set(node.name, narrowed(info, checks.get(node.name)));
  }
  require(infos.has(graph.output), 'GRAPH_NAME', `output ${graph.output}`);
  checkTables(graph);
  return { graph, infos, checks };
}

/** Of how many tensors a result is the sum, at most. */
function summandsOf(node: Node, summands: ReadonlyMap<string, number>): number {
  const of = (field: string): number => Number(summands.get(nameOf(node, field)));
  if (node.op === 'scale' || node.op === 'emit') return of('input');
  if (node.op === 'centre' || (node.op === 'embedding' && node['positions'] !== undefined)) return 2;
  if (node.op !== 'add') return 1;
  const all = of('left') + of('right');
  require(all <= 2 ** 9, 'GRAPH_SHAPE', `${node.name}: ${all} summands`);
  return all;
}

/** Bits to which a node's own lookup checks its input. */
function checkedBits(node: Node): number | undefined {
  if (node.op === 'activation') return activationOf(node).bits;
  return node.op === 'rmsnorm' ? integerOf(node, 'bits') : undefined;
}

/** A tensor that a later lookup checks has that range in every accepted proof. */
function narrowed(info: Info, bits: number | undefined): Info {
  if (bits === undefined) return info;
  const { min, max } = signed(bits);
  return {
    ...info,
    min: info.min > min ? info.min : min,
    max: info.max < max ? info.max : max,
    level: 'proven',
  };
}

function checkWeights({ nodes, weights }: Graph): ReadonlyMap<string, Weight> {
  const byName = new Map<string, Weight>();
  const used = new Set(nodes.flatMap((node) => namesIn(node, 'weight')));
  for (const weight of weights) {
    const { name, shape, bits } = weight;
    require(!byName.has(name), 'GRAPH_NAME', `${name} twice`);
    require(used.has(name), 'GRAPH_UNUSED', name);
    const dimensions = shape.length === 1 || shape.length === 2;
    require(dimensions && shape.every((n) => n >= 1 && n <= 2 ** 31), 'GRAPH_SHAPE', name);
    require(bits >= 2 && bits <= (shape.length === 2 ? 16 : 31), 'GRAPH_RANGE', `${name}: bits`);
    byName.set(name, weight);
  }
  return byName;
}

/** Exactly the tables in use, ascending, with the digests of what they hold. */
function checkTables({ nodes, tables }: Graph): void {
  const ids = tablesIn(nodes);
  const same = tables.length === ids.length && tables.every(({ id }, i) => id === at(ids, i));
  require(same, 'GRAPH_TABLE', 'tables in use');
  require(ids.reduce((sum, id) => sum + tableRows(id), 0) <= 2 ** 24, 'GRAPH_TABLE', 'rows of tables');
  for (const { id, digest } of tables) require(tableDigest(id) === digest, 'GRAPH_TABLE', `digest of ${id}`);
}

/** Ids of the tables in use, ascending. */
export function tablesIn(nodes: readonly Node[]): string[] {
  const ids = nodes.flatMap((node) => {
    const own = { attention: ['exp2'], rmsnorm: ['rsqrt'], argmax: ['gumbel'] }[node.op] ?? [];
    return [...namesIn(node, 'table'), ...(node['unit'] === 0 ? [] : own)];
  });
  return [...new Set(ids)].sort();
}

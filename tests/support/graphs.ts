/** Random graphs with weights and rows for them, and the comparison of the executor with the twin. */
import { evaluate, NoWitness, type Pass } from '../../reference/graph.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import {
  checkGraph,
  execute,
  GRAPH_FORMAT,
  type Append,
  type Execution,
  type Graph,
  type GraphNode,
  type TensorInfo,
  type WeightData,
  type WeightDeclaration,
} from '../../src/graph/index.ts';
import { references, tablesOf } from '../../src/graph/operators.ts';
import { tableDigestOf } from '../../src/tables/index.ts';
import { generator } from './words.ts';

/** A graph with everything that an execution needs. */
export interface Case {
  readonly graph: Graph;
  readonly weights: Readonly<Record<string, Int32Array>>;
  readonly rows: Append & { readonly tokens: readonly number[]; readonly starts: readonly number[] };
}

/** A source of choices. */
export interface Dice {
  /** An integer in [low, high]. */
  readonly int: (low: number, high: number) => number;
  readonly pick: <T>(list: readonly T[]) => T;
}

export function dice(seed: number): Dice {
  const next = generator(seed * 2654435761 + 1);
  for (let i = 0; i < 8; i++) next();
  const int = (low: number, high: number): number => low + (next() % (high - low + 1));
  return { int, pick: (list) => list[int(0, list.length - 1)] as (typeof list)[number] };
}

/** n entries of so many bits: uniform, all extreme, or small with ties. */
export function entries(n: number, bits: number, { int, pick }: Dice): Int32Array {
  const [min, max] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const kind = int(0, 9);
  if (kind === 0) return new Int32Array(n).fill(pick([min, max, 0, 1, -1]));
  if (kind === 1) return Int32Array.from({ length: n }, () => pick([min, max, 0, 1, -1]));
  return Int32Array.from({ length: n }, () => int(min, max));
}

/** Fills in tables and the weights that nodes use. */
export function complete(
  context: number,
  nodes: readonly GraphNode[],
  weights: readonly WeightDeclaration[],
): Graph {
  const text = JSON.stringify(nodes);
  return {
    format: GRAPH_FORMAT,
    context,
    weights: weights.filter((w) => text.includes(`"${w.name}"`)),
    tables: [...new Set(nodes.flatMap(tablesOf))].sort().map((id) => ({ id, digest: tableDigestOf(id) })),
    nodes,
    output: nodes.at(-1)?.name ?? 'none',
  };
}

const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 12];
const ACTIVATIONS = ['silu-8-r3', 'silu-12-r4', 'gelu-tanh-10-r3', 'gelu-erf-8-r4', 'relu-9', 'relu-16'];

/** Grows a graph block by block. A block that the checks refuse is dropped and its code counted. */
export function randomCase(seed: number, refusals: Map<string, number>): Case {
  const d = dice(seed);
  const context = d.int(1, 12);
  let nodes: readonly GraphNode[] = [];
  let weights: readonly WeightDeclaration[] = [];
  let info: ReadonlyMap<string, TensorInfo> = new Map();
  let counter = 0;

  /** Tries some nodes and weights; returns whether they are part of the graph now. */
  const attempt = (
    newNodes: readonly GraphNode[],
    newWeights: readonly WeightDeclaration[] = [],
  ): boolean => {
    const graph = complete(context, [...nodes, ...newNodes], [...weights, ...newWeights]);
    try {
      info = checkGraph(graph).tensors;
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
      refusals.set(error.code, (refusals.get(error.code) ?? 0) + 1);
      return false;
    }
    nodes = graph.nodes;
    weights = graph.weights;
    return true;
  };
  const fresh = (prefix: string): string => `${prefix}${counter++}`;
  const some = (): string => d.pick([...info.keys()]);
  const rounding = () => ({ shift: d.int(1, 16), bits: d.int(8, 15), guard: d.int(0, 2) });
  const linear = (input: string, outputs: number, bits: number): [GraphNode, WeightDeclaration[]] => {
    const weight = { name: fresh('w'), shape: [outputs, info.get(input)?.width ?? 1], bits };
    const bias = { name: fresh('b'), shape: [outputs], bits: d.int(2, 31) };
    const base = { name: fresh('acc'), op: 'linear', input, weight: weight.name, level: 'residue' } as const;
    return d.int(0, 1) === 0 ? [base, [weight]] : [{ ...base, bias: bias.name }, [weight, bias]];
  };
  const rounded = (
    input: string,
    outputs: number,
    bits: number,
    guard: number,
  ): [GraphNode[], WeightDeclaration[], string] => {
    const [acc, declared] = linear(input, outputs, d.int(2, 16));
    const name = fresh('y');
    const shift = d.int(1, 28 - bits - guard);
    return [[acc, { name, op: 'requantise', input: acc.name, shift, bits, guard }], declared, name];
  };

  const blocks: readonly (() => unknown)[] = [
    () => attempt([{ name: fresh('in'), op: 'input', width: d.pick(WIDTHS), bits: d.int(2, 20) }]),
    () => {
      const table = { name: fresh('E'), shape: [d.int(1, 9), d.int(1, 8)], bits: d.int(2, 16) };
      const positions = { name: fresh('P'), shape: [context, 8], bits: d.int(2, 16) };
      const base = {
        name: fresh('h'),
        op: 'embedding',
        table: table.name,
        width: d.int(1, 8),
        level: 'residue',
      } as const;
      if (d.int(0, 1) === 0) attempt([base], [table]);
      else attempt([{ ...base, positions: positions.name }], [table, positions]);
    },
    () => {
      const [node, declared] = linear(some(), d.pick(WIDTHS), d.pick([2, 8, 14, 16, 16]));
      attempt([node], declared);
    },
    () => attempt([{ name: fresh('q'), op: 'requantise', input: some(), ...rounding() }]),
    () =>
      attempt([
        {
          name: fresh('n'),
          op: 'rmsnorm',
          input: some(),
          bits: d.pick([16, 20]),
          epsilon: d.int(1, 2 ** 30),
        },
      ]),
    () => attempt([{ name: fresh('a'), op: 'activation', input: some(), table: d.pick(ACTIVATIONS) }]),
    () => attempt([{ name: fresh('s'), op: 'add', left: some(), right: some() }]),
    () => attempt([{ name: fresh('m'), op: 'product', left: some(), right: some() }]),
    () => attempt([{ name: fresh('c'), op: 'concat', left: some(), right: some() }]),
    () => attempt([{ name: fresh('z'), op: 'scale', input: some(), power: d.int(1, 8) }]),
    () => attempt([{ name: fresh('d'), op: 'centre', input: some() }]),
    () => attempt([{ name: fresh('e'), op: 'emit', input: some() }]),
    () => attempt([{ name: fresh('t'), op: 'argmax', input: some(), unit: 0 }]),
    () => {
      const headDim = d.pick([2, 4, 6]);
      const [made, declared, y] = rounded(some(), headDim * d.int(1, 3), 12, 2);
      const table = `rope-${d.pick([100, 10000])}-${headDim}-12`;
      const order = d.pick(['half', 'interleaved'] as const);
      attempt(
        [...made, { name: fresh('r'), op: 'rope', input: y, table, order, bits: 12, guard: d.int(0, 2) }],
        declared,
      );
    },
    () => {
      const [kvHeads, headDim] = [d.int(1, 3), d.int(1, 5)];
      const heads = kvHeads * d.int(1, 3);
      const x = some();
      const [q, k, v] = [
        rounded(x, heads * headDim, 12, d.int(0, 2)),
        rounded(some(), kvHeads * headDim, 12, d.int(0, 2)),
        rounded(x, kvHeads * headDim, 15, d.int(0, 2)),
      ];
      const node = {
        name: fresh('o'),
        op: 'attention',
        query: q[2],
        key: k[2],
        value: v[2],
        heads,
        kvHeads,
        headDim,
        shift: d.int(3, 10),
      } as const;
      const windowed = d.int(0, 2) === 0 ? { ...node, window: d.int(1, context) } : node;
      attempt([...q[0], ...k[0], ...v[0], windowed], [...q[1], ...k[1], ...v[1]]);
    },
  ];

  while (info.size === 0) d.pick(blocks.slice(0, 2))();
  for (let i = 0; i < 14; i++) d.pick(blocks)();
  const found = withRows(complete(context, nodes, weights), d);
  return d.int(0, 4) === 0 ? found : settled(found);
}

/** Without the nodes that have no witness for these rows, and without what reads them. */
function settled(testCase: Case): Case {
  const failed = failingNode(testCase);
  if (failed === undefined) return testCase;
  const gone = new Set([failed]);
  const nodes = testCase.graph.nodes.filter((node) => {
    if (references(node, 'tensor').some((name) => gone.has(name))) gone.add(node.name);
    return !gone.has(node.name);
  });
  if (nodes.length === 0) return testCase;
  const graph = complete(testCase.graph.context, nodes, testCase.graph.weights);
  try {
    checkGraph(graph);
  } catch {
    return testCase; // a lookup that went was the range check of another node
  }
  return settled({ ...testCase, graph });
}

/** The node at which there is no witness; undefined where there is one. */
export function failingNode({ graph, weights, rows }: Case): string | undefined {
  try {
    execute(graph, (name) => weights[name] as WeightData, rows);
    return undefined;
  } catch (error) {
    if (error instanceof ProofError && error.code === 'UNPROVABLE') return error.stage;
    throw error;
  }
}

/** Random weights and rows for a graph: several sequences, any number of rows, 0 included. */
export function withRows(graph: Graph, d: Dice): Case {
  const weights: Record<string, Int32Array> = {};
  for (const { name, shape, bits } of graph.weights) {
    weights[name] = entries(
      shape.reduce((a, b) => a * b, 1),
      bits,
      d,
    );
  }
  const starts: number[] = [];
  let count = 0;
  for (let i = d.pick([0, 1, 1, 1, 1, 2, 2, 2, 3, 3]); i > 0; i--) {
    starts.push(count);
    count += d.int(1, Math.min(graph.context, 6));
  }
  const tokenLimit = Math.min(
    ...graph.nodes.map((node) =>
      node.op === 'embedding' ? (graph.weights.find((w) => w.name === node.table)?.shape[0] ?? 1) : 9,
    ),
  );
  const inputs: Record<string, Int32Array> = {};
  for (const node of graph.nodes) {
    if (node.op === 'input') inputs[node.name] = entries(count * node.width, node.bits, d);
  }
  const emit = Array.from({ length: count }, (_, t) => t).filter(() => d.int(0, 1) === 0);
  const tokens = Array.from({ length: count }, () => d.int(0, tokenLimit - 1));
  return { graph, weights, rows: { tokens, inputs, starts, emit } };
}

/** The executor's results, or the code of its refusal. */
export function run(
  { graph, weights, rows }: Case,
  extra: Partial<Append> = {},
): Execution<Int32Array> | string {
  try {
    return execute(graph, (name) => weights[name] as WeightData, { ...rows, ...extra });
  } catch (error) {
    if (error instanceof ProofError) return error.code;
    throw error;
  }
}

const bigints = (list: ArrayLike<number>): bigint[] => Array.from(list, BigInt);

/** The twin's results, or `UNPROVABLE`. */
export function runTwin(
  { graph, weights, rows }: Case,
  sampling?: Pass['sampling'],
): Map<string, bigint[][]> | string {
  const big = (record: Readonly<Record<string, ArrayLike<number>>>) =>
    Object.fromEntries(Object.entries(record).map(([name, list]) => [name, bigints(list)]));
  const emitted = Array.isArray(rows.emit) ? rows.emit : rows.tokens.map((_, t) => t);
  const pass = {
    weights: big(weights),
    tokens: rows.tokens,
    inputs: big(rows.inputs ?? {}),
    starts: rows.starts,
    emitted,
  };
  try {
    return evaluate(JSON.stringify(graph), sampling === undefined ? pass : { ...pass, sampling });
  } catch (error) {
    if (error instanceof NoWitness) return 'UNPROVABLE';
    throw error;
  }
}

/** Executor and twin agree on every tensor, or both find no witness. @returns `same` or `unprovable` */
export function compare(testCase: Case, sampling?: Pass['sampling']): 'same' | 'unprovable' {
  const extra = sampling === undefined ? {} : { choice: sampling };
  const [ours, theirs] = [run(testCase, extra), runTwin(testCase, sampling)];
  if (typeof ours === 'string' || typeof theirs === 'string') {
    const [a, b] = [ours, theirs].map((x) => (typeof x === 'string' ? x : 'results'));
    if (a !== b) throw new Error(`executor: ${a}, twin: ${b}: ${JSON.stringify(testCase.graph.nodes)}`);
    return 'unprovable';
  }
  for (const [name, rows] of theirs) {
    const tensor = ours.tensors.get(name);
    const flat = rows.flat();
    if (tensor?.data.length !== flat.length)
      throw new Error(`${name}: ${tensor?.data.length} entries, twin ${flat.length}`);
    flat.forEach((value, i) => {
      if (BigInt(tensor.data[i] as number) !== value)
        throw new Error(`${name}[${i}]: ${tensor.data[i]}, twin ${value}`);
    });
  }
  return 'same';
}

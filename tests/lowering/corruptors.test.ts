/**
 * OPS-1: at least eight corruptors for every operator. A corruptor is a prover who computed something else and tells so
 * consistently (another program of the same shape, other rows, other weights), or who changed cells of an honest witness.
 */
import { describe, expect, it } from 'vitest';
import {
  graphBuilder,
  type Graph,
  type GraphBuilder,
  type GraphNode,
  type TensorHandle,
  type WeightData,
} from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import { violated, type Cells } from '../support/clear.ts';
import { dice, entries } from '../support/graphs.ts';
import { lowered, type Lowered } from '../support/lowered.ts';

const ROWS = 6;
const TOKENS = [3, 1, 4, 1, 0, 2];
const EMIT = [1, 3, 4];

interface Operator {
  readonly op: string;
  build(g: GraphBuilder): TensorHandle;
  /** Other fields of the node: another computation. */
  readonly fields?: readonly Readonly<Record<string, unknown>>[];
}

const w = (g: GraphBuilder, name: string, shape: number[], bits = 8) => g.weight(name, shape, { bits });

const OPERATORS: readonly Operator[] = [
  { op: 'input', build: (g) => g.input('x', { width: 3, bits: 8 }) },
  {
    op: 'embedding',
    build: (g) => g.embedding('h', w(g, 'E', [5, 4]), { width: 3, positions: w(g, 'P', [8, 3]) }),
    fields: [{ positions: undefined }],
  },
  {
    op: 'linear',
    build: (g) =>
      g.linear('y', g.input('x', { width: 3, bits: 8 }), w(g, 'W', [4, 3]), { bias: w(g, 'b', [4], 28) }),
    fields: [{ bias: undefined }],
  },
  {
    op: 'requantise',
    build: (g) => g.requantise('y', g.input('x', { width: 3, bits: 8 }), { shift: 3, bits: 5, guard: 2 }),
    fields: [{ shift: 2 }, { shift: 4 }, { bits: 4, guard: 3 }, { bits: 7, guard: 0 }],
  },
  {
    op: 'add',
    build: (g) => g.add('y', g.input('x', { width: 3, bits: 8 }), g.input('z', { width: 3, bits: 8 })),
    fields: [{ left: 'z' }, { right: 'x' }],
  },
  {
    op: 'scale',
    build: (g) => g.scale('y', g.input('x', { width: 3, bits: 8 }), 3),
    fields: [{ power: 2 }, { power: 4 }],
  },
  {
    op: 'product',
    build: (g) => g.product('y', g.input('x', { width: 3, bits: 8 }), g.input('z', { width: 3, bits: 8 })),
    fields: [{ left: 'z' }, { right: 'x' }],
  },
  {
    op: 'concat',
    build: (g) => g.concat('y', g.input('x', { width: 3, bits: 8 }), g.input('z', { width: 3, bits: 8 })),
    fields: [{ left: 'z', right: 'x' }, { left: 'z' }, { right: 'x' }],
  },
  { op: 'emit', build: (g) => g.emit('y', g.input('x', { width: 3, bits: 8 })) },
  { op: 'centre', build: (g) => g.centre('y', g.input('x', { width: 3, bits: 8 })) },
  {
    op: 'rmsnorm',
    build: (g) => g.rmsnorm('y', g.input('x', { width: 3, bits: 8 }), { bits: 16, epsilon: 100 }),
    fields: [{ epsilon: 1 }, { epsilon: 99 }, { epsilon: 40_000 }],
  },
  {
    op: 'activation',
    build: (g) => g.activation('y', g.input('x', { width: 3, bits: 8 }), 'silu-8-r3'),
  },
];

/** A graph, its weights and inputs, and the pass that reveals the result of the operator. */
interface Honest extends Lowered {
  readonly node: GraphNode;
  readonly weights: Readonly<Record<string, WeightData>>;
  readonly inputs: Readonly<Record<string, Int32Array>>;
}

function honest({ op, build }: Operator): Honest {
  const d = dice(11);
  const g = graphBuilder({ context: 8 });
  const graph = g.build(build(g));
  const node = graph.nodes.find((other) => other.op === op)!;
  const mixed = (n: number, bits: number): Int32Array => {
    let made = entries(n, bits, d);
    while (new Set(made).size < Math.min(n, 4)) made = entries(n, bits, d);
    return made;
  };
  const weights = Object.fromEntries(
    graph.weights.map(({ name, shape, bits }) => [
      name,
      mixed(
        shape.reduce((a, b) => a * b, 1),
        bits,
      ),
    ]),
  );
  const inputs = Object.fromEntries(
    graph.nodes.flatMap((of) => (of.op === 'input' ? [[of.name, mixed(ROWS * of.width, 8)] as const] : [])),
  );
  const made = revealed(graph, weights, TOKENS, inputs, node.name);
  return { ...made, node, weights, inputs };
}

/** Runs twice: the result of a node is shown in full. */
function revealed(
  graph: Graph,
  weights: Honest['weights'],
  tokens: readonly number[],
  inputs: Honest['inputs'],
  node: string,
  emit = EMIT,
): Lowered {
  const pass = { rows: ROWS, tokens, starts: [0, 4], emit };
  const { results } = lowered(graph, weights, pass, inputs);
  const { rows, data } = results.tensors.get(node)!;
  const all = { node, rows: Array.from({ length: rows }, (_, i) => i), values: data };
  return lowered(graph, weights, { ...pass, revealed: [all] }, inputs);
}

/** The honest program with the public values of a liar, and his cells for weights, inputs and everything else. */
function claims(made: Honest, liar: Lowered): string[] {
  const program = lowerGraph(made.graph, { ...made.pass, revealed: liar.pass.revealed! });
  const cells = new Map<string, ArrayLike<number>>();
  for (const { kind, name, shape } of program.tensors) {
    if (kind === 'public') continue;
    const size = shape.reduce((a, b) => a * b, 1);
    const own = liar.cells.get(name);
    // Weights are committed, and inputs are what the results are compared for: both are the honest ones.
    const fixed = kind === 'static' || made.inputs[name] !== undefined;
    cells.set(name, fixed || own?.length !== size ? made.cells.get(name)! : own);
  }
  return violated(program, cells);
}

const swapped = <T>(list: readonly T[], a: number, b: number): T[] =>
  list.map((x, i) => (i === a ? list[b]! : i === b ? list[a]! : x));

/** Provers who computed something else. */
function liars(made: Honest, { fields = [] }: Operator): [string, () => Lowered | undefined][] {
  const { graph, weights, inputs, node } = made;
  const other = (nodes: readonly GraphNode[]): Graph => ({
    ...graph,
    nodes,
    weights: graph.weights.filter(({ name }) => JSON.stringify(nodes).includes(`"${name}"`)),
  });
  const run = (as: Graph, w2 = weights, tokens = TOKENS, x = inputs, emit = EMIT) =>
    revealed(as, w2, tokens, x, node.name, emit);
  const changed = (data: ArrayLike<number>, at: number, by: number): Int32Array =>
    Int32Array.from(data, (v, i) => (i === at ? (v + by > 127 ? v - by : v + by) : v));
  const list: [string, () => Lowered | undefined][] = fields.map((changes) => [
    `node with ${JSON.stringify(changes)}`,
    () => {
      const merged = Object.fromEntries(
        Object.entries({ ...node, ...changes }).filter(([, value]) => value !== undefined),
      ) as unknown as GraphNode;
      const as = other(graph.nodes.map((of) => (of === node ? merged : of)));
      const used = new Set(as.nodes.flatMap((of) => Object.values(of)));
      if (as.nodes.some((of) => of.op === 'input' && of !== node && !used.has(of.name))) return undefined;
      return run(as);
    },
  ]);
  for (const [name, data] of Object.entries(inputs)) {
    for (const at of [0, 7, data.length - 1]) {
      list.push([
        `input ${name}[${at}] one more`,
        () => run(graph, weights, TOKENS, { ...inputs, [name]: changed(data, at, 1) }),
      ]);
    }
    const rows = Array.from({ length: ROWS }, (_, r) => data.subarray(3 * r, 3 * r + 3));
    const rotated = Int32Array.from(swapped(rows, 1, 4).flatMap((row) => [...row]));
    list.push([
      `rows 1 and 4 of ${name} swapped`,
      () => run(graph, weights, TOKENS, { ...inputs, [name]: rotated }),
    ]);
  }
  for (const { name, bits } of graph.weights) {
    const data = weights[name]!;
    for (const at of [0, data.length - 1]) {
      const moved = Int32Array.from(data, (v, i) =>
        i === at ? (v === 2 ** (bits - 1) - 1 ? v - 1 : v + 1) : v,
      );
      list.push([`weight ${name}[${at}] one off`, () => run(graph, { ...weights, [name]: moved })]);
    }
  }
  if (node.op === 'embedding') {
    list.push(['another token', () => run(graph, weights, [3, 1, 4, 1, 0, 3])]);
    list.push(['tokens swapped', () => run(graph, weights, swapped(TOKENS, 0, 2))]);
    list.push(['tokens late by one', () => run(graph, weights, [2, 3, 1, 4, 1, 0])]);
  }
  if (node.op === 'emit') {
    list.push(['other rows', () => run(graph, weights, TOKENS, inputs, [0, 3, 4])]);
    list.push(['rows late by one', () => run(graph, weights, TOKENS, inputs, [2, 4, 5])]);
  }
  return list;
}

/** Changes of cells of what the operator committed, or of what it shows. */
function spoilers(made: Honest): [string, () => string[]][] {
  const { program, cells, node } = made;
  const with_ = (name: string, change: (own: number[], width: number) => void): string[] => {
    const own = Array.from(cells.get(name)!);
    const { shape } = program.tensors.find((tensor) => tensor.name === name)!;
    change(own, shape.at(-1)!);
    return violated(program, new Map([...cells, [name, own]]) as Cells);
  };
  const names = program.tensors.flatMap(({ kind, name }) =>
    kind === 'witness' && (name === node.name || name.startsWith(`${node.name}:`)) ? [name] : [],
  );
  const list = names.flatMap((name): [string, () => string[]][] => {
    const last = cells.get(name)!.length - 1;
    return [
      [`${name}[0] one more`, () => with_(name, (own) => void (own[0] = own[0]! + 1))],
      [`${name}[${last}] one less`, () => with_(name, (own) => void (own[last] = own[last]! - 1))],
      [`${name}[0] by 2^14`, () => with_(name, (own) => void (own[0] = own[0]! + 2 ** 14))],
      [`${name}[${last}] by p / 2`, () => with_(name, (own) => void (own[last] = own[last]! - 1065353216))],
    ];
  });
  const shown = (change: (values: number[]) => void): string[] => {
    const [all] = made.pass.revealed!;
    const values = Array.from(all!.values);
    change(values);
    return violated(lowerGraph(made.graph, { ...made.pass, revealed: [{ ...all!, values }] }), cells);
  };
  list.push(
    ['result[0] one more', () => shown((values) => void (values[0] = values[0]! + 1))],
    ['last result one less', () => shown((values) => void (values[values.length - 1] = values.at(-1)! - 1))],
    ['results late by one', () => shown((values) => values.unshift(values.pop()!))],
    ['result negated', () => shown((values) => values.forEach((v, i) => (values[i] = -v)))],
    ['no result', () => shown((values) => values.fill(0))],
    ['result doubled', () => shown((values) => values.forEach((v, i) => (values[i] = 2 * v)))],
  );
  return list;
}

describe('OPS-1: corruptors', () => {
  it.each(OPERATORS)('$op', (operator) => {
    const made = honest(operator);
    expect(violated(made.program, made.cells)).toEqual([]);
    let corruptors = 0;
    for (const [name, check] of spoilers(made)) {
      corruptors++;
      expect(check().length, name).toBeGreaterThan(0);
    }
    for (const [name, lie] of liars(made, operator)) {
      let liar: Lowered | undefined;
      try {
        liar = lie();
      } catch (error) {
        if (!(error instanceof ProofError)) throw error; // the other computation has no witness
      }
      if (liar === undefined) continue;
      const [mine, his] = [made, liar].map(({ pass }) => Array.from(pass.revealed![0]!.values));
      if (mine!.join() === his!.join()) continue; // no lie: the results agree
      corruptors++;
      expect(claims(made, liar).length, name).toBeGreaterThan(0);
    }
    console.log(`${operator.op}: ${corruptors} corruptors`);
    expect(corruptors).toBeGreaterThanOrEqual(8);
  });
});

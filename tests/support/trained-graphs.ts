/** Graphs in training for proofs: the smallest one, and one with every operator that is trained. */
import { graphBuilder } from '../../src/graph/index.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { stateOf } from '../../src/training/backward/state.ts';
import { dice } from './graphs.ts';
import type { Trained } from './twin-steps.ts';

/** Weights below 2^9 in absolute value, of biases in two digits below 2^17; momenta, where the plan has them, of all low bits and one high bit. */
function withState(graph: Trained['graph'], plan: GraphPlan): Trained {
  const { int } = dice(4);
  const entries = (name: string): number[] => {
    const { shape, bits } = graph.weights.find((own) => own.name === name)!;
    const most = bits > 16 ? 2 ** 17 : 500;
    return Array.from({ length: shape[0]! * (shape[1] ?? 1) }, () => int(-most, most));
  };
  const state = stateOf(graph, entries, plan);
  const { momentum } = plan;
  if (momentum === undefined) return { graph, plan, state };
  const any = (of: Int16Array | undefined, bits: number): Int16Array => of!.map(() => int(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)); // prettier-ignore
  const moving = [...state].map(([name, own]) => {
    return [name, { ...own, high: any(own.high, 1), low: any(own.low, momentum.low) }] as const;
  });
  return { graph, plan, state: new Map(moving) };
}

/** Rows turned by their positions, momentum, gradients that are cut off, some of them by their guard bits. */
export function turnedTrained(): Trained {
  const g = graphBuilder({ context: 4 });
  const h = g.embedding('h', g.weight('E', [11, 4], { bits: 12 }), { width: 4 });
  const x = g.requantise('x', h, { shift: 3, bits: 9 });
  const t = g.rope('t', x, { table: 'rope-100-4-4', order: 'half', bits: 10 });
  const graph = g.build(g.rounded('y', t, g.weight('H', [6, 4], { bits: 12 }), { shift: 8, bits: 16 }));
  return withState(graph, {
    weights: { E: 9, H: 10 },
    ...{ norms: 13, gradient: { bits: 7, fraction: 8, guard: 4 }, low: 15, rate: 3, ratePlaces: 10 },
    momentum: { shift: 3, high: 8, low: 9 },
  });
}

/** A layer with a bias of two digits, one without, one with a bias of one digit. */
export function biasedTrained(change: Partial<GraphPlan> = {}): Trained {
  const g = graphBuilder({ context: 4 });
  const h = g.embedding('h', g.weight('E', [11, 2], { bits: 12 }), { width: 2 });
  const x = g.requantise('x', h, { shift: 3, bits: 9 });
  const matrix = (name: string, rows: number, columns: number) =>
    g.weight(name, [rows, columns], { bits: 12 });
  const wide = { bias: g.weight('b', [3], { bits: 20 }) };
  const u = g.rounded('u', x, matrix('U', 3, 2), { shift: 10, bits: 9, ...wide });
  const v = g.rounded('v', g.activation('a', u, 'relu-9'), matrix('V', 2, 3), { shift: 10, bits: 9 });
  const narrow = { bias: g.weight('c', [6], { bits: 16 }) };
  const graph = g.build(g.rounded('y', v, matrix('H', 6, 2), { shift: 8, bits: 16, ...narrow }));
  const weights = { E: 9, U: 10, b: 16, V: 10, H: 10, c: 16 };
  const gradient = { bits: 12, fraction: 8 };
  return withState(graph, { weights, norms: 13, gradient, low: 15, rate: 3, ratePlaces: 7, ...change });
}

/** Eleven ids of two columns, rounded; six classes. */
export function smallestTrained(change: Partial<GraphPlan> = {}): Trained {
  const g = graphBuilder({ context: 4 });
  const h = g.embedding('h', g.weight('E', [11, 2], { bits: 12 }), { width: 2 });
  const x = g.requantise('x', h, { shift: 3, bits: 9 });
  const graph = g.build(g.rounded('y', x, g.weight('H', [6, 2], { bits: 12 }), { shift: 8, bits: 16 }));
  const gradient = { bits: 12, fraction: 8 };
  const plan = { weights: { E: 9, H: 10 }, norms: 13, gradient, low: 15, rate: 3, ratePlaces: 6 };
  return withState(graph, { ...plan, ...change });
}

/**
 * Attention with two heads on one key, a residual, a gated activation, and a norm unless it is left out; results are read twice. With two columns a
 * head queries and keys are turned by their positions.
 */
export function everyTrained(norm: boolean, columns: 1 | 2 = 1, change: Partial<GraphPlan> = {}): Trained {
  const g = graphBuilder({ context: 4 });
  const weights: Record<string, number> = { E: 9, P: 9 };
  const matrix = (name: string, rows: number, columns: number) => {
    weights[name] = 10;
    return g.weight(name, [rows, columns], { bits: 12 });
  };
  const positions = g.weight('P', [4, 2], { bits: 12 });
  const h = g.embedding('h', g.weight('E', [5, 2], { bits: 12 }), { width: 2, positions });
  const x = norm
    ? g.requantise('x', g.rmsnorm('n', h, { bits: 16, epsilon: 1 }), { shift: 7, bits: 14 })
    : g.requantise('x', h, { shift: 3, bits: 9 });
  const rows = (name: string, outputs: number) =>
    g.rounded(name, x, matrix(`W${name}`, outputs, 2), { shift: 11, bits: 11 });
  const turned = (name: string, outputs: number) => {
    const own = rows(name, outputs);
    if (columns === 1) return own;
    return g.rope(`${name}-turned`, own, { table: 'rope-100-2-4', order: 'interleaved', bits: 12 });
  };
  const width = 2 * columns;
  const read = { query: turned('q', width), key: turned('k', columns), value: rows('v', columns) };
  const o = g.attention('o', read, { heads: 2, kvHeads: 1, headDim: columns, shift: 3 });
  const z = g.add('z', o, rows('r', width));
  const inner = g.rounded('u', z, matrix('Wu', width, width), { shift: 10, bits: 9 });
  const a = g.activation('a', inner, 'gelu-tanh-9-r3');
  const gated = g.requantise('g', g.product('p', a, o), { shift: 9, bits: 14 });
  const graph = g.build(g.rounded('y', gated, matrix('H', 3, width), { shift: 9, bits: 16 }));
  const gradient = { bits: 14, fraction: 9 };
  return withState(graph, { weights, norms: 13, gradient, low: 13, rate: 1, ratePlaces: 0, ...change });
}

/** Two steps of the smallest graph: on three public tokens in one sequence, then in two, on those of a corpus. */
export const TOKENS = { tokens: [1, 2, 10], targets: [2, 3, 5], starts: [0] };
export const CORPUS = Int16Array.of(10, 3, 1, 5, 5, 4, 2, 3);
export const PLACES = { corpus: CORPUS.length, at: [0, 1, 4], starts: [0, 2] };

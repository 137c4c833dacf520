/** Small graphs around one operator, executed and lowered. */
import { graphBuilder, type Graph, type WeightData } from '../../src/graph/index.ts';
import { executePass } from '../../src/graph/lower-witness.ts';
import type { Pass } from '../../src/graph/pass.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import { dice, entries } from './graphs.ts';
import { lowered, type Lowered } from './lowered.ts';

export interface AttentionCase {
  readonly seed: number;
  readonly rows: number;
  readonly starts?: readonly number[];
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly shift?: number;
  readonly window?: number;
  /** Bits of queries and keys, and of values. */
  readonly bits?: number;
  readonly valueBits?: number;
}

/** Attention over inputs. */
export function attentionCase(of: AttentionCase): Lowered {
  const { seed, rows, starts = [0], heads = 1, kvHeads = 1, headDim = 1, shift = 3 } = of;
  const { window, bits = 8, valueBits = 15 } = of;
  const d = dice(seed);
  const g = graphBuilder({ context: rows });
  const query = g.input('q', { width: heads * headDim, bits });
  const key = g.input('k', { width: kvHeads * headDim, bits });
  const value = g.input('v', { width: kvHeads * headDim, bits: valueBits });
  const options = { heads, kvHeads, headDim, shift, ...(window !== undefined && { window }) };
  const graph = g.build(g.attention('o', { query, key, value }, options));
  const inputs = {
    q: entries(rows * heads * headDim, bits, d),
    k: entries(rows * kvHeads * headDim, bits, d),
    v: entries(rows * kvHeads * headDim, valueBits, d),
  };
  return lowered(graph, {}, { rows, starts, emit: [] }, inputs);
}

export interface RopeCase {
  readonly seed: number;
  readonly rows: number;
  readonly starts?: readonly number[];
  readonly headDim: number;
  readonly heads: number;
  readonly order: 'half' | 'interleaved';
  readonly bits?: number;
  readonly guard?: number;
  /** Bits of inputs. */
  readonly inputBits?: number;
}

/** Two rotations that share a table. */
export function ropeCase(of: RopeCase): Lowered {
  const { seed, rows, starts = [0], headDim, heads, order, bits = 12, guard = 2, inputBits = 12 } = of;
  const d = dice(seed);
  const g = graphBuilder({ context: 16 });
  const x = g.input('x', { width: heads * headDim, bits: inputBits });
  const options = { table: `rope-100-${headDim}-16`, order, bits, guard };
  const y = g.rope('y', x, options);
  const graph = g.build(g.rope('z', y, { ...options, guard: 6 - guard }));
  const inputs = { x: entries(rows * heads * headDim, inputBits, d) };
  return lowered(graph, {}, { rows, starts, emit: [] }, inputs);
}

/** What is chosen from: accumulators, committed values, sums of these, products, or accumulators with noise. */
export const LOGITS = ['linear', 'biased', 'rounded', 'centred', 'product', 'sampled'] as const;
export type Logits = (typeof LOGITS)[number];

export interface ArgmaxCase {
  readonly seed: number;
  readonly logits: Logits;
  readonly rows: number;
  readonly starts?: readonly number[];
  /** Rows that emit; absent: the choice is made at all rows. */
  readonly emit?: readonly number[];
  readonly vocabulary?: number;
  readonly width?: number;
  /** Bits of inputs: few make ties. */
  readonly bits?: number;
}

export function argmaxCase(of: ArgmaxCase): Lowered {
  const { seed, logits, rows, starts = [0], emit, vocabulary = 9, width = 5, bits = 8 } = of;
  const d = dice(seed);
  const g = graphBuilder({ context: 16 });
  const all = g.input('x', { width, bits });
  const x = emit === undefined ? all : g.emit('last', all);
  const linear = g.linear('acc', x, g.weight('w', [vocabulary, width], { bits: 8 }), {
    ...(logits === 'biased' && { bias: g.weight('b', [vocabulary], { bits: 20 }) }),
  });
  const rounded = () => g.requantise('r', linear, { shift: 6, bits: 14, guard: 2 });
  const from = {
    linear: () => linear,
    biased: () => linear,
    sampled: () => linear,
    rounded,
    centred: () =>
      g.add('sum', g.centre('c', rounded()), g.scale('s', g.input('y', { width: vocabulary, bits: 3 }), 2)),
    product: () => {
      const r = rounded();
      return g.product('p', r, r);
    },
  }[logits]();
  const graph = g.build(g.argmax('choice', from, { unit: logits === 'sampled' ? 2 ** 10 : 0 }));
  const inputs = { x: entries(rows * width, bits, d), y: entries(rows * vocabulary, 3, d) };
  const seedBytes = Uint8Array.from({ length: 32 }, (_, i) => 7 * i + seed);
  const choice = logits === 'sampled' ? { seed: seedBytes, temperature: 2500 } : ('greedy' as const);
  const pass: Pass = { rows, starts, emit: emit ?? [], choice };
  const weights = { w: entries(vocabulary * width, 8, d), b: entries(vocabulary, 20, d) };
  return withChoices(graph, weights, pass, inputs);
}

/** Lowers a pass with the choices that the executor makes. */
export function withChoices(
  graph: Graph,
  weights: Readonly<Record<string, WeightData>>,
  pass: Pass,
  inputs: Readonly<Record<string, ArrayLike<number>>> = {},
): Lowered {
  const { tensors } = executePass(graph, (name) => weights[name]!, pass, inputs);
  const choices: Record<string, ArrayLike<number>> = {};
  for (const { op, name } of graph.nodes) if (op === 'argmax') choices[name] = tensors.get(name)!.data;
  return lowered(graph, weights, { ...pass, choices }, inputs);
}
/** An embedding of four ids, two of them private, of a vocabulary that is no multiple of the base of its digits. */
export function privateTokensCase(): Lowered {
  const [vocabulary, width] = [11, 1];
  const g = graphBuilder({ context: 4 });
  const table = g.weight('E', [vocabulary, width], { bits: 6 });
  const graph = g.build(g.requantise('y', g.embedding('e', table, { width }), { shift: 1, bits: 6 }));
  const weights = { E: entries(vocabulary * width, 6, dice(9)) };
  const pass = { rows: 4, tokens: [PRIVATE_TOKEN, 3, PRIVATE_TOKEN, 0], starts: [0, 2], emit: [] };
  return lowered(graph, weights, pass, {}, [7, 10]);
}

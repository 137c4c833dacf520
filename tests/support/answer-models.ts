/** Small models for whole answers: together every operator, and tables of at most 2^16 rows. */
import { graphBuilder, type Graph, type TensorHandle } from '../../src/graph/index.ts';
import { generator } from './words.ts';

/** A graph with its weights. */
export interface AnswerModel {
  readonly graph: Graph;
  readonly weights: ReadonlyMap<string, Int16Array | Int32Array>;
  readonly vocabulary: number;
}

/** A model with random weights that its nodes declare while it is built. */
function built(
  seed: number,
  context: number,
  vocabulary: number,
  build: (
    g: ReturnType<typeof graphBuilder>,
    matrix: (
      name: string,
      rows: number,
      columns: number,
      size?: number,
    ) => ReturnType<ReturnType<typeof graphBuilder>['weight']>,
    vector: (
      name: string,
      entries: number,
      bits: number,
    ) => ReturnType<ReturnType<typeof graphBuilder>['weight']>,
  ) => TensorHandle,
): AnswerModel {
  const next = generator(seed);
  for (let i = 0; i < 16; i++) next();
  const g = graphBuilder({ context });
  const weights = new Map<string, Int16Array | Int32Array>();
  const entry = (size: number): number => (next() % (2 * size + 1)) - size;
  const output = build(
    g,
    (name, rows, columns, size = 2000) => {
      weights.set(
        name,
        Int16Array.from({ length: rows * columns }, () => entry(size)),
      );
      return g.weight(name, [rows, columns], { bits: 14 });
    },
    (name, entries, bits) => {
      weights.set(
        name,
        Int32Array.from({ length: entries }, () => entry(2 ** (bits - 2))),
      );
      return g.weight(name, [entries], { bits });
    },
  );
  return { graph: g.build(output), weights, vocabulary };
}

/** ReLU between two layers, nothing that needs a long table. */
export function smallest(seed: number): AnswerModel {
  return built(seed, 8, 6, (g, matrix, vector) => {
    const h = g.embedding('h', matrix('E', 6, 4), { width: 4 });
    const x = g.requantise('x', h, { shift: 4, bits: 8, guard: 2 });
    const inner = g.rounded('inner', x, matrix('U', 5, 4), {
      bias: vector('b', 5, 20),
      shift: 12,
      bits: 7,
      guard: 3,
    });
    const down = g.rounded('down', g.activation('act', inner, 'relu-7'), matrix('D', 4, 5), {
      shift: 12,
      bits: 9,
    });
    const last = g.emit('last', g.requantise('y', g.add('sum', g.scale('fine', x, 1), down), { shift: 1, bits: 9, guard: 1 })); // prettier-ignore
    return g.argmax('choice', g.linear('logits', last, matrix('head', 6, 4)));
  });
}

/** RMSNorm, rotary positions, grouped heads, a gated SiLU; choices with noise. */
export function gated(seed: number): AnswerModel {
  return built(seed, 12, 7, (g, matrix) => {
    const rounding = (shift: number, bits: number) => ({ shift, bits, guard: 1 });
    const h = g.embedding('h', matrix('E', 7, 4), { width: 4 });
    const n = g.rmsnorm('n', h, { bits: 16, epsilon: 1000 });
    const rotated = (name: string, heads: number): TensorHandle => {
      const flat = g.rounded(name, n, matrix(`${name}.w`, 2 * heads, 4, 250), rounding(15, 9));
      return g.rope(`${name}r`, flat, { table: 'rope-100-2-12', order: 'half', bits: 10, guard: 1 });
    };
    const [query, key] = [rotated('q', 2), rotated('k', 1)];
    const value = g.rounded('v', n, matrix('v.w', 2, 4, 250), rounding(15, 9));
    const heads = { heads: 2, kvHeads: 1, headDim: 2, shift: 4 };
    const attended = g.attention('attn', { query, key, value }, heads);
    const sum = g.add('sum', h, g.rounded('o', attended, matrix('o.w', 4, 4), rounding(10, 12)));
    const m = g.rmsnorm('m', sum, { bits: 16, epsilon: 1000 });
    const gate = g.activation(
      'act',
      g.rounded('gate', m, matrix('g.w', 3, 4, 250), rounding(16, 8)),
      'silu-8-r3',
    );
    const product = g.product('p', gate, g.rounded('up', m, matrix('u.w', 3, 4, 250), rounding(15, 9)));
    const inner = g.requantise('inner', product, rounding(12, 10));
    const out = g.add('out', sum, g.rounded('down', inner, matrix('d.w', 4, 3), rounding(10, 12)));
    const last = g.rounded('last', g.emit('e', out), matrix('l.w', 4, 4, 250), rounding(13, 10));
    return g.argmax('choice', g.linear('logits', last, matrix('head', 7, 4)), { unit: 2 ** 12 });
  });
}

/** Learned positions, LayerNorm, biases, GELU, a concatenation; the head is the embedding. */
export function layerNormed(seed: number): AnswerModel {
  return built(seed, 8, 6, (g, matrix, vector) => {
    const E = matrix('E', 6, 4);
    const h = g.embedding('h', E, { width: 4, positions: matrix('P', 8, 4) });
    const flat = g.requantise('flat', h, { shift: 2, bits: 12, guard: 1 });
    const n = g.rmsnorm('n', g.centre('c', flat), { bits: 16, epsilon: 500 });
    const [q, k, v] = ['q', 'k', 'v'].map((name) =>
      g.rounded(name, n, matrix(`${name}.w`, 2, 4, 250), {
        bias: vector(`${name}.b`, 2, 22),
        shift: 15,
        bits: 9,
        guard: 1,
      }),
    ) as [TensorHandle, TensorHandle, TensorHandle];
    const heads = { heads: 1, kvHeads: 1, headDim: 2, shift: 4, window: 3 };
    const attended = g.attention('attn', { query: q, key: k, value: v }, heads);
    const both = g.concat('both', attended, n);
    const inner = g.rounded('fc', both, matrix('f.w', 3, 6, 250), { shift: 16, bits: 8, guard: 1 });
    const act = g.activation('act', inner, 'gelu-erf-8-r3');
    const out = g.add(
      'out',
      flat,
      g.rounded('down', act, matrix('d.w', 4, 3), { shift: 15, bits: 12, guard: 1 }),
    );
    const last = g.requantise('last', g.emit('e', out), { shift: 3, bits: 10, guard: 1 });
    return g.argmax('choice', g.linear('logits', last, E));
  });
}

/** A norm of 20 bits, whose squares are summed in digits. */
export function wide(seed: number): AnswerModel {
  return built(seed, 8, 6, (g, matrix) => {
    const n = g.rmsnorm('n', g.embedding('h', matrix('E', 6, 4), { width: 4 }), {
      bits: 20,
      epsilon: 2 ** 31 + 5,
    });
    return g.argmax('choice', g.linear('logits', g.emit('last', n), matrix('head', 6, 4)));
  });
}

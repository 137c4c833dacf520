/** Small language models with seeded random weights, built as the quantiser will build real ones. */
import { graphBuilder, type Graph, type TensorHandle } from '../../src/graph/index.ts';
import { generator } from './words.ts';

export interface TinyModel {
  readonly graph: Graph;
  readonly weights: Readonly<Record<string, Int16Array | Int32Array>>;
}

export interface TinyShape {
  readonly seed: number;
  readonly width?: number;
  readonly layers?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly headDim?: number;
  readonly inner?: number;
  readonly vocabulary?: number;
  readonly context?: number;
  readonly window?: number;
  /** Steps of a logit per nat; default 2^22. */
  readonly unit?: number;
}

/** Random weights, roughly normal, of a standard deviation in integer steps. */
function normal(n: number, deviation: number, next: () => number): Int16Array {
  const uniform = (): number => next() / 2 ** 32 - 0.5;
  return Int16Array.from({ length: n }, () => {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += uniform();
    return Math.round(sum * deviation);
  });
}

/** LLaMA's layer: RMSNorm, rotary grouped-query attention, SwiGLU. Residual in 16 bits. */
export function tinyLlama(shape: TinyShape): TinyModel {
  const { seed, width = 16, layers = 2, heads = 4, kvHeads = 2, headDim = 4, inner = 24 } = shape;
  const { vocabulary = 40, context = 48, window, unit = 2 ** 22 } = shape;
  const next = generator(seed);
  for (let i = 0; i < 16; i++) next();
  const weights: Record<string, Int16Array> = {};
  const g = graphBuilder({ context });
  const declare = (name: string, rows: number, columns: number, deviation: number) => {
    weights[name] = normal(rows * columns, deviation, next);
    return g.weight(name, [rows, columns], { bits: 14 });
  };
  const norm = (name: string, x: TensorHandle) => g.rmsnorm(name, x, { bits: 16, epsilon: 1000 });
  const table = `rope-10000-${headDim}-${context}`;
  const project = (
    name: string,
    x: TensorHandle,
    outputs: number,
    inputs: number,
    bits: number,
    shift: number,
  ) =>
    g.rounded(name, x, declare(`${name}.w`, outputs, inputs, 700), { shift, bits, guard: 30 - bits - shift });

  let h = g.embedding('h', declare('E', vocabulary, width, 1500), { width });
  for (let l = 0; l < layers; l++) {
    const id = (name: string): string => `l${l}.${name}`;
    const x = norm(id('norm1'), h);
    const rotated = (name: string, outputs: number): TensorHandle =>
      g.rope(id(`${name}r`), project(id(name), x, outputs, width, 12, 17), {
        table,
        order: 'half',
        bits: 12,
        guard: 2,
      });
    const query = rotated('q', heads * headDim);
    const key = rotated('k', kvHeads * headDim);
    const value = project(id('v'), x, kvHeads * headDim, width, 15, 13);
    const options = { heads, kvHeads, headDim, shift: 10, ...(window !== undefined && { window }) };
    const attended = g.attention(id('attn'), { query, key, value }, options);
    h = g.add(id('h1'), h, project(id('o'), attended, width, heads * headDim, 14, 14));
    const y = norm(id('norm2'), h);
    const gate = g.activation(id('act'), project(id('gate'), y, inner, width, 14, 14), 'silu-14-r4');
    const product = g.product(id('gated.acc'), gate, project(id('up'), y, inner, width, 14, 14));
    const gated = g.requantise(id('gated'), product, { shift: 12, bits: 14, guard: 3 });
    h = g.add(id('h2'), h, project(id('down'), gated, width, inner, 14, 14));
  }
  const last = norm('norm', g.emit('last', h));
  const logits = g.linear('logits', last, declare('head', vocabulary, width, 500));
  return { graph: g.build(g.argmax('choice', logits, { unit })), weights };
}

/** GPT-2's layer: learned positions, biases, attention without rotation, GELU, 20-bit residual. */
export function tinyGpt(shape: TinyShape): TinyModel {
  const {
    seed,
    width = 12,
    layers = 2,
    heads = 3,
    headDim = 4,
    inner = 20,
    vocabulary = 30,
    context = 32,
  } = shape;
  const next = generator(seed + 77);
  for (let i = 0; i < 16; i++) next();
  const weights: Record<string, Int16Array | Int32Array> = {};
  const g = graphBuilder({ context });
  const declare = (name: string, rows: number, columns: number, deviation: number) => {
    weights[name] = normal(rows * columns, deviation, next);
    return g.weight(name, [rows, columns], { bits: 14 });
  };
  const bias = (name: string, n: number) => {
    weights[name] = Int32Array.from(normal(n, 8000, next), (v) => 256 * v);
    return g.weight(name, [n], { bits: 24 });
  };
  const norm = (name: string, x: TensorHandle) => g.rmsnorm(name, x, { bits: 20, epsilon: 12345 });
  const project = (
    name: string,
    x: TensorHandle,
    outputs: number,
    inputs: number,
    bits: number,
    shift: number,
  ) =>
    g.rounded(name, x, declare(`${name}.w`, outputs, inputs, 700), {
      bias: bias(`${name}.b`, outputs),
      shift,
      bits,
      guard: Math.min(20 - bits, 30 - bits - shift),
    });

  let h = g.embedding('h', declare('E', vocabulary, width, 1500), {
    width,
    positions: declare('P', context, width, 1500),
  });
  for (let l = 0; l < layers; l++) {
    const id = (name: string): string => `l${l}.${name}`;
    const x = norm(id('norm1'), h);
    const query = project(id('q'), x, heads * headDim, width, 12, 17);
    const key = project(id('k'), x, heads * headDim, width, 12, 17);
    const value = project(id('v'), x, heads * headDim, width, 15, 13);
    const attended = g.attention(
      id('attn'),
      { query, key, value },
      { heads, kvHeads: heads, headDim, shift: 10 },
    );
    h = g.add(id('h1'), h, project(id('o'), attended, width, heads * headDim, 18, 10));
    const y = norm(id('norm2'), h);
    const inside = g.activation(id('act'), project(id('fc'), y, inner, width, 14, 14), 'gelu-tanh-14-r4');
    h = g.add(id('h2'), h, project(id('down'), inside, width, inner, 18, 10));
  }
  const last = norm('norm', g.emit('last', h));
  const logits = g.linear('logits', last, declare('head', vocabulary, width, 500));
  return { graph: g.build(g.argmax('choice', logits)), weights };
}

/** Seeded token ids. */
export function tinyTokens(count: number, vocabulary: number, seed: number): number[] {
  const next = generator(seed + 9);
  return Array.from({ length: count }, () => next() % vocabulary);
}

/**
 * Integer programs in the shape of LLaMA with seeded random weights, made without a float model: an import of billions of weights would
 * take longer than everything that is to be measured. Weights are drawn when they are asked for, so the model need not fit the memory. Bits
 * are those of an import of profile P14 or near; shifts keep activations within them for weights of these spreads.
 */
import { graphBuilder, type Graph, type TensorHandle } from '../../src/graph/index.ts';
import type { ModelWeights, QuantizedModel } from '../../src/quantize/index.ts';
import { generator } from '../../tools/random-model/random.ts';
import { unmeasured } from '../../tools/random-model/unmeasured.ts';

export interface LlamaShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  readonly vocabulary: number;
  readonly context: number;
}

export const LLAMA_7B: LlamaShape = {
  layers: 32,
  width: 4096,
  heads: 32,
  inner: 11008,
  vocabulary: 32000,
  context: 4096,
};

const WEIGHT_BITS = 14;

/** A matrix as it is drawn: entries are uniform with this standard deviation. */
interface Draw {
  readonly entries: number;
  readonly deviation: number;
}

/** The model. Entries depend on the seed and the name of the matrix alone. */
export function randomLlama(shape: LlamaShape, seed = 1): QuantizedModel {
  const draws = new Map<string, Draw>();
  const graph = llamaGraph(shape, draws);
  const weights: ModelWeights = {
    checked: true,
    get(name) {
      const draw = draws.get(name);
      return draw && drawn(draw, seed, name);
    },
  };
  return { graph, weights, info: unmeasured(shape.vocabulary, 'random integers, for a benchmark') };
}

export function parameterCount({ weights }: Graph): number {
  return weights.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}

function llamaGraph(shape: LlamaShape, draws: Map<string, Draw>): Graph {
  const { layers, width, heads, inner, vocabulary, context } = shape;
  const headDim = width / heads;
  const g = graphBuilder({ context });
  const matrix = (name: string, rows: number, columns: number, deviation: number) => {
    draws.set(name, { entries: rows * columns, deviation });
    return g.weight(name, [rows, columns], { bits: WEIGHT_BITS });
  };
  const norm = (name: string, x: TensorHandle) => g.rmsnorm(name, x, { bits: 16, epsilon: 1000 });
  /** Bits and shift of the result; accumulators have 30 bits at most. */
  const map = (
    name: string,
    x: TensorHandle,
    [rows, columns]: [number, number],
    bits: number,
    shift: number,
    deviation: number,
  ) =>
    g.rounded(name, x, matrix(`${name}.w`, rows, columns, deviation), {
      bits,
      shift,
      guard: 30 - bits - shift,
    });
  const table = `rope-10000-${headDim}-${context}`;
  // Norms have a spread of (2^15 - 2) / sqrt(width), 2^9 at width 4096, and so do the accumulators behind them 2^15 times the weights'.
  let h = g.embedding('h0', matrix('embedding', vocabulary, width, 1500), { width });
  for (let l = 0; l < layers; l++) {
    const id = (name: string): string => `l${l}.${name}`;
    const x = norm(id('norm1'), h);
    const rotated = (name: string): TensorHandle =>
      g.rope(id(`${name}r`), map(id(name), x, [width, width], 12, 18, 350), {
        table,
        order: 'half',
        bits: 12,
        guard: 2,
      });
    const [query, key] = [rotated('q'), rotated('k')];
    const value = map(id('v'), x, [width, width], 15, 12, 700);
    const attended = g.attention(
      id('attn'),
      { query, key, value },
      { heads, kvHeads: heads, headDim, shift: 10 },
    );
    h = g.add(id('h1'), h, map(id('o'), attended, [width, width], 14, 16, 200));
    const y = norm(id('norm2'), h);
    const gate = g.activation(id('act'), map(id('gate'), y, [inner, width], 14, 13, 700), 'silu-14-r4');
    const product = g.product(id('gated.acc'), gate, map(id('up'), y, [inner, width], 14, 13, 700));
    const gated = g.requantise(id('gated'), product, { shift: 12, bits: 14, guard: 3 });
    h = g.add(id('h2'), h, map(id('down'), gated, [width, inner], 14, 16, 200));
  }
  const last = norm('norm', g.emit('last', h));
  const logits = g.linear('logits', last, matrix('head.w', vocabulary, width, 500));
  return g.build(g.argmax('choice', logits, { unit: 2 ** 22 }));
}

function drawn({ entries, deviation }: Draw, seed: number, name: string): Int16Array {
  const next = generator(seed, name);
  const most = Math.floor(deviation * Math.sqrt(3));
  const size = 2 * most + 1; // < 2^14: size * 2^16 < 2^31
  const data = new Int16Array(entries);
  for (let i = 0; i < entries; i += 2) {
    const word = next();
    data[i] = ((size * (word & 0xffff)) >>> 16) - most;
    if (i + 1 < entries) data[i + 1] = ((size * (word >>> 16)) >>> 16) - most;
  }
  return data;
}

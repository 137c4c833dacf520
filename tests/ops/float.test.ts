/** QNT-5: every operator against real arithmetic, within the bounds of spec/integer-semantics.md, section 8. */
import { describe, expect, test } from 'vitest';
import {
  execute,
  executeFloat,
  graphBuilder,
  inRealUnits,
  type Graph,
  type GraphBuilder,
  type TensorHandle,
  type WeightData,
} from '../../src/graph/index.ts';
import { dice } from '../support/graphs.ts';
import { tinyGpt, tinyLlama, tinyTokens } from '../support/tiny-models.ts';

const d = dice(5);
const random = (n: number, bits: number, spread: number): Int32Array =>
  Int32Array.from({ length: n }, () => {
    const limit = Math.min(2 ** (bits - 1) - 1, spread);
    return d.int(-limit, limit);
  });

/** Runs one operator over random rows in both arithmetics and returns the largest error over its bound. */
function worst(
  shapes: readonly { readonly width: number; readonly bits: number; readonly spread?: number }[],
  apply: (g: GraphBuilder, inputs: readonly TensorHandle[]) => TensorHandle,
  bound: (inputs: readonly Float64Array[], row: number, column: number) => number,
  rows = 40,
): { ratio: number; error: number } {
  const g = graphBuilder({ context: 64 });
  const graph: Graph = g.build(
    apply(
      g,
      shapes.map((shape, i) => g.input(`x${i}`, shape)),
    ),
  );
  let [ratio, error] = [0, 0];
  for (let round = 0; round < 12; round++) {
    const inputs = shapes.map(({ width, bits, spread = Infinity }) =>
      random(rows * width, bits, Math.min(spread, 2 ** d.int(2, bits - 1))),
    );
    const append = { inputs: Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])), emit: 'all' } as const;
    const none = (): never => {
      throw new Error('no weights');
    };
    const exact = executeFloat(graph, none, append).output;
    const ours = execute(graph, none, append).output;
    const reals = inputs.map((x) => Float64Array.from(x));
    exact.data.forEach((value, i) => {
      const difference = Math.abs(value - (ours.data[i] as number));
      error = Math.max(error, difference);
      ratio = Math.max(ratio, difference / bound(reals, Math.floor(i / exact.width), i % exact.width));
    });
  }
  return { ratio, error };
}

const at = (x: readonly Float64Array[], input: number, i: number): number =>
  Math.abs(x[input]?.[i] as number);

describe('QNT-5: operators', () => {
  const check = (name: string, result: { ratio: number; error: number }): void => {
    console.log(
      `${name}: largest error ${result.error.toFixed(3)}, ${(100 * result.ratio).toFixed(0)} % of its bound`,
    );
    expect(result.ratio).toBeLessThanOrEqual(1 + 1e-9);
    expect(result.ratio).toBeGreaterThan(0.05); // the bound says something
  };

  test.each([1, 5, 11])('requantise by %i', (shift) => {
    const shape = { width: 7, bits: 18 };
    check(
      'requantise',
      worst(
        [shape],
        (g, [x]) => g.requantise('y', x as TensorHandle, { shift, bits: 18, guard: 0 }),
        () => 0.5,
      ),
    );
  });

  test.each([3, 64, 768])('rmsnorm of %i columns', (width) => {
    const bound = (x: readonly Float64Array[], row: number, column: number): number =>
      1.5 + at(x, 0, row * width + column) / 2 ** 14;
    for (const bits of [16, 20] as const) {
      const apply = (g: GraphBuilder, [x]: readonly TensorHandle[]) =>
        g.rmsnorm('y', x as TensorHandle, { bits, epsilon: 9 });
      check('rmsnorm', worst([{ width, bits }], apply, bound, 8));
    }
  });

  test.each(['half', 'interleaved'] as const)('rope, %s', (order) => {
    const bound = (x: readonly Float64Array[], row: number, column: number): number => {
      const head = row * 16 + 8 * Math.floor(column / 8);
      const partner = order === 'half' ? head + ((column + 4) % 8) : row * 16 + (column ^ 1);
      return 0.5 + (at(x, 0, row * 16 + column) + at(x, 0, partner)) / 2 ** 15;
    };
    const options = { table: 'rope-10000-8-64', order, bits: 14, guard: 0 } as const;
    check(
      'rope',
      worst([{ width: 16, bits: 13 }], (g, [x]) => g.rope('y', x as TensorHandle, options), bound),
    );
  });

  test.each(['silu-14-r4', 'gelu-tanh-16-r3', 'gelu-erf-12-r5', 'silu-16-r5'])('%s', (table) => {
    const bits = Number(table.split('-').at(-2));
    check(
      table,
      worst(
        [{ width: 9, bits }],
        (g, [x]) => g.activation('y', x as TensorHandle, table),
        () => 0.5,
      ),
    );
  });

  test.each([1, 2, 7, 64])('centre of %i columns', (width) => {
    const run = worst(
      [{ width, bits: 18 }],
      (g, [x]) => g.centre('y', x as TensorHandle),
      () => 0.5,
    );
    if (width === 1) expect(run.error).toBe(0);
    else check('centre', run);
  });

  test('relu, product, add, scale, concat: exact', () => {
    const pair = [
      { width: 3, bits: 14 },
      { width: 3, bits: 14 },
    ];
    const exact: ((g: GraphBuilder, x: readonly [TensorHandle, TensorHandle]) => TensorHandle)[] = [
      (g, [x]) => g.activation('y', x, 'relu-14'),
      (g, [x, y]) => g.product('y', x, y),
      (g, [x, y]) => g.add('y', x, y),
      (g, [x, y]) => g.concat('y', g.scale('z', x, 5), y),
    ];
    for (const apply of exact) {
      const run = worst(
        pair,
        (g, x) => apply(g, x as readonly [TensorHandle, TensorHandle]),
        () => 1,
      );
      expect(run.error).toBe(0);
    }
  });

  test.each([8, 10])('attention, shift %i', (shift) => {
    const T = 40;
    const bound = (x: readonly Float64Array[], row: number, column: number): number => {
      const visible = Array.from({ length: row + 1 }, (_, j) => x[2]?.[j * 4 + (column % 4)] as number);
      return 1 + (2 ** (1 / 64) - 1 + T / 2 ** 13) * (Math.max(...visible) - Math.min(...visible));
    };
    const shapes = [
      { width: 8, bits: 12 },
      { width: 4, bits: 12 },
      { width: 4, bits: 15 },
    ];
    const options = { heads: 2, kvHeads: 1, headDim: 4, shift };
    const apply = (g: GraphBuilder, [query, key, value]: readonly TensorHandle[]) =>
      g.attention('y', { query, key, value } as Record<'query' | 'key' | 'value', TensorHandle>, options);
    check('attention', worst(shapes, apply, bound, T));
  });
});

describe('QNT-5: models', () => {
  test.each([
    ['llama', tinyLlama({ seed: 3, width: 32, heads: 4, kvHeads: 2, headDim: 8, inner: 64, unit: 0 })],
    ['gpt', tinyGpt({ seed: 3, width: 24, heads: 3, headDim: 8, inner: 48 })],
  ] as const)('%s: logits and choices follow the float program', (name, { graph, weights }) => {
    let [agree, count, difference, size] = [0, 0, 0, 0];
    for (let seed = 1; seed <= 8; seed++) {
      const rows = { tokens: tinyTokens(32, 30, seed), emit: 'all' } as const;
      const ours = execute(graph, (n) => weights[n] as WeightData, rows);
      const real = executeFloat(graph, (n) => weights[n] as WeightData, rows);
      const [a, b] = [ours, real].map((e) =>
        inRealUnits(e.tensors.get('logits') as { data: Int32Array }, 2 ** 20),
      );
      b?.forEach((v, i) => {
        difference += (v - (a?.[i] as number)) ** 2;
        size += v * v;
      });
      real.output.data.forEach((id, i) => {
        count++;
        if (id === ours.output.data[i]) agree++;
      });
    }
    const relative = Math.sqrt(difference / size);
    console.log(
      `${name}: logits differ by ${(100 * relative).toFixed(2)} % (rms), choices agree ${agree} of ${count}`,
    );
    expect(relative).toBeLessThan(0.01);
    expect(agree / count).toBeGreaterThan(0.98);
  });
});

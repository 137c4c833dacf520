/** Programs of every family, what is published and what is not, and the figures that decide it. */
import { describe, expect, test } from 'vitest';
import { checkGraph, decodeGraph, encodeGraph, execute, matrixProduct } from '../../src/graph/index.ts';
import { floatExecutor } from '../../src/import/float-executor.ts';
import { modelOfWeights, weightsOf } from '../../src/import/in-memory.ts';
import type { JsonObject } from '../../src/import/json.ts';
import { type FloatModel, inLayer } from '../../src/import/model.ts';
import { compare } from '../../src/quantize/accuracy.ts';
import { dice } from '../../src/quantize/dice.ts';
import { encodeModel, quantize, type Report } from '../../src/quantize/index.ts';
import { givenRuns } from '../../src/quantize/samples.ts';
import { countedProduct } from '../../src/quantize/wraps.ts';
import { asyncRefusal } from '../support/models.ts';
import { lively, SMALL, tinyQuantized } from '../support/quantized.ts';

const klOf = (report: Report): number => report.klNano / 1e9;

const FAMILIES: readonly (readonly [string, JsonObject])[] = [
  ['tiny-llama', {}],
  ['tiny-llama', { tie_word_embeddings: true, attention_bias: true, mlp_bias: true }],
  ['tiny-gpt2', {}],
  ['tiny-gpt2', { tie_word_embeddings: false, n_embd: 36 }],
  ['tiny-mistral', {}],
  ['tiny-qwen2', {}],
  ['tiny-opt', {}],
];

describe.each(FAMILIES)('%s %j', (preset, set) => {
  test.each(['P12', 'P14', 'P16'] as const)('%s', async (profile) => {
    const quantized = await quantize(await lively(preset, set), { ...SMALL, profile });
    const { graph, weights, info } = quantized;
    expect(info).toMatchObject({ profile, vocab: 272, tokenizer: null });
    expect(info.report).toMatchObject({ unprovable: 0, wraps: 0, nearEdge: 0, override: null, tokens: 80 });
    expect(klOf(info.report)).toBeLessThan({ P12: 1e-4, P14: 3e-5, P16: 3e-5 }[profile]);
    expect(decodeGraph(encodeGraph(graph))).toEqual(graph);
    for (const { name, shape, bits } of graph.weights) {
      const data = weights.get(name);
      expect(data).toBeInstanceOf(shape.length === 2 ? Int16Array : Int32Array);
      expect(data?.length).toBe(shape.reduce((product, n) => product * n, 1));
      expect(data?.every((v) => Math.abs(v) < 2 ** (bits - 1))).toBe(true);
    }
    // Everything but logits and what feeds roundings is proven, whatever the input.
    const { residues } = checkGraph(graph);
    expect(residues.every((name) => /\.acc$|^logits$|^h0$/.test(name))).toBe(true);
  });
});

test('matrices are [out][in]: the rows of the head are tokens', async () => {
  const model = await lively('tiny-llama');
  const { graph, weights } = await quantize(model, SMALL);
  const shapes = Object.fromEntries(graph.weights.map(({ name, shape }) => [name, shape]));
  expect(shapes).toMatchObject({ embedding: [272, 32], 'l0.gate.w': [48, 32], 'l0.down.w': [32, 48] });
  expect(shapes['head.w']).toEqual([272, 32]);
  // An exchanged pair of rows of the head exchanges two logits and nothing else.
  const rows = { tokens: [1, 2, 3], emit: 'all' } as const;
  const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
  const head = Int16Array.from(of('head.w'));
  const [a, b] = [head.slice(5 * 32, 6 * 32), head.slice(9 * 32, 10 * 32)];
  head.set(b, 5 * 32);
  head.set(a, 9 * 32);
  const before = execute(graph, of, rows).tensors.get('logits')?.data as Int32Array;
  const after = execute(graph, (name) => (name === 'head.w' ? head : of(name)), rows).tensors.get(
    'logits',
  )?.data;
  const expected = before.slice();
  for (let t = 0; t < 3; t++) {
    expected[t * 272 + 5] = before[t * 272 + 9] as number;
    expected[t * 272 + 9] = before[t * 272 + 5] as number;
  }
  expect(after).toEqual(expected);
});

test('one seed, one program; another seed, another', async () => {
  const model = await lively('tiny-gpt2');
  const bytes = async (seed: number): Promise<string> =>
    Buffer.from(encodeModel(await quantize(model, { ...SMALL, seed }))).toString('hex');
  const first = await bytes(1);
  expect(await bytes(1)).toBe(first);
  expect(await bytes(2)).not.toBe(first);
});

describe('publication', () => {
  test('a program that misses its target is refused, with the figures', async () => {
    const model = await lively('tiny-llama');
    const reports: Report[] = [];
    const onReport = (report: Report): void => void reports.push(report);
    const refused = await asyncRefusal(quantize(model, { ...SMALL, onReport, target: { maxKl: 1e-9 } }));
    expect(refused.code).toBe('ACCURACY');
    expect(refused.detail).toMatch(/^expected a KL of at most 1e-9 nats a token, got \d/);
    expect(reports.length).toBe(1);
    const top1 = { maxKl: 1, minTop1: 1 };
    const coarse = await asyncRefusal(
      quantize(model, {
        ...SMALL,
        profile: 'P12',
        evaluationSamples: { sequences: 12, tokens: 64 },
        target: top1,
      }),
    );
    expect(coarse.detail).toMatch(/^expected the same likeliest token for 1 of all, got 0\.9/);
  });

  test('an override publishes it and stands in the report; where the target is met, it does not', async () => {
    const model = await lively('tiny-llama');
    const override = 'a test';
    const missed = await quantize(model, { ...SMALL, override, target: { maxKl: 1e-9, minTop1: 0.9 } });
    expect(missed.info.report).toMatchObject({ override, target: { klNano: 1, top1Millionths: 900000 } });
    expect((await quantize(model, { ...SMALL, override })).info.report.override).toBeNull();
    for (const bad of ['', 'x'.repeat(201), 'ümlaut', 'two\nlines']) {
      await expect(quantize(model, { ...SMALL, override: bad })).rejects.toThrow(/^override: expected/);
    }
  });

  test.each([
    [{ profile: 'P8' as 'P12' }, /^profile: expected P12, P14 or P16, got P8/],
    [{ profile: 'toString' as 'P12' }, /^profile: expected/],
    [{ seed: -1 }, /^seed: expected/],
    [{ target: { maxKl: NaN } }, /^maxKl: expected/],
    [{ target: { minTop1: 1.5 } }, /^minTop1: expected/],
    [{ sequences: { file: 'x', calibration: [], evaluation: [[1]] } }, /^calibration: expected sequences/],
    [
      { sequences: { file: 'x', calibration: [[1]], evaluation: [[272]] } },
      /^evaluation\[0\]: expected ids below/,
    ],
    [
      { sequences: { file: 'x', calibration: [new Array<number>(65).fill(1)], evaluation: [[1]] } },
      /1 to 64 tokens/,
    ],
  ])('options %j', async (options, message) => {
    await expect(quantize(await lively('tiny-llama'), { ...SMALL, ...options })).rejects.toThrow(message);
  });

  test('contexts: the model has positions for so many and no more', async () => {
    const model = await lively('tiny-gpt2');
    const { graph, weights } = await quantize(model, { ...SMALL, context: 48 });
    expect(graph.context).toBe(48);
    expect(weights.get('positions')?.length).toBe(48 * 32);
    for (const context of [0, 65, 1.5]) {
      expect((await asyncRefusal(quantize(model, { ...SMALL, context }))).code).toBe('CONTEXT');
    }
    const odd: FloatModel = {
      ...(await lively('tiny-llama')),
      architecture: {
        ...(await lively('tiny-llama')).architecture,
        positions: { kind: 'rotary', theta: 10000.5, pairing: 'half' },
      },
    };
    expect((await asyncRefusal(quantize(odd, SMALL))).stage).toBe('rotary positions');
  });
});

describe('the comparison notices', () => {
  test('weights of another model, and a single changed one', async () => {
    const { graph, weights } = await tinyQuantized('tiny-llama');
    const executor = await floatExecutor(await lively('tiny-llama'));
    const runs = [...givenRuns(executor, [[1, 2, 3, 4, 5, 6, 7, 8]])];
    const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
    const honest = compare(graph, of, runs, matrixProduct);
    expect(honest.divergence).toBeLessThan(1e-3);
    const other = (name: string) => (name === 'l0.v.w' ? of(name).map((v) => Math.trunc(v / 2)) : of(name));
    expect(compare(graph, other, runs, matrixProduct).divergence).toBeGreaterThan(20 * honest.divergence);
  });

  test('rows without a proof, saturation and wraps', async () => {
    const { graph, weights } = await tinyQuantized('tiny-llama');
    const executor = await floatExecutor(await lively('tiny-llama'));
    const runs = () =>
      givenRuns(executor, [
        [1, 2, 3],
        [4, 5],
      ]);
    const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
    const scaled = (factor: number) => (name: string) =>
      name === 'l0.up.w'
        ? of(name).map((v) => Math.max(-8191, Math.min(8191, Math.round(v * factor))))
        : of(name);
    const honest = compare(graph, of, runs(), matrixProduct);
    expect([honest.unprovable, honest.saturated]).toEqual([0, 0]);
    expect(compare(graph, scaled(1.6), runs(), matrixProduct).saturated).toBeGreaterThan(0);
    const far = (name: string) => (name === 'l1.o.b' ? of(name).map(() => 2 ** 30 - 1) : of(name));
    const refused = compare(graph, far, runs(), matrixProduct);
    expect([refused.unprovable, refused.tokens]).toEqual([2, 0]);
    expect(refused.reason).toMatch(/^UNPROVABLE at l1\.o: row 0, column \d+: expected a quotient of/);
  });

  test('counts wraps as adding up in bigints does', () => {
    const draws = dice(2, 'wraps');
    const [rows, columns, outputs] = [7, 100, 30];
    const x = {
      rows,
      width: columns,
      data: Int32Array.from({ length: rows * columns }, () => Math.floor((draws.uniform() - 0.5) * 65535)),
    };
    const data = Int16Array.from({ length: outputs * columns }, (_, i) =>
      Math.floor((draws.uniform() - 0.5) * 65535 * (Math.floor(i / columns) % 3 === 0 ? 0.001 : 0.2)),
    );
    const half = (2n ** 31n - 2n ** 24n) / 2n;
    let expected = 0;
    for (let t = 0; t < rows; t++) {
      for (let j = 0; j < outputs; j++) {
        let sum = 0n;
        for (let k = 0; k < columns; k++) {
          sum += BigInt(x.data[t * columns + k] as number) * BigInt(data[j * columns + k] as number);
        }
        if (sum > half || sum < -half) expected++;
      }
    }
    const { product, wraps } = countedProduct(matrixProduct);
    const w = { rows: outputs, columns, data };
    expect(product(x, w)).toEqual(matrixProduct(x, w));
    expect(expected).toBeGreaterThan(5);
    expect(wraps()).toBe(expected);
  });
});

/** The same function with channels of value and up 100 times as large, and what reads them 100 times as small. */
async function withOutliers(model: FloatModel): Promise<FloatModel> {
  const { architecture: a } = model;
  const values = await weightsOf(model);
  for (let layer = 0; layer < a.layers; layer++) {
    const scale = (
      name: 'up' | 'value',
      reader: 'down' | 'output',
      channel: number,
      columns: number,
    ): void => {
      const rows = values.get(inLayer(layer, `${name}.weight`)) as Float64Array;
      const read = values.get(inLayer(layer, `${reader}.weight`)) as Float64Array;
      for (let k = 0; k < a.width; k++) {
        rows[channel * a.width + k] = (rows[channel * a.width + k] as number) * 100;
        read[k * columns + channel] = (read[k * columns + channel] as number) / 100;
      }
    };
    for (const channel of [3, 17, 30]) scale('up', 'down', channel, a.ffn);
    scale('value', 'output', 5, a.heads * a.headDim);
  }
  return modelOfWeights(a, values);
}

test('channels a hundred times as large as others cost nothing: they are equalised', async () => {
  const model = await lively('tiny-llama', { num_key_value_heads: 4 });
  const stressed = await withOutliers(model);
  const [a, b] = [await floatExecutor(model), await floatExecutor(stressed)];
  const [x, y] = [a.start().append(7), b.start().append(7)];
  x.forEach((v, i) => expect(Math.abs(v - (y[i] as number))).toBeLessThan(1e-9));
  const plain = klOf((await quantize(model, SMALL)).info.report);
  expect(klOf((await quantize(stressed, SMALL)).info.report)).toBeLessThan(3 * plain);
});

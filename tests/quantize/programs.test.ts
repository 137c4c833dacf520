/** Programs at their edges: the second evaluation, models of zeros, a residual with outliers, biases and floors. */
import { describe, expect, test } from 'vitest';
import { execute, generate, integerSession, matrixProduct } from '../../src/graph/index.ts';
import { floatExecutor } from '../../src/import/float-executor.ts';
import { modelOfWeights, weightsOf } from '../../src/import/in-memory.ts';
import { compare as compareRuns } from '../../src/quantize/accuracy.ts';
import { buildProgram } from '../../src/quantize/build.ts';
import { canonicalModel } from '../../src/quantize/canonical.ts';
import { quantize } from '../../src/quantize/index.ts';
import { outerPeaks, planOf } from '../../src/quantize/plan.ts';
import { PROFILES } from '../../src/quantize/profile.ts';
import { givenRuns } from '../../src/quantize/samples.ts';
import { activationRange, coarse, linearScale, scoreScale } from '../../src/quantize/scales.ts';
import { measure } from '../../src/quantize/statistics.ts';
import { compare } from '../support/graphs.ts';
import { lively, SMALL, tinyQuantized } from '../support/quantized.ts';
import { proofError } from '../support/refusal.ts';

const SEQUENCES = [
  [1, 200, 3, 3, 77, 12, 90, 4, 5, 6, 1],
  [260, 9, 14, 100],
];

test.each(['tiny-llama', 'tiny-gpt2', 'tiny-mistral', 'tiny-opt', 'tiny-qwen2'])(
  '%s: the second evaluation, in bigints, agrees on every tensor',
  async (preset) => {
    const { graph, weights } = await tinyQuantized(preset);
    const wide = Object.fromEntries([...weights].map(([name, data]) => [name, Int32Array.from(data)]));
    const rows = { tokens: [1, 200, 3, 3, 260, 9, 14], starts: [0, 4], emit: [3, 5, 6] } as const;
    expect(compare({ graph, weights: wide, rows })).toBe('same');
    const sampling = { seed: new Uint8Array(32).fill(3), temperature: 1300 };
    expect(compare({ graph, weights: wide, rows }, sampling)).toBe('same');
  },
);

test('one causal pass over prompt and completion chooses what generation chose', async () => {
  const { graph, weights } = await tinyQuantized('tiny-mistral'); // a window of 5 rows
  const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
  for (const choice of ['greedy', { seed: new Uint8Array(32).fill(9), temperature: 2000 }] as const) {
    const prompt = [5, 6, 7, 8];
    const tokens = generate(graph, integerSession(graph, of), { prompt, maxTokens: 20, choice });
    const whole = execute(graph, of, { tokens: [...prompt, ...tokens.slice(0, -1)], emit: 'all', choice });
    expect([...whole.output.data.slice(prompt.length - 1)]).toEqual(tokens);
  }
});

test.each(['tiny-llama', 'tiny-gpt2', 'tiny-opt'])(
  '%s with weights of zero says nothing, exactly',
  async (preset) => {
    const model = await lively(preset);
    const zeros = await weightsOf(model);
    for (const [name, data] of zeros) if (!name.endsWith('gain')) data.fill(0);
    const { info, graph, weights } = await quantize(modelOfWeights(model.architecture, zeros), SMALL);
    expect(info.report).toMatchObject({ klNano: 0, agreed: 80, tokens: 80, unprovable: 0 });
    const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
    expect(
      execute(graph, of, { tokens: [1, 2] })
        .tensors.get('logits')
        ?.data.every((v) => v === 0),
    ).toBe(true);
  },
);

describe('a residual with outliers', () => {
  test('gets 20 bits, and stays as accurate', async () => {
    const model = await lively('tiny-gpt2');
    const canonical = canonicalModel(model, { seed: 1 });
    const stats = await measure(canonical, SEQUENCES);
    const outer = await outerPeaks(canonical);
    const profile = PROFILES.P14;
    expect(planOf(canonical, profile, stats, outer).residualBits).toBe(16);
    const outliers = { ...stats, residual: { ...stats.residual, ratio: 600 } };
    const plan = planOf(canonical, profile, outliers, outer);
    expect(plan.residualBits).toBe(20);
    const { graph, weights } = await buildProgram(canonical, profile, plan, stats, 64);
    const norms = graph.nodes.flatMap((node) => (node.op === 'rmsnorm' ? [node.bits] : []));
    expect(norms).toEqual([20, 20, 20, 20, 20]);
    const executor = await floatExecutor(model);
    const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
    const sums = compareRuns(graph, of, [...givenRuns(executor, SEQUENCES)], matrixProduct);
    expect([sums.unprovable, sums.tokens]).toEqual([0, 15]);
    expect(sums.divergence / sums.tokens).toBeLessThan(3e-5);
  });

  test('in one channel loses several times as much without the rotation', async () => {
    const plain = await lively('tiny-llama');
    const { architecture: a } = plain;
    const values = await weightsOf(plain);
    for (const [name, data] of values) {
      // A channel of 60 beside others of 1; gains bring the others back to their size.
      if (name === 'embedding') for (let i = 5; i < data.length; i += a.width) data[i] = 60;
      if (name.endsWith('gain')) data.forEach((v, i) => (data[i] = i === 5 ? v / 10 : v * 8));
    }
    const model = modelOfWeights(a, values);
    const executor = await floatExecutor(model);
    const divergence = async (rotate: boolean): Promise<number> => {
      const canonical = canonicalModel(model, { seed: 1, rotate });
      const stats = await measure(canonical, SEQUENCES);
      const plan = planOf(canonical, PROFILES.P14, stats, await outerPeaks(canonical));
      const { graph, weights } = await buildProgram(canonical, PROFILES.P14, plan, stats, 64);
      const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
      const runs = [...givenRuns(executor, SEQUENCES)];
      const sums = compareRuns(graph, of, runs, matrixProduct);
      expect([sums.unprovable, sums.tokens]).toEqual([0, 15]);
      return sums.divergence / sums.tokens;
    };
    const [rotated, unrotated] = [await divergence(true), await divergence(false)];
    expect(rotated).toBeLessThan(1e-3);
    expect(unrotated).toBeGreaterThan(3 * rotated);
  });
});

test('what attention rounds down, the next bias gives back', async () => {
  const { graph, weights } = await tinyQuantized('tiny-llama');
  const of = (name: string) => weights.get(name) as Int16Array | Int32Array;
  const node = graph.nodes.find(({ name }) => name === 'l0.o.acc');
  expect(node).toMatchObject({ op: 'linear', input: 'l0.attention', bias: 'l0.o.b' });
  // This family has no bias of its own: each entry is half the sum of a row of weights.
  const w = of('l0.o.w') as Int16Array;
  of('l0.o.b').forEach((b, j) => {
    const sum = w.subarray(32 * j, 32 * (j + 1)).reduce((a: number, v: number) => a + v, 0);
    expect(Math.abs(b - sum / 2)).toBeLessThanOrEqual(0.5);
  });
  // What was lost is half a step on average: (sum e v - S o) / S, for rows that see more than themselves.
  const tokens = Array.from({ length: 60 }, (_, i) => (i * 41) % 272);
  const { auxiliary } = execute(graph, of, { tokens, auxiliary: true });
  const [rest, sums] = ['remainder', 'sum'].map((name) => auxiliary.get(`l0.attention.${name}`)) as [
    Int32Array,
    Int32Array,
  ];
  let lost = 0;
  for (let i = 32; i < rest.length; i++) lost += (rest[i] as number) / (sums[Math.floor(i / 8)] as number);
  expect(Math.abs(lost / (rest.length - 32) - 0.5)).toBeLessThan(0.03);
});

describe('scales', () => {
  test('the shift is the largest for which weights fit and digits stay unique', () => {
    for (const peak of [0.001, 0.3, 1, 7, 400]) {
      for (const bits of [8, 12, 16, 18]) {
        const scale = linearScale('x', peak, 14, 4096, 1000, bits);
        expect(peak * scale.weight).toBeLessThanOrEqual(8191);
        expect(scale.weight).toBe((1000 * 2 ** scale.shift) / 4096);
        expect(scale.guard).toBeGreaterThanOrEqual(1);
        expect(scale.bits + scale.guard + scale.shift).toBeLessThanOrEqual(30);
        expect(scale.bits + scale.guard).toBeLessThanOrEqual(20);
        const finer = peak * scale.weight * 2 > 8191;
        expect(finer || scale.shift === 22 || scale.bits + scale.shift === 29).toBe(true);
      }
    }
    expect(proofError(() => linearScale('l3.up', 1e9, 14, 4096, 1000, 14)).stage).toBe('l3.up');
  });

  test('queries and keys multiply to an octave exactly', () => {
    const { query, key, shift } = scoreScale('q', 300.5, 71.3);
    expect(query * key).toBeCloseTo(2 ** (6 + shift), 6);
    expect(query).toBeLessThanOrEqual(300.5);
    expect(scoreScale('q', 1e6, 1e6).shift).toBe(10);
    expect(proofError(() => scoreScale('q', 8, 8)).code).toBe('SCALE');
  });

  test('ranges of activations, coarse scales', () => {
    expect([0, 8, 8.01, 200].map((peak) => activationRange('x', peak))).toEqual([3, 3, 4, 8]);
    expect(proofError(() => activationRange('l0.gate', 257)).stage).toBe('l0.gate');
    for (const x of [1, 1.24, 1.26, 1023, 0.013, 8e9]) {
      expect(coarse(x)).toBeLessThanOrEqual(x);
      expect(coarse(x)).toBeGreaterThan(0.79 * x);
      expect(coarse(x) / 2 ** Math.floor(Math.log2(x) - 2)).toBe(
        Math.floor(coarse(x) / 2 ** Math.floor(Math.log2(x) - 2)),
      );
    }
  });
});

test.each([
  { sequences: 0, tokens: 5 },
  { sequences: 1, tokens: 0.5 },
])('samples of %j', async (size) => {
  const model = await lively('tiny-llama');
  await expect(quantize(model, { ...SMALL, calibrationSamples: size })).rejects.toThrow(
    /^calibrationSamples: expected/,
  );
  await expect(quantize(model, { ...SMALL, evaluationSamples: size })).rejects.toThrow(
    /^evaluationSamples: expected/,
  );
});

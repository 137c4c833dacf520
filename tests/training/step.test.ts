/** A step in integers is its definition in bigints, on ordinary and on extreme numbers. */
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { updatesAreProven } from '../../src/training/check-plan.ts';
import { DEFAULT_FORMATS, layerCount, rateAt, type TrainingPlan } from '../../src/training/plan.ts';
import { batchRows } from '../../src/training/order.ts';
import { kernelProducts } from '../../src/training/products-prove.ts';
import { plainProducts, type StepProducts } from '../../src/training/products.ts';
import {
  stateFromSeed,
  type LayerState,
  type LayerWeights,
  type TrainingState,
} from '../../src/training/state.ts';
import { updated } from '../../src/training/update.ts';
import { executeSteps, trainingWitness } from '../../src/training/witness.ts';
import { generator } from '../support/words.ts';
import { proofError } from '../support/refusal.ts';
import { bigState, referenceSteps, shiftsOf } from './reference.ts';
import { SEED, SMALL, SMALL_MOMENTUM, SMALL_PAIRS, SMALL_SLOW, SMALL_TRIPLES, smallData } from './small.ts';

/** States whose entries are random, a third of them at the ends of their bits divided by `tame`. */
function wildState(plan: TrainingPlan, seed: number, tame: number): TrainingState {
  const next = generator(seed);
  const { weight, low } = plan.formats;
  const { momentum } = plan;
  const half = 2 ** (weight.bits - 1);
  const draw = (bits: number, by: number): number => {
    const half = Math.floor(2 ** (bits - 1) / by);
    const kind = next() % 6;
    return kind === 0 ? half - 1 : kind === 1 ? -half : (next() % (2 * half)) - half;
  };
  // Weights moved by 2^-5 of what there is, up and down; so they stay within their bits.
  const earlier = ({ weight: own }: LayerWeights): LayerWeights => ({
    weight: own.map((w) => Math.max(-half, Math.min(half - 1, w + draw(weight.bits - 5, tame)))),
    rest: own.map(() => draw(low, 1)),
  });
  return stateFromSeed(plan, SEED).map((seeded) => {
    const own = {
      weight: seeded.weight.map(() => draw(weight.bits, tame)),
      rest: seeded.rest.map(() => draw(low, 1)),
    };
    return momentum === undefined ? own : { ...own, earlier: earlier(own) };
  });
}

function same(plan: TrainingPlan, state: TrainingState, data = smallData(plan), count = 2): void {
  const rows = batchRows(plan, SEED, 0, count);
  const execution = executeSteps(plan, state, data, 0, rows);
  const expected = referenceSteps(plan, bigState(state), data, rows, BigInt(rateAt(plan, 0)));
  const { tensors } = trainingWitness(execution);
  expect([...tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
  for (const [name, cells] of tensors)
    expect([name, ...cells]).toEqual([name, ...expected.tensors.get(name)!]);
  expect(bigState(execution.states.at(-1)!)).toEqual(expected.last);
}

test('from a seed, for some steps', () => same(SMALL, stateFromSeed(SMALL, SEED), smallData(), 5));
test('in pairs', () => same(SMALL_PAIRS, stateFromSeed(SMALL_PAIRS, SEED), smallData(), 6));
test('in pairs with momentum', () => same(SMALL_SLOW, wildState(SMALL_SLOW, 17, 64), smallData(), 6));
test('in triples', () => same(SMALL_TRIPLES, stateFromSeed(SMALL_TRIPLES, SEED), smallData(), 6));
test.each([2, 3, 4, 5, 6, 7, 8, 9])('in pairs, weights at the ends of their bits (%i)', (seed) => {
  const plan = { ...SMALL_PAIRS, rates: [{ from: 0, rate: 3 }] };
  same(plan, wildState(plan, seed, 4), smallData(), 4);
});
test('with momentum', () => same(SMALL_MOMENTUM, stateFromSeed(SMALL_MOMENTUM, SEED), smallData(), 6));
test.each([12, 13, 14, 15])('momenta at the ends of their bits (%i)', (seed) => {
  same(SMALL_MOMENTUM, wildState(SMALL_MOMENTUM, seed, 4));
});
test.each([2, 3, 4, 5, 6, 7, 8, 9])('weights at the ends of their bits (%i)', (seed) => {
  same(SMALL, wildState(SMALL, seed, 4));
});
test('one layer; other bits and exponents', () => {
  const formats = {
    input: { bits: 3, fraction: 2 },
    activation: { bits: 6, fraction: 2 },
    weight: { bits: 10, fraction: 7 },
    low: 9,
    sum: 14,
    gradient: { bits: 9, fraction: 6 },
  };
  const plan = { ...SMALL, widths: [7, 3], formats, rates: [{ from: 0, rate: 3 }] };
  same(plan, stateFromSeed(plan, SEED));
  const deep = { ...SMALL, widths: [4, 3, 3, 3, 2], formats, rates: [{ from: 0, rate: 3 }] };
  same(deep, wildState(deep, 3, 8));
});
test('inputs of zero and of the greatest value', () => {
  const data = smallData();
  data.inputs.fill(0, 0, 40);
  data.inputs.fill(255, 40);
  same(SMALL, wildState(SMALL, 21, 8), data);
});

test.each([16, 31, 32, 64])('two rows of a period that are as wrong as can be, at a rate of %i', (rate) => {
  const formats = { ...DEFAULT_FORMATS, weight: { bits: 15, fraction: 8 } };
  const sized = { widths: [1, 1, 2], rows: 2, batch: 1, steps: 2, period: 2 };
  const plan: TrainingPlan = { ...sized, formats, rates: [{ from: 0, rate }] };
  const data = { inputs: new Int16Array(2), labels: Uint8Array.of(1, 1) };
  const products: number[] = [];
  for (let bias = 3000; bias < 3200; bias++) {
    const none = (length: number): Int16Array => new Int16Array(length);
    // Nothing comes through the first layer; the second says 0 where the class is 1.
    const state = [
      { weight: Int16Array.of(0, -16000), rest: none(2) },
      { weight: Int16Array.of(0, bias, 0, -bias), rest: none(4) },
    ];
    const { traces } = executeSteps(plan, state, data, 0, Uint32Array.of(0, 1));
    products.push(...traces[0]!.grams.gradient[1]!.inner);
  }
  expect(Math.max(...products)).toBe(rate * 2 * 4 ** formats.gradient.fraction);
});

test('a learning rate with which steps converge has products of rows within their bits', () => {
  const formats = { ...DEFAULT_FORMATS, sum: 12 };
  const sized = { widths: [6, 4], rows: 2, batch: 1, steps: 2, period: 2 };
  const plan: TrainingPlan = { ...sized, formats, rates: [{ from: 0, rate: 140 }] };
  const state = [{ weight: new Int16Array(28), rest: new Int16Array(28) }];
  const data = { inputs: new Int16Array(12).fill(255), labels: Uint8Array.of(0, 1) };
  const { traces } = executeSteps(plan, state, data, 0, Uint32Array.of(0, 1));
  const [product] = [...traces[0]!.grams.input[0]!.rounded].filter((x) => x !== 0);
  const real = (140 / 2 ** 9) * (6 * (255 / 256) ** 2 + 1); // learning rate times |x|^2: 1.9
  expect(Math.abs(product! / 2 ** 14 - real)).toBeLessThan(2 ** -14);
});

test('products by kernels are those of the definition', async () => {
  const kernels = await wasmKernels({ threads: 1 });
  try {
    // Widths that fill no vector; weights, inputs and gradients at the ends of their bits.
    const wide: TrainingPlan = {
      ...SMALL,
      widths: [19, 33, 17, 4],
      formats: { ...SMALL.formats, input: { bits: 15, fraction: 8 }, gradient: { bits: 16, fraction: 10 } },
      rates: [{ from: 0, rate: 1 }],
    };
    for (const [plan, tame] of [
      [SMALL, 4],
      [SMALL_MOMENTUM, 4],
      [SMALL_PAIRS, 64],
      [wide, 256],
    ] as const) {
      const [state, data] = [wildState(plan, 5, tame), smallData(plan)];
      const rows = batchRows(plan, SEED, 0, 2);
      const run = (products?: StepProducts) => executeSteps(plan, state, data, 0, rows, products);
      expect(run(kernelProducts(kernels))).toEqual(run());
    }
    const products = kernelProducts(kernels);
    const w = { data: new Int16Array(3 * 18).fill(-32768), outputs: 3, inputs: 17 };
    const [x, g] = [new Int32Array(2 * 17).fill(32767), new Int32Array(2 * 3).fill(-32768)];
    expect(products.forward(w, x)).toEqual(plainProducts.forward(w, x));
    expect(products.back(w, g)).toEqual(plainProducts.back(w, g));
    expect(products.rows(x, g.subarray(0, 0), 17)).toEqual(plainProducts.rows(x, g.subarray(0, 0), 17));
    expect(products.rows(x, x, 17)).toEqual(plainProducts.rows(x, x, 17));
    const weights = new Int16Array(3 * 2).fill(-32768);
    expect(products.mix(weights, x, 17)).toEqual(plainProducts.mix(weights, x, 17));
    expect(products.gradient(w, g, x)).toEqual(plainProducts.gradient(w, g, x));
  } finally {
    await kernels.close();
  }
});

test('a row of logits has exactly one shift', () => {
  const next = generator(8);
  for (let i = 0; i < 200; i++) {
    const spread = 2 ** (1 + (i % 16));
    const z = Array.from({ length: 1 + (i % 7) }, () => BigInt((next() % spread) - spread / 2));
    expect(shiftsOf(z)).toHaveLength(1);
  }
  expect(shiftsOf([32767n, -32768n])).toHaveLength(1);
  expect(shiftsOf([-32768n, -32768n])).toHaveLength(1);
});

describe('what has no witness is named', () => {
  const places = (plan: TrainingPlan, state: TrainingState): string => {
    const { code, stage, detail } = proofError(() =>
      executeSteps(plan, state, smallData(), 0, batchRows(plan, SEED, 0, 1)),
    );
    return `${code} ${stage} ${detail}`;
  };
  const loud = (of: number): TrainingState =>
    stateFromSeed(SMALL, SEED).map((own, l) =>
      l === of ? { ...own, weight: own.weight.map(() => 16383) } : own,
    );
  test('a sum', () => {
    const sum = { ...SMALL, formats: { ...SMALL.formats, sum: 11 } };
    expect(places(sum, loud(0))).toMatch(/^UNPROVABLE layer 0: sums row 0, column \d: expected 11 bits$/);
  });
  test('a weight', () => {
    const plan = { ...SMALL, formats: { ...SMALL.formats, low: 2 }, rates: [{ from: 0, rate: 40 }] };
    expect(places(plan, stateFromSeed(plan, SEED))).toMatch(
      /^UNPROVABLE layer \d: weights row \d, column \d: expected 15 bits$/,
    );
  });
  test('a gradient', () => {
    const plan = { ...SMALL, formats: { ...SMALL.formats, gradient: { bits: 4, fraction: 10 } } };
    expect(places(plan, stateFromSeed(plan, SEED))).toMatch(
      /^UNPROVABLE layer \d: gradient row \d, column \d: expected 4 bits$/,
    );
  });
});

test('updates are integers where their bits say so', () => {
  const plan = { ...SMALL, rates: [{ from: 0, rate: 1 }] };
  expect(Array.from({ length: layerCount(plan) }, (_, l) => updatesAreProven(plan, l))).toEqual([
    true,
    true,
    true,
  ]);
  const fast = {
    ...SMALL,
    rates: [
      { from: 0, rate: 1 },
      { from: 5, rate: 2000 },
    ],
  };
  expect(updatesAreProven(fast, 0)).toBe(false);
});

test('with momentum updates are integers where nothing that a step may add up to wraps', () => {
  const of = (rate: number, bits: number, shift: number): TrainingPlan => ({
    ...SMALL,
    widths: [6, 4],
    batch: 1,
    formats: { ...SMALL.formats, weight: { bits, fraction: 12 }, low: 15, input: { bits: 2, fraction: 2 } },
    momentum: { shift },
    rates: [{ from: 0, rate }],
  });
  const p = koalaBear.modulus;
  const G = 2 ** 10 * 4; // one row, as `greatestSum`
  for (const shift of [1, 3, 8]) {
    // Two weights, and two of what the passes read of them, differ by at most so much.
    const [span, read] = [2 ** 29 - 1, 2 ** (15 - shift) * (2 ** 14 - 1)];
    const rates = Array.from({ length: 4000 }, (_, i) => 80 * i + 1);
    const wraps = (rate: number): boolean => p - rate * G <= 2 * span + read;
    const isProven = (rate: number): boolean => updatesAreProven(of(rate, 14, shift), 0);
    expect(rates.filter((rate) => wraps(rate) && isProven(rate))).toEqual([]);
    expect([rates.some(wraps), rates.some(isProven)]).toEqual([true, true]);
    expect(rates.some((rate) => updatesAreProven(of(rate, 15, shift), 0))).toBe(false); // three of 2^30 are beyond p
  }
});

test.each([1, 3, 8])('momentum (%i) is heavy ball but for half a unit of what the passes read', (shift) => {
  const plan: TrainingPlan = { ...SMALL, widths: [6, 4], momentum: { shift }, rates: [{ from: 0, rate: 5 }] };
  const next = generator(31 + shift);
  const { low } = plan.formats;
  const wholeOf = ({ weight, rest }: LayerState): bigint[] =>
    Array.from(weight, (w, i) => (BigInt(w) << BigInt(low)) + BigInt(rest[i]!));
  let [state] = stateFromSeed(plan, SEED) as [LayerState];
  // In units of 2^-places: each step of real numbers has `shift` more of them.
  let [places, V, before] = [0n, wholeOf(state), wholeOf(state)];
  const keep = (1n << BigInt(shift)) - 1n;
  let farthest = 0n;
  for (let step = 0; step < 150; step++) {
    const inputs = Int32Array.from({ length: 24 }, () => (next() % 2 ** 14) - 2 ** 13);
    const biases = Int32Array.from({ length: 4 }, () => (next() % 2 ** 14) - 2 ** 13);
    state = updated(plan, 0, state, { inputs, biases }, 5);
    const G = (i: number): bigint => BigInt((i % 7 === 6 ? biases : inputs)[i % 7 === 6 ? Math.floor(i / 7) : i - Math.floor(i / 7)]!); // prettier-ignore
    const wide = (v: bigint): bigint => v << BigInt(shift);
    const moved = V.map((v, i) => wide(v) + keep * (v - before[i]!) - wide((5n * G(i)) << places));
    [places, before, V] = [places + BigInt(shift), V.map(wide), moved];
    wholeOf(state).forEach((own, i) => {
      const off = (own << places) - V[i]!;
      const distance = off < 0n ? -off : off;
      expect(distance <= 1n << (places + BigInt(low - 1))).toBe(true);
      if (distance >> places > farthest) farthest = distance >> places;
    });
  }
  expect(farthest).toBeGreaterThan(100n);
});

/** Plans, datasets, orders and first weights: what is refused, and what follows from a seed. */
import { describe, expect, test } from 'vitest';
import { rawWords } from '../../src/hash/stream.ts';
import { checkDataset } from '../../src/training/dataset.ts';
import { batchRows, permutation, stepsPerEpoch } from '../../src/training/order.ts';
import { checkPlan } from '../../src/training/check-plan.ts';
import {
  DEFAULT_FORMATS,
  gradientGram,
  inputGram,
  learningRate,
  parameterCount,
  rateAt,
  type Formats,
  type TrainingPlan,
} from '../../src/training/plan.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { checkSegment, type Segment } from '../../src/training/segment.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import { proofError } from '../support/refusal.ts';
import {
  NARROW,
  NARROW_MOMENTUM,
  SEED,
  SMALL,
  SMALL_MOMENTUM,
  SMALL_PAIRS,
  SMALL_SLOW,
  SMALL_TRIPLES,
  smallData,
} from './small.ts';

describe('plans', () => {
  const honest = [SMALL, SMALL_MOMENTUM, SMALL_PAIRS, SMALL_TRIPLES, SMALL_SLOW, NARROW, NARROW_MOMENTUM];
  test.each(honest)('honest ones', (plan) => checkPlan(plan));
  test('a period of as many rows as there may be', () => {
    checkPlan({ ...SMALL, rows: 4096, batch: 64, period: 128, rates: [{ from: 0, rate: 40 }] });
  });

  const formats = (change: Partial<Formats>): Partial<TrainingPlan> => ({
    formats: { ...DEFAULT_FORMATS, ...change },
  });
  const momentum = (shift: number, low = 15): Partial<TrainingPlan> => ({
    ...formats({ low }),
    momentum: { shift },
  });
  const d = DEFAULT_FORMATS;
  test.each<[string, Partial<TrainingPlan>, RegExp]>([
    ['one width', { widths: [5] }, /^widths: expected 2 to 65/],
    ['too many layers', { widths: new Array(66).fill(2) }, /^widths: expected 2 to 65/],
    ['a width of zero', { widths: [4, 0, 2] }, /^widths\[1\]/],
    ['half a width', { widths: [4, 1.5, 2] }, /^widths\[1\]/],
    ['one class', { widths: [4, 1] }, /^classes/],
    ['too many classes', { widths: [4, 2 ** 13 + 1] }, /^classes/],
    ['too many weights', { widths: [2 ** 13, 2 ** 12, 2] }, /^parameters/],
    ['no rows', { rows: 0 }, /^rows/],
    ['a batch larger than the dataset', { batch: 14 }, /^batch/],
    ['no steps', { steps: 0 }, /^steps/],
    ['too many steps', { steps: 2 ** 31 }, /^steps/],
    ['no rates', { rates: [] }, /^rates: expected 1/],
    ['a first rate behind the start', { rates: [{ from: 1, rate: 1 }] }, /^rates\[0\]\.from/],
    [
      'rates out of order',
      {
        rates: [
          { from: 0, rate: 1 },
          { from: 4, rate: 1 },
          { from: 4, rate: 2 },
        ],
      },
      /^rates\[2\]\.from/,
    ],
    [
      'a rate behind the end',
      {
        rates: [
          { from: 0, rate: 1 },
          { from: 9, rate: 1 },
        ],
      },
      /^rates\[1\]\.from/,
    ],
    ['a rate of zero', { rates: [{ from: 0, rate: 0 }] }, /^rates\[0\]\.rate/],
    ['inputs of 16 bits', formats({ input: { bits: 16, fraction: 8 } }), /^input\.bits/],
    ['a unit larger than the inputs', formats({ input: { bits: 7, fraction: 8 } }), /^fraction|^activation/],
    [
      'other units in hidden layers',
      formats({ activation: { bits: 12, fraction: 7 } }),
      /^activation\.fraction/,
    ],
    ['weights of 17 bits', formats({ weight: { bits: 17, fraction: 12 }, low: 10 }), /^weight\.bits/],
    ['weights of 31 bits in all', formats({ weight: { bits: 16, fraction: 12 } }), /^weight\.bits \+ low/],
    ['whole weights', formats({ weight: { bits: 10, fraction: 0 } }), /^weight\.fraction|shift/],
    ['gradients of 13 places', formats({ gradient: { bits: 14, fraction: 13 } }), /^gradient\.fraction/],
    [
      'gradients beyond their remainder',
      formats({ gradient: { bits: 16, fraction: 10 }, weight: { bits: 15, fraction: 15 } }),
      /^gradient\.bits \+ weight/,
    ],
    [
      'sums beyond their remainder',
      formats({ weight: { bits: 15, fraction: 15 }, gradient: { bits: 12, fraction: 10 } }),
      /^layer 0: sum \+ shift/,
    ],
    ['sums of 17 bits', formats({ sum: 17 }), /^sum/],
    ['a momentum that keeps nothing', momentum(0), /^momentum\.shift: .* \[1, 8\], got 0/],
    ['a momentum that keeps too much', momentum(9), /^momentum\.shift: .* \[1, 8\], got 9/],
    ['half a momentum', momentum(1.5), /^momentum\.shift/],
    ['a momentum that closes less than a unit', momentum(4, 3), /^momentum\.shift: .* \[1, 3\], got 4/],
    ['a period of no step', { period: 0 }, /^period: expected an integer in \[1, 1024\], got 0$/],
    ['half a period', { period: 1.5 }, /^period: /],
    ['a period of too many steps', { period: 1025 }, /^period: /],
    ['a period of too many rows', { rows: 4096, batch: 64, period: 129 }, /^period \* batch: .* got 8256$/],
    [
      'a rate that begins within a period',
      { period: 4 },
      /^rates\[1\]\.from: expected a multiple of the period 4, got 6$/,
    ],
    ['bits that are no number', formats({ low: NaN }), /^low/],
  ])('%s', (_, change, detail) => {
    const { code, detail: got } = proofError(() => checkPlan({ ...SMALL, ...change }));
    expect([code, got]).toEqual(['PLAN', expect.stringMatching(detail)]);
  });
  test('the greatest plan keeps its sums exact or is refused', () => {
    const wide = { ...SMALL, rows: 4096, batch: 4096, rates: [{ from: 0, rate: 2 ** 20 }] };
    const gradient = { bits: 16, fraction: 10 };
    const activation = { bits: 15, fraction: 8 };
    const plan = { ...wide, formats: { ...d, gradient, activation } };
    expect(proofError(() => checkPlan(plan)).detail).toMatch(/expected updates below 2\^52/);
  });

  test('rates by step, and what they mean', () => {
    expect([0, 5, 6, 8].map((step) => rateAt(SMALL, step))).toEqual([40, 40, 20, 20]);
    expect(() => rateAt(SMALL, 9)).toThrow(/step: expected an integer in \[0, 9\), got 9/);
    const digits = { ...SMALL, batch: 32, widths: [784, 64, 10] };
    expect(learningRate(digits, 4)).toBe(0.25);
    expect(parameterCount(digits)).toBe(50_890);
  });
});

test('datasets', () => {
  const { inputs, labels } = smallData();
  checkDataset(SMALL, { inputs, labels });
  const detail = (change: object): string =>
    proofError(() => checkDataset(SMALL, { inputs, labels, ...change })).detail;
  expect(detail({ inputs: inputs.slice(1) })).toBe('inputs: expected 78, got 77');
  expect(detail({ labels: labels.slice(1) })).toBe('labels: expected 13, got 12');
  expect(detail({ labels: labels.with(3, 4) })).toBe('labels: row 3: expected a class below 4');
  const wide = Int16Array.from(inputs);
  wide[6 * 2 + 1] = 256;
  expect(detail({ inputs: wide })).toBe('inputs: row 2, column 1: expected an integer in [0, 256)');
  wide[6 * 2 + 1] = -1;
  expect(detail({ inputs: wide })).toMatch(/^inputs: row 2, column 1/);
});

describe('orders', () => {
  test('every epoch is another permutation', () => {
    const orders = [0, 1, 2].map((epoch) => [...permutation(SEED, epoch, 50)]);
    for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual(orders[0]!.map((_, i) => i));
    expect(new Set(orders.map(String)).size).toBe(3);
    expect(permutation(new Uint8Array(32), 0, 50)).not.toEqual(permutation(SEED, 0, 50));
  });
  test('as it is defined', () => {
    const words = rawWords({ key: SEED, label: 'order', id: 2 }, 0, 5);
    const order = [0, 1, 2, 3, 4];
    for (let i = 4; i > 0; i--) {
      const j = Number((BigInt(words[i]!) * BigInt(i + 1)) >> 32n);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    expect([...permutation(SEED, 2, 5)]).toEqual(order);
  });
  test('batches go through it, whatever steps are asked for', () => {
    expect(stepsPerEpoch(SMALL)).toBe(4);
    const all = [...batchRows(SMALL, SEED, 0, 9)];
    expect(all.slice(0, 12)).toEqual([...permutation(SEED, 0, 13).subarray(0, 12)]);
    expect(all.slice(12, 24)).toEqual([...permutation(SEED, 1, 13).subarray(0, 12)]);
    for (let first = 0; first < 9; first++) {
      expect([...batchRows(SMALL, SEED, first, 9 - first)]).toEqual(all.slice(3 * first));
    }
  });
});

test('first weights', () => {
  const state = stateFromSeed(SMALL_MOMENTUM, SEED);
  const words = rawWords({ key: SEED, label: 'weights', id: 1 }, 0, 15);
  // floor(2^12 sqrt(6 / 5)) = 4486
  const expected = [...words].map((word) => Number((BigInt(word) * 8973n) >> 32n) - 4486);
  const weights = [...state[1]!.weight].filter((_, i) => i % 6 < 5);
  expect(weights).toEqual(expected);
  for (const { weight, rest, earlier } of state) {
    expect(rest.every((x) => x === 0)).toBe(true);
    expect(weight.length).toBe(rest.length);
    expect(earlier).toBeUndefined(); // nothing has moved
  }
  expect(stateFromSeed(SMALL, SEED)).toEqual(state);
  // One input: the greatest weight is the limit.
  const narrow = { ...SMALL, widths: [1, 900] };
  expect(Math.max(...stateFromSeed(narrow, SEED)[0]!.weight)).toBeLessThanOrEqual(10033);
  const tight = { ...narrow, formats: { ...DEFAULT_FORMATS, weight: { bits: 10, fraction: 12 } } };
  expect(stateFromSeed(tight, SEED)[0]!.weight.every((w) => Math.abs(w) < 512)).toBe(true);
});

test('segments', () => {
  const rows = batchRows(SMALL, SEED, 4, 2);
  const good = { plan: SMALL, first: 4, count: 2, rows };
  checkSegment(good);
  const detail = (change: object): string => {
    const { code, detail: got } = proofError(() => trainingProgram({ ...good, ...change }));
    return `${code} ${got}`;
  };
  expect(detail({ count: 0 })).toMatch(/^SEGMENT count/);
  expect(detail({ first: 8 })).toMatch(/^SEGMENT first/);
  expect(detail({ first: 5 })).toBe('SEGMENT expected steps of one rate, got 5 to 6 across a change');
  const back = { rates: [40, 20, 40].map((rate, i) => ({ from: [0, 5, 6][i]!, rate })) };
  const across = { plan: { ...SMALL, ...back }, count: 3, rows: batchRows(SMALL, SEED, 4, 3) };
  expect(detail(across)).toBe('SEGMENT expected steps of one rate, got 4 to 6 across a change');
  const same = { rates: [40, 40].map((rate, i) => ({ from: 5 * i, rate })) };
  checkSegment({ ...good, plan: { ...SMALL, ...same } });
  expect(detail({ rows: rows.slice(1) })).toBe('SEGMENT rows: expected 6, got 5');
  expect(detail({ rows: rows.with(2, 13) })).toBe('SEGMENT rows[2]: expected a row below 13, got 13');
  expect(detail({ seed: new Uint8Array(31) })).toBe('SEGMENT seed: expected 32 bytes, got 31');
  // Steps behind the first one read weights of the seed only with momentum, a period after it.
  const from = (first: number): string =>
    `SEGMENT seed: expected a segment that reads the weights of the seed, got one from step ${first} on`;
  expect(detail({ seed: SEED })).toBe(from(4));
  const fast = { plan: SMALL_MOMENTUM, seed: SEED, count: 1, rows: rows.slice(3) };
  checkSegment({ ...fast, first: 0 });
  checkSegment({ ...fast, first: 1 });
  expect(detail({ ...fast, first: 2 })).toBe(from(2));
  expect(detail({ plan: { ...SMALL, batch: 0 } })).toMatch(/^PLAN batch/);
});

test('segments of periods', () => {
  const at = (first: number, count: number): Segment => ({
    plan: SMALL_TRIPLES,
    first,
    count,
    rows: batchRows(SMALL_TRIPLES, SEED, first, count),
  });
  const detail = (segment: Segment): string => proofError(() => trainingProgram(segment)).detail;
  for (const [first, count] of [[0, 3], [0, 6], [3, 3], [9, 2]] as const) checkSegment(at(first, count)); // prettier-ignore
  expect(detail(at(1, 3))).toBe('first: expected a multiple of the period 3, got 1');
  const whole = (got: number): string =>
    `count: expected whole periods of 3 steps, or the last steps of the run, got ${got}`;
  expect(detail(at(0, 2))).toBe(whole(2));
  expect(detail(at(0, 4))).toBe(whole(4));
  expect(detail(at(9, 1))).toBe(whole(1));
  expect(detail(at(6, 5))).toBe(whole(5)); // a whole period and the last steps are two segments
});

test('places of corrections: what rounding leaves room for', () => {
  const places = (plan: TrainingPlan): number[] => [
    ...[0, 1, 2].map((layer) => inputGram(plan, layer).places),
    gradientGram(plan).places,
  ];
  expect(places(SMALL)).toEqual([0, 0, 0, 0]);
  // 30 - 16 - 12 of sums; of gradients 14 + 15 - 2 10 - 6: a rate of 40 has 6 bits.
  expect(places(SMALL_PAIRS)).toEqual([2, 2, 2, 3]);
  expect(inputGram(SMALL_PAIRS, 0)).toEqual({ places: 2, shift: 13, bits: 16 });
  const rate = (own: number): TrainingPlan => ({ ...SMALL_PAIRS, rates: [{ from: 0, rate: own }] });
  expect([1, 31, 32, 255, 256, 2 ** 20].map((own) => gradientGram(rate(own)).places)).toEqual([
    4, 4, 3, 1, 0, 0,
  ]);
  expect(gradientGram(rate(2 ** 20))).toEqual({ places: 0, shift: 15, bits: 15 });
  // Sums of 12 bits leave room for 6, but 16 bits of products hold all below 2 in 14: 12 + 8 - 10 and 4.
  const coarse = { ...SMALL_PAIRS, formats: { ...DEFAULT_FORMATS, sum: 12 } };
  expect([0, 1, 2].map((layer) => inputGram(coarse, layer).places)).toEqual([4, 4, 4]);
  const short = { ...SMALL_PAIRS, formats: { ...DEFAULT_FORMATS, low: 2 } };
  expect(inputGram(short, 0)).toEqual({ places: 1, shift: 1, bits: 16 });
});

/** Choices: ties, digits, residues, and the noise of sampling against the twin and against its distribution. */
import { describe, expect, test } from 'vitest';
import { noise as twinNoise } from '../../reference/graph.ts';
import { evaluateArgmax, gumbelKey, gumbelNoise, noiseMultiplier } from '../../src/ops/argmax/eval.ts';
import { column, tableOf } from '../../src/tables/index.ts';
import { refusal } from '../support/refusal.ts';
import { generator } from '../support/words.ts';

const p = 2130706433;
const row = (values: readonly number[]) => ({ rows: 1, width: values.length, data: Int32Array.from(values) });
const choose = (values: readonly number[], noise?: readonly number[]) =>
  evaluateArgmax('t', row(values), noise && (() => Int32Array.from(noise))).data[0];
const gumbel = column(tableOf('gumbel'), 'g');
const seed = Uint8Array.from({ length: 32 }, (_, i) => 3 * i);

describe('greedy', () => {
  test('the least id of the greatest value', () => {
    expect(choose([1])).toBe(0);
    expect(choose([1, 3, 3, 2])).toBe(1);
    expect(choose([-5, -5, -5])).toBe(0);
    expect(choose([0, -1, 0])).toBe(0);
  });
  test('29 bits for the choice', () => {
    expect(choose([2 ** 28 - 1, 0])).toBe(0);
    expect(refusal(() => choose([2 ** 28, 0]))).toBe('UNPROVABLE');
    expect(choose([-(2 ** 28), -(2 ** 28)])).toBe(0);
    expect(refusal(() => choose([-(2 ** 28) - 1]))).toBe('UNPROVABLE');
  });
  test('29 bits for the lead, one more for a lower id', () => {
    expect(choose([0, 1 - 2 ** 29])).toBe(0);
    expect(refusal(() => choose([0, -(2 ** 29)]))).toBe('UNPROVABLE');
    expect(choose([-(2 ** 29), 0])).toBe(1);
    expect(refusal(() => choose([-(2 ** 29) - 1, 0]))).toBe('UNPROVABLE');
  });
  test('noise is added modulo p', () => {
    const half = (p - 1) / 2;
    expect(refusal(() => choose([half, 0], [1, 0]))).toBe('UNPROVABLE'); // wraps to -half: a lead beyond 29 bits
    expect(choose([5, 4], [0, 2])).toBe(1);
    expect(choose([5, 4], [0, 1])).toBe(0);
  });
});

describe('noise', () => {
  test('equals the twin', () => {
    for (const [position, M] of [
      [0, 1],
      [1, 2 ** 24],
      [4242, 65536],
      [16383, 12345],
    ] as const) {
      const ours = gumbelNoise(seed, position, 300, M, gumbel);
      expect([...ours].map(BigInt)).toEqual(twinNoise(seed, position, 300, BigInt(M)));
    }
  });
  test('keys: leading zeros and the eleven bits behind', () => {
    expect(gumbelKey(0xffffffff)).toBe(2047);
    expect(gumbelKey(0x80000000)).toBe(0);
    expect(gumbelKey(0x7fffffff)).toBe(2048 + 2047);
    expect(gumbelKey(0x40000000)).toBe(2048);
    expect(gumbelKey(0x00001000)).toBe(19 * 2048);
    expect(gumbelKey(0x00001ffe)).toBe(19 * 2048 + 2047);
    expect(gumbelKey(0)).toBe(19 * 2048);
  });
  test('multipliers', () => {
    expect([noiseMultiplier(1000, 0), noiseMultiplier(1000, 700), noiseMultiplier(3, 500)]).toEqual([
      0, 700, 2,
    ]);
    expect(() => noiseMultiplier(1, -1)).toThrow(RangeError);
    expect(() => noiseMultiplier(1, 0.5)).toThrow(RangeError);
    expect(() => noiseMultiplier(2 ** 24, 2000)).toThrow(RangeError);
  });
  test('mean and variance of Gumbel: 0.5772 and pi^2/6', () => {
    let [sum, squares, n] = [0, 0, 0];
    for (let position = 0; position < 200; position++) {
      for (const v of gumbelNoise(seed, position, 1000, 65536, gumbel)) {
        sum += v / 65536;
        squares += (v / 65536) ** 2;
        n++;
      }
    }
    const mean = sum / n;
    expect(Math.abs(mean - 0.5772157)).toBeLessThan(5 * Math.sqrt(1.645 / n));
    expect(Math.abs(squares / n - mean ** 2 - Math.PI ** 2 / 6)).toBeLessThan(0.05);
  });
  test('choices follow the softmax: chi-squared over 20,000 positions', () => {
    const unit = 2 ** 20;
    const next = generator(4);
    const logits = Array.from({ length: 12 }, () => Math.round(((next() / 2 ** 32) * 4 - 2) * unit));
    for (const temperature of [1000, 600]) {
      const M = noiseMultiplier(unit, temperature);
      const weight = logits.map((l) => Math.exp(l / M));
      const total = weight.reduce((a, b) => a + b, 0);
      const counts = logits.map(() => 0);
      const draws = 20_000;
      for (let position = 0; position < draws; position++) {
        const noise = gumbelNoise(seed, position, 12, M, gumbel);
        const id = evaluateArgmax('t', row(logits), () => noise).data[0] as number;
        counts[id] = (counts[id] as number) + 1;
      }
      const chi = counts.reduce((sum, c, v) => {
        const expected = (draws * (weight[v] as number)) / total;
        return sum + (c - expected) ** 2 / expected;
      }, 0);
      expect(chi).toBeLessThan(45); // 11 degrees of freedom: probability 5e-6; the seed is fixed
    }
  });
});

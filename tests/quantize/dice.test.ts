/** Seeded draws: pinned, so that a program is the same everywhere; uniform and normal enough. */
import { expect, test } from 'vitest';
import { rawWords } from '../../src/hash/stream.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import { dice } from '../../src/quantize/dice.ts';

test('uniform draws are words of BLAKE3, 27 and 26 bits of a pair', () => {
  const key = blake3(new TextEncoder().encode('41'), { context: 'zkdl 2026 quantiser dice' });
  const words = rawWords({ key, label: 'purpose', id: 3 }, 0, 3000);
  const draws = dice(41, 'purpose', 3);
  for (let i = 0; i < 3000; i += 2) {
    const pair = BigInt((words[i] as number) >>> 5) * 2n ** 26n + BigInt((words[i + 1] as number) >>> 6);
    expect(draws.uniform()).toBe(Number(pair) / 2 ** 53);
  }
});

test('moments', () => {
  const draws = dice(1, 'moments');
  const n = 40_000;
  const uniform = Array.from({ length: n }, () => draws.uniform());
  const normal = Array.from({ length: n }, () => draws.normal());
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / n;
  expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(0.01);
  expect(Math.abs(mean(uniform.map((v) => v * v)) - 1 / 3)).toBeLessThan(0.01);
  expect(Math.abs(mean(normal))).toBeLessThan(0.03);
  expect(Math.abs(mean(normal.map((v) => v * v)) - 1)).toBeLessThan(0.04);
  expect(Math.abs(mean(normal.map((v) => v ** 4)) - 3)).toBeLessThan(0.25);
  expect(Math.abs(mean(normal.map((v, i) => v * (normal[(i + 1) % n] as number))))).toBeLessThan(0.03);
  expect(uniform.every((v) => v >= 0 && v < 1)).toBe(true);
});

test('seed, purpose and id each change the draws', () => {
  const first = dice(1, 'a', 0).uniform();
  expect(dice(1, 'a', 0).uniform()).toBe(first);
  for (const other of [dice(2, 'a', 0), dice(1, 'b', 0), dice(1, 'a', 1)])
    expect(other.uniform()).not.toBe(first);
});

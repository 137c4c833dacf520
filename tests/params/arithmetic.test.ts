/** Exact rationals and least query counts. */
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { add, atMostTwoToMinus, formatBits, lessOrEqual } from '../../src/params/rational.ts';
import { rational, tenthsOfBits, ZERO } from '../../src/params/rational.ts';
import { leastPadQueries, leastQueries, MAX_QUERIES, missProbability } from '../../src/params/queries.ts';
import { fieldOrder, S128, twoAdicity } from '../../src/params/profile.ts';

test('tenths of bits are rounded down', () => {
  expect(tenthsOfBits(rational(1, 2))).toBe(10);
  expect(tenthsOfBits(rational(3, 4))).toBe(4); // 0.415
  expect(tenthsOfBits(rational(1, 3))).toBe(15); // 1.585
  expect(tenthsOfBits(rational((1n << 100n) + 1n, 1n << 228n))).toBe(1279); // a hair below 128 bits
  expect(tenthsOfBits(rational(1n << 100n, 1n << 228n))).toBe(1280);
  expect(tenthsOfBits(ZERO)).toBeUndefined();
  expect(tenthsOfBits(rational(5, 4))).toBe(0); // a bound above one says nothing
  expect([formatBits(1282), formatBits(4), formatBits(undefined)]).toEqual(['128.2', '0.4', 'exact']);
});

test('tenths of bits: value^10 lies in (2^-(b+1), 2^-b]', () => {
  const positive = fc.bigInt({ min: 1n, max: 1n << 300n });
  fc.assert(
    fc.property(positive, positive, (a, b) => {
      const [num, den] = a < b ? [a, b] : [b, a];
      const tenths = BigInt(tenthsOfBits(rational(num, den)) ?? -1);
      expect((num ** 10n) << tenths <= den ** 10n).toBe(true);
      expect((num ** 10n) << (tenths + 1n) > den ** 10n).toBe(num < den || tenths === 0n);
    }),
    { seed: 1 },
  );
});

test('sums and comparisons are exact', () => {
  expect(add(rational(1, 6), rational(1, 10))).toEqual(rational(16, 60));
  expect(lessOrEqual(add(rational(1, 3), rational(1, 3)), rational(2, 3))).toBe(true);
  expect(lessOrEqual(rational((1n << 200n) + 1n, 1n << 201n), rational(1, 2))).toBe(false);
  expect(atMostTwoToMinus(rational(1, 1n << 128n), 128)).toBe(true);
  expect(atMostTwoToMinus(rational(1, (1n << 128n) - 1n), 128)).toBe(false);
  expect(() => rational(-1, 2)).toThrow(/numerator: expected >= 0/);
  expect(() => rational(1, 0)).toThrow(/denominator: expected >= 1/);
});

test('query counts at rates 1/2 to 1/16', () => {
  const row = (lambda: number) =>
    [1, 2, 3, 4].map((r) => leastQueries({ length: 2 ** r, dimension: 1 }, lambda));
  expect(row(128)).toEqual([309, 189, 155, 141]);
  expect(row(100)).toEqual([241, 148, 121, 110]);
});

test('query counts by ratio of pads to data', () => {
  const n = 2 ** 22;
  const counts = [8, 4, 2, 1].map((x) => leastQueries({ length: n, dimension: 2 ** 20 + 2 ** 20 / x }, 128));
  expect(counts).toEqual([200, 211, 237, 309]);
});

test('the least count is the least', () => {
  const code = fc.record({
    length: fc.integer({ min: 2, max: 2 ** 24 }),
    lambda: fc.integer({ min: 1, max: 128 }),
  });
  fc.assert(
    fc.property(code, fc.double({ min: 0, max: 0.9, noNaN: true }), ({ length, lambda }, rate) => {
      const c = { length, dimension: Math.floor(rate * length) };
      const q = leastQueries(c, lambda);
      const enough = (x: number) => atMostTwoToMinus(missProbability(c, x), lambda);
      expect(enough(q ?? MAX_QUERIES)).toBe(q !== undefined);
      expect(enough((q ?? MAX_QUERIES) - 1)).toBe(false);
    }),
    { seed: 2 },
  );
});

test('rate one has no count', () => {
  expect(leastQueries({ length: 16, dimension: 16 }, 1)).toBeUndefined();
  expect(leastPadQueries(2 ** 14, 14, 128)).toBeUndefined();
  expect(leastPadQueries(2 ** 14 - 100, 14, 128)).toBeUndefined();
});

test('positions of the pads, which lengthen the rows themselves', () => {
  expect(leastPadQueries(4096, 14, 128)).toBe(193);
  expect(leastPadQueries(8192, 15, 128)).toBe(191);
  expect(leastPadQueries(6144, 14, 128)).toBe(244);
  for (const size of [40, 300, 5000]) {
    const q = leastPadQueries(size, 14, 128) ?? 0;
    const enough = (x: number) =>
      atMostTwoToMinus(missProbability({ length: 2 ** 14, dimension: size + x }, x), 128);
    expect(Array.from({ length: q }, (_, x) => enough(x))).not.toContain(true);
    expect(enough(q)).toBe(true);
  }
});

test('field sizes', () => {
  expect(fieldOrder(S128.field)).toBe(2130706433n ** 5n);
  expect(twoAdicity(S128.field)).toBe(24);
  expect([7, 97, 257].map((modulus) => twoAdicity({ modulus, degree: 1 }))).toEqual([1, 5, 8]);
});

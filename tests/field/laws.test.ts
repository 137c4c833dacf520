/**
 * FLD-1: field laws and comparison with bigint arithmetic, for KoalaBear, its quintic extension and the toy fields:
 * 1,000 cases a law, half of the operands edge values. Every result must be canonical as well.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as twin from '../../reference/field.ts';
import type { BaseField, Ext, Fe } from '../../src/field/field.ts';
import { allFields, anyExt, anyFe, toTwin } from '../support/fields.ts';

const RUNS = { numRuns: 1_000 };
const bases = [...new Map(allFields.map(({ field }) => [field.base.name, field.base])).values()];

function canonical(field: BaseField, a: Ext): void {
  for (const limb of a) expect(Number.isInteger(limb) && limb >= 0 && limb < field.modulus).toBe(true);
  expect(a.some((limb) => Object.is(limb, -0))).toBe(false);
}

describe.each(bases.map((F) => [F.name, F] as const))('%s', (_, F) => {
  const p = BigInt(F.modulus);
  const fe = anyFe(F);
  const big = (a: Fe): bigint => BigInt(a);

  test.each<[string, (a: Fe, b: Fe) => Fe, (a: bigint, b: bigint) => bigint]>([
    ['add', F.add, (a, b) => a + b],
    ['sub', F.sub, (a, b) => a - b],
    ['mul', F.mul, (a, b) => a * b],
    ['neg', (a) => F.neg(a), (a) => -a],
    ['fromInt of negatives', (a, b) => F.fromInt(-a * (b % 1000)), (a, b) => -a * (b % 1000n)],
    ['fromInt of bigints', (a, b) => F.fromInt(-big(a) * big(b)), (a, b) => -a * b],
    ['pow', (a, b) => F.pow(a, b), (a, b) => twin.powMod(a, b, p)],
  ])('%s equals bigint', (_name, ours, theirs) => {
    fc.assert(
      fc.property(fe, fe, (a, b) => {
        const result = ours(a, b);
        canonical(F, [result]);
        expect(big(result)).toBe(twin.mod(theirs(big(a), big(b)), p));
      }),
      RUNS,
    );
  });

  test('ring laws', () => {
    fc.assert(
      fc.property(fe, fe, fe, (a, b, c) => {
        expect(F.add(a, b)).toBe(F.add(b, a));
        expect(F.mul(a, b)).toBe(F.mul(b, a));
        expect(F.add(F.add(a, b), c)).toBe(F.add(a, F.add(b, c)));
        expect(F.mul(F.mul(a, b), c)).toBe(F.mul(a, F.mul(b, c)));
        expect(F.mul(a, F.add(b, c))).toBe(F.add(F.mul(a, b), F.mul(a, c)));
        expect(F.add(F.sub(a, b), b)).toBe(a);
        expect(F.add(a, F.neg(a))).toBe(F.zero);
        expect(F.mul(a, F.one)).toBe(a);
      }),
      RUNS,
    );
  });

  test('inverses, and none of zero', () => {
    fc.assert(
      fc.property(
        fe.filter((a) => a !== 0),
        (a) => {
          expect(big(F.inverse(a))).toBe(twin.inverseMod(big(a), p));
          expect(F.mul(a, F.inverse(a))).toBe(F.one);
        },
      ),
      RUNS,
    );
    expect(() => F.inverse(F.zero)).toThrow(/inverse: a: expected a non-zero element/);
  });

  test('balanced representatives', () => {
    fc.assert(
      fc.property(fe, (a) => {
        const balanced = F.toBalanced(a);
        expect(Math.abs(balanced)).toBeLessThanOrEqual((F.modulus - 1) / 2);
        expect(F.fromInt(balanced)).toBe(a);
      }),
      RUNS,
    );
  });

  test('roots of unity have their exact order', () => {
    for (let s = 0; s <= F.twoAdicity; s++) {
      const root = F.rootOfUnity(s);
      expect(F.pow(root, 2 ** s)).toBe(F.one);
      if (s > 0) expect(F.pow(root, 2 ** (s - 1))).toBe(F.neg(F.one));
      if (s > 0) expect(F.mul(root, root)).toBe(F.rootOfUnity(s - 1));
    }
    expect((F.modulus - 1) % 2 ** F.twoAdicity).toBe(0);
    expect(((F.modulus - 1) / 2 ** F.twoAdicity) % 2).toBe(1);
    expect(() => F.rootOfUnity(F.twoAdicity + 1)).toThrow(RangeError);
  });

  test('integers that are no canonical element', () => {
    for (const bad of [-1, F.modulus, F.modulus + 1, 2 ** 32 - 1, 0.5, NaN, Infinity]) {
      expect(() => F.fe(bad)).toThrow(/fe: value: expected an integer in \[0, \d+\), got another$/); // never the value
    }
    expect(() => F.fromInt(2 ** 53)).toThrow(/got another number$/);
    expect(Object.is(F.fromInt(-F.modulus), 0)).toBe(true);
  });
});

describe.each(allFields.map((pair) => [pair.name, pair] as const))('%s', (_, { field: K, twin: T }) => {
  const F = K.base;
  const ext = anyExt(K);

  test.each<[string, (a: Ext, b: Ext) => Ext, (a: twin.Element, b: twin.Element) => twin.Element]>([
    ['add', K.add, (a, b) => twin.add(T, a, b)],
    ['sub', K.sub, (a, b) => twin.subtract(T, a, b)],
    ['mul', K.mul, (a, b) => twin.multiply(T, a, b)],
    ['square', (a) => K.square(a), (a) => twin.multiply(T, a, a)],
    ['neg', (a) => K.neg(a), (a) => twin.subtract(T, toTwin(K.zero), a)],
    [
      'mulBase',
      (a, b) => K.mulBase(a, b[0] as Fe),
      (a, b) => a.map((x) => twin.mod(x * (b[0] as bigint), T.p)),
    ],
  ])('%s equals bigint', (_name, ours, theirs) => {
    fc.assert(
      fc.property(ext, ext, (a, b) => {
        const result = ours(a, b);
        canonical(F, result);
        expect(toTwin(result)).toEqual(theirs(toTwin(a), toTwin(b)));
      }),
      RUNS,
    );
  });

  test('ring laws', () => {
    fc.assert(
      fc.property(ext, ext, ext, anyFe(F), (a, b, c, s) => {
        expect(K.mul(a, b)).toEqual(K.mul(b, a));
        expect(K.mul(K.mul(a, b), c)).toEqual(K.mul(a, K.mul(b, c)));
        expect(K.mul(a, K.add(b, c))).toEqual(K.add(K.mul(a, b), K.mul(a, c)));
        expect(K.add(K.sub(a, b), b)).toEqual(a);
        expect(K.add(a, K.neg(a))).toEqual(K.zero);
        expect(K.mul(a, K.one)).toEqual(a);
        expect(K.mulBase(a, s)).toEqual(K.mul(a, K.fromBase(s)));
        expect(K.equals(a, b)).toBe(K.isZero(K.sub(a, b)));
      }),
      RUNS,
    );
  });

  test('inverses, and none of zero', () => {
    fc.assert(
      fc.property(
        ext.filter((a) => !K.isZero(a)),
        (a) => {
          expect(toTwin(K.inverse(a))).toEqual(twin.invert(T, toTwin(a)));
          expect(K.mul(a, K.inverse(a))).toEqual(K.one);
        },
      ),
      RUNS,
    );
    expect(() => K.inverse(K.zero)).toThrow(/inverse: a: expected a non-zero element/);
  });

  test('powers', () => {
    fc.assert(
      fc.property(ext, fc.nat({ max: 40 }), fc.nat({ max: 40 }), (a, m, n) => {
        expect(K.mul(K.pow(a, m), K.pow(a, n))).toEqual(K.pow(a, m + n));
        expect(K.pow(a, BigInt(F.modulus) ** BigInt(K.degree))).toEqual(a); // Frobenius d times
      }),
      { numRuns: 200 },
    );
    expect(() => K.pow(K.one, -1)).toThrow(RangeError);
  });

  test('limbs that are no canonical element', () => {
    for (let i = 0; i < K.degree; i++) {
      for (const bad of [F.modulus, F.modulus + 1, 2 ** 32 - 1, -1, 0.5]) {
        const limbs = K.one.map((limb, j) => (i === j ? bad : limb));
        const message = `fromLimbs: limbs[${i}]: expected an integer in [0, ${F.modulus}), got another`;
        expect(() => K.fromLimbs(limbs)).toThrow(new RangeError(message)); // never the value
      }
    }
    expect(() => K.fromLimbs([])).toThrow(/expected \d+ limbs, got 0/);
  });
});

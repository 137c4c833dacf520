/** FLD-2: every pair of F_13 and every pair of its quadratic extension (169^2 = 28,561) against bigint arithmetic. */
import { expect, test } from 'vitest';
import * as twin from '../../reference/field.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { Ext, Fe } from '../../src/field/field.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { toTwin } from '../support/fields.ts';

const F = primeField(13);
const K = extensionField(F, [-2, 0]);
const T: twin.Field = { p: 13n, low: [-2n, 0n] };
const base = Array.from({ length: 13 }, (_, a) => F.fe(a));
const elements: Ext[] = base.flatMap((a) => base.map((b) => K.fromLimbs([a, b])));

test('all pairs of F_13', () => {
  for (const a of base) {
    for (const b of base) {
      expect(F.add(a, b)).toBe((a + b) % 13);
      expect(F.sub(a, b)).toBe((a - b + 13) % 13);
      expect(F.mul(a, b)).toBe((a * b) % 13);
    }
    expect(F.neg(a)).toBe((13 - a) % 13);
    if (a !== 0) expect(F.mul(a, F.inverse(a))).toBe(1);
  }
});

test('all pairs of F_13^2', () => {
  const numbers = elements.map(toTwin);
  const key = (a: readonly (number | bigint)[]): string => a.join();
  let pairs = 0;
  for (const [i, a] of elements.entries()) {
    for (const [j, b] of elements.entries()) {
      const [x, y] = [numbers[i] as bigint[], numbers[j] as bigint[]];
      const same =
        key(K.add(a, b)) === key(twin.add(T, x, y)) &&
        key(K.sub(a, b)) === key(twin.subtract(T, x, y)) &&
        key(K.mul(a, b)) === key(twin.multiply(T, x, y)) &&
        K.equals(a, b) === (i === j);
      if (!same) throw new Error(`a = [${a}], b = [${b}]`);
      pairs++;
    }
  }
  expect(pairs).toBe(28_561);
});

test('the units of F_13^2 form a cyclic group of order 168', () => {
  const units = elements.filter((a) => !K.isZero(a));
  for (const a of units) {
    expect(toTwin(K.inverse(a))).toEqual(twin.invert(T, toTwin(a)));
    expect(K.pow(a, 168)).toEqual(K.one);
  }
  const order = (a: Ext): number => {
    let n = 1;
    for (let b = a; !K.equals(b, K.one); b = K.mul(b, a)) n++;
    return n;
  };
  expect(units.filter((a) => order(a) === 168).length).toBe(48); // phi(168)
});

test('Frobenius is the conjugation of F_13^2', () => {
  for (const a of elements) expect(K.pow(a, 13)).toEqual([a[0], F.neg(a[1] as Fe)]);
});

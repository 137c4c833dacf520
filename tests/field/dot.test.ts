/** FLD-1 for the long sums of verifiers: exact at the largest words, over every field, for any length. */
import { describe, expect, test } from 'vitest';
import { encodeAt } from '../../src/code/encode-at.ts';
import { createDot, createRunDot } from '../../src/field/dot.ts';
import { extensionField } from '../../src/field/extension-field.ts';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { koalaBear, P, reduce } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { words } from '../support/words.ts';

const FIELDS: readonly ExtensionField[] = [
  quintic,
  extensionField(primeField(97), [-5, 0]),
  extensionField(primeField(7), [1, 0]),
];

/** Word by word, with the field's own operations. */
function definition(field: ExtensionField, elements: readonly Ext[], weights: readonly Fe[]): Ext {
  return weights.reduce(
    (sum: Ext, weight, i) => field.add(sum, field.mulBase(elements[i] as Ext, weight)),
    field.zero,
  );
}

function elementsOf(field: ExtensionField, limbs: ArrayLike<number>): Ext[] {
  return Array.from({ length: limbs.length / field.degree }, (_, i) =>
    field.fromLimbs(Array.from({ length: field.degree }, (_l, j) => limbs[i * field.degree + j] as number)),
  );
}

describe.each(FIELDS)('$name', (field) => {
  const p = field.base.modulus;
  test.each([0, 1, 2, 63, 64, 65, 127, 128, 129, 1000])('%i terms', (n) => {
    const elements = elementsOf(field, words(n * field.degree, p, n + 1));
    const weights = [...words(n, p, n + 2)] as Fe[];
    expect(createDot(field, elements)(weights)).toEqual(definition(field, elements, weights));
  });
  test('all words the largest; fewer weights than elements; a second call', () => {
    const elements = elementsOf(field, new Array(200 * field.degree).fill(p - 1));
    const dot = createDot(field, elements);
    for (const n of [200, 130, 1, 0, 200]) {
      const weights = new Array(n).fill(p - 1) as Fe[];
      expect(dot(weights)).toEqual(definition(field, elements, weights));
    }
  });
  test.each([1, 2, 64, 65, 1000])('%i integers with signs, and of 16 bits, at their ends and within', (n) => {
    const drawn = words(n, 2 ** 16, n + 3);
    for (const own of [n, 2 ** 15, -(2 ** 15)]) {
      const small = Int16Array.from({ length: n + 2 }, (_, i) =>
        own === n ? (drawn[i] ?? 0) - 2 ** 15 : own,
      );
      const limbs = own === n ? words(n * field.degree, p, n + 4) : new Array(n * field.degree).fill(p - 1);
      const elements = elementsOf(field, limbs);
      const integers = [...small].slice(2);
      const expected = definition(
        field,
        elements,
        integers.map((x) => field.base.fromInt(x)),
      );
      const dot = createRunDot(field, elements);
      expect(dot(small, 2, n)).toEqual(expected);
      expect(dot(integers, 0, n)).toEqual(expected);
      const large = integers.map((x) => (x < 0 ? 1 - p : p - 1));
      const signed = large.map((x) => field.base.fromInt(x));
      expect(dot(large, 0, n)).toEqual(definition(field, elements, signed));
    }
  });
  test.each([1, 3, 4, 5, 130])('encodeAt: %i coefficients', (n) => {
    const message = elementsOf(field, words(n * field.degree, p, n));
    const points = [0, 1, p - 1, 2 % p, 3 % p] as Fe[];
    const expected = points.map((x) =>
      definition(
        field,
        message,
        message.map((_, j) => field.base.pow(x, j)),
      ),
    );
    expect(encodeAt(field, message, points)).toEqual(expected);
  });
});

test('reduce: exact up to 2^53, at multiples of p and beside them', () => {
  const quotients = [0, 1, 2, 3, 1000, 2 ** 21, Math.floor(2 ** 53 / P) - 1];
  for (const q of quotients) {
    for (const r of [0, 1, 2, P - 2, P - 1, (P - 1) / 2]) expect(reduce(q * P + r)).toBe(r);
  }
  for (const x of [2 ** 53 - 1, 2 ** 52, 2 ** 48 - 1, 2 ** 31, 2 ** 32]) {
    expect(reduce(x)).toBe(Number(BigInt(x) % BigInt(P)));
    expect(koalaBear.fromInt(x)).toBe(Number(BigInt(x) % BigInt(P)));
  }
});

test('reduce: the quotient is right on both sides of every multiple of p below 2^53', () => {
  let wrong = 0;
  for (let x = P; x <= Number.MAX_SAFE_INTEGER; x += P) {
    if (reduce(x) !== 0 || reduce(x - 1) !== P - 1) wrong++;
  }
  expect(wrong).toBe(0);
});

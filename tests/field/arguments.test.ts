/** Places and numbers at their bounds: what is refused by the argument's name, and the cases that only toy fields have. */
import { describe, expect, test } from 'vitest';
import { bitReverse, domainPoint } from '../../src/field/domain.ts';
import { isIrreducible } from '../../src/field/extension-field.ts';
import type { Fe } from '../../src/field/field.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { balanced } from '../../src/ops/tensor.ts';
import { activationTable } from '../../src/tables/activation.ts';
import { column, parseTableId, tableOf } from '../../src/tables/index.ts';
import { isqrt, ln, ln2 } from '../../src/tables/series.ts';

describe('places of a code', () => {
  test.each([-1, 31, 0.5])('no index has %s bits', (bits) => {
    expect(() => bitReverse(0, bits)).toThrow(`bits: expected an integer in [0, 30], got ${bits}`);
  });
  test.each([-1, 8, 0.5])('no index of 3 bits is %s', (index) => {
    expect(() => bitReverse(index, 3)).toThrow(`index: expected an integer in [0, 8), got ${index}`);
    expect(() => domainPoint(koalaBear, 3, index)).toThrow(
      `position: expected an integer in [0, 8), got ${index}`,
    );
  });
  test('reversed within the bounds', () => {
    expect([1, 4, 6].map((i) => bitReverse(i, 3))).toEqual([4, 1, 3]);
    expect(bitReverse(2 ** 30 - 1, 30)).toBe(2 ** 30 - 1);
  });
});

test('polynomials of degree one are irreducible', () => {
  expect(isIrreducible(primeField(13), [5 as Fe])).toBe(true);
});

test('the least generator, where p - 1 has a gap between its primes', () => {
  const field = primeField(101); // 100 = 2^2 5^2
  expect(field.pow(2 as Fe, 50)).toBe(100);
  expect(field.pow(2 as Fe, 20)).not.toBe(1);
});

test('residues of least absolute value, at both ends and beyond', () => {
  const p = koalaBear.modulus;
  const half = (p - 1) / 2;
  const cases = [half, half + 1, -half, -half - 1, p, -p, 3 * p + 7, -3 * p - 7, p + half + 1, -p - half - 1];
  expect(cases.map(balanced).map((x) => x + 0)).toEqual([half, -half, -half, half, 0, 0, 7, -7, -half, half]);
});

test('residues where the quotient is rounded to the half', () => {
  const p = koalaBear.modulus;
  const half = (p - 1) / 2;
  const far = 4_200_000 * p; // below 2^53, with half an ulp of the quotient above 1 / 2p: it comes to the half
  const cases = [far + half, far + half + 1, -far - half, -far - half - 1];
  expect(cases.map(balanced)).toEqual([half, -half, -half, half]);
});

test('tables have no keys beyond their range', () => {
  expect(() => activationTable({ kind: 'silu', bits: 3, range: 4 })).toThrow('range: expected at most');
});

describe('series', () => {
  test('roots of small numbers, and of none below zero', () => {
    expect([0n, 1n, 2n, 3n, 4n, 8n, 9n].map((n) => isqrt(n))).toEqual([0n, 1n, 1n, 1n, 2n, 2n, 3n]);
    expect(() => isqrt(-1n)).toThrow('isqrt: n');
  });
  test('logarithms of powers of two beyond the working precision, and of nothing', () => {
    const error = ln(1n << 100n, 8n) - ((100n * ln2(40n)) >> 32n);
    expect(error >= -2n && error <= 2n).toBe(true);
    expect(() => ln(0n, 8n)).toThrow('ln: X');
  });
});

test('names of tables have one spelling', () => {
  expect(parseTableId('silu-8-r4')).toBeDefined();
  expect(parseTableId('relu-8')).toBeDefined();
  for (const id of [
    'silu-08-r4',
    'relu-08',
    'relu-8-r4',
    'silu-8',
    'silu-8-r8',
    'silu-17-r4',
    'rope-010000-8-4',
  ])
    expect([id, parseTableId(id)]).toEqual([id, undefined]);
  expect(() => column(tableOf('exp2'), 'nowhere')).toThrow('name: expected a column of exp2, got nowhere');
});

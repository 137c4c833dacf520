/** The choices behind the production field: the prime, the generator, the polynomial; and what the makers refuse. */
import { describe, expect, test } from 'vitest';
import { KOALABEAR, powMod } from '../../reference/field.ts';
import { extensionField, isIrreducible } from '../../src/field/extension-field.ts';
import type { BaseField, Ext, Fe } from '../../src/field/field.ts';
import { GENERATOR, koalaBear, P, TWO_ADICITY } from '../../src/field/koalabear.ts';
import { primeField } from '../../src/field/prime-field.ts';
import { quintic } from '../../src/field/quintic.ts';

test('p is prime: p - 1 = 2^24 * 127 and 3 has order p - 1 (Lucas)', () => {
  expect(BigInt(P)).toBe(KOALABEAR);
  expect(P - 1).toBe(2 ** 24 * 127);
  expect(TWO_ADICITY).toBe(24);
  expect(powMod(3n, KOALABEAR - 1n, KOALABEAR)).toBe(1n);
  expect(powMod(3n, (KOALABEAR - 1n) / 2n, KOALABEAR)).not.toBe(1n);
  expect(powMod(3n, (KOALABEAR - 1n) / 127n, KOALABEAR)).not.toBe(1n);
});

test('3 is the smallest generator', () => {
  expect(GENERATOR).toBe(3);
  // 2 is a square, by Euler's criterion, and so generates at most half of the group.
  expect(powMod(2n, (KOALABEAR - 1n) / 2n, KOALABEAR)).toBe(1n);
});

test('x^5 + x^2 - 1 is irreducible; no binomial of degree 5 is', () => {
  expect(isIrreducible(koalaBear, quintic.modulusLow)).toBe(true);
  expect((P - 1) % 5).not.toBe(0); // so x -> x^5 permutes F and every x^5 - a has a root
  for (const a of [2, 3, 5, 7]) {
    expect(isIrreducible(koalaBear, [koalaBear.fromInt(-a), 0, 0, 0, 0] as Fe[])).toBe(false);
  }
});

test('the unrolled quintic equals the generic extension', () => {
  const generic = extensionField(koalaBear, quintic.modulusLow);
  const samples = [quintic.one, quintic.fromLimbs([P - 1, P - 1, P - 1, P - 1, P - 1])];
  for (let i = 0; i < 5; i++) samples.push(quintic.one.map((_, j) => (i === j ? 1 : 0) as Fe));
  for (const a of samples) {
    for (const b of samples) expect(quintic.mul(a, b)).toEqual(generic.mul(a, b));
    expect(quintic.inverse(a)).toEqual(generic.inverse(a));
  }
});

test('products whose limbs lie at the edges of F, where a quotient that is off by one would show', () => {
  // b = c / a has limbs all over F, and every limb of a b is a multiple of p, or one beside it.
  const edges = [0, 1, 2, P - 1, P - 2];
  const a = quintic.fromLimbs([P - 1, 1_234_567_890, P - 3, 987_654_321, P - 7]);
  for (const x of edges) {
    for (const y of edges) {
      for (const z of edges) {
        const c = quintic.fromLimbs([x, y, z, y, x]);
        const b = quintic.mul(c, quintic.inverse(a));
        expect(quintic.mul(a, b)).toEqual(c);
        expect(quintic.mul(b, a)).toEqual(c);
      }
    }
  }
});

/** Irreducible of degree 2 or 3 means: no root. Of degree 4: also no factor of degree 2. All are tried. */
function splits(F: BaseField, low: readonly Fe[]): boolean {
  const all = Array.from({ length: F.modulus }, (_, a) => a as Fe);
  const poly = [...low, F.one];
  const value = (x: Fe): Fe => poly.reduceRight((sum, c) => F.add(F.mul(sum, x), c), F.zero);
  if (all.some((x) => value(x) === 0)) return true;
  if (low.length < 4) return false;
  const product = (a: Ext, b: Ext): Fe[] => [
    F.mul(a[0]!, b[0]!),
    F.add(F.mul(a[0]!, b[1]!), F.mul(a[1]!, b[0]!)),
    F.add(F.add(a[0]!, b[0]!), F.mul(a[1]!, b[1]!)),
    F.add(a[1]!, b[1]!),
  ];
  const quadratics = all.flatMap((c) => all.map((b): Ext => [c, b]));
  return quadratics.some((a) => quadratics.some((b) => product(a, b).join() === low.join()));
}

describe("Rabin's test against all factors", () => {
  test.each([
    [2, 2],
    [2, 3],
    [2, 4],
    [3, 2],
    [3, 3],
    [3, 4],
    [5, 2],
    [5, 3],
    [7, 2],
  ])('all polynomials over F_%i of degree %i', (p, degree) => {
    const F = primeField(p);
    for (let n = 0; n < p ** degree; n++) {
      const low = Array.from({ length: degree }, (_, i) => (Math.floor(n / p ** i) % p) as Fe);
      expect([low, isIrreducible(F, low)]).toEqual([low, !splits(F, low)]);
    }
  });
});

test('what the makers refuse', () => {
  for (const p of [0, 1, 4, 91, 2.5, 2 ** 31 - 1])
    expect(() => primeField(p)).toThrow(/primeField: p: expected a prime/);
  expect(() => extensionField(primeField(7), [-2, 0])).toThrow(/irreducible/); // 3^2 = 2
  expect(() => extensionField(primeField(7), [])).toThrow(/at least one coefficient/);
});

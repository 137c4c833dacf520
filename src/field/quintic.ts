/**
 * K = F[x]/(x^5 + x^2 - 1) over KoalaBear: 154.9 bits. The polynomial is irreducible (Rabin's test, run in
 * the tests) and the one that Plonky3 uses; no binomial of degree 5 exists, since 5 does not divide p - 1.
 *
 * With c_k = sum_{i+j=k} a_i b_j and x^5 = 1 - x^2, x^6 = x - x^3, x^7 = x^2 - x^4, x^8 = x^3 + x^2 - 1:
 *   r0 = c0 + c5 - c8,  r1 = c1 + c6,  r2 = c2 - c5 + c7 + c8,  r3 = c3 - c6 + c8,  r4 = c4 - c7.
 */
import { power, type Ext, type ExtensionField, type Fe } from './field.ts';
import { checkedLimbs } from './extension-field.ts';
import { koalaBear as F, P, reduce } from './koalabear.ts';

/** d = [K : F]. */
export const DEGREE = 5;

const ZERO: Ext = [0, 0, 0, 0, 0] as Fe[];
const ONE: Ext = [1, 0, 0, 0, 0] as Fe[];

type Limbs = readonly [Fe, Fe, Fe, Fe, Fe];

function add(a: Ext, b: Ext): Ext {
  const [a0, a1, a2, a3, a4] = a as Limbs;
  const [b0, b1, b2, b3, b4] = b as Limbs;
  return [F.add(a0, b0), F.add(a1, b1), F.add(a2, b2), F.add(a3, b3), F.add(a4, b4)];
}

function sub(a: Ext, b: Ext): Ext {
  const [a0, a1, a2, a3, a4] = a as Limbs;
  const [b0, b1, b2, b3, b4] = b as Limbs;
  return [F.sub(a0, b0), F.sub(a1, b1), F.sub(a2, b2), F.sub(a3, b3), F.sub(a4, b4)];
}

function mul(a: Ext, b: Ext): Ext {
  const [a0, a1, a2, a3, a4] = a as Limbs;
  const [b0, b1, b2, b3, b4] = b as Limbs;
  const m = F.mul;
  // Sums of at most five canonical products, each below p: exact doubles, reduced once.
  const c0 = m(a0, b0);
  const c1 = m(a0, b1) + m(a1, b0);
  const c2 = m(a0, b2) + m(a1, b1) + m(a2, b0);
  const c3 = m(a0, b3) + m(a1, b2) + m(a2, b1) + m(a3, b0);
  const c4 = m(a0, b4) + m(a1, b3) + m(a2, b2) + m(a3, b1) + m(a4, b0);
  const c5 = m(a1, b4) + m(a2, b3) + m(a3, b2) + m(a4, b1);
  const c6 = m(a2, b4) + m(a3, b3) + m(a4, b2);
  const c7 = m(a3, b4) + m(a4, b3);
  const c8 = m(a4, b4);
  return recombine(c0, c1, c2, c3, c4, c5, c6, c7, c8);
}

/** Reduces nine convolution coefficients, each below 5p, modulo x^5 + x^2 - 1 and p. */
function recombine(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  c4: number,
  c5: number,
  c6: number,
  c7: number,
  c8: number,
): Ext {
  return [
    reduce(c0 + c5 - c8 + P),
    reduce(c1 + c6),
    reduce(c2 - c5 + c7 + c8 + 4 * P),
    reduce(c3 - c6 + c8 + 3 * P),
    reduce(c4 - c7 + 2 * P),
  ];
}

function mulBase(a: Ext, b: Fe): Ext {
  const [a0, a1, a2, a3, a4] = a as Limbs;
  return [F.mul(a0, b), F.mul(a1, b), F.mul(a2, b), F.mul(a3, b), F.mul(a4, b)];
}

function isZero(a: Ext): boolean {
  const [a0, a1, a2, a3, a4] = a as Limbs;
  return (a0 | a1 | a2 | a3 | a4) === 0;
}

/** x^(p^k) for k = 1..4 and the powers of it: Frobenius is linear, so a^(p^k) is a 5x5 matrix product. */
const FROBENIUS: readonly (readonly Ext[])[] = [1, 2, 3, 4].map((k) => {
  const image = power(ONE, mul, [0, 1, 0, 0, 0] as Fe[], BigInt(P) ** BigInt(k));
  const rows: Ext[] = [ONE];
  for (let i = 1; i < DEGREE; i++) rows.push(mul(rows[i - 1] as Ext, image));
  return rows;
});

/** a^(p^k), k in 1..4. */
function frobenius(a: Ext, k: number): Ext {
  const rows = FROBENIUS[k - 1] as readonly Ext[];
  return rows.reduce((sum: Ext, row, i) => add(sum, mulBase(row, a[i] as Fe)), ZERO);
}

/** a^-1 = a^(p + p^2 + p^3 + p^4) / N(a) with the norm N(a) = a^(1 + p + .. + p^4) in F. */
function inverse(a: Ext): Ext {
  if (isZero(a)) throw new RangeError('inverse: a: expected a non-zero element of koalabear^5, got 0');
  const a12 = mul(frobenius(a, 1), frobenius(a, 2));
  const conjugates = mul(a12, frobenius(a12, 2));
  const norm = mul(a, conjugates)[0] as Fe;
  return mulBase(conjugates, F.inverse(norm));
}

/**
 * The degree-5 extension of KoalaBear.
 * @example
 * const a = quintic.fromLimbs([1, 2, 3, 4, 5]);
 * quintic.equals(quintic.mul(a, quintic.inverse(a)), quintic.one); // true
 */
export const quintic: ExtensionField = {
  name: 'koalabear[x]/(x^5+x^2-1)',
  base: F,
  degree: DEGREE,
  modulusLow: [P - 1, 0, 1, 0, 0] as Fe[],
  zero: ZERO,
  one: ONE,
  fromLimbs: (limbs) => checkedLimbs(F, DEGREE, limbs),
  fromBase: (a) => [a, 0, 0, 0, 0] as Fe[],
  equals: (a, b) => a.every((limb, i) => limb === b[i]),
  isZero,
  add,
  sub,
  neg: (a) => sub(ZERO, a),
  mul,
  square: (a) => mul(a, a),
  mulBase,
  pow: (a, e) => power(ONE, mul, a, e),
  inverse,
};

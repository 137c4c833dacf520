/**
 * K = F[x]/(x^5 + x^2 - 1) over KoalaBear: 154.9 bits. The polynomial is irreducible (Rabin's test, run in
 * the tests) and the one that Plonky3 uses; no binomial of degree 5 exists, since 5 does not divide p - 1.
 *
 * With c_k = sum_{i+j=k} a_i b_j and x^5 = 1 - x^2, x^6 = x - x^3, x^7 = x^2 - x^4, x^8 = x^3 + x^2 - 1:
 *   r0 = c0 + c5 - c8,  r1 = c1 + c6,  r2 = c2 - c5 + c7 + c8,  r3 = c3 - c6 + c8,  r4 = c4 - c7.
 */
import { power, type Ext, type ExtensionField, type Fe } from './field.ts';
import { checkedLimbs } from './extension-field.ts';
import { koalaBear as F, P } from './koalabear.ts';

/** d = [K : F]. */
export const DEGREE = 5;
const P_INVERSE_DOUBLE = 1 / P;

const ZERO: Ext = [0, 0, 0, 0, 0] as Fe[];
const ONE: Ext = [1, 0, 0, 0, 0] as Fe[];

// Limbs are read by index: destructuring goes through iterators, which costs as much as a product and allocates.

function add(a: Ext, b: Ext): Ext {
  return [
    F.add(a[0] as Fe, b[0] as Fe),
    F.add(a[1] as Fe, b[1] as Fe),
    F.add(a[2] as Fe, b[2] as Fe),
    F.add(a[3] as Fe, b[3] as Fe),
    F.add(a[4] as Fe, b[4] as Fe),
  ];
}

function sub(a: Ext, b: Ext): Ext {
  return [
    F.sub(a[0] as Fe, b[0] as Fe),
    F.sub(a[1] as Fe, b[1] as Fe),
    F.sub(a[2] as Fe, b[2] as Fe),
    F.sub(a[3] as Fe, b[3] as Fe),
    F.sub(a[4] as Fe, b[4] as Fe),
  ];
}

/** One reduction for each limb of the result: sums of products twice, as doubles for the quotient and wrapped to 32 bits. */
function mul(a: Ext, b: Ext): Ext {
  const i32 = Math.imul;
  const a0 = a[0] as Fe;
  const a1 = a[1] as Fe;
  const a2 = a[2] as Fe;
  const a3 = a[3] as Fe;
  const a4 = a[4] as Fe;
  const b0 = b[0] as Fe;
  const b1 = b[1] as Fe;
  const b2 = b[2] as Fe;
  const b3 = b[3] as Fe;
  const b4 = b[4] as Fe;
  const c5 = a1 * b4 + a2 * b3 + a3 * b2 + a4 * b1;
  const c6 = a2 * b4 + a3 * b3 + a4 * b2;
  const c7 = a3 * b4 + a4 * b3;
  const c8 = a4 * b4;
  const w5 = (i32(a1, b4) + i32(a2, b3) + i32(a3, b2) + i32(a4, b1)) | 0;
  const w6 = (i32(a2, b4) + i32(a3, b3) + i32(a4, b2)) | 0;
  const w7 = (i32(a3, b4) + i32(a4, b3)) | 0;
  const w8 = i32(a4, b4);
  const c0 = a0 * b0;
  const c1 = a0 * b1 + a1 * b0;
  const c2 = a0 * b2 + a1 * b1 + a2 * b0;
  const c3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0;
  const c4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  const w0 = i32(a0, b0);
  const w1 = (i32(a0, b1) + i32(a1, b0)) | 0;
  const w2 = (i32(a0, b2) + i32(a1, b1) + i32(a2, b0)) | 0;
  const w3 = (i32(a0, b3) + i32(a1, b2) + i32(a2, b1) + i32(a3, b0)) | 0;
  const w4 = (i32(a0, b4) + i32(a1, b3) + i32(a2, b2) + i32(a3, b1) + i32(a4, b0)) | 0;
  return [
    remainder(c0 + c5 - c8, (w0 + w5 - w8) | 0),
    remainder(c1 + c6, (w1 + w6) | 0),
    remainder(c2 - c5 + c7 + c8, (w2 - w5 + w7 + w8) | 0),
    remainder(c3 - c6 + c8, (w3 - w6 + w8) | 0),
    remainder(c4 - c7, (w4 - w7) | 0),
  ];
}

/**
 * S mod p for a sum S of at most ten products of canonical words, with signs: `sum` is S in doubles, `low` is S modulo 2^32.
 * Every product is below 2^62 and rounds by at most 2^8, every one of at most nine additions, below 2^66, by at most 2^12: `sum` is off by
 * less than 2^16. So fl(sum / p) is off by less than 2^-14 (|S / p| < 2^35, two more roundings of relative size 2^-53), floor is the true quotient or differs from
 * it by one, and then the remainder lies within 2^17 of 0 or of p: -2^17 < r < p + 2^17 < 2^31, and the wrapped difference is exact.
 */
function remainder(sum: number, low: number): Fe {
  const q = Math.floor(sum * P_INVERSE_DOUBLE); // |q| < 2^36: imul takes it modulo 2^32
  const r = (low - Math.imul(q, P)) | 0;
  return (r < 0 ? r + P : r >= P ? r - P : r) as Fe;
}

function mulBase(a: Ext, b: Fe): Ext {
  return [
    F.mul(a[0] as Fe, b),
    F.mul(a[1] as Fe, b),
    F.mul(a[2] as Fe, b),
    F.mul(a[3] as Fe, b),
    F.mul(a[4] as Fe, b),
  ];
}

function isZero(a: Ext): boolean {
  return ((a[0] as Fe) | (a[1] as Fe) | (a[2] as Fe) | (a[3] as Fe) | (a[4] as Fe)) === 0;
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

/**
 * KoalaBear, F = Z/p with p = 2^31 - 2^24 + 1 = 2130706433: exact scalar arithmetic on canonical
 * representatives, used by the verifier and by everything that is not an inner loop.
 *
 * Why this prime: products of two elements fit 62 bits, so four extension products can be summed before one
 * reduction in a 64-bit lane; the group of units has 2^24 | p - 1, so codewords of up to 2^24 points exist;
 * the polynomial x^5 + x^2 - 1 gives an extension of 155 bits (`quintic.ts`), enough for 128 proven bits
 * without grinding. The name and the constant are those of the Plonky3 library.
 */
import { power, type BaseField, type Fe } from './field.ts';
import { residue, rootOfUnity } from './prime-field.ts';

/** p = 2^31 - 2^24 + 1. */
export const P = 2130706433;
/** Largest s with 2^s | p - 1 = 2^24 * 127. */
export const TWO_ADICITY = 24;
/** The smallest generator of the multiplicative group; checked in the tests against 2 and 127 | p - 1. */
export const GENERATOR = 3 as Fe;
const P_INVERSE_DOUBLE = 1 / P;

// `| 0` changes no word, since p < 2^31. Without it sums that pass 2^31 leave the engine doubles, and lists of limbs of two kinds.

function add(a: Fe, b: Fe): Fe {
  const s = a + b; // < 2p < 2^53
  return ((s >= P ? s - P : s) | 0) as Fe;
}

function sub(a: Fe, b: Fe): Fe {
  const d = a - b;
  return ((d < 0 ? d + P : d) | 0) as Fe;
}

function neg(a: Fe): Fe {
  return (a === 0 ? 0 : P - a) as Fe;
}

/**
 * a*b mod p by a floating quotient and wrapping 32-bit products.
 * q = floor(fl(a*b/p)): a*b/p < 2^31 and three roundings of relative size 2^-53 give an error below 2^-20,
 * so q is the true quotient or differs from it by one, and then the remainder lies within 2^-20 * p of 0 or
 * of p. So -2^11 < r < p + 2^11 < 2^31: the wrapped 32-bit difference is the exact remainder.
 */
function mul(a: Fe, b: Fe): Fe {
  const q = Math.floor(a * b * P_INVERSE_DOUBLE);
  const r = (Math.imul(a, b) - Math.imul(q, P)) | 0;
  return (r < 0 ? r + P : r >= P ? r - P : r) as Fe;
}

/**
 * x mod p for integers 0 <= x < 2^53, without the engine's `%`, which is a call for doubles. No correction is needed: fl(1/p) is
 * (1 - e)/p with 0 < e < 2^-57. For x = k p, k <= 2^53/p < 2^22.02, the product k (1 - e) is rounded to k, and for x = k p - 1 it
 * lies below k - 2^-31 and is rounded below k; between, products are monotone. A test goes through all k (field/dot).
 */
export function reduce(x: number): Fe {
  return ((x - Math.floor(x * P_INVERSE_DOUBLE) * P) | 0) as Fe;
}

function pow(a: Fe, exponent: number | bigint): Fe {
  return power(1 as Fe, mul, a, exponent);
}

function inverse(a: Fe): Fe {
  if (a === 0) throw new RangeError('inverse: a: expected a non-zero element of koalabear, got 0');
  return pow(a, P - 2);
}

function fe(value: number): Fe {
  if (!Number.isInteger(value) || value < 0 || value >= P) {
    throw new RangeError(`fe: value: expected an integer in [0, ${P}), got another`); // which may be secret
  }
  return value as Fe;
}

/**
 * The KoalaBear field.
 * @example
 * koalaBear.mul(koalaBear.fromInt(-1), koalaBear.fe(5)); // p - 5
 */
export const koalaBear: BaseField = {
  name: 'koalabear',
  modulus: P,
  twoAdicity: TWO_ADICITY,
  zero: 0 as Fe,
  one: 1 as Fe,
  fe,
  fromInt: (value) =>
    typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)
      ? reduce(value)
      : residue(value, P),
  toBalanced: (a) => (a > (P - 1) / 2 ? a - P : a),
  add,
  sub,
  neg,
  mul,
  pow,
  inverse,
  rootOfUnity: (logOrder) => rootOfUnity(GENERATOR, logOrder, TWO_ADICITY, P, pow),
};

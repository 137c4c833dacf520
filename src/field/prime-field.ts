/**
 * Prime fields small enough that a product is an exact double: the toy instances of exhaustive tests.
 * The production field is in `koalabear.ts`.
 */
import { power, type BaseField, type Fe } from './field.ts';

/** Largest modulus for which (p-1)^2 < 2^53. */
const MAX_MODULUS = 94_906_265;

/**
 * The field of p elements.
 *
 * @param p a prime below 94,906,266 (so that products are exact doubles)
 * @throws RangeError when p is not such a prime
 * @example
 * const F = primeField(97);
 * F.mul(F.fe(50), F.fe(2)); // 3
 */
export function primeField(p: number): BaseField {
  if (!Number.isInteger(p) || p < 2 || p > MAX_MODULUS || !isPrime(p)) {
    throw new RangeError(`primeField: p: expected a prime of at most ${MAX_MODULUS}, got ${p}`);
  }
  const twoAdicity = p === 2 ? 0 : 31 - Math.clz32((p - 1) & -(p - 1));
  const mul = (a: Fe, b: Fe): Fe => ((a * b) % p) as Fe;
  const pow = (a: Fe, e: number | bigint): Fe => power(1 as Fe, mul, a, e);
  const generator = smallestGenerator(p, pow);
  return {
    name: `F_${p}`,
    modulus: p,
    twoAdicity,
    zero: 0 as Fe,
    one: 1 as Fe,
    fe(value) {
      if (!Number.isInteger(value) || value < 0 || value >= p) {
        throw new RangeError(`fe: value: expected an integer in [0, ${p}), got another`); // which may be secret
      }
      return value as Fe;
    },
    fromInt: (value) => residue(value, p),
    toBalanced: (a) => (a > (p - 1) / 2 ? a - p : a),
    add: (a, b) => ((a + b) % p) as Fe,
    sub: (a, b) => ((a - b + p) % p) as Fe,
    neg: (a) => ((p - a) % p) as Fe,
    mul,
    pow,
    inverse(a) {
      if (a === 0) throw new RangeError(`inverse: a: expected a non-zero element of F_${p}, got 0`);
      return pow(a, p - 2);
    },
    rootOfUnity: (logOrder) => rootOfUnity(generator, logOrder, twoAdicity, p, pow),
  };
}

/** The residue of an integer modulo p. @throws RangeError for a non-integer or an unsafe number */
export function residue(value: number | bigint, p: number): Fe {
  if (typeof value === 'bigint') {
    const r = Number(value % BigInt(p));
    return (r < 0 ? r + p : r) as Fe;
  }
  if (!Number.isSafeInteger(value)) {
    throw new RangeError('fromInt: value: expected a safe integer or a bigint, got another number');
  }
  const r = value % p;
  return (r < 0 ? r + p : r === 0 ? 0 : r) as Fe; // `=== 0` turns -0 into 0
}

/** g^((p-1) / 2^logOrder). @throws RangeError above the two-adicity */
export function rootOfUnity(
  generator: Fe,
  logOrder: number,
  twoAdicity: number,
  p: number,
  pow: (a: Fe, e: number) => Fe,
): Fe {
  if (!Number.isInteger(logOrder) || logOrder < 0 || logOrder > twoAdicity) {
    throw new RangeError(`rootOfUnity: logOrder: expected an integer in [0, ${twoAdicity}], got ${logOrder}`);
  }
  return pow(generator, (p - 1) / 2 ** logOrder);
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n >= 2;
}

function smallestGenerator(p: number, pow: (a: Fe, e: number) => Fe): Fe {
  const factors: number[] = [];
  let rest = p - 1;
  for (let d = 2; d * d <= rest; d++) {
    if (rest % d === 0) factors.push(d);
    while (rest % d === 0) rest /= d;
  }
  if (rest > 1) factors.push(rest);
  for (let g = 1; g < p; g++) {
    if (factors.every((q) => pow(g as Fe, (p - 1) / q) !== 1)) return g as Fe;
  }
  throw new RangeError(`primeField: p: expected a prime, got ${p}`);
}

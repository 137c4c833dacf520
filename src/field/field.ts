/**
 * What protocol code may ask of a field.
 *
 * Every argument in this library is written over these two interfaces, never over a concrete modulus.
 * KoalaBear with its quintic extension is the production instance (`koalabear.ts`, `quintic.ts`); F_7, F_97
 * and F_257 with small extensions (`prime-field.ts`, `extension-field.ts`) are instances small enough to
 * enumerate, so that soundness errors and zero knowledge can be tested exactly.
 *
 * All functions are total on canonical inputs (integers in [0, p)) and are exact; they do not check that
 * their inputs are canonical. Untrusted integers enter through `fe` and `fromLimbs`, untrusted bytes through
 * `encoding.ts`, which do check.
 */
declare const canonical: unique symbol;

/** A canonical representative of an element of a prime field: an integer in [0, p). */
export type Fe = number & { readonly [canonical]: true };

/** An element of an extension field: `degree` canonical limbs, coefficient of x^0 first. */
export type Ext = readonly Fe[];

export interface BaseField {
  /** Name used in domain separation, e.g. `koalabear` or `F_97`. */
  readonly name: string;
  /** The prime p, below 2^31. */
  readonly modulus: number;
  /** Largest s with 2^s | p - 1. */
  readonly twoAdicity: number;
  readonly zero: Fe;
  readonly one: Fe;
  /** Checks that an integer is canonical. @throws RangeError naming the value otherwise */
  fe(value: number): Fe;
  /** The residue of any safe integer or bigint, negative ones included. */
  fromInt(value: number | bigint): Fe;
  /** The representative in [-(p-1)/2, (p-1)/2]. */
  toBalanced(a: Fe): number;
  add(a: Fe, b: Fe): Fe;
  sub(a: Fe, b: Fe): Fe;
  neg(a: Fe): Fe;
  mul(a: Fe, b: Fe): Fe;
  /** a^exponent for a non-negative integer exponent. */
  pow(a: Fe, exponent: number | bigint): Fe;
  /** The inverse. There is no total inverse: @throws RangeError at zero. */
  inverse(a: Fe): Fe;
  /** A generator of the subgroup of order 2^logOrder. @throws RangeError above the two-adicity */
  rootOfUnity(logOrder: number): Fe;
}

export interface ExtensionField {
  readonly name: string;
  readonly base: BaseField;
  /** d = [K : F]. */
  readonly degree: number;
  /** The monic irreducible polynomial x^d + sum modulusLow[i] x^i. */
  readonly modulusLow: readonly Fe[];
  readonly zero: Ext;
  readonly one: Ext;
  /** Checks length and canonicity of limbs. @throws RangeError naming the limb otherwise */
  fromLimbs(limbs: ArrayLike<number>): Ext;
  /** The embedding F -> K. */
  fromBase(a: Fe): Ext;
  equals(a: Ext, b: Ext): boolean;
  isZero(a: Ext): boolean;
  add(a: Ext, b: Ext): Ext;
  sub(a: Ext, b: Ext): Ext;
  neg(a: Ext): Ext;
  mul(a: Ext, b: Ext): Ext;
  square(a: Ext): Ext;
  mulBase(a: Ext, b: Fe): Ext;
  pow(a: Ext, exponent: number | bigint): Ext;
  /** The inverse. There is no total inverse: @throws RangeError at zero. */
  inverse(a: Ext): Ext;
}

/** Square and multiply over any multiplicative monoid. @throws RangeError for a negative exponent */
export function power<E>(one: E, mul: (a: E, b: E) => E, base: E, exponent: number | bigint): E {
  if (exponent < 0) throw new RangeError(`pow: exponent: expected a non-negative integer, got ${exponent}`);
  let result = one;
  let square = base;
  if (typeof exponent === 'number' && exponent < 2 ** 31 && Number.isInteger(exponent)) {
    for (let e = exponent; e > 0; e >>>= 1) {
      if (e & 1) result = mul(result, square);
      if (e > 1) square = mul(square, square);
    }
    return result;
  }
  let e = BigInt(exponent);
  while (e > 0n) {
    if (e & 1n) result = mul(result, square);
    square = mul(square, square);
    e >>= 1n;
  }
  return result;
}

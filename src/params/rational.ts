/**
 * Exact rationals for error bounds. Every decision about security compares integers; decimals exist only for
 * display and are rounded towards less security.
 */

/** numerator / denominator, the denominator positive. Not reduced. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const ZERO: Rational = { numerator: 0n, denominator: 1n };

/**
 * An error bound as a fraction.
 * @throws RangeError for a negative numerator or a denominator below one
 */
export function rational(numerator: bigint | number, denominator: bigint | number): Rational {
  const value = { numerator: BigInt(numerator), denominator: BigInt(denominator) };
  if (value.numerator < 0n) throw new RangeError(`rational: numerator: expected >= 0, got ${numerator}`);
  if (value.denominator < 1n)
    throw new RangeError(`rational: denominator: expected >= 1, got ${denominator}`);
  return value;
}

/** a + b. */
export function add(a: Rational, b: Rational): Rational {
  if (a.denominator === b.denominator) {
    return { numerator: a.numerator + b.numerator, denominator: a.denominator };
  }
  return {
    numerator: a.numerator * b.denominator + b.numerator * a.denominator,
    denominator: a.denominator * b.denominator,
  };
}

/** Whether a <= b. */
export function lessOrEqual(a: Rational, b: Rational): boolean {
  return a.numerator * b.denominator <= b.numerator * a.denominator;
}

/** Whether a <= 2^-lambda, in integers: numerator * 2^lambda <= denominator. */
export function atMostTwoToMinus(a: Rational, lambda: number): boolean {
  return a.numerator << BigInt(lambda) <= a.denominator;
}

/** floor(a / b) of non-negative safe integers, without a fraction on the way. */
export function floorDivide(a: number, b: number): number {
  return (a - (a % b)) / b;
}

/** Bits of a positive integer. */
export function bitLength(x: bigint): number {
  const hex = x.toString(16);
  return 4 * hex.length - (Math.clz32(Number.parseInt(hex.charAt(0), 16)) - 28);
}

/**
 * floor(10 * -log2(a)): tenths of bits, rounded down, found in integers as the largest b with
 * numerator^10 * 2^b <= denominator^10.
 *
 * @returns 0 where the bound says nothing (a >= 1) and undefined where the error is exactly zero
 */
export function tenthsOfBits(a: Rational): number | undefined {
  if (a.numerator === 0n) return undefined;
  if (a.numerator >= a.denominator) return 0;
  const numerator = a.numerator ** 10n;
  const denominator = a.denominator ** 10n;
  // 2^(D-1) < denominator / numerator < 2^(D+1) for the difference D of the bit lengths.
  const difference = bitLength(denominator) - bitLength(numerator);
  return numerator << BigInt(difference) <= denominator ? difference : difference - 1;
}

/** Tenths of bits as text, e.g. 1282 -> `128.2`; `exact` for an error of zero. */
export function formatBits(tenths: number | undefined): string {
  if (tenths === undefined) return 'exact';
  return `${Math.trunc(tenths / 10)}.${tenths % 10}`;
}

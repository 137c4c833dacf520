/**
 * Query counts in unique decoding, in exact integers.
 *
 * A word farther than delta = (1 - k/n)/2 from every codeword, or within delta of the wrong one, agrees with
 * a fixed codeword on at most (1 - delta) n = (n + k)/2 points; q independent positions all miss with
 * probability at most ((n + k)/(2n))^q. No rounding of delta: where n - k is odd the true agreement is
 * smaller, never larger.
 */
import { atMostTwoToMinus, bitLength, floorDivide, rational, type Rational } from './rational.ts';
import type { Code } from './parameters.ts';

/** No parameter set needs more positions: rate 1/2 at 128 bits takes 309. */
export const MAX_QUERIES = 1024;

/** ((n + k)/(2n))^q. */
export function missProbability(code: Code, queries: number): Rational {
  let numerator = BigInt(code.length + code.dimension);
  let denominator = 2n * BigInt(code.length);
  while (numerator % 2n === 0n && denominator % 2n === 0n) {
    numerator /= 2n;
    denominator /= 2n;
  }
  return rational(numerator ** BigInt(queries), denominator ** BigInt(queries));
}

/**
 * The least q with ((n + k)/(2n))^q <= 2^-lambda.
 * @returns undefined where k >= n or more than MAX_QUERIES would be needed
 */
export function leastQueries(code: Code, lambda: number): number | undefined {
  if (code.dimension >= code.length) return undefined;
  const enough = (q: number) => atMostTwoToMinus(missProbability(code, q), lambda);
  // 64 positions give strictly between D - 1 and D + 1 bits, D the difference of the bit lengths.
  const sample = missProbability(code, 64);
  const difference = bitLength(sample.denominator) - bitLength(sample.numerator);
  let low = floorDivide(64 * lambda, difference + 1); // not enough(low)
  let high = difference > 1 ? floorDivide(64 * lambda, difference - 1) + 1 : MAX_QUERIES; // enough(high)
  if (high >= MAX_QUERIES) {
    high = MAX_QUERIES;
    if (low >= high || !enough(high)) return undefined;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * The least q_H for rows of s pads that carry q_H random coefficients themselves:
 * ((n + s + q)/(2n))^q <= 2^-lambda. Iterates q <- leastQueries at dimension s + q from q = 0: the sequence
 * is increasing and its limit is the least solution, since q is one iff q >= leastQueries at s + q.
 *
 * @returns undefined where none exists below MAX_QUERIES
 */
export function leastPadQueries(size: number, logCodeword: number, lambda: number): number | undefined {
  const length = 2 ** logCodeword;
  let queries = 0;
  for (;;) {
    const next = leastQueries({ length, dimension: size + queries }, lambda);
    if (next === undefined || next === queries) return next;
    queries = next;
  }
}

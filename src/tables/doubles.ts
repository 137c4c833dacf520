/**
 * Elementary functions in doubles: what decides most entries of tables. Only sums, differences, products and quotients of
 * IEEE doubles take part, which round in one way on every machine (ECMA-262, 6.1.6.1); no function of the engine's library
 * does. Every function states its error, u = 2^-53 being that of one rounding. Whoever rounds a result asks `roundNear`, and
 * where that is too near to a tie, the integers of `series.ts`.
 */

const REST = 2 ** -60;

/**
 * atanh z for 0 <= z <= 1/3. Relative error below 2^-48: at most 20 terms, all positive. The k-th errs by 2k + 1 roundings and counts
 * at most 9^-k of the first, the sums err by 20 in all; the rest is below 2^-59.
 */
export function atanh(z: number): number {
  const square = z * z;
  const least = z * REST;
  let power = z;
  let sum = 0;
  for (let i = 1; power > least; i += 2) {
    sum += power / i;
    power *= square;
  }
  return sum;
}

/** ln 2. */
const LN2 = 2 * atanh(1 / 3);

const PARTS = 128;
/** ln(1 + j/128) for j = 0..127: absolute error below 2^-48. */
const LN_GRID = Float64Array.from({ length: PARTS }, (_, j) => 2 * atanh(j / (2 * PARTS + j)));

const MOST = 80;
/** 2^-k for k = 0..80, exact. */
const HALVES = new Float64Array(MOST + 1).fill(1);
for (let k = 1; k <= MOST; k++) HALVES[k] = (HALVES[k - 1] as number) / 2;

const LOWEST = 21;
const SCALE = 2 ** LOWEST;

/**
 * ln x for 2^-21 <= x < 2^11. Absolute error below 2^-43.
 *
 * x = m 2^k, 1 <= m < 2, m = m_j (1+z)/(1-z) with m_j = 1 + j/128 and z = (m - m_j)/(m + m_j) < 2^-8: m, m_j and their
 * difference are exact, and z errs by 2 u. Four terms of the series leave less than 2^-73. k ln 2, at most 14.6, errs by
 * 14.6 * 2^-48 and a rounding, the grid by 0.7 * 2^-48, sums below 2^4 by 2 * 2^-50.
 */
export function ln(x: number): number {
  const k = 31 - Math.clz32(x * SCALE) - LOWEST;
  const m = k < 0 ? x / (HALVES[-k] as number) : x * (HALVES[k] as number);
  const j = Math.floor((m - 1) * PARTS);
  const mj = 1 + j / PARTS;
  const z = (m - mj) / (m + mj);
  const zz = z * z;
  return k * LN2 + (LN_GRID[j] as number) + 2 * z * (1 + zz * (1 / 3 + zz * (1 / 5 + zz / 7)));
}

/** Beyond it `expNegative` is zero: exp(-48) < 2^-69. */
export const EXP_MOST = 48;
const TAYLOR = 20;
/** 1/n, n = 1..20. */
const INVERSES = Float64Array.from({ length: TAYLOR + 1 }, (_, n) => (n === 0 ? 0 : 1 / n));

/**
 * exp(-v) for 0 <= v <= 48. Relative error below 2^-41.
 *
 * v = k ln 2 + r: k ln 2, at most 48, errs by 48 * 2^-48 and a rounding, the difference by another: together below 2^-42. exp(r) by
 * Horner's rule, -2^-42 < r < 0.7: twenty terms leave 0.7^21/21! < 2^-76; a step errs by 4 u and takes over half of the error inside.
 */
export function expNegative(v: number): number {
  const k = Math.floor(v / LN2);
  const r = v - k * LN2;
  let y = 1;
  for (let n = TAYLOR; n > 0; n--) y = 1 + r * y * (INVERSES[n] as number);
  return (HALVES[k] as number) / y;
}

/**
 * floor(v + 1/2) for a v that is within error/2 of a double below 2^21 in absolute value; undefined where a tie is as near as that.
 * The sums round by less than 2^-31 each.
 *
 * @param error at least 2^-28
 */
export function roundNear(value: number, error: number): number | undefined {
  const least = Math.floor(value - error + 0.5);
  return least === Math.floor(value + error + 0.5) ? least : undefined;
}

const BELOW = 1 - 2 ** -32;
const ABOVE = 1 + 2 ** -32;
const SLACK = 2 ** -50;

/**
 * floor(v + 1/2) for v = whole - s, where `whole` is a multiple of 1/2 below 2^16 and s > 0 is within 2^-33 s + 2^-51 of `part`, at least 0
 * and below 2^16; undefined where these leave two candidates. s is positive: what lies just below a tie is decided, as near as it may be.
 */
export function roundBelow(whole: number, part: number): number | undefined {
  const up = whole + 0.5;
  const floor = Math.floor(up);
  const rest = up - floor; // 0 or 1/2
  // floor(up - s) = floor - ceil(s - rest). Of bounds of s - rest, the lower one is exclusive, and -rest is one.
  const least = Math.max(Math.ceil(part * BELOW - SLACK - rest), rest === 0 ? 1 : 0);
  const most = Math.ceil(part * ABOVE + SLACK - rest);
  return least === most ? floor - least : undefined;
}

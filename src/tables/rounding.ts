/**
 * Rounding half up from bounds. A table entry is floor(v + 1/2) of an exact real v. Bounds decide it when both round to
 * the same integer; otherwise the caller is asked for tighter ones. Ties that occur exactly are the caller's to exclude: an
 * upper bound is *exclusive*, so that a value just below a tie is decided although no precision separates them.
 */

/** low / 2^scale <= v < high / 2^scale. */
export interface Bounds {
  readonly low: bigint;
  readonly high: bigint;
  /** Fractional bits of both bounds, at least 1. */
  readonly scale: bigint;
}

/** Precision of the first attempt, in bits, and the last before the rounding is declared a bug. */
const FIRST = 64n;
const LAST = 4096n;

/** floor(v + 1/2), or undefined where the bounds leave two candidates. */
export function roundHalfUp({ low, high, scale }: Bounds): number | undefined {
  const half = 1n << (scale - 1n);
  const least = (low + half) >> scale;
  const greatest = (high + half - 1n) >> scale;
  return least === greatest ? Number(least) : undefined;
}

/**
 * floor(v + 1/2), with bounds from 64 bits up, doubled until they decide.
 *
 * @param bounds bounds of v at a precision of P bits, of width O(2^-P)
 * @throws RangeError when 4096 bits do not decide: v is a tie, which the caller had to exclude
 */
export function decided(bounds: (P: bigint) => Bounds, first = FIRST): number {
  for (let P = first; P <= LAST; P *= 2n) {
    const value = roundHalfUp(bounds(P));
    if (value !== undefined) return value;
  }
  throw new RangeError('decided: bounds: expected to separate the value from ties, got neither at 4096 bits');
}

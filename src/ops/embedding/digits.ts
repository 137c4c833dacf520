/**
 * Digits of private token ids: id = base * high + low. spec/integer-semantics.md, section 9.
 */

export interface IdDigits {
  /** Values of the low digit: a power of two. */
  readonly base: number;
  /** Values of the high digit with which every low digit is an id; at least 1. */
  readonly full: number;
  /** Low digits that are ids with the high digit `full`: 0 where the vocabulary is a multiple of the base. */
  readonly rest: number;
  /** Values of the high digit. */
  readonly highs: number;
}

/**
 * A row commits a one-hot for each digit and, for every low digit, a row of the table: ceil(V / B) + B + B w cells for a vocabulary
 * of V and a width of w. The base is the power of two at most V that makes this least, of two the smaller one.
 */
export function idDigits(vocabulary: number, width: number): IdDigits {
  const cells = (base: number): number => Math.ceil(vocabulary / base) + base * (width + 1);
  let base = 1;
  for (let next = 2; next <= vocabulary; next *= 2) if (cells(next) < cells(base)) base = next;
  const full = Math.floor(vocabulary / base);
  const rest = vocabulary - base * full;
  return { base, full, rest, highs: rest === 0 ? full : full + 1 };
}

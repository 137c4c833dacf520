/** Digits of the way back through a norm. spec/training-operators.md section 4. */

/** Binary places of what a norm reads and of what it gives: the second is a choice, and says what the norm is long. */
export interface NormPlaces {
  readonly input: number;
  readonly result: number;
}

/** q, the slope of a norm, is not negative and has 15 bits, 12 of them binary places: slopes below 8. */
export const SLOPE_BITS = 15;
export const SLOPE_PLACES = 12;
/** c = <g, y> / 2^15: rows of y are 2^15 - 2 long. */
export const ALONG_SHIFT = 15;
export const ALONG_BITS = 15;

/** y = x R / 2^14, so dy/dx = R 2^(input - result - 14) in units of both: q = R / 2^shift has 12 binary places. */
export function slopeShift({ input, result }: NormPlaces): number {
  return result - input + 2;
}

/** Argument checks shared by all kernel implementations: argument, expected, got. */

/** @throws RangeError unless `array.length === expected` */
export function checkLength(argument: string, array: { readonly length: number }, expected: number): void {
  if (array.length !== expected) {
    throw new RangeError(`${argument}: expected ${expected} items, got ${array.length}`);
  }
}

/** @throws RangeError unless `value` is an integer in [low, high] */
export function checkInteger(argument: string, value: number, low: number, high: number): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new RangeError(`${argument}: expected an integer in [${low}, ${high}], got ${value}`);
  }
}

/**
 * The number of blocks of four extension elements in `array`.
 * @throws RangeError unless its length is a multiple of 4 * degree
 */
export function checkBlocks(argument: string, array: { readonly length: number }, degree: number): number {
  if (array.length % (4 * degree) !== 0) {
    throw new RangeError(`${argument}: expected a multiple of ${4 * degree} items, got ${array.length}`);
  }
  return array.length / (4 * degree);
}

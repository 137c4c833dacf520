/** Lists: entries that must be there, integers in order. */

/** Entry i. @throws RangeError where there is none: a mistake of the twin, never a verdict */
export function at<T>(list: readonly T[], i: number): T {
  const entry = list[i];
  if (entry === undefined && !(i in list)) throw new RangeError(`entry ${i} of ${list.length}`);
  return entry as T;
}

/** 0, 1, .., n - 1. */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

export function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, x) => sum + x, 0);
}

/** The least e with 2^e >= n >= 1. */
export function logCeil(n: number): number {
  let e = 0;
  while (2 ** e < n) e++;
  return e;
}

/** Bit b of an index, low bit first. */
export function bit(index: number, b: number): 0 | 1 {
  return Math.floor(index / 2 ** b) % 2 === 1 ? 1 : 0;
}

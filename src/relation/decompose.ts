/**
 * Whether digits decompose in one way: rule R1 of integer semantics. For values t of a table's column and digits d_i with integer
 * coefficients, the sum t + sum of c_i d_i takes every residue modulo p at most once. spec/programs.md section 4.
 */
import type { BaseField } from '../field/field.ts';

/** c d for 0 <= d < count; signs and offsets do not matter, they only mirror and move the sum. */
export interface Digit {
  /** Positive, at most (p-1)/2. */
  readonly coefficient: number;
  readonly count: number;
}

/** Values of a column as integers that span at most p: an interval, or different ones in ascending order. */
export type ColumnValues =
  | { readonly kind: 'interval'; readonly length: number }
  | { readonly kind: 'list'; readonly values: Int32Array };

/**
 * Decides it by sufficient conditions; where they fail the answer is no:
 *
 * 1. digits ascend by coefficient; two with c' = c count are one with count count';
 * 2. a digit whose coefficient is at least the span of everything below (greatest minus least sum, plus one) adds to the span and
 *    collides with nothing: mixed radix;
 * 3. over a list one smaller digit is allowed: values congruent modulo its coefficient lie count coefficients apart, so it fits
 *    their gaps;
 * 4. the span of all is at most p: then different sums are different residues.
 */
export function decomposesOnce(base: BaseField, values: ColumnValues, digits: readonly Digit[]): boolean {
  const merged = mergeDigits(digits);
  let span = spanOf(values);
  merged.forEach(({ coefficient, count }, i) => {
    const fits =
      coefficient >= span ||
      (i === 0 && values.kind === 'list' && fitsGaps(values.values, merged[0] as Digit));
    // Exact up to 2^53, and beyond p long before it is not.
    span = fits ? span + coefficient * (count - 1) : Infinity;
  });
  return span <= base.modulus;
}

function mergeDigits(digits: readonly Digit[]): Digit[] {
  const merged: Digit[] = [];
  for (const digit of [...digits].sort((a, b) => a.coefficient - b.coefficient)) {
    const last = merged[merged.length - 1];
    if (digit.count === 1) continue;
    if (last !== undefined && digit.coefficient === last.coefficient * last.count) {
      merged[merged.length - 1] = { coefficient: last.coefficient, count: last.count * digit.count };
    } else merged.push(digit);
  }
  return merged;
}

function spanOf(values: ColumnValues): number {
  if (values.kind === 'interval') return values.length;
  return (values.values[values.values.length - 1] as number) - (values.values[0] as number) + 1;
}

/** No two values differ by a multiple m c with 0 < m < count. */
function fitsGaps(values: Int32Array, { coefficient, count }: Digit): boolean {
  const last = new Map<number, number>();
  for (const value of values) {
    const rest = ((value % coefficient) + coefficient) % coefficient; // also for negative values
    const before = last.get(rest);
    if (before !== undefined && value - before < coefficient * count) return false;
    last.set(rest, value);
  }
  return true;
}

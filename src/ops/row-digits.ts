/**
 * Digits of whole rows: many small values for each row, committed in one tensor and looked up by one relation for every
 * width of digits.
 */
import type { View } from '../relation/program.ts';
import { rangeTable } from './lower-tables.ts';
import { fixed, term, view, type Lowering } from './lowering.ts';

/** Names of digits by their bits. */
export type DigitPlan = readonly { readonly bits: number; readonly digits: readonly string[] }[];

/** Commits and looks up digits, NODE:digits-BITS of shape [digits, rows]. @returns the view of a digit at row t */
export function digitViews(to: Lowering, node: string, plan: DigitPlan): (digit: string) => View {
  const views = new Map<string, View>();
  const t = to.rowIndex(node);
  for (const { bits, digits } of plan) {
    const range = { min: 0, max: 2 ** bits - 1 };
    const name = to.witness(`${node}:digits-${bits}`, [digits.length, t.size], range);
    const indices = [{ name: 'd', size: digits.length }, t];
    to.lookup(name, indices, to.table(rangeTable(bits)), [[term(1, [view(name, 'd', 't')])]]);
    digits.forEach((digit, d) => views.set(digit, view(name, fixed(d), 't')));
  }
  return (digit) => {
    const found = views.get(digit);
    if (found === undefined) throw new Error(`digits: expected one of the plan, got ${digit}`);
    return found;
  };
}

/** The cells of a digit tensor. @param values of every digit, row by row */
export function digitCells(
  plan: DigitPlan,
  rows: number,
  values: Readonly<Record<string, Int32Array>>,
): Readonly<Record<string, () => Int32Array>> {
  return Object.fromEntries(
    plan.map(({ bits, digits }) => [
      `digits-${bits}`,
      () => {
        const cells = new Int32Array(digits.length * rows);
        digits.forEach((digit, d) => cells.set(values[digit] as Int32Array, d * rows));
        return cells;
      },
    ]),
  );
}

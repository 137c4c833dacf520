/**
 * Rows of a committed group that proofs opened, and what they say of its cells. A row of a column is the value of a polynomial at one point: cells
 * first, pads behind them.
 */
import { expect } from 'vitest';
import { codePoint } from '../../src/code/point.ts';
import type { Fe } from '../../src/field/field.ts';
import { koalaBear as F } from '../../src/field/koalabear.ts';
import { createSpan } from './rank.ts';
import { wordsOf, type Shown } from './shown.ts';

/** Opened rows of one proof. */
export interface Rows {
  /** Stored rows, ascending. */
  readonly at: readonly number[];
  /** [at][columns]. */
  readonly values: Uint32Array;
}

export function rowsOf(shown: Shown): Rows {
  const at = [...new Set(shown.positions.get('open/positions'))].sort((a, b) => a - b);
  return { at, values: wordsOf(shown, 'rows/W') };
}

/** first x^0, .., first x^(count - 1) */
function powers(x: Fe, count: number, first: Fe = F.one): Fe[] {
  const list = [first];
  while (list.length < count) list.push(F.mul(list[list.length - 1] as Fe, x));
  return list;
}

/** What some rows are made of: 2^logData cells of a column, and behind them its pads, as coefficients at a point. */
export interface Code {
  readonly logData: number;
  readonly padLength: number;
}

const pointOf = ({ logData }: Code, row: number): Fe => codePoint(F, logData + 2, row);

/** All rows that proofs opened, each once: two proofs show the same words at the same place. */
export function union(proofs: readonly Rows[], columns: number): Map<number, Uint32Array> {
  const all = new Map<number, Uint32Array>();
  for (const { at, values } of proofs) {
    expect(values.length).toBe(at.length * columns);
    at.forEach((row, i) => {
      const own = values.slice(i * columns, (i + 1) * columns);
      if (all.has(row)) expect(own).toEqual(all.get(row));
      all.set(row, own);
    });
  }
  return all;
}

/** Independent combinations of rows in which no pad has a part: as many linear forms of each column are shown. */
export function shownForms(code: Code, rows: readonly number[]): number {
  const span = createSpan(F);
  // Pads beyond as many as there are rows could only raise the rank; it is full without them, or there are none.
  const pads = Math.min(code.padLength, rows.length);
  for (const row of rows) {
    const x = pointOf(code, row);
    span.add(powers(x, pads, F.pow(x, 2 ** code.logData)));
  }
  return rows.length - span.rank;
}

/** The combination of one row more than there are pads in which all of them cancel: a divided difference. */
export function padFree(code: Code, rows: readonly number[]): Fe[] {
  const points = rows.map((row) => pointOf(code, row));
  return points.map((x, i) => {
    const product = points.reduce((sum, y, j) => (j === i ? sum : F.mul(sum, F.sub(x, y))), F.one);
    return F.inverse(F.mul(product, F.pow(x, 2 ** code.logData)));
  });
}

/** sum_i factors_i x_i^j for the first coefficients of a row's polynomial, from the power `from` on. */
export function combined(
  code: Code,
  rows: readonly number[],
  factors: readonly Fe[],
  from: number,
  count: number,
): Fe[] {
  const sums = new Array<Fe>(count).fill(F.zero);
  rows.forEach((row, i) => {
    const x = pointOf(code, row);
    powers(x, count, F.mul(factors[i] as Fe, F.pow(x, from))).forEach(
      (term, j) => (sums[j] = F.add(sums[j] as Fe, term)),
    );
  });
  return sums;
}

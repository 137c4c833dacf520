/** Tables of the norm: squares, exponents, mantissas with their roots, and which roots fit an exponent. */
import { column, RSQRT_ROWS, tableOf } from '../../tables/index.ts';
import type { Table } from '../../relation/program.ts';
import { denseColumn, keys, sharedTable, wordColumn } from '../lower-tables.ts';
import { LIMB } from './digits.ts';

/** m 4^e reaches 2^52 at e = 19. */
const EXPONENTS = 20;
/** Bits of the low digit of R. */
export const ROOT_LOW = 11;

const SQUARE_HALF = 2 ** 15;
const LIMB_MASK = 2 ** LIMB - 1;

/** Rows (x + 2^15, high, low) with x^2 = 2^15 high + low. */
export function squareTable(): Table {
  return sharedTable('square-16', squareRows);
}

function squareRows(): Omit<Table, 'name'> {
  const rows = 2 ** 16;
  const high = new Uint32Array(rows);
  const low = new Uint32Array(rows);
  for (let i = 0; i < rows; i++) {
    const x = i - SQUARE_HALF;
    const square = x * x; // at most 2^30
    high[i] = square >>> LIMB;
    low[i] = square & LIMB_MASK;
  }
  return { rows, columns: [keys(), wordColumn(high), wordColumn(low)] };
}

/** One exponent e, as powers: 2e = 15 a + b. */
export interface NormExponent {
  /** 2^e */
  readonly power: number;
  /** 2^b */
  readonly step: number;
  /** [a = 1], [a = 2] */
  readonly one: number;
  readonly two: number;
}

export function normExponent(e: number): NormExponent {
  const a = Math.floor((2 * e) / LIMB);
  return { power: 2 ** e, step: 2 ** ((2 * e) % LIMB), one: a === 1 ? 1 : 0, two: a === 2 ? 1 : 0 };
}

/** Rows (2^e, 2^b, [a = 1], [a = 2]). */
export function exponentTable(): Table {
  return sharedTable('norm-exponent', exponentRows);
}

function exponentRows(): Omit<Table, 'name'> {
  const rows = Array.from({ length: EXPONENTS }, (_, e) => normExponent(e));
  const columns = [
    rows.map(({ power }) => power),
    rows.map(({ step }) => step),
    rows.map(({ one }) => one),
    rows.map(({ two }) => two),
  ];
  return { rows: EXPONENTS, columns: columns.map((values) => denseColumn(Int32Array.from(values))) };
}

/** Rows (m, r, [m < 2^14]). */
export function mantissaTable(): Table {
  return sharedTable('rsqrt', mantissaRows);
}

function mantissaRows(): Omit<Table, 'name'> {
  const small = new Uint32Array(RSQRT_ROWS).fill(1, 0, 2 ** 14);
  const r = new Uint32Array(column(tableOf('rsqrt'), 'r')); // none is negative
  return { rows: RSQRT_ROWS, columns: [keys(), wordColumn(r), wordColumn(small)] };
}

/**
 * Rows (2^e, R1, [e = 0]): for e >= 1 the high digits R1 that a root floor(r / 2^e) can have, r at most that of m = 2^14; for e = 0
 * nothing, since R is then r.
 */
export function rootTable(): Table {
  return sharedTable('norm-root', rootRows);
}

function rootRows(): Omit<Table, 'name'> {
  const rows: [number, number, number][] = [[1, 0, 1]];
  const greatest = column(tableOf('rsqrt'), 'r')[2 ** 14] as number; // < 2^22
  for (let e = 1; e < EXPONENTS; e++) {
    const most = Math.floor(greatest / 2 ** (e + ROOT_LOW));
    for (let high = 0; high <= most; high++) rows.push([2 ** e, high, 0]);
  }
  const columns = [0, 1, 2].map((c) => denseColumn(Int32Array.from(rows, (row) => row[c] as number)));
  return { rows: rows.length, columns };
}

/** Tables of a step beside ranges: the cut-off ReLU with its slope, numerators by distance, remainders of momenta. */
import { denseColumn, keys, sharedTable } from '../ops/lower-tables.ts';
import type { Table } from '../relation/program.ts';
import { column, EXP2_ROWS, tableOf } from '../tables/index.ts';
import { STEP_BITS } from './plan.ts';

/** Rows (y + 2^(bits-1), min(max(y, 0), 2^top - 1), [0 < y < 2^top]) for all y of so many bits. */
export function rampTable(bits: number, top: number): Table {
  return sharedTable(`ramp-${bits}-${top}`, () => {
    const rows = 2 ** bits;
    const greatest = 2 ** top - 1;
    const y = Int32Array.from({ length: rows }, (_, i) => i - rows / 2);
    const x = y.map((v) => Math.min(Math.max(v, 0), greatest));
    const slope = y.map((v) => (v > 0 && v <= greatest ? 1 : 0));
    return { rows, columns: [keys(), denseColumn(x), denseColumn(slope)] };
  });
}

/** Rows (t, e, b) for all distances of 15 bits: those of `exp2`, zeros beyond. */
export function distanceTable(): Table {
  return sharedTable('distances', () => {
    const exp2 = tableOf('exp2');
    const long = (name: string): Int32Array => {
      const out = new Int32Array(2 ** STEP_BITS);
      out.set(column(exp2, name).subarray(0, EXP2_ROWS));
      return out;
    };
    return { rows: 2 ** STEP_BITS, columns: [keys(), denseColumn(long('e')), denseColumn(long('b'))] };
  });
}

/**
 * Rows (v + 2^(bits-1), (v + 2^(shift-1)) mod 2^shift) for all v of so many bits: what rounding by `shift` <= `bits` leaves of any number of
 * which v is the low part.
 */
export function remainderTable(bits: number, shift: number): Table {
  return sharedTable(`remainders-${bits}-${shift}`, () => {
    const rows = 2 ** bits;
    const half = 2 ** (shift - 1);
    const left = Int32Array.from({ length: rows }, (_, i) => (i - rows / 2 + half) & (2 ** shift - 1));
    return { rows, columns: [keys(), denseColumn(left)] };
  });
}

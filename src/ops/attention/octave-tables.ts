/** Tables of the octave softmax: what is left of a distance without its steps, and the numerators. */
import type { Table } from '../../relation/program.ts';
import { column, EXP2_ROWS, tableOf } from '../../tables/index.ts';
import { denseColumn, sharedTable } from '../lower-tables.ts';
import { OFFSET_BITS, STEP_BITS } from './shape.ts';

/** Rows (r + 2^(s+11) w, [w >= 1]) for 0 <= r < 2^s, 0 <= w < 2^8. */
export function digitTable(shift: number): Table {
  return sharedTable(`octave-digits-${shift}`, () => digitRows(shift));
}

function digitRows(shift: number): Omit<Table, 'name'> {
  const low = 2 ** shift;
  const rows = low * 2 ** (OFFSET_BITS - STEP_BITS);
  const values = new Int32Array(rows);
  const far = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const w = Math.floor(i / low);
    values[i] = (i % low) + w * 2 ** (shift + STEP_BITS);
    far[i] = w === 0 ? 0 : 1;
  }
  return { rows, columns: [denseColumn(values), denseColumn(far)] };
}

/** Rows (t, 0, e, b) with the entries of `exp2`, and (t, 1, 0, 0), for 0 <= t < 2^11. */
export function numeratorTable(): Table {
  return sharedTable('octave-numerators', numeratorRows);
}

function numeratorRows(): Omit<Table, 'name'> {
  const exp2 = tableOf('exp2');
  const zeros = new Int32Array(EXP2_ROWS);
  const ones = new Int32Array(EXP2_ROWS).fill(1);
  const steps = Int32Array.from(zeros, (_, t) => t);
  const both = (near: Int32Array, far: Int32Array) => denseColumn(Int32Array.from([...near, ...far]));
  const columns = [
    both(steps, steps),
    both(zeros, ones),
    both(column(exp2, 'e'), zeros),
    both(column(exp2, 'b'), zeros),
  ];
  return { rows: 2 * EXP2_ROWS, columns };
}

/** Tables of the octave softmax: what is left of a distance without its steps, and the numerators. */
import type { Table } from '../../relation/program.ts';
import { column, EXP2_ROWS, tableOf } from '../../tables/index.ts';
import type { TableColumn } from '../../tlookup/shape.ts';
import { climb, denseColumn, sharedTable, wordColumn } from '../lower-tables.ts';
import { OFFSET_BITS, STEP_BITS } from './shape.ts';

/** Rows (r + 2^(s+11) w, [w >= 1]) for 0 <= r < 2^s, 0 <= w < 2^8. */
export function digitTable(shift: number): Table {
  return sharedTable(`octave-digits-${shift}`, () => digitRows(shift));
}

function digitRows(shift: number): Omit<Table, 'name'> {
  const low = 2 ** shift;
  const step = 2 ** (shift + STEP_BITS);
  const high = 2 ** (OFFSET_BITS - STEP_BITS);
  const rows = low * high;
  const values = new Uint32Array(rows);
  for (let w = 0; w < high; w++) climb(values, low * w, low * (w + 1), step * w);
  const far = new Uint32Array(rows).fill(1, low);
  return { rows, columns: [wordColumn(values), wordColumn(far)] };
}

/** Rows (t, 0, e, b) with the entries of `exp2`, and (t, 1, 0, 0), for 0 <= t < 2^11. */
export function numeratorTable(): Table {
  return sharedTable('octave-numerators', numeratorRows);
}

function numeratorRows(): Omit<Table, 'name'> {
  const exp2 = tableOf('exp2');
  const steps = new Uint32Array(2 * EXP2_ROWS);
  climb(steps, 0, EXP2_ROWS, 0);
  climb(steps, EXP2_ROWS, 2 * EXP2_ROWS, 0);
  const far = new Uint32Array(2 * EXP2_ROWS).fill(1, EXP2_ROWS);
  const near = (name: string): TableColumn => {
    const entries = new Int32Array(2 * EXP2_ROWS);
    entries.set(column(exp2, name));
    return denseColumn(entries);
  };
  const columns = [wordColumn(steps), wordColumn(far), near('e'), near('b')];
  return { rows: 2 * EXP2_ROWS, columns };
}

/** Rows of tables by what they hold. */
import type { Table } from '../../src/relation/program.ts';

/** Rows by what they hold in a column. */
export interface Rows {
  get(value: number): readonly number[] | undefined;
}

export const cellOf = (column: Table['columns'][number], row: number): number =>
  column.kind === 'range' ? column.first + row : column.values[row]!;

const rowCache = new WeakMap<Table, Map<number, Rows>>();
export function rowsBy(table: Table, c: number): Rows {
  const column = table.columns[c]!;
  if (column.kind === 'range') {
    const { first } = column;
    return { get: (value) => (value >= first && value < first + table.rows ? [value - first] : undefined) };
  }
  let indexes = rowCache.get(table);
  if (indexes === undefined) rowCache.set(table, (indexes = new Map()));
  const known = indexes.get(c);
  if (known !== undefined) return known;
  const index = new Map<number, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const list = index.get(column.values[row]!);
    if (list === undefined) index.set(column.values[row]!, [row]);
    else list.push(row);
  }
  indexes.set(c, index);
  return index;
}

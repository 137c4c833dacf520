/** Tables of lookups. Keys of looked-up tables are moved to begin at 0, so that they are elements of F as they are. */
import { koalaBear } from '../field/koalabear.ts';
import { neverChanges } from '../relation/column-digest.ts';
import type { Table } from '../relation/program.ts';
import type { TableColumn } from '../tlookup/shape.ts';

/** 0, 1, .. 2^bits - 1: what proves a range, a digit, a remainder. */
export function rangeTable(bits: number): Table {
  return { name: `bits-${bits}`, rows: 2 ** bits, columns: [keys()] };
}

/** Keys from 0 on. */
export function keys(): TableColumn {
  return { kind: 'range', first: 0 };
}

const shared = new Map<string, Table>();
let sharedRows = 0;
/** Rows that are kept: those of several models. Strangers' keys may name any number of tables. */
const MAX_SHARED_ROWS = 2 ** 23;

/** A table made once for all programs of this process; its name says all about its contents, and nobody changes them. */
export function sharedTable(name: string, make: () => Omit<Table, 'name'>): Table {
  const known = shared.get(name);
  if (known !== undefined) return known;
  const table = { name, ...make() };
  if (sharedRows + table.rows > MAX_SHARED_ROWS) {
    shared.clear();
    sharedRows = 0;
  }
  shared.set(name, table);
  sharedRows += table.rows;
  return table;
}

/** A column of integers below p in absolute value. */
export function denseColumn(values: ArrayLike<number>): TableColumn {
  const words = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) words[i] = koalaBear.fromInt(values[i] as number);
  return { kind: 'dense', values: neverChanges(words) };
}

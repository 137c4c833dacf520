/** Tables of lookups. Keys of looked-up tables are moved to begin at 0, so that they are elements of F as they are. */
import { P } from '../field/koalabear.ts';
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

/**
 * A table made once for all programs of this process; its name says all about its contents, and nobody changes them.
 *
 * @param maker tells tables of one name apart that are made in two ways: programs of two kinds may name theirs alike
 */
export function sharedTable(name: string, make: () => Omit<Table, 'name'>, maker = 'operator'): Table {
  const key = `${maker} ${name}`;
  const known = shared.get(key);
  if (known !== undefined) return known;
  const table = { name, ...make() };
  if (sharedRows + table.rows > MAX_SHARED_ROWS) {
    shared.clear();
    sharedRows = 0;
  }
  shared.set(key, table);
  sharedRows += table.rows;
  return table;
}

/** A column of integers below p in absolute value. */
export function denseColumn(values: Int32Array): TableColumn {
  const words = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    words[i] = value < 0 ? value + P : value;
  }
  return wordColumn(words);
}

/** A column of elements of F as they are; nobody changes them any more. */
export function wordColumn(words: Uint32Array): TableColumn {
  return { kind: 'dense', values: neverChanges(words) };
}

// Columns have up to a million rows, and a first verification fills them before the engine has compiled a loop: what is constant is
// filled and copied by the engine's own, and the one loop that climbs is shared.

/** Fills words [from, to) with first, first + 1, ..: elements of F that stay below p. */
export function climb(words: Uint32Array, from: number, to: number, first: number): void {
  for (let i = from, value = first; i < to; i++, value++) words[i] = value;
}

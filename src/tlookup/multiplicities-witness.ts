/** How often the rows of a balance's tables are looked up: the prover's count, and the first tuple that is in no table. */
import type { BalanceWitness } from './forest-prove.ts';
import { tableWords } from './forest-prove.ts';
import type { Balance, LoadedLookups, LookupTable } from './shape.ts';

/**
 * Multiplicities of one balance, one vector for each of its tables. Of equal rows the first takes all lookups.
 *
 * @param sources for every source of the balance, its columns: `count` canonical words each
 * @param nameOf how a caller calls a cell of a source
 * @throws RangeError naming the first source and cell whose tuple is not in its table
 */
export function countMultiplicities(
  lookups: LoadedLookups,
  balance: number,
  sources: BalanceWitness['sources'],
  nameOf: (source: number, cell: number) => string = (source, cell) =>
    `balance ${balance}: source ${source}: cell ${cell}`,
): Uint32Array[] {
  const { sources: declared, tables } = lookups.program.balances[balance] as Balance;
  return tables.map((t) => {
    const table = lookups.program.tables[t] as LookupTable;
    const rowOf = rowIndex(table);
    const counts = new Uint32Array(table.rows); // fewer than p lookups in a balance
    declared.forEach((source, s) => {
      if (source.table !== t) return;
      const columns = sources[s] as readonly Uint32Array[];
      for (let cell = 0; cell < source.count; cell++) {
        const row = rowOf(columns, cell);
        if (row < 0) {
          throw new RangeError(`${nameOf(s, cell)}: expected a row of table ${t}`);
        }
        counts[row] = (counts[row] as number) + 1;
      }
    });
    return counts;
  });
}

/** The row of a tuple, or -1. Tuples are hashed into a table of twice the rows; ranges are their own index. */
function rowIndex(table: LookupTable): (columns: readonly Uint32Array[], cell: number) => number {
  const words = tableWords();
  const rows = table.columns.map((column) => words(column, table.rows));
  const equal = (columns: readonly Uint32Array[], cell: number, row: number): boolean =>
    rows.every((values, c) => values[row] === columns[c]?.[cell]);
  const first = table.columns[0];
  if (first?.kind === 'range') {
    return (columns, cell) => {
      const row = (columns[0]?.[cell] as number) - first.first;
      return row >= 0 && row < table.rows && equal(columns, cell, row) ? row : -1;
    };
  }
  const size = 2 ** (33 - Math.clz32(table.rows));
  const slots = new Int32Array(size).fill(-1);
  const slotOf = (columns: readonly Uint32Array[], cell: number): number => {
    let slot = hash(columns, cell) & (size - 1);
    while (slots[slot] !== -1 && !equal(columns, cell, slots[slot] as number)) slot = (slot + 1) & (size - 1);
    return slot;
  };
  for (let row = 0; row < table.rows; row++) {
    const slot = slotOf(rows, row);
    if (slots[slot] === -1) slots[slot] = row;
  }
  return (columns, cell) => slots[slotOf(columns, cell)] as number;
}

/** Mixes the words of a tuple; quality matters for speed only. */
function hash(columns: readonly Uint32Array[], cell: number): number {
  let state = 0x9e3779b9;
  for (const column of columns) {
    state = Math.imul(state ^ (column[cell] as number), 0x85ebca6b);
    state ^= state >>> 15;
  }
  return state;
}

/** How often the rows of a balance's tables are looked up: the prover's count, and the first tuple that is in no table. */
import type { BalanceWitness } from './leaves-prove.ts';
import { tableWords } from './leaves-prove.ts';
import {
  MAX_TABLE_WIDTH,
  type Balance,
  type LoadedLookups,
  type LookupTable,
  type TableColumn,
} from './shape.ts';

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
    const tally = tallyOf(table);
    const counts = new Uint32Array(table.rows); // fewer than p lookups in a balance
    declared.forEach((source, s) => {
      if (source.table !== t) return;
      const cell = tally(counts, fourColumns(sources[s] as readonly Uint32Array[]), source.count);
      if (cell < source.count) throw new RangeError(`${nameOf(s, cell)}: expected a row of table ${t}`);
    });
    return counts;
  });
}

/** Columns of tuples. Narrower ones repeat their first: tuples are equal then as they were, and one loop serves all widths. */
type Columns = readonly [Uint32Array, Uint32Array, Uint32Array, Uint32Array];

function fourColumns(columns: readonly Uint32Array[]): Columns {
  const first = columns[0] as Uint32Array;
  return Array.from({ length: MAX_TABLE_WIDTH }, (_, c) => columns[c] ?? first) as unknown as Columns;
}

/** Counts the rows of `count` tuples. @returns the first tuple that is no row, else `count` */
type Tally = (counts: Uint32Array, columns: Columns, count: number) => number;

function tallyOf({ rows, columns }: LookupTable): Tally {
  const words = tableWords();
  const table = fourColumns(columns.map((column) => words(column, rows)));
  const [first] = columns;
  if (first?.kind !== 'range') return hashTally(table, slotsOf(columns, table, rows));
  return columns.length === 1 ? indexTally(first.first, rows) : rangeTally(table, first.first, rows);
}

/** Tuples of one column, rows from `start` on. */
function indexTally(start: number, rows: number): Tally {
  return (counts, [cells], count) => {
    for (let cell = 0; cell < count; cell++) {
      const row = (cells[cell] as number) - start;
      if (!(row >= 0 && row < rows)) return cell;
      counts[row] = (counts[row] as number) + 1;
    }
    return count;
  };
}

/** The first column is the row's index, from `start` on. */
function rangeTally([, t1, t2, t3]: Columns, start: number, rows: number): Tally {
  const wide = t2 !== t3; // at most two columns repeat the first as third and fourth
  return (counts, [c0, c1, c2, c3], count) => {
    for (let cell = 0; cell < count; cell++) {
      const row = (c0[cell] as number) - start;
      if (!(row >= 0 && row < rows) || t1[row] !== c1[cell]) return cell;
      if (wide && (t2[row] !== c2[cell] || t3[row] !== c3[cell])) return cell;
      counts[row] = (counts[row] as number) + 1;
    }
    return count;
  };
}

function hashTally([t0, t1, t2, t3]: Columns, slots: Int32Array): Tally {
  const mask = slots.length - 1;
  return (counts, [c0, c1, c2, c3], count) => {
    for (let cell = 0; cell < count; cell++) {
      const [x0, x1, x2, x3] = [c0[cell], c1[cell], c2[cell], c3[cell]] as [number, number, number, number];
      let slot = hash(x0, x1, x2, x3) & mask;
      let row = slots[slot] as number;
      while (row >= 0 && (t0[row] !== x0 || t1[row] !== x1 || t2[row] !== x2 || t3[row] !== x3)) {
        slot = (slot + 1) & mask;
        row = slots[slot] as number;
      }
      if (row < 0) return cell;
      counts[row] = (counts[row] as number) + 1;
    }
    return count;
  };
}

/** By the columns of a table: those of a model are the same in every proof, and nobody changes them. */
const knownSlots = new WeakMap<readonly TableColumn[], Int32Array>();

/** Rows by the hash of their tuple, in at least twice as many slots; -1: none. Of equal rows the first. */
function slotsOf(columns: readonly TableColumn[], [t0, t1, t2, t3]: Columns, rows: number): Int32Array {
  const known = knownSlots.get(columns);
  if (known !== undefined) return known;
  const mask = 2 ** (33 - Math.clz32(rows)) - 1;
  const slots = new Int32Array(mask + 1).fill(-1);
  for (let row = 0; row < rows; row++) {
    const [x0, x1, x2, x3] = [t0[row], t1[row], t2[row], t3[row]] as [number, number, number, number];
    let slot = hash(x0, x1, x2, x3) & mask;
    for (let other = slots[slot] as number; other >= 0; other = slots[slot] as number) {
      if (t0[other] === x0 && t1[other] === x1 && t2[other] === x2 && t3[other] === x3) break;
      slot = (slot + 1) & mask;
    }
    if (slots[slot] === -1) slots[slot] = row;
  }
  knownSlots.set(columns, slots);
  return slots;
}

/** Mixes the words of a tuple; quality matters for speed only. */
function hash(x0: number, x1: number, x2: number, x3: number): number {
  const a = Math.imul(x0 ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(x1, 0xc2b2ae35);
  const b = Math.imul(x2 ^ (a >>> 15), 0x27d4eb2f) ^ Math.imul(x3, 0x165667b1);
  return a ^ b ^ (b >>> 15) ^ (a >>> 13);
}

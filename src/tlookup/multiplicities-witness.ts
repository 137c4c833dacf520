/** How often the rows of a balance's tables are looked up: the prover's count, and the first tuple that is in no table. */
import type { Kernels } from '../kernels/contract.ts';
import { fourColumns, hashOf, type FourColumns, type RowIndex } from '../kernels/contract/tally.ts';
import { hotLike, hotWords } from '../kernels/memory/hot.ts';
import { tableWords, type BalanceWitness } from './leaves-prove.ts';
import type { Balance, LoadedLookups, LookupTable, TableColumn } from './shape.ts';

/**
 * Multiplicities of one balance, one vector for each of its tables. Of equal rows the first takes all lookups.
 *
 * @param sources for every source of the balance, its columns: `count` canonical words each
 * @param nameOf how a caller calls a cell of a source
 * @throws RangeError naming the first source and cell whose tuple is not in its table
 */
export function countMultiplicities(
  kernels: Kernels,
  lookups: LoadedLookups,
  balance: number,
  sources: BalanceWitness['sources'],
  nameOf: (source: number, cell: number) => string = (source, cell) =>
    `balance ${balance}: source ${source}: cell ${cell}`,
): Uint32Array[] {
  const { sources: declared, tables } = lookups.program.balances[balance] as Balance;
  const words = tableWords();
  return tables.map((t) => {
    const table = lookups.program.tables[t] as LookupTable;
    return kernels.memory.scope(() => {
      // In kernel memory, where there is room: they are read for every source.
      const own = table.columns.map((column) => hotCopy(kernels, words(column, table.rows)));
      const index = rowIndexOf(table, own);
      const find = index.kind === 'first' ? index : { ...index, slots: hotCopy(kernels, index.slots) };
      const counts = hotWords(kernels, table.rows).fill(0); // fewer than p lookups in a balance
      declared.forEach((source, s) => {
        if (source.table !== t) return;
        const cell = kernels.tally(counts, sources[s] as readonly Uint32Array[], own, find);
        if (cell < source.count) throw new RangeError(`${nameOf(s, cell)}: expected a row of table ${t}`);
      });
      return counts.slice();
    });
  });
}

function hotCopy<T extends Int32Array | Uint32Array>(kernels: Kernels, array: T): T {
  const copy = hotLike(kernels, array, array.length);
  copy.set(array);
  return copy;
}

/** How rows of a table are found: by its first column where that counts them, else by the hash of their tuples. */
function rowIndexOf({ rows, columns }: LookupTable, words: readonly Uint32Array[]): RowIndex {
  const [first] = columns;
  if (first?.kind === 'range') return { kind: 'first', first: first.first };
  return { kind: 'slots', slots: slotsOf(columns, fourColumns(words), rows) };
}

/** By the columns of a table: those of a model are the same in every proof, and nobody changes them. */
const knownSlots = new WeakMap<readonly TableColumn[], Int32Array>();

/** Rows by the hash of their tuple, in at least twice as many slots; -1: none. Of equal rows the first. */
function slotsOf(columns: readonly TableColumn[], [t0, t1, t2, t3]: FourColumns, rows: number): Int32Array {
  const known = knownSlots.get(columns);
  if (known !== undefined) return known;
  const mask = 2 ** (33 - Math.clz32(rows)) - 1;
  const slots = new Int32Array(mask + 1).fill(-1);
  for (let row = 0; row < rows; row++) {
    const [x0, x1, x2, x3] = [t0[row], t1[row], t2[row], t3[row]] as [number, number, number, number];
    let slot = hashOf(x0, x1, x2, x3) & mask;
    for (let other = slots[slot] as number; other >= 0; other = slots[slot] as number) {
      if (t0[other] === x0 && t1[other] === x1 && t2[other] === x2 && t3[other] === x3) break;
      slot = (slot + 1) & mask;
    }
    if (slots[slot] === -1) slots[slot] = row;
  }
  knownSlots.set(columns, slots);
  return slots;
}

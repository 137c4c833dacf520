/**
 * Where the leaves of a balance lie. Every source and every table is cut into blocks of 2^a consecutive cells, largest
 * first; a block starts at a multiple of its size, so that the claim on it is eq at a point, whatever the count was.
 *
 *     lookups, largest blocks first | gap of 0/1 | table rows, largest blocks first | 0/1 up to 2^n
 *
 * Descending sizes leave no gap among lookups or among rows; the one between them is shorter than the largest table block.
 * Lookups come first because their numerators are 1: a run of units at the start costs the prover half of a round.
 */
import type { Balance, LookupTable } from './shape.ts';

/** 2^bits consecutive cells of one source or one table, and the leaves that they are. */
export interface LeafBlock {
  readonly kind: 'lookup' | 'table';
  /** Index of the source, or of the table in the balance's list: which columns, which multiplicities. */
  readonly index: number;
  /** Index of the table in the program. */
  readonly table: number;
  /** The first cell: a multiple of 2^bits. */
  readonly first: number;
  readonly bits: number;
  /** The first leaf: a multiple of 2^bits. */
  readonly at: number;
}

export interface BalanceLayout {
  readonly blocks: readonly LeafBlock[];
  /** Lookups: leaves [0, lookups) have numerator 1. */
  readonly lookups: number;
  /** Lookups and table rows: N of the ledger. */
  readonly leaves: number;
  /** Leaves from here on are 0/1. */
  readonly live: number;
}

type Piece = Omit<LeafBlock, 'at'>;

/** The layout of a checked balance. */
export function layOut(tables: readonly LookupTable[], balance: Balance): BalanceLayout {
  const lookups = balance.sources.flatMap(({ table, count }, index) =>
    pieces({ kind: 'lookup', index, table }, count),
  );
  const rows = balance.tables.flatMap((table, index) =>
    pieces({ kind: 'table', index, table }, (tables[table] as LookupTable).rows),
  );
  const lookupCount = balance.sources.reduce((sum, { count }) => sum + count, 0);
  const largest = 2 ** Math.max(...rows.map(({ bits }) => bits));
  const placed = place(lookups, 0);
  const start = Math.ceil(lookupCount / largest) * largest;
  const placedRows = place(rows, start);
  const rowCount = rows.reduce((sum, { bits }) => sum + 2 ** bits, 0);
  return {
    blocks: [...placed, ...placedRows],
    lookups: lookupCount,
    leaves: lookupCount + rowCount,
    live: start + rowCount,
  };
}

/** The binary expansion of a count, largest first: every block starts at a multiple of its size. */
function pieces(of: Pick<LeafBlock, 'kind' | 'index' | 'table'>, count: number): Piece[] {
  const cut: Piece[] = [];
  let first = 0;
  for (let bits = 31; bits >= 0; bits--) {
    const size = 2 ** bits;
    if (count - first < size) continue;
    cut.push({ ...of, first, bits });
    first += size;
  }
  return cut;
}

/** One behind the other, sizes descending; equal sizes keep their order. */
function place(cut: readonly Piece[], start: number): LeafBlock[] {
  let at = start;
  return [...cut]
    .sort((a, b) => b.bits - a.bits)
    .map((piece) => {
      const block = { ...piece, at };
      at += 2 ** piece.bits;
      return block;
    });
}

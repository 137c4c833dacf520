/** Lookup programs and where their leaves lie: spec/lookups.md sections 2 and 3. */
import { u32, join } from './bytes.ts';
import { at, logCeil, total } from './lists.ts';
import { require } from './refusal.ts';
import { digestOfLeaves, type Leaf } from './statement.ts';

export type TableColumn =
  | { readonly kind: 'dense'; readonly values: readonly bigint[] }
  /** first, first + 1, .. */
  | { readonly kind: 'range'; readonly first: bigint };

export interface Table {
  readonly tag: bigint;
  readonly rows: number;
  readonly columns: readonly TableColumn[];
}

export interface Balance {
  /** Index of a table in the program, and how many tuples are looked up there. */
  readonly sources: readonly { readonly table: number; readonly count: number }[];
  /** Indices in the program. */
  readonly tables: readonly number[];
}

export interface LookupProgram {
  readonly tables: readonly Table[];
  readonly balances: readonly Balance[];
}

/** 2^bits cells from `first` on, of a source or of a table, at leaf `at` of a tree. */
export interface Block {
  readonly kind: 'lookup' | 'table';
  /** Which source or which table of the balance. */
  readonly index: number;
  /** Which table of the program. */
  readonly table: number;
  readonly first: number;
  readonly bits: number;
  readonly at: number;
}

export interface LeafTree {
  readonly balance: number;
  readonly depth: number;
  readonly blocks: readonly Block[];
}

/** Section 2: what a program must satisfy. */
export function checkProgram(p: bigint, { tables, balances }: LookupProgram): void {
  for (const { tag, rows, columns } of tables) {
    const word = (x: bigint): boolean => x >= 0n && x < p;
    const good = columns.every((column) =>
      column.kind === 'range'
        ? word(column.first) && column.first + BigInt(rows) <= p
        : column.values.length === rows && column.values.every(word),
    );
    const sizes = count(rows, 2 ** 25 - 1) && columns.length >= 1 && columns.length <= 4;
    require(word(tag) && sizes && good, 'LOOKUP_TABLE', `table ${tag}`);
  }
  require(new Set(tables.map(({ tag }) => tag)).size === tables.length, 'LOOKUP_TABLE', 'tags differ');
  require(balances.length >= 1 && balances.length <= 2 ** 12, 'LOOKUP_SHAPE', 'balances');
  for (const { sources, tables: own } of balances) {
    const known = own.every((t) => t in tables) && new Set(own).size === own.length;
    const listed = sources.every((s) => own.includes(s.table) && count(s.count, 2 ** 53 - 1));
    require(known && listed && sources.length >= 1, 'LOOKUP_SHAPE', 'tables and sources of a balance');
    const lookups = total(sources.map((source) => source.count));
    require(BigInt(lookups) < p, 'LOOKUP_COUNT', `${lookups}`);
    const leaves = lookups + total(own.map((t) => at(tables, t).rows));
    require(leaves <= 2 ** 25, 'LOOKUP_SIZE', `${leaves}`);
  }
}

function count(x: number, most: number): boolean {
  return Number.isInteger(x) && x >= 1 && x <= most;
}

/** Section 2: what a statement binds. */
export function lookupProgramDigest({ tables, balances }: LookupProgram): Uint8Array {
  const digest = ({ tag, rows, columns }: Table): Uint8Array =>
    digestOfLeaves('zkdl lookup table 1', [
      ['tag', 'integer', Number(tag)],
      ['rows', 'integer', rows],
      ...columns.map((column, c): Leaf =>
        column.kind === 'range'
          ? [`range-${c}`, 'integer', Number(column.first)]
          : [`dense-${c}`, 'fes', column.values],
      ),
    ]);
  return digestOfLeaves('zkdl lookup program 1', [
    ...tables.map((table, t): Leaf => [`table-${t}`, 'digest', digest(table)]),
    ...balances.flatMap(({ sources, tables: own }, b): Leaf[] => [
      [`balance-${b}/tables`, 'bytes', join(own.map(u32))],
      [`balance-${b}/sources`, 'bytes', join(sources.flatMap((s) => [u32(s.table), u32(s.count)]))],
    ]),
  ]);
}

/** Section 3: the trees of all balances, in order. */
export function treesOf({ tables, balances }: LookupProgram): LeafTree[] {
  return balances.flatMap(({ sources, tables: own }, balance) => {
    const lookups = sources.flatMap((source, index) =>
      cutIntoBlocks({ kind: 'lookup', index, table: source.table }, source.count),
    );
    const rows = own.flatMap((table, index) =>
      cutIntoBlocks({ kind: 'table', index, table }, at(tables, table).rows),
    );
    const largest = 2 ** Math.max(...rows.map(({ bits }) => bits));
    const start = Math.ceil(sizeOf(lookups) / largest) * largest;
    const blocks = [...lineUp(lookups, 0), ...lineUp(rows, start)];
    return cutIntoTrees(start + sizeOf(rows)).map(({ from, depth }): LeafTree => {
      const inside = blocks.filter((block) => block.at >= from && block.at < from + 2 ** depth);
      return { balance, depth, blocks: inside.map((block) => ({ ...block, at: block.at - from })) };
    });
  });
}

type Piece = Omit<Block, 'at'>;

function sizeOf(pieces: readonly Piece[]): number {
  return total(pieces.map(({ bits }) => 2 ** bits));
}

/** The binary expansion of a count, largest first. */
function cutIntoBlocks(owner: Pick<Block, 'kind' | 'index' | 'table'>, cells: number): Piece[] {
  const pieces: Piece[] = [];
  for (let first = 0; first < cells;) {
    let bits = 0;
    while (2 ** (bits + 1) <= cells - first) bits++;
    pieces.push({ ...owner, first, bits });
    first += 2 ** bits;
  }
  return pieces;
}

/** Descending by size, equal sizes in the order of the program, without a gap from leaf `start` on. */
function lineUp(pieces: readonly Piece[], start: number): Block[] {
  let next = start;
  return [...pieces]
    .sort((a, b) => b.bits - a.bits) // stable
    .map((piece) => {
      const block = { ...piece, at: next };
      next += 2 ** piece.bits;
      return block;
    });
}

/** The largest power of two of what is left, at most four times; the fourth tree takes all of it. */
function cutIntoTrees(leaves: number): { from: number; depth: number }[] {
  const trees: { from: number; depth: number }[] = [];
  for (let from = 0; from < leaves;) {
    const left = leaves - from;
    const up = logCeil(left);
    const depth = trees.length === 3 || 2 ** up === left ? up : up - 1;
    trees.push({ from, depth });
    from += 2 ** depth;
  }
  return trees;
}

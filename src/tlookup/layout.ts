/**
 * Where the leaves of a balance lie. Every source and every table is cut into blocks of 2^a consecutive cells, largest
 * first; a block starts at a multiple of its size, so that the claim on it is eq at a point, whatever the count was.
 *
 *     lookups, largest blocks first | gap of 0/1 | table rows, largest blocks first
 *
 * Descending sizes leave no gap among lookups or among rows; the one between them is shorter than the largest table block.
 * Lookups come first because their numerators are 1: a run of units at the start costs the prover half of a round.
 *
 * The sequence is then cut into trees, powers of two from the largest on: layers add pairs (i, i + half), so that in one
 * tree 2^20 + 1 leaves would cost as much as 2^21.
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
  /** The first leaf within its tree: a multiple of 2^bits. */
  readonly at: number;
}

/** A tree of 2^depth fractions. */
export interface LeafTree {
  readonly balance: number;
  readonly depth: number;
  readonly blocks: readonly LeafBlock[];
  /** Leaves [0, units) are lookups, with numerator 1. */
  readonly units: number;
  /** Leaves from here on are 0/1. */
  readonly live: number;
}

/** Most trees of a balance: the last may be filled by half only, and is at most an eighth of the whole. */
export const MAX_TREES = 4;

type Piece = Omit<LeafBlock, 'at'>;

/** The trees of a checked balance, largest first. */
export function layOut(tables: readonly LookupTable[], balance: Balance, index: number): LeafTree[] {
  const lookups = balance.sources.flatMap(({ table, count }, source) =>
    pieces({ kind: 'lookup', index: source, table }, count),
  );
  const rows = balance.tables.flatMap((table, own) =>
    pieces({ kind: 'table', index: own, table }, (tables[table] as LookupTable).rows),
  );
  const lookupCount = sizeOf(lookups);
  const largest = 2 ** Math.max(...rows.map(({ bits }) => bits));
  const start = Math.ceil(lookupCount / largest) * largest;
  const blocks = [...place(lookups, 0), ...place(rows, start)];
  return cut(start + sizeOf(rows)).map(({ from, depth }) => {
    // No block crosses a cut: it is no longer than what was left, hence than the largest power of two in it.
    const to = from + 2 ** depth;
    const own = blocks
      .filter(({ at }) => at >= from && at < to)
      .map((block) => ({ ...block, at: block.at - from }));
    const last = own[own.length - 1] as LeafBlock;
    return {
      balance: index,
      depth,
      blocks: own,
      units: Math.max(0, Math.min(lookupCount, to) - from),
      live: last.at + 2 ** last.bits,
    };
  });
}

function sizeOf(blocks: readonly Piece[]): number {
  return blocks.reduce((sum, { bits }) => sum + 2 ** bits, 0);
}

/** Cuts [0, length): powers of two from the largest on, and one tree for what is left of the fourth. */
function cut(length: number): { from: number; depth: number }[] {
  const trees: { from: number; depth: number }[] = [];
  let from = 0;
  while (from < length) {
    const rest = length - from;
    const floor = 31 - Math.clz32(rest);
    const depth = trees.length === MAX_TREES - 1 && 2 ** floor < rest ? floor + 1 : floor;
    trees.push({ from, depth });
    from += 2 ** depth;
  }
  return trees;
}

/** The binary expansion of a count, largest first: every block starts at a multiple of its size. */
function pieces(of: Pick<LeafBlock, 'kind' | 'index' | 'table'>, count: number): Piece[] {
  const parts: Piece[] = [];
  const { kind, index, table } = of;
  let first = 0;
  // count <= 2^25 (`checkBalance`)
  for (let bits = 31 - Math.clz32(count); bits >= 0; bits--) {
    const size = (1 << bits) >>> 0;
    if (count - first < size) continue;
    parts.push({ kind, index, table, first, bits });
    first += size;
  }
  return parts;
}

/** One behind the other, sizes descending; equal sizes keep their order. */
function place(parts: readonly Piece[], start: number): LeafBlock[] {
  let at = start;
  return [...parts]
    .sort((a, b) => b.bits - a.bits)
    .map((piece) => {
      const { kind, index, table, first, bits } = piece;
      const block = { kind, index, table, first, bits, at };
      at += 2 ** bits;
      return block;
    });
}

/**
 * Lookups of a program as balances: blocks of relations as sources, each balance with rows and multiplicities of its own and
 * at most 2^25 leaves. spec/program-proofs.md section 3.
 */
import type { BaseField } from '../field/field.ts';
import { loadLookups, MAX_BALANCE_LEAVES, type Balance, type LoadedLookups } from '../tlookup/shape.ts';
import type { LookupBlock } from './claims.ts';
import type { FlatRelation } from './form.ts';
import { blockOf, blocksOf, type Block } from './pieces.ts';
import type { Table } from './program.ts';

/** Loaded lookups and the blocks that are their sources, balance by balance. */
export interface ProgramLookups {
  readonly lookups: LoadedLookups;
  readonly blocks: readonly (readonly LookupBlock[])[];
}

/** Larger blocks are cut: a source must leave room for the rows of its table. */
const MAX_SOURCE_BITS = 23;

/**
 * Sources in the order of their tables, filled into balances one after the other: few tables are repeated.
 *
 * @returns undefined for a program without lookups
 * @throws ProofError `LOOKUP_*` as `loadLookups`
 */
export function balanceLookups(
  base: BaseField,
  tables: readonly Table[],
  relations: readonly FlatRelation[],
): ProgramLookups | undefined {
  const sources = relations
    .filter(({ table }) => table !== undefined)
    .flatMap((relation) =>
      blocksOf(relation.indices.map(({ size }) => size))
        .flatMap(cutBlock)
        .map((block): LookupBlock => ({ relation, block })),
    )
    .sort((a, b) => (a.relation.table as number) - (b.relation.table as number));
  if (sources.length === 0) return undefined;
  const blocks = fill(tables, sources);
  const lookups = loadLookups(base, {
    tables: tables.map(({ rows, columns }, t) => ({ tag: t + 1, rows, columns })),
    balances: blocks.map(balanceOf),
  });
  return { lookups, blocks };
}

function fill(tables: readonly Table[], sources: readonly LookupBlock[]): LookupBlock[][] {
  const balances: LookupBlock[][] = [];
  let leaves = Infinity;
  let last = -1;
  for (const source of sources) {
    const table = source.relation.table as number;
    const rows = (tables[table] as Table).rows;
    const more = 2 ** source.block.bits;
    if (leaves + more + (table === last ? 0 : rows) > MAX_BALANCE_LEAVES) {
      balances.push([]);
      leaves = 0;
      last = -1;
    }
    leaves += more + (table === last ? 0 : rows);
    last = table;
    (balances[balances.length - 1] as LookupBlock[]).push(source);
  }
  return balances;
}

function balanceOf(blocks: readonly LookupBlock[]): Balance {
  const tables = [...new Set(blocks.map(({ relation }) => relation.table as number))];
  const sources = blocks.map(({ relation, block }) => ({
    table: relation.table as number,
    count: 2 ** block.bits,
  }));
  return { sources, tables };
}

/** A block in halves until it is small enough. */
function cutBlock(block: Block): Block[] {
  if (block.bits <= MAX_SOURCE_BITS) return [block];
  const d = block.pieces.findIndex(({ bits }) => bits > 0);
  const { offset, bits } = block.pieces[d] as { offset: number; bits: number };
  return [offset, offset + 2 ** (bits - 1)].flatMap((at) =>
    cutBlock(blockOf(block.pieces.map((piece, i) => (i === d ? { offset: at, bits: bits - 1 } : piece)))),
  );
}

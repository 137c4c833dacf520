/** The digest of a lookup program: what a statement binds before the first challenge. */
import type { Fe } from '../field/field.ts';
import { digestOfLeaves, type StatementLeaf } from '../transcript/statement.ts';
import type { LoadedLookups, LookupTable } from './shape.ts';

const TABLE_CONTEXT = 'zkdl lookup table 1';
const PROGRAM_CONTEXT = 'zkdl lookup program 1';

/** 32 bytes that change with every tag, row, column, source and balance, and with their order. */
export function lookupProgramDigest({ program }: LoadedLookups): Uint8Array<ArrayBuffer> {
  const { tables, balances } = program;
  return digestOfLeaves(PROGRAM_CONTEXT, [
    ...tables.map((table, t): StatementLeaf => {
      return { label: `table-${t}`, type: 'digest', value: tableDigest(table) };
    }),
    ...balances.flatMap((balance, b) => [
      integers(`balance-${b}/tables`, balance.tables),
      integers(
        `balance-${b}/sources`,
        balance.sources.flatMap(({ table, count }) => [table, count]),
      ),
    ]),
  ]);
}

function tableDigest({ tag, rows, columns }: LookupTable): Uint8Array {
  return digestOfLeaves(TABLE_CONTEXT, [
    { label: 'tag', type: 'integer', value: tag },
    { label: 'rows', type: 'integer', value: rows },
    ...columns.map((column, c): StatementLeaf => {
      return column.kind === 'range'
        ? { label: `range-${c}`, type: 'integer', value: column.first }
        : { label: `dense-${c}`, type: 'fes', value: Array.from(column.values) as Fe[] };
    }),
  ]);
}

/** Integers below 2^32, four bytes each, little-endian. */
function integers(label: string, values: readonly number[]): StatementLeaf {
  const bytes = values.flatMap((x) => [x & 255, (x >>> 8) & 255, (x >>> 16) & 255, x >>> 24]);
  return { label, type: 'bytes', value: Uint8Array.from(bytes) };
}

/**
 * What is left of the argument: two linear equations, one in the looked-up columns, one in the multiplicities. Public parts
 * (alpha, tags, table rows, numerators of lookups, dead leaves) are on the side of the value. spec/lookups.md section 6.
 */
import type { Ext, Fe } from '../field/field.ts';
import type { Affine, AffineAlgebra } from '../pads/affine.ts';
import { eqAbove, eqIndex } from '../sumcheck/eq.ts';
import type { NodeClaim } from './layer.ts';
import type { LeafBlock } from './layout.ts';
import type { LoadedLookups, LookupTable, TableColumn } from './shape.ts';

/** coefficient * (the extension of 2^bits cells of one column, from `first` on, at `point`). */
export interface ColumnPart {
  readonly balance: number;
  /** Index of the source in its balance; for a multiplicity, of the table in the balance's list. */
  readonly index: number;
  /** Column of the tuple; 0 for a multiplicity. */
  readonly column: number;
  readonly first: number;
  /** In K^bits, low variable first. */
  readonly point: readonly Ext[];
  readonly coefficient: Ext;
}

/** sum of parts = value, for the caller to discharge. */
export interface LeafClaim {
  readonly parts: readonly ColumnPart[];
  readonly value: Affine;
}

/** Both must be discharged: each of them alone leaves the argument open. */
export interface LookupClaims {
  /** On the columns of the sources. */
  readonly columns: LeafClaim;
  /** On the multiplicities. */
  readonly multiplicities: LeafClaim;
}

/** alpha - (tag + sum_k beta_k x_k) is the denominator of a tuple. */
export interface Fingerprint {
  readonly alpha: Ext;
  readonly betas: readonly Ext[];
}

/** How a side evaluates a table's column on a block: `evaluateColumn` or a kernel. */
export type ColumnValue = (column: TableColumn, first: number, point: readonly Ext[]) => Ext;

/** The two claims behind the last layer's. */
export function leafClaims(
  algebra: AffineAlgebra,
  lookups: LoadedLookups,
  { alpha, betas }: Fingerprint,
  { point, p, q }: NodeClaim,
  columnValue: ColumnValue,
): LookupClaims {
  const { field } = algebra;
  const columns: ColumnPart[] = [];
  const multiplicities: ColumnPart[] = [];
  let publicQ = field.one; // every leaf counts as 0/1, and a live one by its difference from that
  let publicP = field.zero;
  const tableValue = memoised(lookups, columnValue);
  lookups.trees.forEach(({ balance, depth, blocks }, i) => {
    // A tree of less than n variables has its leaves where the low ones are zero.
    const low = lookups.logLeaves - depth;
    const own = point.inner.slice(low);
    const root = field.mul(eqIndex(field, point.outer, i), eqIndex(field, point.inner.slice(0, low), 0));
    const points = own.map((_, bits) => own.slice(0, bits)); // one for all blocks of a size
    points.push(own);
    const above = eqAbove(field, own);
    for (const block of blocks) {
      const { kind, index, first, bits } = block;
      const coefficient = field.mul(root, above(bits, block.at / 2 ** bits));
      const part = { balance, index, first, point: points[bits] as readonly Ext[] };
      const table = lookups.program.tables[block.table] as LookupTable;
      let constant = field.sub(field.sub(alpha, field.fromBase(table.tag as Fe)), field.one);
      table.columns.forEach((_, column) => {
        const beta = betas[column] as Ext;
        if (kind === 'table') {
          constant = field.sub(constant, field.mul(beta, tableValue(block, column, part.point, low)));
        } else columns.push({ ...part, column, coefficient: field.neg(field.mul(coefficient, beta)) });
      });
      publicQ = field.add(publicQ, field.mul(coefficient, constant));
      if (kind === 'lookup') publicP = field.add(publicP, coefficient);
      else multiplicities.push({ ...part, column: 0, coefficient: field.neg(coefficient) });
    }
  });
  return {
    columns: { parts: columns, value: algebra.sub(q, algebra.constant(publicQ)) },
    multiplicities: { parts: multiplicities, value: algebra.sub(p, algebra.constant(publicP)) },
  };
}

/** Equal blocks of trees of one depth are evaluated once: their points are the same. */
function memoised(
  { program }: LoadedLookups,
  columnValue: ColumnValue,
): (block: LeafBlock, column: number, point: readonly Ext[], low: number) => Ext {
  const values = new Map<string, Ext>();
  return ({ table, first, bits }, column, point, low) => {
    const key = `${table} ${column} ${first} ${bits} ${low}`;
    const known = values.get(key);
    if (known !== undefined) return known;
    const { columns } = program.tables[table] as LookupTable;
    const value = columnValue(columns[column] as TableColumn, first, point);
    values.set(key, value);
    return value;
  };
}

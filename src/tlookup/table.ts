/** Multilinear extensions of table columns, as the verifier evaluates them. */
import { createDot, createRunDot, type Dot, type RunDot } from '../field/dot.ts';
import type { Ext, ExtensionField } from '../field/field.ts';
import { eqTable } from '../sumcheck/eq.ts';
import type { ColumnValue } from './leaf-claim.ts';
import type { TableColumn } from './shape.ts';

/** Rows of a run: as many as a sum of products takes before it is reduced. Runs of a group: as many again. */
const LOG_RUN = 6;

/** What columns of one length share at one point. */
interface PointTables {
  readonly point: readonly Ext[];
  readonly run: RunTables;
  readonly group: GroupTables;
  /** eq of the bits above a group. */
  readonly top: readonly Ext[];
}

interface RunTables {
  readonly size: number;
  /** sum 2^j z_j over the bits within a run: the extension of i -> i there. */
  readonly line: Ext;
  /** Sums with eq of the bits within a run. */
  readonly sum: RunDot;
}

interface GroupTables {
  /** eq of the bits within a group and above a run, and sums with it. */
  readonly eq: readonly Ext[];
  readonly sum: Dot;
}

/**
 * The extension of 2^bits rows of a column, from `first` on, at a point of K^bits, low variable first.
 *
 * Rows go in runs of 64. A run that climbs evenly, v + i d modulo p, has the extension v + d sum 2^j z_j: most columns of most tables are
 * long lines, and cost a comparison a row. Any other run costs 2d exact products of integers for every row, and one product in K.
 * Groups of 64 runs keep the tables of eq short; tables are made once for consecutive calls whose points begin alike.
 */
export function columnEvaluator(field: ExtensionField): ColumnValue {
  const tablesAt = pointTables(field);
  let tables: PointTables | undefined;
  return (column, first, point) => {
    if (column.kind === 'range') return evaluateRange(field, column.first + first, point);
    if (tables === undefined || tables.point !== point) tables = tablesAt(point);
    return evaluateDense(field, column.values, first, tables);
  };
}

/** One column at one point. */
export function evaluateColumn(
  field: ExtensionField,
  column: TableColumn,
  first: number,
  point: readonly Ext[],
): Ext {
  return columnEvaluator(field)(column, first, point);
}

/** Tables of points, one after the other: points of one tree begin alike, and so do their tables. */
function pointTables(field: ExtensionField): (point: readonly Ext[]) => PointTables {
  const runAt = lastKnown((z): RunTables => {
    const sum = createRunDot(field, eqTable(field, z));
    return { size: 2 ** z.length, line: evaluateRange(field, 0, z), sum };
  });
  const groupAt = lastKnown((z): GroupTables => {
    const eq = eqTable(field, z);
    return { eq, sum: createDot(field, eq) };
  });
  return (point) => ({
    point,
    run: runAt(point.slice(0, LOG_RUN)),
    group: groupAt(point.slice(LOG_RUN, 2 * LOG_RUN)),
    top: eqTable(field, point.slice(2 * LOG_RUN)),
  });
}

/** A function of coordinates that is not computed again for those of the last call. */
function lastKnown<T>(of: (z: readonly Ext[]) => T): (z: readonly Ext[]) => T {
  let last: { readonly z: readonly Ext[]; readonly value: T } | undefined;
  return (z) => {
    if (last?.z.length !== z.length || !z.every((x, b) => x === last?.z[b])) last = { z, value: of(z) };
    return last.value;
  };
}

function evaluateDense(
  field: ExtensionField,
  values: Uint32Array,
  first: number,
  { run, group, top }: PointTables,
): Ext {
  const runs = group.eq.length;
  const starts = new Uint32Array(runs);
  const steps = new Uint32Array(runs);
  const groupFrom = (begin: number): Ext => {
    let rest = field.zero;
    for (let h = 0; h < runs; h++) {
      const from = begin + h * run.size;
      const step = stepOf(values, from, run.size, field.base.modulus);
      const even = step >= 0;
      starts[h] = even ? (values[from] as number) : 0;
      steps[h] = even ? step : 0;
      if (!even) rest = field.add(rest, field.mul(group.eq[h] as Ext, run.sum(values, from, run.size)));
    }
    return field.add(rest, field.add(group.sum(starts), field.mul(group.sum(steps), run.line)));
  };
  return top.reduce((sum: Ext, eq, g) => {
    return field.add(sum, field.mul(eq, groupFrom(first + g * runs * run.size)));
  }, field.zero);
}

/** d in [0, p) if the rows [from, from + size) are v, v + d, v + 2d, .. modulo p; else -1. */
function stepOf(values: Uint32Array, from: number, size: number, p: number): number {
  if (size === 1) return 0;
  let value = values[from + 1] as number;
  const difference = value - (values[from] as number);
  const step = difference < 0 ? difference + p : difference;
  for (let i = from + 2; i < from + size; i++) {
    value += step; // < 2p < 2^32
    if (value >= p) value -= p;
    if (value !== values[i]) return -1;
  }
  return step;
}

/** start + sum 2^j z_j: the extension of i -> start + i. */
function evaluateRange(field: ExtensionField, start: number, point: readonly Ext[]): Ext {
  let value = field.fromBase(field.base.fromInt(start));
  point.forEach((z, j) => (value = field.add(value, field.mulBase(z, field.base.fromInt(2 ** j)))));
  return value;
}

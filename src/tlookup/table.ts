/** Multilinear extensions of table columns, as the verifier evaluates them. */
import { createDot, createRunDot, type Dot, type RunDot } from '../field/dot.ts';
import type { Ext, ExtensionField } from '../field/field.ts';
import { eqTable, nextTable } from '../sumcheck/eq.ts';
import type { ColumnValue } from './leaf-claim.ts';
import type { TableColumn } from './shape.ts';

/** Rows of a run: as many as a sum of products takes before it is reduced. */
const LOG_RUN = 6;

/** What columns of one length share at one point. */
interface PointTables {
  readonly point: readonly Ext[];
  readonly size: number;
  /** sum 2^j z_j over the bits within a run: the extension of i -> i there. */
  readonly line: Ext;
  /** Sums with eq of the bits within a run. */
  readonly low: RunDot;
  /** eq of the bits above, and sums with it. */
  readonly high: readonly Ext[];
  readonly sum: Dot;
}

/**
 * The extension of 2^bits rows of a column, from `first` on, at a point of K^bits, low variable first.
 *
 * Rows go in runs of 64. A run that climbs evenly, v + i d modulo p, has the extension v + d sum 2^j z_j: most columns of most tables are
 * long lines, and cost a comparison a row. Any other run costs 2d exact products of integers for every row, and one product in K.
 * Tables of eq are made once for consecutive calls with one point.
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
  let last: readonly Ext[] = [];
  let run: Pick<PointTables, 'size' | 'line' | 'low'> | undefined;
  let highs: Ext[][] = [];
  return (point) => {
    const own = point.slice(0, LOG_RUN);
    let same = 0; // coordinates that this point has in common with the last
    while (same < Math.min(last.length, point.length) && last[same] === point[same]) same++;
    if (run === undefined || same < LOG_RUN || own.length < LOG_RUN) {
      run = {
        size: 2 ** own.length,
        line: evaluateRange(field, 0, own),
        low: createRunDot(field, eqTable(field, own)),
      };
      highs = [[field.one]];
    }
    highs.length = Math.min(highs.length, Math.max(1, same - LOG_RUN + 1));
    for (let b = LOG_RUN + highs.length - 1; b < point.length; b++) {
      highs.push(nextTable(field, highs[highs.length - 1] as Ext[], point[b] as Ext));
    }
    last = point;
    const high = highs[Math.max(0, point.length - LOG_RUN)] as Ext[];
    return { point, ...run, high, sum: createDot(field, high) };
  };
}

function evaluateDense(
  field: ExtensionField,
  values: Uint32Array,
  first: number,
  { size, line, low, high, sum }: PointTables,
): Ext {
  const p = field.base.modulus;
  const starts = new Uint32Array(high.length);
  const steps = new Uint32Array(high.length);
  let rest = field.zero;
  for (let h = 0; h < high.length; h++) {
    const from = first + h * size;
    const step = stepOf(values, from, size, p);
    if (step >= 0) {
      starts[h] = values[from] as number;
      steps[h] = step;
    } else rest = field.add(rest, field.mul(high[h] as Ext, low(values, from, size)));
  }
  return field.add(rest, field.add(sum(starts), field.mul(sum(steps), line)));
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

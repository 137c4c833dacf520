/** Multilinear extensions of table columns, as the verifier evaluates them. */
import type { Ext, ExtensionField } from '../field/field.ts';
import { eqTable } from '../sumcheck/eq.ts';
import type { TableColumn } from './shape.ts';

/** Rows summed before one reduction: 64 * (2^31 - 1) * (2^16 - 1) < 2^53. */
const LOG_RUN = 6;

/**
 * The extension of the 2^bits rows from `first` on, at a point of K^bits, low variable first. A dense column costs one
 * product in K for every 64 rows and 2d exact products of integers for every row.
 */
export function evaluateColumn(
  field: ExtensionField,
  column: TableColumn,
  first: number,
  point: readonly Ext[],
): Ext {
  if (column.kind === 'range') return evaluateRange(field, column.first + first, point);
  const low = eqTable(field, point.slice(0, LOG_RUN));
  const high = eqTable(field, point.slice(LOG_RUN));
  let sum = field.zero;
  high.forEach((weight, h) => {
    const run = column.values.subarray(first + h * low.length, first + (h + 1) * low.length);
    sum = field.add(sum, field.mul(weight, dot(field, low, run)));
  });
  return sum;
}

/** start + sum 2^j z_j: the extension of i -> start + i. */
function evaluateRange(field: ExtensionField, start: number, point: readonly Ext[]): Ext {
  let value = field.fromBase(field.base.fromInt(start));
  point.forEach((z, j) => (value = field.add(value, field.mulBase(z, field.base.fromInt(2 ** j)))));
  return value;
}

/** sum weights[i] * values[i] over at most 64 values below 2^31, in halves of 16 bits so that no sum leaves 2^53. */
function dot(field: ExtensionField, weights: readonly Ext[], values: Uint32Array): Ext {
  const { base } = field;
  const shift = base.fromInt(65_536);
  return field.fromLimbs(
    field.zero.map((_, j) => {
      let low = 0;
      let high = 0;
      for (let i = 0; i < values.length; i++) {
        const limb = (weights[i] as Ext)[j] as number;
        const value = values[i] as number;
        low += limb * (value & 0xffff);
        high += limb * (value >>> 16);
      }
      return base.add(base.fromInt(low), base.mul(base.fromInt(high), shift));
    }),
  );
}

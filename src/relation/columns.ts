/** What a column of a table admits, and which cells of a tensor a view reaches. */
import type { BaseField } from '../field/field.ts';
import type { ColumnValues } from './decompose.ts';
import type { Interval } from './interval.ts';
import type { Coordinate, Index, Table, Term, View } from './program.ts';
import type { TableColumn } from '../tlookup/shape.ts';

/** Facts about columns, each computed once: tables are long and read by many relations. */
export interface Columns {
  /** Least and greatest balanced residue x with x + shift in the column. */
  bounds(table: Table, column: number, shift: bigint): Interval;
  /** The values without repetition, and whether there was one. */
  values(table: Table, column: number): { readonly values: ColumnValues; readonly repeats: boolean };
}

export function columnFacts(base: BaseField): Columns {
  const p = BigInt(base.modulus);
  const half = (p - 1n) / 2n;
  const balanced = (x: bigint): bigint => ((((x + half) % p) + p) % p) - half;
  const bounds = cached((table: Table, column: number, shift: bigint): Interval => {
    const own = table.columns[column] as TableColumn;
    if (own.kind === 'range') {
      // Consecutive residues: their balanced forms are consecutive unless they pass (p-1)/2.
      const first = balanced(BigInt(own.first) - shift);
      const last = first + BigInt(table.rows) - 1n;
      return last <= half ? { min: first, max: last } : { min: -half, max: half };
    }
    const by = base.fromInt(shift);
    let [min, max] = [Infinity, -Infinity];
    for (const word of own.values) {
      const value = base.toBalanced(base.sub(base.fe(word), by));
      if (value < min) min = value;
      if (value > max) max = value;
    }
    return { min: BigInt(min), max: BigInt(max) };
  });
  const values = cached((table: Table, column: number) => {
    const own = table.columns[column] as TableColumn;
    if (own.kind === 'range') {
      return { values: { kind: 'interval', length: table.rows } as const, repeats: false };
    }
    const all = Uint32Array.from(own.values).sort();
    const different = all.filter((value, i) => i === 0 || value !== all[i - 1]);
    const list = fromWidestGap(different, base.modulus);
    const length = (list[list.length - 1] as number) + 1;
    const kind = length === list.length ? 'interval' : 'list';
    return {
      values: kind === 'interval' ? ({ kind, length } as const) : ({ kind, values: list } as const),
      repeats: different.length < all.length,
    };
  });
  return {
    bounds,
    values: (table, column) => values(table, column, 0n),
  };
}

/**
 * Residues as integers with the least span: they begin behind the widest gap of the circle, at 0.
 *
 * @param residues different ones below p, ascending
 */
function fromWidestGap(residues: Uint32Array, p: number): Int32Array {
  const count = residues.length;
  const at = (i: number): number => (residues[i % count] as number) + (i < count ? 0 : p);
  let start = 0;
  let widest = 0;
  for (let i = 1; i <= count; i++) {
    const gap = at(i) - at(i - 1);
    if (gap > widest) [widest, start] = [gap, i % count];
  }
  // Differences on the circle are below p < 2^31.
  return Int32Array.from({ length: count }, (_, i) => at(start + i) - at(start));
}

function cached<T>(
  compute: (table: Table, column: number, shift: bigint) => T,
): (table: Table, column: number, shift: bigint) => T {
  const known = new Map<string, T>();
  return (table, column, shift) => {
    const key = `${table.name} ${column} ${shift}`;
    const found = known.get(key) ?? compute(table, column, shift);
    known.set(key, found);
    return found;
  };
}

/** Whether a view reaches every cell of its tensor. Indices differ from coordinate to coordinate, so dimensions stand alone. */
export function reachesAll(view: View, shape: readonly number[], indices: readonly Index[]): boolean {
  const sizes = new Map(indices.map(({ name, size }) => [name, size]));
  return view.coordinates.every((one, d) => reachesDimension(one, shape[d] as number, sizes));
}

/** Whether a coordinate takes all values below `dimension`. An index that is not among `sizes` reaches nothing. */
export function reachesDimension(
  coordinate: Coordinate,
  dimension: number,
  sizes: ReadonlyMap<string, number>,
): boolean {
  if (coordinate.kind === 'gather') {
    return sizes.has(coordinate.index) && new Set(coordinate.positions).size === dimension;
  }
  const run = reachedRun(coordinate, sizes);
  return run !== undefined && run.from === 0 && run.to === dimension;
}

/**
 * The positions that an affine coordinate takes, if there is no hole between them: the first and the one behind the last. Of a
 * gather undefined.
 */
export function reachedRun(
  coordinate: Coordinate,
  sizes: ReadonlyMap<string, number>,
): { readonly from: number; readonly to: number } | undefined {
  if (coordinate.kind === 'gather') return undefined;
  // Positions offset .. offset + length - 1 are taken; an index with a stride of at most `length` leaves no hole.
  let length = 1;
  for (const { index, stride } of [...coordinate.parts].sort((a, b) => a.stride - b.stride)) {
    const size = sizes.get(index) ?? 0;
    if (size === 0 || (size > 1 && stride > length)) return undefined;
    length += stride * (size - 1);
  }
  return { from: coordinate.offset, to: coordinate.offset + length };
}

/** The sum of the constants of a form, if all its other terms are one: that one, and the constants. */
export function singleTerm(terms: readonly Term[]): { term: Term; shift: bigint } | undefined {
  const others = terms.filter((term) => !isConstant(term));
  const [term] = others;
  if (term === undefined || others.length > 1) return undefined;
  const shift = terms.filter(isConstant).reduce((sum, { coefficient }) => sum + BigInt(coefficient), 0n);
  return { term, shift };
}

export function isConstant({ views, sums, mask }: Term): boolean {
  return views.length === 0 && sums.length === 0 && mask === undefined;
}

/** Whether a term is a cell times a coefficient. */
export function isCell({ views, sums, mask }: Term): boolean {
  return views.length === 1 && sums.length === 0 && mask === undefined;
}

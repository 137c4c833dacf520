/** Integer intervals of sums of terms: spec/programs.md section 4, "Intervals". */
import { KOALABEAR } from './field.ts';
import { at } from './lists.ts';
import type { Coordinate, Index, Mask, NamedTable, Term, View } from './program.ts';

export const HALF = (KOALABEAR - 1n) / 2n;

export interface Interval {
  readonly min: bigint;
  readonly max: bigint;
}

export type Intervals = ReadonlyMap<string, Interval>;

/** bal(x) */
export function balanced(x: bigint): bigint {
  const r = ((x % KOALABEAR) + KOALABEAR) % KOALABEAR;
  return r > HALF ? r - KOALABEAR : r;
}

export function hull(values: readonly bigint[]): Interval {
  return values.reduce<Interval>(
    ({ min, max }, x) => ({ min: x < min ? x : min, max: x > max ? x : max }),
    { min: at(values, 0), max: at(values, 0) }, // prettier-ignore
  );
}

export function withinField({ min, max }: Interval): boolean {
  return min >= -HALF && max <= HALF;
}

export function plus(a: Interval, b: Interval): Interval {
  return { min: a.min + b.min, max: a.max + b.max };
}

export function times(a: Interval, b: Interval): Interval {
  return hull([a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max]);
}

/** Both at once; undefined where they do not meet. */
export function meet(a: Interval, b: Interval): Interval | undefined {
  const both = { min: a.min > b.min ? a.min : b.min, max: a.max < b.max ? a.max : b.max };
  return both.min <= both.max ? both : undefined;
}

/** A bound of the sum of a term, coefficient left out, from elsewhere (convexity). */
export type SumBound = (term: Term) => Interval | undefined;

/** The interval of a sum of terms; the name of a tensor where it has none. */
export function intervalOf(
  known: Intervals,
  indices: readonly Index[],
  terms: readonly Term[],
  bound: SumBound = () => undefined,
): Interval | string {
  let sum: Interval = { min: 0n, max: 0n };
  for (const term of terms) {
    const unknown = term.views.find(({ tensor }) => !known.has(tensor));
    if (unknown !== undefined) return unknown.tensor;
    const own = repeated(cellInterval(known, term.views), indices, term);
    const narrower = bound(term);
    const both = narrower === undefined ? own : (meet(own, narrower) ?? own);
    const c = BigInt(term.coefficient);
    sum = plus(sum, times(both, { min: c, max: c }));
  }
  return sum;
}

/** Of the product of the views; of a square it is not negative. */
function cellInterval(known: Intervals, views: readonly View[]): Interval {
  const [a, b] = views.map(({ tensor }) => known.get(tensor) as Interval);
  if (a === undefined) return { min: 1n, max: 1n };
  if (b === undefined) return a;
  const product = times(a, b);
  const square = JSON.stringify(views[0]) === JSON.stringify(views[1]);
  return square && product.min < 0n ? { min: 0n, max: product.max } : product;
}

/** A sum of as many values as a term has summands, at least and at most. */
function repeated({ min, max }: Interval, indices: readonly Index[], { sums, mask }: Term): Interval {
  const counts = mask === undefined ? undefined : maskCounts(mask, indices);
  const free = sums.filter(({ name }) => mask === undefined || (name !== mask.row && name !== mask.column));
  const others = free.reduce((product, { size }) => product * BigInt(size), 1n);
  const least = others * (counts?.min ?? 1n);
  const most = others * (counts?.max ?? 1n);
  return { min: min * (min < 0n ? most : least), max: max * (max > 0n ? most : least) };
}

/** How many combinations of the summed ones of its two indices a mask leaves, for one choice of the others. */
function maskCounts({ row, column, from, to }: Mask, indices: readonly Index[]): Interval {
  const outer = (name: string): boolean => indices.some((index) => index.name === name);
  const lengths = from.map((low, i) => BigInt(at(to, i) - low));
  if (outer(row) && outer(column)) return { min: 0n, max: 1n };
  if (outer(row)) return hull(lengths);
  if (outer(column)) return { min: 0n, max: BigInt(from.length) };
  const all = lengths.reduce((sum, x) => sum + x, 0n);
  return { min: all, max: all };
}

/** A constant: no view, no sum, no mask. */
export function isConstant({ views, sums, mask }: Term): boolean {
  return views.length === 0 && sums.length === 0 && mask === undefined;
}

/** A cell of one tensor times a coefficient. */
export function isCell({ views, sums, mask }: Term): boolean {
  return views.length === 1 && sums.length === 0 && mask === undefined;
}

export function tensorOf({ views }: Term): string {
  return at(views, 0).tensor;
}

/** Whether a view reaches every cell of its tensor while these indices run. */
export function reachesAll(
  { coordinates }: View,
  shape: readonly number[],
  indices: readonly Index[],
): boolean {
  return coordinates.every((of, d) => reaches(of, at(shape, d), indices));
}

export function reaches(of: Coordinate, size: number, indices: readonly Index[]): boolean {
  if (of.kind === 'gather')
    return indices.some(({ name }) => name === of.index) && new Set(of.positions).size === size;
  const positions = positionsOf(of, indices);
  return positions !== undefined && positions.from === 0 && positions.end === size;
}

/** The positions from .. end - 1 that an affine coordinate takes, all of them; undefined for others. */
export function positionsOf(
  of: Coordinate,
  indices: readonly Index[],
): { readonly from: number; readonly end: number } | undefined {
  if (of.kind === 'gather') return undefined;
  const sizes = new Map(indices.map((index) => [index.name, index.size]));
  let end = of.offset + 1;
  for (const { index, stride } of [...of.parts].sort((a, b) => a.stride - b.stride)) {
    const count = sizes.get(index);
    if (count === undefined || (count > 1 && stride > end - of.offset)) return undefined;
    end += stride * (count - 1);
  }
  return { from: of.offset, end };
}

const bounds = new Map<string, Interval>();
const columnIds = new WeakMap<object, number>();
let columnCount = 0;

/** The interval of bal(v - shift), v in a column. */
export function columnInterval({ rows, columns }: NamedTable, column: number, shift: bigint): Interval {
  const of = at(columns, column);
  if (of.kind === 'range') {
    const first = balanced(of.first - shift);
    const last = first + BigInt(rows) - 1n;
    return last <= HALF ? { min: first, max: last } : { min: -HALF, max: HALF };
  }
  if (!columnIds.has(of)) columnIds.set(of, columnCount++);
  const id = `${columnIds.get(of)} ${shift}`;
  const interval = bounds.get(id) ?? hull(of.values.map((v) => balanced(v - shift)));
  bounds.set(id, interval);
  return interval;
}

/**
 * Integer intervals of sums of terms, worst case. Bigints: a coefficient of 53 bits, 2^31 summands and two factors of 30 bits do
 * not fit a double. spec/programs.md section 4.
 */
import type { BaseField } from '../field/field.ts';
import type { Index, Mask, Tensor, Term, View } from './program.ts';

export interface Interval {
  readonly min: bigint;
  readonly max: bigint;
}

/** The interval of a sum of terms, or the name of a tensor that has none. */
export type Inferred = { readonly interval: Interval } | { readonly unknown: string };

/** What is known of tensors and virtual tensors. */
export interface Known {
  readonly intervals: ReadonlyMap<string, Interval>;
  /** A bound for the sum of a term, its coefficient left out, from what is known of more than single cells. */
  readonly sumBound?: (term: Term) => Interval | undefined;
}

/** @param indices of the relation or the virtual tensor that has these terms */
export function inferTerms(known: Known, indices: readonly Index[], terms: readonly Term[]): Inferred {
  let sum: Interval = { min: 0n, max: 0n };
  for (const term of terms) {
    const unknown = term.views.find(({ tensor }) => !known.intervals.has(tensor));
    if (unknown !== undefined) return { unknown: unknown.tensor };
    const cell = productInterval(known, term.views);
    const worst = repeated(cell, countOf(indices, term));
    const own = intersect(worst, known.sumBound?.(term) ?? worst);
    const scaled = times(own, { min: BigInt(term.coefficient), max: BigInt(term.coefficient) });
    sum = { min: sum.min + scaled.min, max: sum.max + scaled.max };
  }
  return { interval: sum };
}

/** Whether all of an interval is its own balanced residue. */
export function fitsField(base: BaseField, { min, max }: Interval): boolean {
  const half = BigInt(base.modulus - 1) / 2n;
  return min >= -half && max <= half;
}

/** The least and the greatest of the values, taken as balanced residues. */
export function intervalOfPublic(base: BaseField, tensor: Tensor & { readonly kind: 'public' }): Interval {
  const { values } = tensor;
  const half = (base.modulus - 1) / 2;
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const own = values[i] as number; // below p in absolute value
    const value = own > half ? own - base.modulus : own < -half ? own + base.modulus : own;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min: BigInt(min), max: BigInt(max) };
}

export function times(a: Interval, b: Interval): Interval {
  const ends = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
  return {
    min: ends.reduce((x, y) => (y < x ? y : x)),
    max: ends.reduce((x, y) => (y > x ? y : x)),
  };
}

function intersect(a: Interval, b: Interval): Interval {
  return { min: a.min > b.min ? a.min : b.min, max: a.max < b.max ? a.max : b.max };
}

function productInterval({ intervals }: Known, views: readonly View[]): Interval {
  const [first, second] = views.map(({ tensor }) => intervals.get(tensor) as Interval);
  if (first === undefined) return { min: 1n, max: 1n };
  if (second === undefined) return first;
  const [a, b] = views as readonly [View, View];
  const product = times(first, second);
  // A square is not negative.
  return sameView(a, b) && product.min < 0n ? { min: 0n, max: product.max } : product;
}

/** Whether two views read the same cell of the same tensor for all indices. */
export function sameView(a: View, b: View): boolean {
  return viewKey(a) === viewKey(b);
}

/** A text that two views share if and only if they are written alike. */
export function viewKey({ tensor, coordinates }: View): string {
  const parts = coordinates.map((one) =>
    one.kind === 'gather'
      ? ['gather', one.index, ...one.positions]
      : [one.offset, ...one.parts.flatMap(({ index, stride }) => [index, stride])],
  );
  return JSON.stringify([tensor, ...parts]);
}

/** How many summands a term has: at least, at most. */
interface Count {
  readonly least: bigint;
  readonly most: bigint;
}

function countOf(indices: readonly Index[], { sums, mask }: Term): Count {
  const all = sums.reduce((product, { size }) => product * BigInt(size), 1n);
  if (mask === undefined) return { least: all, most: all };
  const summed = (name: string): number => sums.find((sum) => sum.name === name)?.size ?? 1;
  const others = all / BigInt(summed(mask.row)) / BigInt(summed(mask.column));
  const own = maskCount(mask, indices);
  return { least: others * own.least, most: others * own.most };
}

/** Combinations of the summed ones of a mask's indices that the mask leaves, for one choice of the others. */
function maskCount({ row, column, from, to }: Mask, outer: readonly Index[]): Count {
  const isOuter = (name: string): boolean => outer.some((index) => index.name === name);
  const lengths = from.map((low, i) => (to[i] as number) - low);
  const extremes = (values: readonly number[]): Count => ({
    least: BigInt(values.reduce((a, b) => Math.min(a, b))),
    most: BigInt(values.reduce((a, b) => Math.max(a, b))),
  });
  if (isOuter(row) && isOuter(column)) return { least: 0n, most: 1n };
  if (isOuter(row)) return extremes(lengths);
  if (isOuter(column)) return { least: 0n, most: BigInt(from.length) };
  const sum = BigInt(lengths.reduce((a, b) => a + b));
  return { least: sum, most: sum };
}

/** A sum of so many values of an interval. */
function repeated({ min, max }: Interval, { least, most }: Count): Interval {
  return {
    min: min < 0n ? min * most : min * least,
    max: max > 0n ? max * most : max * least,
  };
}

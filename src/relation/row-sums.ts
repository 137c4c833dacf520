/**
 * Convexity: where cells e are not negative and a lookup bounds sum over j of e[i, j] by M, a sum over j of e[i, j] v[j] lies within
 * M times the interval of v, however many j there are. What keeps attention inside the field. spec/programs.md section 4.
 */
import { reachesDimension, singleTerm, type Columns } from './columns.ts';
import type { FlatRelation } from './form.ts';
import { fitsField, inferTerms, times, type Interval, type Known } from './interval.ts';
import type { Index, Table, Tensor, Term, View } from './program.ts';
import type { BaseField } from '../field/field.ts';

/** Cells of a tensor that is not negative sum up to at most `max` over these dimensions, for any choice of the others. */
export interface RowSum {
  readonly tensor: string;
  readonly dimensions: ReadonlySet<number>;
  readonly max: bigint;
}

/** All bounds that lookups of the program make. */
export function rowSums(
  base: BaseField,
  columns: Columns,
  tables: readonly Table[],
  tensors: ReadonlyMap<string, Tensor>,
  intervals: ReadonlyMap<string, Interval>,
  relations: readonly FlatRelation[],
): RowSum[] {
  return relations.flatMap(({ table, forms, indices }) =>
    forms.flatMap((form, column) => {
      const single = table === undefined ? undefined : singleTerm(form);
      if (single === undefined || single.term.coefficient !== 1) return [];
      const dimensions = summedDimensions(single.term, tensors, intervals, indices);
      // The sum is an integer before it is a residue.
      const sum = inferTerms({ intervals }, indices, [single.term]);
      if (dimensions === undefined || !('interval' in sum) || !fitsField(base, sum.interval)) return [];
      const { max } = columns.bounds(tables[table as number] as Table, column, single.shift);
      return [{ tensor: (single.term.views[0] as View).tensor, dimensions, max: max > 0n ? max : 0n }];
    }),
  );
}

/** The dimensions that are summed as a whole, if the others are all taken. */
function summedDimensions(
  { views, sums, mask }: Term,
  tensors: ReadonlyMap<string, Tensor>,
  intervals: ReadonlyMap<string, Interval>,
  indices: readonly Index[],
): ReadonlySet<number> | undefined {
  const [view] = views;
  if (view === undefined || views.length !== 1 || mask !== undefined) return undefined;
  const tensor = tensors.get(view.tensor);
  if (tensor === undefined || (intervals.get(view.tensor) as Interval | undefined)?.min === undefined) {
    return undefined;
  }
  if ((intervals.get(view.tensor) as Interval).min < 0n) return undefined;
  const [outer, inner] = [indices, sums].map((of) => new Map(of.map(({ name, size }) => [name, size])));
  const dimensions = new Set<number>();
  for (const [d, coordinate] of view.coordinates.entries()) {
    const size = tensor.shape[d] as number;
    if (reachesDimension(coordinate, size, inner as Map<string, number>)) dimensions.add(d);
    else if (!reachesDimension(coordinate, size, outer as Map<string, number>)) return undefined;
  }
  return dimensions;
}

/** The bound of a term with two views, one of which is summed over different cells of one row. */
export function sumBoundOf(
  bounds: readonly RowSum[],
  intervals: ReadonlyMap<string, Interval>,
): NonNullable<Known['sumBound']> {
  return ({ views, sums }) => {
    const [first, second] = views;
    if (first === undefined || second === undefined) return undefined;
    for (const [own, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const bound = bounds.find(({ tensor, dimensions }) => {
        return tensor === own.tensor && isRowPart(own, dimensions, sums);
      });
      const factor = intervals.get(other.tensor);
      if (bound !== undefined && factor !== undefined) return times({ min: 0n, max: bound.max }, factor);
    }
    return undefined;
  };
}

/** Whether a view reads, for fixed other indices, different cells in the given dimensions and one place in the others. */
function isRowPart(view: View, dimensions: ReadonlySet<number>, sums: readonly Index[]): boolean {
  const summed = new Set(sums.map(({ name }) => name));
  const read = new Set<string>();
  const fits = view.coordinates.every((coordinate, d) => {
    if (coordinate.kind === 'gather') return !summed.has(coordinate.index);
    const inner = coordinate.parts.filter(({ index }) => summed.has(index));
    inner.forEach(({ index }) => read.add(index));
    return inner.length === 0 || (dimensions.has(d) && inner.length === 1);
  });
  return fits && read.size === summed.size;
}

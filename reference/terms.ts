/** How relations are written down: views, coordinates and terms. spec/integer-semantics.md section 9, "Notation". */
import { at } from './lists.ts';
import type { Coordinate, Index, Mask, Term, View } from './program.ts';

/** offset + stride * index. */
export function affine(index: string, stride = 1, offset = 0): Coordinate {
  return { kind: 'affine', offset, parts: [{ index, stride }] };
}

/** Several indices in one dimension: the greatest stride first, of equal ones the shorter index. */
export function merged(...parts: readonly (readonly [stride: number, index: Index])[]): Coordinate {
  const sorted = [...parts].sort(([a, x], [b, y]) => b - a || x.size - y.size); // stable
  return { kind: 'affine', offset: 0, parts: sorted.map(([stride, { name }]) => ({ index: name, stride })) };
}

/** Rows by number: a slice where each is one more than the one before. */
export function rowsAt(rows: readonly number[]): Coordinate {
  const first = at(rows, 0);
  if (rows.every((row, i) => row === first + i)) return affine('t', 1, first);
  return { kind: 'gather', index: 't', positions: rows };
}

/** A tensor at indices by name, at fixed positions, or at any coordinates. */
export function read(tensor: string, ...coordinates: readonly (string | number | Coordinate)[]): View {
  return {
    tensor,
    coordinates: coordinates.map((of) => {
      if (typeof of === 'number') return { kind: 'affine', offset: of, parts: [] };
      return typeof of === 'string' ? affine(of) : of;
    }),
  };
}

export function constant(coefficient: number): Term {
  return { coefficient, views: [], sums: [] };
}

/** coefficient * a view. */
export function cell(
  coefficient: number,
  tensor: string,
  ...coordinates: readonly (string | number | Coordinate)[]
): Term {
  return { coefficient, views: [read(tensor, ...coordinates)], sums: [] };
}

/** coefficient * (sum over indices of) one view or a product of two. */
export function product(coefficient: number, views: readonly View[], sums: readonly Index[] = []): Term {
  return { coefficient, views, sums };
}

export function masked(term: Term, mask: Mask): Term {
  return { ...term, mask };
}

export function times(factor: number, terms: readonly Term[]): Term[] {
  return terms.map((term) => ({ ...term, coefficient: factor * term.coefficient }));
}

/** Terms with a further factor at the end of their views. */
export function timesView(factor: number, terms: readonly Term[], view: View): Term[] {
  return times(factor, terms).map((term) => ({ ...term, views: [...term.views, view] }));
}

/** Whether a view reads an index. */
export function reads({ coordinates }: View, index: string): boolean {
  return coordinates.some((of) =>
    of.kind === 'gather' ? of.index === index : of.parts.some((part) => part.index === index),
  );
}

/** Terms with `index` read, for every value of t, at one position: what `emit` and `argmax` do to what they read. */
export function atPositions(terms: readonly Term[], index: string, positions: readonly number[]): Term[] {
  const moved = (of: Coordinate): Coordinate => {
    if (of.kind === 'gather') {
      return of.index === index ? rowsAt(positions.map((i) => at(of.positions, i))) : of;
    }
    const part = of.parts.find((one) => one.index === index);
    if (part === undefined) return of;
    if (of.parts.length > 1) throw new RangeError(`${index} stands alone in its dimension`);
    return rowsAt(positions.map((i) => of.offset + part.stride * i));
  };
  return terms.map((term) => ({
    ...term,
    views: term.views.map(({ tensor, coordinates }) => ({ tensor, coordinates: coordinates.map(moved) })),
  }));
}

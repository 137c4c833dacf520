/** Terms and views in terms of handles instead of names: what `programBuilder` is used with. */
import type { Coordinate, Index, Mask, Term, View } from './program.ts';

/** Where a dimension is read: at an index, at a fixed position, or at any coordinate. */
export type At = Index | number | Coordinate;

/** A tensor or a virtual tensor of a program under construction. */
export interface Handle<S extends readonly number[] = readonly number[]> {
  readonly name: string;
  readonly shape: S;
  /** One coordinate for each dimension. @throws RangeError naming the tensor for positions that it does not have */
  at(...coordinates: { readonly [D in keyof S]: At }): View;
}

/** What a term sums over, and its mask. */
export interface TermOptions {
  readonly sum?: Index | readonly Index[];
  readonly mask?: Mask;
}

/** coefficient * product of views, summed. @example term(1, x.at(t, k), w.at(n, k), { sum: k }) */
export function term(coefficient: number, ...rest: readonly (View | TermOptions)[]): Term {
  const views = rest.filter((part): part is View => 'tensor' in part);
  const options = rest.find((part): part is TermOptions => !('tensor' in part)) ?? {};
  const sums = options.sum === undefined ? [] : 'name' in options.sum ? [options.sum] : options.sum;
  return options.mask === undefined
    ? { coefficient, views, sums }
    : { coefficient, views, sums, mask: options.mask };
}

/** offset + stride * index: a part of a dimension. */
export function slice(index: Index, offset: number, stride = 1): Coordinate {
  return { kind: 'affine', parts: [{ index: index.name, stride }], offset };
}

/** Sum of stride * index: a dimension that holds several, like heads times columns. @example merge([h, 64], [c, 1]) */
export function merge(...parts: readonly (readonly [Index, number])[]): Coordinate {
  return {
    kind: 'affine',
    parts: parts.map(([index, stride]) => ({ index: index.name, stride })),
    offset: 0,
  };
}

/** positions[index]: rows by number. @throws RangeError unless there is one position for each value of the index */
export function gather(index: Index, positions: readonly number[]): Coordinate {
  if (positions.length !== index.size) {
    throw new RangeError(
      `positions: expected ${index.size} for index ${index.name}, got ${positions.length}`,
    );
  }
  return { kind: 'gather', index: index.name, positions };
}

/** A mask of rows that see the columns up to their own. */
export function causal(row: Index, column: Index): Mask {
  const to = Array.from({ length: row.size }, (_, i) => Math.min(i + 1, column.size));
  return { row: row.name, column: column.name, from: to.map(() => 0), to };
}

/** @param shape of the tensor of this name */
export function handleOf<S extends readonly number[]>(name: string, shape: S): Handle<S> {
  return {
    name,
    shape,
    at: (...coordinates) => {
      const given = coordinates as readonly At[];
      if (given.length !== shape.length) {
        throw new RangeError(`${name}: expected ${shape.length} coordinates, got ${given.length}`);
      }
      return {
        tensor: name,
        coordinates: given.map((at, d) => coordinateOf(`${name}: dimension ${d}`, at, shape[d] as number)),
      };
    },
  };
}

/** Positions that follow from the coordinate alone are checked here, the rest by `checkProgram`. */
function coordinateOf(where: string, at: At, size: number): Coordinate {
  const within = (greatest: number): void => {
    if (greatest >= size) throw new RangeError(`${where}: expected positions below ${size}, got ${greatest}`);
  };
  if (typeof at === 'number') {
    if (!Number.isInteger(at) || at < 0)
      throw new RangeError(`${where}: expected a position from 0 on, got ${at}`);
    within(at);
    return { kind: 'affine', parts: [], offset: at };
  }
  if ('kind' in at) {
    within(at.kind === 'gather' ? at.positions.reduce((x, y) => Math.max(x, y), 0) : at.offset);
    return at;
  }
  within(at.size - 1);
  return { kind: 'affine', parts: [{ index: at.name, stride: 1 }], offset: 0 };
}

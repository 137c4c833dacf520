/** Parts of tensors of which something is known, and when it is known of the whole: spec/programs.md section 4, "Slabs". */
import { positionsOf, reaches } from './intervals.ts';
import { at } from './lists.ts';
import type { Index, View } from './program.ts';

/** All cells with from <= coordinate `dimension` < end. */
export interface Slab {
  readonly dimension: number;
  readonly from: number;
  readonly end: number;
}

/** What a view reaches: all but in one dimension; the whole is a slab of dimension 0. */
export function slabOf(
  { coordinates }: View,
  shape: readonly number[],
  indices: readonly Index[],
): Slab | undefined {
  const partial = shape.flatMap((size, d) => (reaches(at(coordinates, d), size, indices) ? [] : [d]));
  const [dimension] = partial;
  if (dimension === undefined) return { dimension: 0, from: 0, end: at(shape, 0) };
  const positions = positionsOf(at(coordinates, dimension), indices);
  return partial.length > 1 || positions === undefined ? undefined : { dimension, ...positions };
}

/** Whether in one dimension every position from the first that a view reads to the last lies in a slab. */
export function readsWithin(
  { coordinates }: View,
  indices: readonly Index[],
  slabs: readonly Slab[],
): boolean {
  return coordinates.some((of, d) => {
    const sizes = new Map(indices.map(({ name, size }) => [name, size]));
    const [first, last] =
      of.kind === 'gather'
        ? [of.positions.reduce((a, b) => Math.min(a, b)), of.positions.reduce((a, b) => Math.max(a, b))]
        : [
            of.offset,
            of.parts.reduce(
              (sum, { index, stride }) => sum + stride * ((sizes.get(index) as number) - 1),
              of.offset,
            ),
          ];
    const own = slabs.filter(({ dimension }) => dimension === d);
    const holds = (position: number): boolean =>
      own.some(({ from, end }) => from <= position && position < end);
    // Behind a slab that ends before the last position another one goes on.
    return [first, ...own.map(({ end }) => end)].every(
      (position) => position < first || position > last || holds(position),
    );
  });
}

/** Facts about the slabs of one dimension of one tensor. */
export class Slabs<T> {
  private readonly facts = new Map<string, Map<string, { readonly slab: Slab; readonly fact: T }>>();

  /**
   * Adds a fact; `both` of two facts about one slab.
   *
   * @returns the facts about all slabs of this dimension so far, if every position lies in one
   */
  learn(
    tensor: string,
    shape: readonly number[],
    slab: Slab,
    fact: T,
    both: (old: T, fact: T) => T,
  ): T[] | undefined {
    const { dimension, from, end } = slab;
    const key = `${dimension} ${tensor}`;
    const own = this.facts.get(key) ?? new Map<string, { slab: Slab; fact: T }>();
    this.facts.set(key, own);
    const old = own.get(`${from} ${end}`);
    own.set(`${from} ${end}`, { slab, fact: old === undefined ? fact : both(old.fact, fact) });
    const all = [...own.values()];
    // Behind the last position of a slab, unless that is the end, another slab goes on; and one begins at 0.
    const size = at(shape, dimension);
    const covers = (position: number): boolean => all.some(({ slab: { from: a, end: b } }) => a <= position && position < b); // prettier-ignore
    const whole = [0, ...all.map((of) => of.slab.end)].every((position) => position === size || covers(position)); // prettier-ignore
    return whole ? all.map((of) => of.fact) : undefined;
  }
}

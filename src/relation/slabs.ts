/**
 * Slabs: what lies between two positions of one dimension of a tensor, the others whole. A concatenation is written slab by slab;
 * what is known of slabs that cover a dimension is known of the tensor. spec/programs.md section 4.
 */
import { reachedRun, reachesDimension } from './columns.ts';
import type { Coordinate, Index, View } from './program.ts';

export interface Slab {
  readonly dimension: number;
  /** First position and the one behind the last. */
  readonly from: number;
  readonly to: number;
}

/** The slab whose every cell a view reaches; undefined where it reaches part of a slab, or leaves holes. */
export function reachedSlab(
  view: View,
  shape: readonly number[],
  indices: readonly Index[],
): Slab | undefined {
  const sizes = new Map(indices.map(({ name, size }) => [name, size]));
  let slab: Slab | undefined;
  for (const [dimension, coordinate] of view.coordinates.entries()) {
    if (reachesDimension(coordinate, shape[dimension] as number, sizes)) continue;
    const run = reachedRun(coordinate, sizes);
    if (run === undefined || slab !== undefined) return undefined;
    slab = { dimension, ...run };
  }
  return slab ?? { dimension: 0, from: 0, to: shape[0] as number };
}

/** Whether slabs of one dimension, in any order, are all of it. */
export function coverDimension(slabs: readonly Slab[], size: number): boolean {
  return coverRun(slabs, { from: 0, to: size }); // views read within the dimension: none ends behind it
}

/** Whether slabs of one dimension hold all positions of a run. */
function coverRun(slabs: readonly Slab[], run: Pick<Slab, 'from' | 'to'>): boolean {
  let end = run.from;
  for (const { from, to } of [...slabs].sort((a, b) => a.from - b.from)) {
    if (from > end) break;
    end = Math.max(end, to);
  }
  return end >= run.to;
}

/** Whether every cell that a view reads lies in slabs of one dimension. @param indices all that it reads */
export function readsWithin(view: View, indices: readonly Index[], slabs: readonly Slab[]): boolean {
  const sizes = new Map(indices.map(({ name, size }) => [name, size]));
  return view.coordinates.some((coordinate, d) => {
    const own = slabs.filter(({ dimension }) => dimension === d);
    return coverRun(own, spanOf(coordinate, sizes));
  });
}

/** The positions between which a coordinate stays: the first and the one behind the last. */
function spanOf(coordinate: Coordinate, sizes: ReadonlyMap<string, number>): Pick<Slab, 'from' | 'to'> {
  if (coordinate.kind === 'gather') {
    const at = [...coordinate.positions].sort((a, b) => a - b);
    return { from: at[0] as number, to: (at[at.length - 1] as number) + 1 };
  }
  const { offset, parts } = coordinate;
  const reach = parts.reduce(
    (sum, { index, stride }) => sum + stride * ((sizes.get(index) as number) - 1),
    0,
  );
  return { from: offset, to: offset + reach + 1 };
}

/** What is known of slabs, tensor by tensor. */
export interface SlabFacts<T> {
  /** Adds a fact about a slab; returns the facts of all slabs of its dimension if they cover it, else undefined. */
  add(tensor: string, size: number, slab: Slab, fact: T): readonly T[] | undefined;
}

/** @param join of two facts about one slab */
export function slabFacts<T>(join: (a: T, b: T) => T): SlabFacts<T> {
  const known = new Map<string, { readonly slab: Slab; fact: T }[]>();
  return {
    add(tensor, size, slab, fact) {
      const key = `${tensor} ${slab.dimension}`;
      const all = known.get(key) ?? [];
      known.set(key, all);
      const same = all.find((one) => one.slab.from === slab.from && one.slab.to === slab.to);
      if (same === undefined) all.push({ slab, fact });
      else same.fact = join(same.fact, fact);
      const covered = coverDimension(
        all.map((one) => one.slab),
        size,
      );
      return covered ? all.map((one) => one.fact) : undefined;
    },
  };
}

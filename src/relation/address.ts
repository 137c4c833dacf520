/**
 * Views as sums of table entries: the row-major address of the cell that a view reads is a constant plus one number for each
 * index, whatever the coordinates are.
 */
import type { Index, View } from './program.ts';

/** address = base + sum over indices of steps[index][value]. */
export interface Addresses {
  readonly base: number;
  /** By the order of the indices given. */
  readonly steps: readonly Int32Array[];
}

/** @param indices all that are in play; those that the view does not read have steps of zero */
export function addressesOf(view: View, shape: readonly number[], indices: readonly Index[]): Addresses {
  const steps = indices.map(({ size }) => new Int32Array(size));
  const at = new Map(indices.map(({ name }, i) => [name, i]));
  let base = 0;
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    const coordinate = view.coordinates[d];
    if (coordinate?.kind === 'gather') {
      const own = steps[at.get(coordinate.index) as number] as Int32Array;
      coordinate.positions.forEach((position, i) => (own[i] = (own[i] as number) + stride * position));
    } else if (coordinate !== undefined) {
      base += stride * coordinate.offset;
      for (const part of coordinate.parts) {
        const own = steps[at.get(part.index) as number] as Int32Array;
        for (let i = 0; i < own.length; i++) own[i] = (own[i] as number) + stride * part.stride * i;
      }
    }
    stride *= shape[d] as number;
  }
  return { base, steps };
}

/** Addresses for all combinations of some indices, the last fastest: sums of their steps. */
export function allAddresses(start: number, steps: readonly Int32Array[]): Int32Array {
  let all = Int32Array.of(start);
  for (const own of steps) {
    const next = new Int32Array(all.length * own.length);
    for (let i = 0; i < all.length; i++) {
      for (let j = 0; j < own.length; j++) next[i * own.length + j] = (all[i] as number) + (own[j] as number);
    }
    all = next;
  }
  return all;
}

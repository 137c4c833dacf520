/**
 * From weights on indices to a functional on the tensor that a view reads: the transpose of the view's index map, dimension
 * by dimension. Aligned slices, merged dimensions and fixed coordinates keep products over bits; everything else is
 * written out, in time linear in the public data that makes it so. spec/program-proofs.md section 4.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { pairLists, type PairLists } from './pair-lists.ts';
import { entriesOf, totalOf, type Entry, type Pair, type Weight, type Weights } from './weights.ts';
import type { Coordinate, View } from './program.ts';
import { product } from './pieces.ts';

/** coefficient * product over dimensions of a sum of weights: a functional on one tensor. */
export interface TensorWeight {
  readonly tensor: string;
  readonly coefficient: Ext;
  readonly dimensions: readonly Weights[];
}

/** Indices that a coordinate reads. */
export function indicesOf(coordinate: Coordinate): string[] {
  return coordinate.kind === 'gather' ? [coordinate.index] : coordinate.parts.map(({ index }) => index);
}

/** Indices that a view reads, in the order of its coordinates. Each is there once: a view that reads one twice is refused. */
export function viewIndices({ coordinates }: View): string[] {
  const indices: string[] = [];
  for (const coordinate of coordinates) {
    if (coordinate.kind === 'gather') indices.push(coordinate.index);
    else for (const { index } of coordinate.parts) indices.push(index);
  }
  return indices;
}

/** Whether a view reads an index. */
export function reads({ coordinates }: View, index: string): boolean {
  for (const coordinate of coordinates) {
    if (coordinate.kind === 'gather') {
      if (coordinate.index === index) return true;
    } else for (const part of coordinate.parts) if (part.index === index) return true;
  }
  return false;
}

/**
 * The functional T -> sum over all indices of weights * T at the view's coordinates.
 *
 * @param weights of every index in play; indices that the view does not read contribute their totals
 */
export function transposeView(
  field: ExtensionField,
  view: View,
  coefficient: Ext,
  weights: ReadonlyMap<string, Weights>,
  lists = pairLists(field),
): TensorWeight {
  let scale = coefficient;
  for (const [index, of] of weights) {
    if (!reads(view, index)) scale = field.mul(scale, totalOf(field, of, lists));
  }
  const dimensions = view.coordinates.map((coordinate) =>
    transposeCoordinate(field, coordinate, weights, lists),
  );
  return { tensor: view.tensor, coefficient: scale, dimensions };
}

function transposeCoordinate(
  field: ExtensionField,
  coordinate: Coordinate,
  weights: ReadonlyMap<string, Weights>,
  lists: PairLists,
): Weights {
  if (coordinate.kind === 'gather') {
    const { index, positions } = coordinate;
    return weightsOf(weights, index).map((weight) =>
      collect(
        field,
        entriesOf(field, weight, lists).map(([i, value]): Entry => [positions[i] as number, value]),
      ),
    );
  }
  const { parts, offset } = coordinate;
  if (parts.length === 0) return [{ kind: 'pairs', offset, pairs: [] }];
  const [only] = parts;
  // As it is: lists of pairs stay the same objects, and what was computed of them stays known.
  if (only !== undefined && parts.length === 1 && only.stride === 1 && offset === 0) {
    return weightsOf(weights, only.index);
  }
  const sorted = [...parts].sort((a, b) => a.stride - b.stride);
  return product(sorted.map(({ index }) => weightsOf(weights, index))).map((combination) => {
    const strides = sorted.map(({ stride }) => stride);
    return (
      merged(field, combination, strides, offset) ?? writtenOut(field, combination, strides, offset, lists)
    );
  });
}

function weightsOf(weights: ReadonlyMap<string, Weights>, index: string): Weights {
  const found = weights.get(index);
  if (found === undefined) throw new Error(`view: expected an index of the relation, got ${index}`);
  return found;
}

/**
 * The weight of offset + sum of stride * index where it is a product over bits: strides are powers of two, each index fits
 * below the next stride, and the offset is aligned.
 */
function merged(
  field: ExtensionField,
  weights: Weights,
  strides: readonly number[],
  offset: number,
): Weight | undefined {
  const pairs: Pair[] = [];
  let start = 0; // where the bits above those of `pairs` begin
  for (const [k, weight] of weights.entries()) {
    const stride = strides[k] as number;
    const log = 31 - Math.clz32(stride);
    const fits = 2 ** log === stride && pairs.length <= log && start < stride && (k > 0 || log === 0);
    if (weight.kind !== 'pairs' || !fits) return undefined;
    for (let bit = pairs.length; bit < log; bit++) {
      pairs.push((start >>> bit) & 1 ? [field.zero, field.one] : [field.one, field.zero]);
    }
    start = stride * weight.offset;
    pairs.push(...weight.pairs);
  }
  start += offset;
  return start % 2 ** pairs.length === 0 ? { kind: 'pairs', offset: start, pairs } : undefined;
}

function writtenOut(
  field: ExtensionField,
  weights: Weights,
  strides: readonly number[],
  offset: number,
  lists: PairLists,
): Weight {
  const [first, ...rest] = weights.map((weight, k) => {
    const stride = strides[k] as number;
    return entriesOf(field, weight, lists).map(([at, value]): Entry => [stride * at, value]);
  }) as [Entry[], ...Entry[][]]; // a coordinate without an index has been answered before
  const entries = rest.reduce(
    (before, own) =>
      before.flatMap(([at, value]) => own.map((entry): Entry => [at + entry[0], field.mul(value, entry[1])])),
    first.map(([at, value]): Entry => [offset + at, value]),
  );
  return collect(field, entries);
}

/** Values at equal positions added, ascending. */
function collect(field: ExtensionField, entries: readonly Entry[]): Weight {
  if (ascend(entries)) return { kind: 'entries', entries };
  const sums = new Map<number, Ext>();
  for (const [i, value] of entries) sums.set(i, field.add(sums.get(i) ?? field.zero, value));
  return { kind: 'entries', entries: [...sums].sort(([a], [b]) => a - b) };
}

/** Whether no position is there twice, and all stand in order. */
function ascend(entries: readonly Entry[]): boolean {
  for (let k = 1; k < entries.length; k++) {
    if ((entries[k - 1] as Entry)[0] >= (entries[k] as Entry)[0]) return false;
  }
  return true;
}

/**
 * From weights on indices to a functional on the tensor that a view reads, against the definition: every combination of indices adds the
 * product of its weights to the cell that it reads. Strides, offsets and lists of positions are random: aligned ones stay products over
 * bits, with bits beyond the tensor where nothing is read; others are written out.
 */
import { describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic as field } from '../../src/field/quintic.ts';
import { publicValues } from '../../src/relation/functional.ts';
import { piecesOf, product } from '../../src/relation/pieces.ts';
import type { Coordinate } from '../../src/relation/program.ts';
import { transposeView } from '../../src/relation/view.ts';
import { denseOf, type Pair, type Weights } from '../../src/relation/weights.ts';
import { generator } from '../support/words.ts';

const next = generator(5);
const d = {
  int: (from: number, to: number): number => from + (next() % (to - from + 1)),
  pick: <T>(list: readonly T[]): T => list[next() % list.length] as T,
};
const P = field.base.modulus;
const ext = (): Ext => field.fromLimbs(Array.from({ length: 5 }, () => d.int(0, P - 1)));
/** Products over bits on some pieces of [0, size): a claim is on one block at a time. */
const weightsOn = (size: number): Weights =>
  piecesOf(size)
    .filter(() => d.int(0, 3) > 0)
    .map(({ offset, bits }) => ({
      kind: 'pairs',
      offset,
      pairs: Array.from({ length: bits }, (): Pair => [ext(), ext()]),
    }));

interface Sized {
  readonly coordinate: Coordinate;
  /** The tensor's dimension: no position is beyond it, and the last ones may be read by nobody. */
  readonly dimension: number;
}
/** A coordinate that reads these indices. */
function coordinateOf(indices: readonly { name: string; size: number }[]): Sized {
  const slack = d.pick([0, 0, 1, 3]);
  const [only] = indices;
  if (only !== undefined && indices.length === 1 && d.int(0, 2) === 0) {
    const dimension = d.int(1, 9);
    const positions = Array.from({ length: only.size }, () => d.int(0, dimension - 1));
    return { coordinate: { kind: 'gather', index: only.name, positions }, dimension };
  }
  let [greatest, room] = [0, 1];
  const parts = indices.map(({ name, size }) => {
    // As in a tensor, as the bits of one, or anything.
    const stride = d.pick([room, 2 ** Math.ceil(Math.log2(room)), 2 ** d.int(0, 4), d.int(1, 6)]);
    greatest += stride * (size - 1);
    room = greatest + 1;
    return { index: name, stride };
  });
  const offset = d.pick([0, 0, 1, 2, 4, 8]);
  return {
    coordinate: { kind: 'affine', parts: d.pick([parts, [...parts].reverse()]), offset },
    dimension: offset + greatest + 1 + slack,
  };
}

const positionOf = (coordinate: Coordinate, at: ReadonlyMap<string, number>): number =>
  coordinate.kind === 'gather'
    ? (coordinate.positions[at.get(coordinate.index) as number] as number)
    : coordinate.parts.reduce((sum, { index, stride }) => sum + stride * at.get(index)!, coordinate.offset);

describe('a view', () => {
  test.each(Array.from({ length: 60 }, (_, i) => i))('draw %i', () => {
    const indices = ['i', 'j', 'k', 'l'].map((name) => ({ name, size: d.int(1, 5) }));
    const weights = new Map(indices.map(({ name, size }) => [name, weightsOn(size)]));
    // The last index, and others now and then, is read by no coordinate: it counts with its total.
    const dimensions = [indices.slice(0, d.int(0, 2)), indices.slice(2, d.int(2, 3))].map(coordinateOf);
    const view = { tensor: 'x', coordinates: dimensions.map(({ coordinate }) => coordinate) };
    const shape = dimensions.map(({ dimension }) => dimension);
    const coefficient = ext();
    const found = transposeView(field, view, coefficient, weights);

    const expected = product(shape.map((size) => new Array<null>(size).fill(null))).map(() => field.zero);
    const values = indices.map(({ name, size }) => denseOf(field, weights.get(name)!, size));
    for (const at of product(indices.map(({ size }) => Array.from({ length: size }, (_, i) => i)))) {
      const names = new Map(indices.map(({ name }, k) => [name, at[k] as number]));
      const [a, b] = view.coordinates.map((one) => positionOf(one, names)) as [number, number];
      const cell = a * shape[1]! + b;
      const value = at.reduce((x: Ext, i, k) => field.mul(x, values[k]![i] as Ext), coefficient);
      expected[cell] = field.add(expected[cell] as Ext, value);
    }
    const [rows, columns] = found.dimensions.map((of, k) => denseOf(field, of, shape[k] as number));
    const cells = rows!.flatMap((a) => columns!.map((b) => field.mul(found.coefficient, field.mul(a, b))));
    expect(cells).toEqual(expected);

    // The value of the functional on a tensor that everybody knows.
    const own = cells.map(() => d.int(-9, 9));
    const tensor = { kind: 'public', name: 'x', shape, values: own } as const;
    const sum = expected.reduce((x: Ext, weight, i) => {
      return field.add(x, field.mul(weight, field.fromBase(field.base.fromInt(own[i] as number))));
    }, field.zero);
    expect(publicValues(field)(tensor, found)).toEqual(sum);
    expect(publicValues(field)({ ...tensor, values: Int16Array.from(own) }, found)).toEqual(sum);
  });

  test('of an index that the relation does not have', () => {
    const coordinate: Coordinate = { kind: 'affine', parts: [{ index: 'z', stride: 2 }], offset: 0 };
    const view = { tensor: 'x', coordinates: [coordinate] };
    expect(() => transposeView(field, view, field.one, new Map())).toThrow(
      'view: expected an index of the relation, got z',
    );
  });
});

/** Masked sums for few rows and many columns, by products over bits, are those of the definition. */
import { describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic as K } from '../../src/field/quintic.ts';
import { piecesOf } from '../../src/relation/pieces.ts';
import { denseOf, maskedRows, type Weights } from '../../src/relation/weights.ts';
import { generator } from '../support/words.ts';

const next = generator(11);
const d = {
  int: (from: number, to: number) => from + (next() % (to - from + 1)),
  pick: <T>(list: readonly T[]): T => list[next() % list.length] as T,
};
const P = K.base.modulus;
const ext = (): Ext => K.fromLimbs(Array.from({ length: 5 }, () => d.int(0, P - 1)));
/** Random products over bits on all pieces of [0, size). */
const random = (size: number): Weights =>
  piecesOf(size).map(({ offset, bits }) => ({
    kind: 'pairs',
    offset,
    pairs: Array.from({ length: bits }, () => [ext(), ext()] as const),
  }));

describe.each([
  [1, 700],
  [2, 257],
  [3, 1000],
  [2, 512],
])('%i rows, %i columns', (rows, columns) => {
  test.each([0, 1, 2, 3, 4])('draw %i', () => {
    const [row, column] = [random(rows), random(columns)];
    const bounds = Array.from({ length: rows }, () =>
      [d.pick([0, d.int(0, columns)]), d.pick([columns, d.int(0, columns)])].sort((a, b) => a - b),
    );
    const mask = { row: 'i', column: 'j', from: bounds.map(([a]) => a!), to: bounds.map(([, b]) => b!) };
    const values = denseOf(K, column, columns);
    const weights = denseOf(K, row, rows);
    const expected = weights.map((weight, i) =>
      K.mul(weight, values.slice(mask.from[i], mask.to[i]).reduce(K.add, K.zero)),
    );
    expect(denseOf(K, maskedRows(K, mask, row, column, columns), rows)).toEqual(expected);
  });
});

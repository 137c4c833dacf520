/**
 * Weights on pieces of a dimension and on the columns of an opening, against their definition: all values written out, each at its cell.
 * Offsets, lengths and cell indices are random, so that a weight lies within a piece, covers it, meets it not, and is cut by columns.
 */
import { describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic as field } from '../../src/field/quintic.ts';
import { expandFactor, type Factor } from '../../src/pcs/weight.ts';
import { columnsOf, layOut, termsOnBlock } from '../../src/relation/layout.ts';
import { termsOnTensor } from '../../src/relation/functional.ts';
import { pieceEvaluator } from '../../src/relation/piece-value.ts';
import { piecesOf, product, type Piece } from '../../src/relation/pieces.ts';
import {
  entriesOf,
  denseOf,
  type Entry,
  type Pair,
  type Weight,
  type Weights,
} from '../../src/relation/weights.ts';
import { eqTable } from '../../src/sumcheck/eq.ts';
import { generator } from '../support/words.ts';

type Next = () => number;
/** An element; one in eight is zero, so that products over bits vanish. */
const element = (next: Next): Ext =>
  next() % 8 === 0 ? field.zero : field.fromLimbs([0, 0, 0, 0, 0].map(() => next() % field.base.modulus));

/** A weight within [0, size): a product over bits on an aligned interval, or entries. */
function randomWeight(next: Next, size: number): Weight {
  if (next() % 2 === 0) {
    const entries = Array.from({ length: size }, (_, i): Entry => [i, element(next)]);
    const share = 1 + (next() % 6);
    return { kind: 'entries', entries: entries.filter(() => next() % share === 0) };
  }
  const bits = next() % (32 - Math.clz32(size));
  const offset = 2 ** bits * (next() % Math.floor(size / 2 ** bits));
  const pairs = Array.from({ length: bits }, (): Pair => [element(next), element(next)]);
  return { kind: 'pairs', offset, pairs };
}
const randomWeights = (next: Next, size: number): Weights =>
  Array.from({ length: 1 + (next() % 3) }, () => randomWeight(next, size));

const sumOf = (values: readonly Ext[]): Ext =>
  values.reduce((sum: Ext, value) => field.add(sum, value), field.zero);
const weighted = (values: readonly Ext[], table: readonly Ext[]): Ext =>
  sumOf(values.map((value, i) => field.mul(value, table[i] as Ext)));
const zeros = (values: readonly Ext[]): boolean => values.every((value) => field.isZero(value));

describe('extensions on pieces', () => {
  const check = (weights: Weights, piece: Piece, next: Next): void => {
    const { offset, bits } = piece;
    const low = next() % 3;
    const point = Array.from({ length: low + bits + 1 }, () => element(next));
    const own = denseOf(field, weights, offset + 2 ** bits).slice(offset);
    const on = pieceEvaluator(field, point);
    const value = on.value(weights, piece, low);
    expect(value ?? field.zero).toEqual(weighted(own, eqTable(field, point.slice(low, low + bits))));
    for (let inside = 0; inside <= bits; inside++) {
      const values = on.values(weights, piece, low, inside);
      // Nothing is said of weights that do not meet a piece alone.
      if (values === undefined) expect(zeros(own)).toBe(true);
      const table = eqTable(field, point.slice(low, low + inside));
      values?.forEach((part, high) => {
        expect(part).toEqual(weighted(own.slice(high * 2 ** inside, (high + 1) * 2 ** inside), table));
      });
      if (values !== undefined) expect(values.length).toBe(2 ** (bits - inside));
    }
  };
  test.each([1, 2, 3, 4])('seed %i', (seed) => {
    const next = generator(seed);
    for (let round = 0; round < 100; round++) {
      const size = 1 + (next() % 37);
      const weights = randomWeights(next, size);
      for (const piece of piecesOf(size)) check(weights, piece, next);
      // A part of a piece: what is known of the bits above it.
      const bits = next() % (32 - Math.clz32(size));
      check(weights, { offset: 2 ** bits * (next() % Math.floor(size / 2 ** bits)), bits }, next);
    }
  });
});

describe('terms on columns', () => {
  /** What terms weigh each cell of some columns with. */
  function written(
    terms: Iterable<{ column: number; coefficient: Ext; factors: readonly Factor[] }>,
    columns: number,
    logData: number,
  ): Ext[] {
    const cells = new Array<Ext>(columns * 2 ** logData).fill(field.zero);
    for (const { column, coefficient, factors } of terms) {
      const high = [...factors].reverse().map((factor) => expandFactor(field, factor));
      const values = product(high).map((some) => some.reduce((x: Ext, y) => field.mul(x, y), coefficient));
      expect(values.length).toBe(2 ** logData);
      values.forEach((value, i) => {
        const at = column * 2 ** logData + i;
        cells[at] = field.add(cells[at] as Ext, value);
      });
    }
    return cells;
  }

  test.each([1, 2, 3, 4])('tensors of two dimensions, columns of any size, seed %i', (seed) => {
    const next = generator(100 + seed);
    for (let round = 0; round < 60; round++) {
      const shape = [1 + (next() % 11), 1 + (next() % 11)] as const;
      const other = [1 + (next() % 5)];
      const logData = next() % 8;
      const layout = layOut([other, shape]);
      const columns = columnsOf(layout, logData);
      const coefficient = element(next);
      const dimensions = shape.map((size) => randomWeights(next, size));
      const placed = { blocks: layout.tensors[1]!, firstColumn: 0 };
      const terms = termsOnTensor(field, placed, { tensor: 't', coefficient, dimensions }, logData);

      const [rows, cells] = dimensions.map((weights, d) => denseOf(field, weights, shape[d] as number));
      const expected = new Array<Ext>(columns * 2 ** logData).fill(field.zero);
      for (const { block, address } of placed.blocks) {
        const [row, column] = block.pieces as [Piece, Piece];
        for (let i = 0; i < 2 ** block.bits; i++) {
          const [a, b] = [
            row.offset + Math.floor(i / 2 ** column.bits),
            column.offset + (i % 2 ** column.bits),
          ];
          expected[address + i] = field.mul(coefficient, field.mul(rows![a] as Ext, cells![b] as Ext));
        }
      }
      expect(written(terms, columns, logData)).toEqual(expected);
    }
  });

  test.each<[Factor['kind'], (next: Next, bits: number) => Factor]>([
    [
      'pairs',
      (next, bits) => ({
        kind: 'pairs',
        pairs: Array.from({ length: bits }, () => [element(next), element(next)] as const),
      }),
    ],
    ['fixed', (next, bits) => ({ kind: 'fixed', bits, index: next() % 2 ** bits })],
    [
      'dense',
      (next, bits) => ({ kind: 'dense', values: Array.from({ length: 2 ** bits }, () => element(next)) }),
    ],
    [
      'sparse',
      (next, bits) => ({
        kind: 'sparse',
        bits,
        entries: entriesOf(field, { kind: 'entries', entries: [[next() % 2 ** bits, element(next)]] }),
      }),
    ],
  ])('a block of many columns: %s at every place', (_, make) => {
    const next = generator(7);
    const blocks = layOut([[32]]).tensors[0]!;
    for (let logData = 0; logData <= 6; logData++) {
      for (let below = 0; below <= 5; below++) {
        const rest: Pair[] = Array.from({ length: below }, () => [element(next), element(next)]);
        const factors: Factor[] = [{ kind: 'pairs', pairs: rest }, make(next, 5 - below)];
        const columns = Math.ceil(32 / 2 ** logData);
        const terms = [...termsOnBlock(field, blocks[0]!, field.one, factors, logData, 0)];
        const [low, high] = factors.map((factor) => expandFactor(field, factor)) as [Ext[], Ext[]];
        const values = high.flatMap((b) => low.map((a) => field.mul(a, b)));
        const padded = [...values, ...new Array<Ext>(columns * 2 ** logData - 32).fill(field.zero)];
        expect(written(terms, columns, logData)).toEqual(padded);
      }
    }
  });

  test('an eq factor is none of a relation', () => {
    const blocks = layOut([[2]]).tensors[0]!;
    const eq: Factor = { kind: 'eq', point: [field.one] };
    expect(() => [...termsOnBlock(field, blocks[0]!, field.one, [eq], 0, 0)]).toThrow(
      /expected factors of relations/,
    );
  });
});

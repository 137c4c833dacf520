/** What is kept of lists of pairs is what its definition says, for short lists and for those that are not kept. */
import { expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic as K } from '../../src/field/quintic.ts';
import { pairLists, type Pair } from '../../src/relation/pair-lists.ts';
import { maskedColumns, maskedRows, type Weights } from '../../src/relation/weights.ts';
import { elements } from '../support/ext.ts';

function pairsOf(bits: number, seed: number): Pair[] {
  const all = elements(2 * bits, K, seed);
  return Array.from({ length: bits }, (_, b): Pair => [all[2 * b]!, all[2 * b + 1]!]);
}

const valueAt = (pairs: readonly Pair[], i: number): Ext =>
  pairs.reduce((value: Ext, pair, b) => K.mul(value, pair[(i >>> b) & 1]!), K.one);

test.each([0, 1, 2, 5, 13])('lists of %i pairs', (bits) => {
  const lists = pairLists(K);
  const [a, b] = [pairsOf(bits, 1), pairsOf(bits, 2)];
  for (let again = 0; again < 2; again++) {
    for (const pairs of [a, b, lists.product(a, b), lists.ones(bits)]) {
      const values = Array.from({ length: 2 ** bits }, (_, i) => valueAt(pairs, i));
      expect(lists.values(pairs)).toEqual(values);
      const sums = values.reduce(
        (all: Ext[], value) => [...all.slice(-1), K.add(all.at(-1)!, value)],
        [K.zero],
      );
      expect(lists.total(pairs)).toEqual(sums.at(-1));
      expect(lists.prefixSums(pairs).at(-1)).toEqual(sums.at(-1));
      expect(lists.prefixSums(pairs)[2 ** bits - 1]).toEqual(sums.at(-2));
    }
    const product = lists.product(a, b);
    expect(valueAt(product, 2 ** bits - 1)).toEqual(
      K.mul(valueAt(a, 2 ** bits - 1), valueAt(b, 2 ** bits - 1)),
    );
    expect(lists.product(a, b)).toBe(product);
  }
});

test('a mask over two neighbours leaves a pair, with the values of its definition', () => {
  const weight = (seed: number): Weights => [{ kind: 'pairs', offset: 0, pairs: pairsOf(1, seed) }];
  const [row, column] = [weight(3), weight(4)];
  const at = (of: Weights, i: number): Ext => (of[0]!.kind === 'pairs' ? of[0]!.pairs[0]![i]! : K.zero);
  // Row 0 sees column 1, row 1 sees column 0: the halves of a rotated row change places.
  const swap = { row: 'e', column: 'f', from: [1, 0], to: [2, 1] };
  const rows = maskedRows(K, swap, row, column, 2);
  const columns = maskedColumns(K, swap, row, column, 2);
  expect([rows[0]!.kind, columns[0]!.kind]).toEqual(['pairs', 'pairs']);
  for (const i of [0, 1]) {
    const expected = K.mul(at(row, i), at(column, 1 - i));
    expect(at(rows, i)).toEqual(expected);
    expect(at(columns, 1 - i)).toEqual(expected);
  }
});

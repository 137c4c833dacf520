/** Lookups of many cells: blocks are cut until a balance has room for them and the rows of their table, and every cell is in one of them. */
import { expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { balanceLookups } from '../../src/relation/balances.ts';
import type { FlatRelation } from '../../src/relation/form.ts';
import type { Block } from '../../src/relation/pieces.ts';
import type { Table } from '../../src/relation/program.ts';
import { MAX_BALANCE_LEAVES } from '../../src/tlookup/shape.ts';

const bytes: Table = { name: 'bits-8', rows: 2 ** 8, columns: [{ kind: 'range', first: 0 }] };
/** A relation that looks up every cell of this shape; what it looks up is not asked for here. */
const relationOf = (...sizes: readonly number[]): FlatRelation => ({
  name: 'r',
  table: 0,
  indices: sizes.map((size, d) => ({ name: `i${d}`, size })),
  forms: [[{ coefficient: 1, views: [], sums: [] }]],
});
const cellsOf = ({ bits }: Block): number => 2 ** bits;

test.each([[[2 ** 23]], [[2 ** 24]], [[3, 2 ** 23 + 5]], [[2 ** 12, 2 ** 12, 5]]])('cells of %j', (sizes) => {
  const { blocks, lookups } = balanceLookups(koalaBear, [bytes], [relationOf(...sizes)])!;
  const all = blocks.flat().map(({ block }) => block);
  const count = sizes.reduce((a, b) => a * b, 1);
  expect(all.reduce((sum, block) => sum + cellsOf(block), 0)).toBe(count);
  expect(Math.max(...all.map(({ bits }) => bits))).toBeLessThanOrEqual(23);
  for (const own of blocks) {
    const leaves = own.reduce((sum, { block }) => sum + cellsOf(block), bytes.rows);
    expect(leaves).toBeLessThanOrEqual(MAX_BALANCE_LEAVES);
  }
  expect(lookups.program.balances.map(({ sources }) => sources.length)).toEqual(blocks.map((b) => b.length));
  // No two have a cell in common: they differ in a dimension, where both are aligned intervals that do not meet.
  const apart = (a: Block, b: Block): boolean =>
    a.pieces.some((one, d) => {
      const other = b.pieces[d]!;
      return one.offset + 2 ** one.bits <= other.offset || other.offset + 2 ** other.bits <= one.offset;
    });
  all.forEach((a, i) => all.slice(i + 1).forEach((b) => expect(apart(a, b)).toBe(true)));
});

test('no lookups, no balances', () => {
  const zero = { ...relationOf(4), table: undefined };
  expect(balanceLookups(koalaBear, [bytes], [zero])).toBeUndefined();
});

/** Runs of leaves as kernels take them: a constant and four weights each, and the addresses of four columns. */
import type { Ext } from '../../field/field.ts';
import type { LeafColumns } from '../contract/fractions.ts';
import { MAX_COLUMNS, type LeafRun } from '../contract/lookup-tree.ts';
import type { Operand } from './engine.ts';
import { type Context, fIn, mostTasks } from './operands.ts';

/** The constant and the weights; with a plain word x the kernel's x w / R is then -beta x in Montgomery form. */
export function leafScalars({ K, radix }: Context, { constant, betas }: LeafRun): Ext[] {
  return scalars(
    constant,
    betas.map((beta) => K.mulBase(K.neg(beta), radix)),
    K.zero,
  );
}

/**
 * The same of two runs of one column as forms in their cells x0, x1 and the kernel's x0 x1 / R: of the product of the leaves, then of
 * their sum, which has no third term.
 */
export function joinedScalars({ K, radix }: Context, [a, b]: readonly [LeafRun, LeafRun]): Ext[] {
  const [x, y] = [K.neg(a.betas[0] as Ext), K.neg(b.betas[0] as Ext)];
  const scaled = (c: Ext): Ext => K.mulBase(c, radix);
  const product = [K.mul(x, b.constant), K.mul(y, a.constant), scaled(K.mul(x, y))].map(scaled);
  return [
    ...scalars(K.mul(a.constant, b.constant), product, K.zero),
    ...scalars(K.add(a.constant, b.constant), [x, y].map(scaled), K.zero),
  ];
}

function scalars(constant: Ext, weights: readonly Ext[], zero: Ext): Ext[] {
  return [constant, ...Array.from({ length: MAX_COLUMNS }, (_, k) => weights[k] ?? zero)];
}

/** The first `bulk` words of four columns of each run: missing ones are the first. Equal arrays are one operand. */
export function columnOperands(runs: readonly LeafColumns[], bulk: number): Operand[] {
  const short = new Map<Uint32Array, Operand>();
  return runs.flatMap(({ columns }) =>
    Array.from({ length: MAX_COLUMNS }, (_, k) => {
      const column = (columns[k] ?? columns[0]) as Uint32Array;
      let operand = short.get(column);
      if (operand === undefined) short.set(column, (operand = fIn(column.subarray(0, bulk))));
      return operand;
    }),
  );
}

/** A node of four leaves is counted as so many items of other kernels: it takes 40 to 60 ns, a product 6. */
export const NODE_WEIGHT = 4;

/** Hands out a table of addresses for each task of a call over `items` nodes; in the current scope. */
export function addressTables(
  { engine }: Context,
  columns: number,
  items: number,
): (addresses: readonly number[]) => number {
  const tables = engine.arena.u32(columns * mostTasks(engine, items, NODE_WEIGHT));
  let used = 0;
  return (addresses) => {
    const table = tables.subarray(columns * used++, columns * used);
    table.set(addresses);
    return table.byteOffset;
  };
}

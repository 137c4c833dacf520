/** Vectors of a product cell by cell, for any view: the definition, and the way for views that are no matrices. */
import type { Ext, Fe } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, writeExt } from '../kernels/contract/layout.ts';
import { addressesOf } from './address.ts';
import type { TensorCells } from './cells-prove.ts';
import type { Fold } from './fold-prove.ts';
import { entriesOf, type Entry, type Weight } from './weights.ts';

/** As `foldView`, for one weight of every index. */
export function foldCells(
  kernels: Kernels,
  cells: TensorCells,
  { view, tensor, kept, box }: Fold,
  weights: ReadonlyMap<string, Weight>,
  out: Uint32Array,
): void {
  const K = kernels.ext;
  // Cells are converted one by one: a view of this kind may read a few rows of a large table.
  const rows = cells.rows(tensor.name);
  const wordAt = (address: number): Fe => {
    const cell = rows[address] as number;
    return rows instanceof Uint32Array ? (cell as Fe) : K.base.fromInt(cell);
  };
  const names = [...weights.keys()];
  const entries = names.map((name) => entriesOf(K, weights.get(name) as Weight));
  const sizes = [...entries.map((list) => 1 + Math.max(-1, ...list.map(([i]) => i)))];
  const indices = [
    ...kept.map((name, k) => {
      const { offset, bits } = box.pieces[k] as { offset: number; bits: number };
      return { name, size: offset + 2 ** bits };
    }),
    ...names.map((name, i) => ({ name, size: sizes[i] as number })),
  ];
  const { base, steps } = addressesOf(view, tensor.shape, indices);
  const sumFrom = (depth: number, address: number): Ext => {
    const list = entries[depth];
    if (list === undefined) return K.fromBase(wordAt(address));
    const own = steps[kept.length + depth] as Int32Array;
    return list.reduce(
      (sum: Ext, [i, value]: Entry) =>
        K.add(sum, K.mul(value, sumFrom(depth + 1, address + (own[i] as number)))),
      K.zero,
    );
  };
  if (2 ** box.bits % BLOCK !== 0) out.fill(0);
  for (let cell = 0; cell < 2 ** box.bits; cell++) {
    let rest = cell;
    let address = base;
    for (let k = kept.length - 1; k >= 0; k--) {
      const { offset, bits } = box.pieces[k] as { offset: number; bits: number };
      address += (steps[k] as Int32Array)[offset + (rest % 2 ** bits)] as number;
      rest = Math.floor(rest / 2 ** bits);
    }
    writeExt(out, cell, K.mulBase(sumFrom(0, address), kernels.radix));
  }
}

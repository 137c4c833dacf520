/** The multilinear extension of equality, scalar: what a verifier needs of it. Provers use the kernel of the same name. */
import type { Ext, ExtensionField } from '../field/field.ts';

/** eq(z, index): the product over bits of z_b or 1 - z_b, low bit first. */
export function eqIndex(field: ExtensionField, z: readonly Ext[], index: number): Ext {
  let product = field.one;
  let rest = index;
  for (const x of z) {
    product = field.mul(product, rest % 2 === 1 ? x : field.sub(field.one, x));
    rest = (rest - (rest % 2)) / 2;
  }
  return product;
}

/** eq over the coordinates from `from` on: (from, index) -> the product of z_b or 1 - z_b for b >= from, bit `from` of z the lowest of `index`. */
export type EqAbove = (from: number, index: number) => Ext;

/**
 * `eqIndex` of the upper coordinates of one point, for many places in it: blocks that lie side by side share the bits above them, and
 * every product is made once.
 */
export function eqAbove(field: ExtensionField, z: readonly Ext[]): EqAbove {
  const opposite = z.map((x) => field.sub(field.one, x));
  const known = z.map(() => new Map<number, Ext>());
  const above: EqAbove = (from, index) => {
    if (from >= z.length) return field.one;
    const own = known[from] as Map<number, Ext>;
    let value = own.get(index);
    if (value === undefined) {
      const bit = index % 2;
      const rest = above(from + 1, (index - bit) / 2);
      value = field.mul(rest, (bit === 1 ? z : opposite)[from] as Ext);
      own.set(index, value);
    }
    return value;
  };
  return above;
}

/** eq(z, i) for all i in {0,1}^n, low variable first: 2^n elements. */
export function eqTable(field: ExtensionField, z: readonly Ext[]): Ext[] {
  const table: Ext[] = [field.one];
  for (const x of z) {
    const size = table.length;
    for (let i = 0; i < size; i++) {
      const value = table[i] as Ext;
      const high = field.mul(value, x);
      table.push(high);
      table[i] = field.sub(value, high);
    }
  }
  return table;
}

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

/** eq(z, i) for all i in {0,1}^n, low variable first: 2^n elements. */
export function eqTable(field: ExtensionField, z: readonly Ext[]): Ext[] {
  let table: Ext[] = [field.one];
  z.forEach((x) => {
    const high = table.map((value) => field.mul(value, x));
    const low = table.map((value, i) => field.sub(value, high[i] as Ext));
    table = [...low, ...high];
  });
  return table;
}

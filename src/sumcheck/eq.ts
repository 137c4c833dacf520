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
  const table: Ext[] = [field.one];
  for (const x of z) {
    const size = table.length;
    for (let i = 0; i < size; i++) {
      const high = field.mul(table[i] as Ext, x);
      table.push(high);
      table[i] = field.sub(table[i] as Ext, high);
    }
  }
  return table;
}

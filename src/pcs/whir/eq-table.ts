/** Small tables of eq(z, .) for the verifier. Provers use the kernel of the same name. */
import type { Ext, ExtensionField } from '../../field/field.ts';

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

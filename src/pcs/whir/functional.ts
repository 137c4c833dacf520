/**
 * Linear forms of product shape on vectors of 2^n cells, as the inner argument meets them: eq(z, .) and the powers of a
 * point. Both factor over the bits of the index, so binding the high bits turns a form into a scalar times a form of the
 * same kind on the low bits.
 *
 *   eq(z, b * len + i)  = eq(z_high, b) eq(z_low, i)
 *   x^(b * len + i)     = x^(b * len) x^i,     and the extension of x^(b * len) at gamma is
 *                         sum_b eq(gamma, b) (x^len)^b
 */
import { encodeAt } from '../../code/encode-at.ts';
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { eqTable } from '../../sumcheck/eq.ts';

/** coefficient * eq(point, .), low variable first. */
export interface EqForm {
  readonly kind: 'eq';
  readonly coefficient: Ext;
  readonly point: readonly Ext[];
}

/** coefficient * (1, x, x^2, ..). */
export interface PowForm {
  readonly kind: 'pow';
  readonly coefficient: Ext;
  readonly x: Fe;
}

export type Form = EqForm | PowForm;

/** eq(a, b) for two points of K^n. */
export function eqPoints(field: ExtensionField, a: readonly Ext[], b: readonly Ext[]): Ext {
  let product = field.one;
  a.forEach((x, i) => {
    const y = b[i] as Ext;
    const xy = field.mul(x, y);
    // x y + (1 - x)(1 - y) = 1 - x - y + 2 x y
    const factor = field.add(field.sub(field.sub(field.one, x), y), field.add(xy, xy));
    product = field.mul(product, factor);
  });
  return product;
}

/**
 * Binds the highest variables of forms.
 *
 * @param numVars variables of the forms
 * @param gamma values of the `gamma.length` highest variables, low variable first
 */
export function bindForms(
  field: ExtensionField,
  forms: readonly Form[],
  numVars: number,
  gamma: readonly Ext[],
): Form[] {
  const low = numVars - gamma.length;
  const highPowers = forms.flatMap((form) => (form.kind === 'pow' ? [field.base.pow(form.x, 2 ** low)] : [])); // low <= 24
  const atGamma = encodeAt(field, eqTable(field, gamma), highPowers);
  let next = 0;
  return forms.map((form) => {
    if (form.kind === 'eq') {
      const factor = eqPoints(field, form.point.slice(low), gamma);
      return { ...form, coefficient: field.mul(form.coefficient, factor), point: form.point.slice(0, low) };
    }
    return { ...form, coefficient: field.mul(form.coefficient, atGamma[next++] as Ext) };
  });
}

/** The multilinear extension of `vector` (2^n cells) at a point of K^n. */
export function evaluateMultilinear(
  field: ExtensionField,
  vector: readonly Ext[],
  point: readonly Ext[],
): Ext {
  let cells = vector;
  for (let v = point.length - 1; v >= 0; v--) {
    const half = cells.length / 2;
    const r = point[v] as Ext;
    const below = cells;
    cells = Array.from({ length: half }, (_, i) => {
      const low = below[i] as Ext;
      return field.add(low, field.mul(r, field.sub(below[i + half] as Ext, low)));
    });
  }
  return cells[0] as Ext;
}

/** <vector, sum of forms>. Powers are evaluated together. */
export function applyForms(field: ExtensionField, forms: readonly Form[], vector: readonly Ext[]): Ext {
  const powers = forms.filter((form) => form.kind === 'pow');
  const values = encodeAt(
    field,
    vector,
    powers.map(({ x }) => x),
  );
  let sum = field.zero;
  powers.forEach(({ coefficient }, i) => (sum = field.add(sum, field.mul(coefficient, values[i] as Ext))));
  for (const form of forms) {
    if (form.kind !== 'eq') continue;
    const value = evaluateMultilinear(field, vector, form.point);
    sum = field.add(sum, field.mul(form.coefficient, value));
  }
  return sum;
}

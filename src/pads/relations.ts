/**
 * The relations on the pads, batched: one linear form over h and one sum of product checks. Shared by both sides.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import type { PadParameters } from '../params/parameters.ts';
import type { PadRelations } from './ledger.ts';
import { padCount, productIndex, starIndex, type PadPlan } from './plan.ts';

/** Elements of the revealed combination x: the pads and the extension that hides the opened rows. */
export function revealedLength(pads: PadParameters): number {
  return pads.size + pads.queries;
}

/** form . h = value. */
export interface BatchedForm {
  readonly form: readonly Ext[];
  readonly value: Ext;
}

/**
 * sum_i gamma^i (constraint_i), as form . h = value: constraint_i says constant + sum coefficient h = 0.
 * False constraints cancel with probability at most (number - 1) / |K|.
 */
export function batchConstraints(field: ExtensionField, relations: PadRelations, gamma: Ext): BatchedForm {
  const form = new Array<Ext>(padCount(relations.plan)).fill(field.zero);
  let value = field.zero;
  let power = field.one;
  for (const { constant, terms } of relations.constraints) {
    value = field.sub(value, field.mul(power, constant));
    for (const [index, coefficient] of terms) {
      form[index] = field.add(form[index] as Ext, field.mul(power, coefficient));
    }
    power = field.mul(power, gamma);
  }
  return { form, value };
}

/** sum_i a[i] b[i] over the shorter length. */
export function innerProduct(field: ExtensionField, a: readonly Ext[], b: readonly Ext[]): Ext {
  const n = Math.min(a.length, b.length);
  let sum = field.zero;
  for (let i = 0; i < n; i++) sum = field.add(sum, field.mul(a[i] as Ext, b[i] as Ext));
  return sum;
}

/**
 * The three sums of the product check on the line r + Delta h, for vectors u and v in K^s:
 *
 *   cross(u, v)  = sum chi_k (u_a v_b + u_b v_a) - with u = v only half of it
 */
export interface ProductSums {
  /** sum chi_k u_a u_b. */
  quadratic(u: readonly Ext[]): Ext;
  /** sum chi_k (u_a v_b + u_b v_a). */
  cross(u: readonly Ext[], v: readonly Ext[]): Ext;
  /** sum chi_k u_ab. */
  products(u: readonly Ext[]): Ext;
  /** u_star. */
  star(u: readonly Ext[]): Ext;
}

export function productSums(field: ExtensionField, plan: PadPlan, chi: readonly Ext[]): ProductSums {
  const at = (u: readonly Ext[], i: number): Ext => u[i] as Ext;
  const sum = (term: (a: number, b: number, k: number) => Ext): Ext =>
    plan.products.reduce(
      (total: Ext, [a, b], k) => field.add(total, field.mul(chi[k] as Ext, term(a, b, k))),
      field.zero,
    );
  return {
    quadratic: (u) => sum((a, b) => field.mul(at(u, a), at(u, b))),
    cross: (u, v) => sum((a, b) => field.add(field.mul(at(u, a), at(v, b)), field.mul(at(u, b), at(v, a)))),
    products: (u) => sum((_a, _b, k) => at(u, productIndex(plan, k))),
    star: (u) => at(u, starIndex(plan)),
  };
}

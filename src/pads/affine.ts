/**
 * Affine forms in the pads.
 *
 * A hidden value v is sent as v^ = v + h[i] with a one-time pad h[i] that was committed before the first challenge. To
 * both parties v is then the affine form v^ - h[i], and so is everything that is linear in hidden values with public
 * coefficients. What a verifier would check on values it checks on forms, by asking at the end for a proof that all
 * forms that must vanish do vanish on the committed pads (`pad-proof`). [Frigo, shelat 2024/2010, section 4.2;
 * draft-google-cfrg-libzk, "sumcheck"; Dalal et al. 2026/683, section 4]
 */
import type { Ext, ExtensionField } from '../field/field.ts';

/** constant + sum over terms of coefficient * h[index]. Terms have distinct indices; zero coefficients may occur. */
export interface Affine {
  readonly constant: Ext;
  readonly terms: ReadonlyMap<number, Ext>;
}

/** A sent value: `masked` = value + h[index]. */
export interface MaskedValue {
  readonly index: number;
  readonly masked: Ext;
}

const NO_TERMS: ReadonlyMap<number, Ext> = new Map();

/** Arithmetic of affine forms over K. All functions are pure. */
export interface AffineAlgebra {
  readonly field: ExtensionField;
  readonly zero: Affine;
  /** A public constant. */
  constant(c: Ext): Affine;
  /** The hidden value behind a sent one: masked - h[index]. */
  value(sent: MaskedValue): Affine;
  add(a: Affine, b: Affine): Affine;
  sub(a: Affine, b: Affine): Affine;
  scale(a: Affine, c: Ext): Affine;
  /** sum of c_i * a_i: one pass, for the long sums that batching makes. */
  combine(parts: Iterable<readonly [coefficient: Ext, form: Affine]>): Affine;
}

/**
 * @example
 * const A = affineAlgebra(quintic);
 * const x = A.value({ index: 0, masked: quintic.one }); // 1 - h[0]
 * A.sub(x, x).constant; // zero, and the coefficient of h[0] is zero as well
 */
export function affineAlgebra(field: ExtensionField): AffineAlgebra {
  const combine = (parts: Iterable<readonly [Ext, Affine]>): Affine => {
    let constant = field.zero;
    const terms = new Map<number, Ext>();
    for (const [c, form] of parts) {
      constant = field.add(constant, field.mul(c, form.constant));
      for (const [index, coefficient] of form.terms) {
        const term = field.mul(c, coefficient);
        const old = terms.get(index);
        terms.set(index, old === undefined ? term : field.add(old, term));
      }
    }
    return { constant, terms };
  };
  const merge = (a: Affine, b: Affine, op: (x: Ext, y: Ext) => Ext): Affine => {
    const terms = new Map(a.terms);
    for (const [index, coefficient] of b.terms) {
      terms.set(index, op(terms.get(index) ?? field.zero, coefficient));
    }
    return { constant: op(a.constant, b.constant), terms };
  };
  const minusOne = field.neg(field.one);
  return {
    field,
    zero: { constant: field.zero, terms: NO_TERMS },
    constant: (c) => ({ constant: c, terms: NO_TERMS }),
    value: ({ index, masked }) => ({ constant: masked, terms: new Map([[index, minusOne]]) }),
    add: (a, b) => merge(a, b, field.add),
    sub: (a, b) => merge(a, b, field.sub),
    scale: (a, c) => combine([[c, a]]),
    combine,
  };
}

/** The value of a form on given pads. For tests and for the prover's own consistency checks. */
export function evaluateAffine(field: ExtensionField, form: Affine, pads: readonly Ext[]): Ext {
  let sum = form.constant;
  for (const [index, coefficient] of form.terms) {
    sum = field.add(sum, field.mul(coefficient, pads[index] as Ext));
  }
  return sum;
}

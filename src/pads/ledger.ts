/**
 * The book of one proof's pads, kept in the same way by prover and verifier: which pad hides which message, which
 * products were taken, and which affine forms must vanish. Nothing is checked here; `finish` hands the relations to the
 * pad proof, and refuses to do so while anything is left open.
 */
import type { Ext } from '../field/field.ts';
import type { Affine, AffineAlgebra, MaskedValue } from './affine.ts';
import { productIndex, type PadPlan } from './plan.ts';

/** What the pad proof has to show about the committed h. */
export interface PadRelations {
  readonly plan: PadPlan;
  /** Forms that vanish on h. */
  readonly constraints: readonly Affine[];
}

export interface PadLedger {
  readonly algebra: AffineAlgebra;
  readonly plan: PadPlan;
  /** Records a sent value under the next pad. @throws Error when more values are sent than planned */
  record(masked: Ext): MaskedValue;
  /**
   * The product of two sent values as an affine form. With a = a^ - h_a and b = b^ - h_b,
   *
   *     a b = a^ b^ - a^ h_b - b^ h_a + h_ab,     h_ab = h_a h_b the next planned product pad.
   *
   * @throws Error when another product was planned here
   */
  multiply(a: MaskedValue, b: MaskedValue): Affine;
  /** States that a form vanishes. The error of all of them together is (number - 1) / |K|. */
  assertZero(form: Affine): void;
  /**
   * The relations, once everything planned has happened.
   * @throws Error when a planned message or product is missing, or a sent value occurs in no constraint: a message that
   *   nothing constrains is a hole in the protocol, not in a proof.
   */
  finish(): PadRelations;
}

/** @param plan the pads of this proof, derived from its statement */
export function createPadLedger(algebra: AffineAlgebra, plan: PadPlan): PadLedger {
  const { field } = algebra;
  const constraints: Affine[] = [];
  const constrained = new Uint8Array(plan.exposures);
  let sent = 0;
  let multiplied = 0;
  let finished = false;

  const productTerms = (a: MaskedValue, b: MaskedValue, ab: number): Map<number, Ext> => {
    const terms = new Map<number, Ext>([[a.index, field.neg(b.masked)]]);
    const old = terms.get(b.index) ?? field.zero; // a square has both terms at one index
    terms.set(b.index, field.sub(old, a.masked));
    terms.set(ab, field.one);
    return terms;
  };

  return {
    algebra,
    plan,
    record(masked) {
      if (sent >= plan.exposures) {
        throw new Error(`pads: expected ${plan.exposures} sent values, got one more`);
      }
      return { index: sent++, masked };
    },
    multiply(a, b) {
      const planned = plan.products[multiplied];
      if (planned === undefined || planned[0] !== a.index || planned[1] !== b.index) {
        throw new Error(
          `pads: product ${multiplied}: expected pads ${planned?.join(' and ') ?? 'none'}, got ${a.index} and ${b.index}`,
        );
      }
      const ab = productIndex(plan, multiplied++);
      return { constant: field.mul(a.masked, b.masked), terms: productTerms(a, b, ab) };
    },
    assertZero(form) {
      if (finished) throw new Error('pads: assertZero after finish');
      for (const index of form.terms.keys()) if (index < plan.exposures) constrained[index] = 1;
      constraints.push(form);
    },
    finish() {
      finished = true;
      if (sent !== plan.exposures)
        throw new Error(`pads: expected ${plan.exposures} sent values, got ${sent}`);
      if (multiplied !== plan.products.length) {
        throw new Error(`pads: expected ${plan.products.length} products, got ${multiplied}`);
      }
      const free = constrained.indexOf(0);
      if (free >= 0) throw new Error(`pads: the value under pad ${free} occurs in no constraint`);
      return { plan, constraints };
    },
  };
}

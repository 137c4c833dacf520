/**
 * The steps of a layer as both sides take them: affine forms in, affine forms out. No step divides, so none has a case for
 * a coordinate that happens to be 0 or 1.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import type { Affine, AffineAlgebra, MaskedValue } from '../pads/affine.ts';
import type { PadLedger } from '../pads/ledger.ts';
import { eqIndex } from '../sumcheck/eq.ts';
import { ROOT_VALUES } from './plan.ts';
import type { LoadedLookups } from './shape.ts';

/** A point of a layer: over the nodes of a tree, low variable first, then over the trees. */
export interface NodePoint {
  readonly inner: readonly Ext[];
  readonly outer: readonly Ext[];
}

/** Claims on the extensions of a layer's numerators and denominators. */
export interface NodeClaim {
  readonly point: NodePoint;
  readonly p: Affine;
  readonly q: Affine;
}

/** The four values that end a layer, as they were sent. */
export type SentNodes = readonly [p0: MaskedValue, q1: MaskedValue, q0: MaskedValue, c: MaskedValue];

/** The roots of all trees as forms. */
export interface Roots {
  readonly p: readonly Affine[];
  readonly q: readonly Affine[];
}

/**
 * Every q_i has the inverse u_i, and in every balance the fractions of its trees add up to zero: sum p_i u_i = 0.
 *
 * @param sent p_0, q_0, u_0, p_1, q_1, u_1, ..
 */
export function openRoots(ledger: PadLedger, lookups: LoadedLookups, sent: readonly MaskedValue[]): Roots {
  const { algebra } = ledger;
  const one = algebra.constant(algebra.field.one);
  const sums = lookups.program.balances.map((): Affine[] => []);
  const roots = lookups.trees.map(({ balance }, i) => {
    const [p, q, u] = sent.slice(ROOT_VALUES * i, ROOT_VALUES * (i + 1)) as [
      MaskedValue,
      MaskedValue,
      MaskedValue,
    ];
    ledger.assertZero(algebra.sub(ledger.multiply(q, u), one));
    sums[balance]?.push(ledger.multiply(p, u));
    return { p: algebra.value(p), q: algebra.value(q) };
  });
  for (const parts of sums)
    ledger.assertZero(algebra.combine(parts.map((form) => [algebra.field.one, form])));
  return { p: roots.map(({ p }) => p), q: roots.map(({ q }) => q) };
}

/**
 * p~(z) = sum_i eq(z, i) p_i and q~(z) = 1 + sum_i eq(z, i) (q_i - 1): beyond the trees fractions are 0/1.
 *
 * @param outer the start point, drawn after the roots
 */
export function rootClaim(algebra: AffineAlgebra, { p, q }: Roots, outer: readonly Ext[]): NodeClaim {
  const { field } = algebra;
  const one = algebra.constant(field.one);
  const weights = q.map((_, i) => eqIndex(field, outer, i));
  return {
    point: { inner: [], outer },
    p: algebra.combine(p.map((form, i) => [weights[i] as Ext, form])),
    q: algebra.combine([
      [field.one, one],
      ...q.map((form, i) => [weights[i] as Ext, algebra.sub(form, one)] as const),
    ]),
  };
}

/**
 * The coefficients of the claim behind a round on (claim, t(1) - t(0), t(inf)): 1, r - z, r^2 - r.
 *
 * The round's variable has the coordinate z in the claim: claim = (1 - z) t(0) + z t(1), so t(0) = claim - z (t(1) - t(0))
 * and t(r) follows. Sending the difference instead of t(0) [Gruen, ePrint 2024/108, section 3.2] saves the inverse of z.
 */
export function roundWeights(field: ExtensionField, z: Ext, r: Ext): readonly [difference: Ext, lead: Ext] {
  return [field.sub(r, z), field.sub(field.square(r), r)];
}

/** What a round adds to the claim: its coefficient on the claim is 1, so a layer's forms are joined once, at its end. */
export function roundParts(
  algebra: AffineAlgebra,
  z: Ext,
  sent: readonly MaskedValue[],
  r: Ext,
): readonly (readonly [Ext, Affine])[] {
  const [difference, lead] = roundWeights(algebra.field, z, r);
  return [
    [difference, algebra.value(sent[0] as MaskedValue)],
    [lead, algebra.value(sent[1] as MaskedValue)],
  ];
}

/** The end of a layer: p + lambda q + what the rounds added = p0 q1 + q0 c with c = p1 + lambda q1. */
export function closeLayer(
  ledger: PadLedger,
  { p, q }: NodeClaim,
  lambda: Ext,
  rounds: readonly (readonly [Ext, Affine])[],
  [p0, q1, q0, c]: SentNodes,
): void {
  const { field, combine } = ledger.algebra;
  const minusOne = field.neg(field.one);
  const claim = [[field.one, p] as const, [lambda, q] as const, ...rounds];
  const products = [ledger.multiply(p0, q1), ledger.multiply(q0, c)].map((form) => [minusOne, form] as const);
  ledger.assertZero(combine([...claim, ...products]));
}

/** The claims on the layer below: both halves on the line, p = (1 - tau) p0 + tau (c - lambda q1), q likewise. */
export function nextClaim(
  algebra: AffineAlgebra,
  bound: NodePoint,
  [p0, q1, q0, c]: SentNodes,
  lambda: Ext,
  tau: Ext,
): NodeClaim {
  const { field } = algebra;
  const rest = field.sub(field.one, tau);
  return {
    point: { inner: [...bound.inner, tau], outer: bound.outer },
    p: algebra.combine([
      [rest, algebra.value(p0)],
      [tau, algebra.value(c)],
      [field.neg(field.mul(tau, lambda)), algebra.value(q1)],
    ]),
    q: algebra.combine([
      [rest, algebra.value(q0)],
      [tau, algebra.value(q1)],
    ]),
  };
}

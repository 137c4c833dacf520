/**
 * Weights as sums of products across one cut of the index bits: weight(hi, lo) = sum a(hi) b(lo). A prover binds the high
 * bits of a column without ever writing out its weight: it needs sum_lo f(hi, lo) b(lo) for every b, and the a's.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { eqTable } from './whir/eq-table.ts';
import { expandFactor, factorBits, type Factor, type Term } from './weight.ts';

/** A product of a vector over the high bits and one over the low bits. */
export interface SplitTerm {
  readonly high: readonly Ext[];
  readonly low: readonly Ext[];
  /** Equal keys have equal `low`, so that columns are folded by it once. */
  readonly lowKey: string;
}

/**
 * Cuts a term behind its `lowBits` lowest bits. Factors of product form are cut in two; a dense or sparse factor across the
 * cut becomes one product for every value of its bits above the cut.
 */
export function splitTerm(field: ExtensionField, term: Term, lowBits: number): SplitTerm[] {
  const low: Factor[] = [];
  const high: Factor[] = [];
  let across: { readonly factor: Factor; readonly bits: number } | undefined;
  let at = 0;
  for (const factor of term.factors) {
    const bits = factorBits(factor);
    if (at + bits <= lowBits) low.push(factor);
    else if (at >= lowBits) high.push(factor);
    else if (factor.kind === 'eq' || factor.kind === 'fixed') {
      const [below, above] = cutFactor(factor, lowBits - at);
      low.push(below);
      high.push(above);
    } else across = { factor, bits: lowBits - at };
    at += bits;
  }
  const scaled = (vector: readonly Ext[]): Ext[] => vector.map((x) => field.mul(term.coefficient, x));
  if (across === undefined) {
    return [{ high: scaled(expand(field, high)), low: expand(field, low), lowKey: JSON.stringify(low) }];
  }
  return splitAcross(field, across.factor, across.bits, low, high).map((part) => ({
    ...part,
    high: scaled(part.high),
  }));
}

/** One product for every value that the factor's bits above the cut take. */
function splitAcross(
  field: ExtensionField,
  factor: Factor,
  bitsBelow: number,
  low: readonly Factor[],
  high: readonly Factor[],
): SplitTerm[] {
  const values = expandFactor(field, factor);
  const size = 2 ** bitsBelow;
  const parts: SplitTerm[] = [];
  for (let above = 0; above * size < values.length; above++) {
    const slice = values.slice(above * size, (above + 1) * size);
    if (slice.every((x) => field.isZero(x))) continue;
    const lows: Factor[] = [...low, { kind: 'dense', values: slice }];
    const bits = factorBits(factor) - bitsBelow;
    const highs: Factor[] = [{ kind: 'fixed', bits, index: above }, ...high];
    parts.push({ high: expand(field, highs), low: expand(field, lows), lowKey: JSON.stringify(lows) });
  }
  return parts;
}

function cutFactor(factor: Extract<Factor, { kind: 'eq' | 'fixed' }>, bits: number): [Factor, Factor] {
  if (factor.kind === 'eq') {
    return [
      { kind: 'eq', point: factor.point.slice(0, bits) },
      { kind: 'eq', point: factor.point.slice(bits) },
    ];
  }
  return [
    { kind: 'fixed', bits, index: factor.index % 2 ** bits },
    { kind: 'fixed', bits: factor.bits - bits, index: Math.floor(factor.index / 2 ** bits) },
  ];
}

/** The product of factors as a vector, low bits first. */
function expand(field: ExtensionField, factors: readonly Factor[]): Ext[] {
  if (factors.every((factor) => factor.kind === 'eq')) {
    return eqTable(
      field,
      factors.flatMap((factor) => factor.point),
    );
  }
  let vector: Ext[] = [field.one];
  for (const factor of factors) {
    const next = expandFactor(field, factor);
    vector = next.flatMap((y) => vector.map((x) => (field.isZero(y) ? field.zero : field.mul(x, y))));
  }
  return vector;
}

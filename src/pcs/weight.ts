/**
 * Weights of linear claims: public functionals on the committed cells, in a form whose multilinear extension a verifier
 * evaluates itself. A term covers one column; its factors cover consecutive ranges of the m bits of the cell index, low
 * bits first. spec/commitment.md section 3.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { eqIndex, eqTable } from '../sumcheck/eq.ts';
import { eqPoints } from './whir/functional.ts';

/** A factor of a weight on `b` bits. */
export type Factor =
  /** eq(point, .): b = point.length. */
  | { readonly kind: 'eq'; readonly point: readonly Ext[] }
  /** One pair (value at 0, value at 1) for every bit, multiplied: eq(z, .) times constants, and what its products are. */
  | { readonly kind: 'pairs'; readonly pairs: readonly (readonly [at0: Ext, at1: Ext])[] }
  /** 1 at `index`, 0 elsewhere. */
  | { readonly kind: 'fixed'; readonly bits: number; readonly index: number }
  /** Any public vector of 2^b values. */
  | { readonly kind: 'dense'; readonly values: readonly Ext[] }
  /** A public vector with few non-zero values, indices ascending. */
  | {
      readonly kind: 'sparse';
      readonly bits: number;
      readonly entries: readonly (readonly [index: number, value: Ext])[];
    };

/** coefficient * product of factors, on the cells of one column. */
export interface Term {
  /** Index of the column among all columns of the opening, groups in order. */
  readonly column: number;
  readonly coefficient: Ext;
  readonly factors: readonly Factor[];
}

/** A linear functional on all committed cells. */
export type Weight = readonly Term[];

/** Bits that a factor covers. @throws RangeError for a dense factor whose length is not a power of two */
export function factorBits(factor: Factor): number {
  if (factor.kind === 'eq') return factor.point.length;
  if (factor.kind === 'pairs') return factor.pairs.length;
  if (factor.kind !== 'dense') return factor.bits;
  const bits = 31 - Math.clz32(factor.values.length);
  if (2 ** bits !== factor.values.length) {
    throw new RangeError(`factor: values: expected a power of two, got ${factor.values.length}`);
  }
  return bits;
}

/**
 * Checks a weight against the shape of an opening.
 *
 * @param numVars m, the bits of a cell's index
 * @throws RangeError naming the term and what is wrong with it
 */
export function checkWeight(field: ExtensionField, weight: Weight, columns: number, numVars: number): void {
  weight.forEach((term, i) => {
    const bits = term.factors.reduce((sum, factor) => sum + factorBits(factor), 0);
    if (bits !== numVars) {
      throw new RangeError(`weight: term ${i}: factors: expected ${numVars} bits in all, got ${bits}`);
    }
    if (!Number.isInteger(term.column) || term.column < 0 || term.column >= columns) {
      throw new RangeError(
        `weight: term ${i}: column: expected an integer below ${columns}, got ${term.column}`,
      );
    }
    field.fromLimbs(term.coefficient);
    for (const factor of term.factors) checkFactor(field, factor, i);
  });
}

function checkFactor(field: ExtensionField, factor: Factor, term: number): void {
  if (factor.kind === 'eq') factor.point.forEach((x) => field.fromLimbs(x));
  if (factor.kind === 'pairs') factor.pairs.forEach((pair) => pair.forEach((x) => field.fromLimbs(x)));
  if (factor.kind === 'dense') factor.values.forEach((x) => field.fromLimbs(x));
  if (factor.kind === 'fixed') checkIndex(factor.index, factor.bits, -1, term);
  if (factor.kind !== 'sparse') return;
  // Entries may be none: the bits are checked by themselves, or bits of -1 and m + 1 would pass for m.
  if (!isBitCount(factor.bits)) {
    throw new RangeError(`weight: term ${term}: bits: expected an integer in [0, 30], got ${factor.bits}`);
  }
  let previous = -1;
  for (const [index, value] of factor.entries) {
    checkIndex(index, factor.bits, previous, term);
    field.fromLimbs(value);
    previous = index;
  }
}

function isBitCount(bits: number): boolean {
  return Number.isInteger(bits) && bits >= 0 && bits <= 30;
}

function checkIndex(index: number, bits: number, previous: number, term: number): void {
  if (!isBitCount(bits) || !Number.isInteger(index) || index <= previous || index >= 2 ** bits) {
    throw new RangeError(
      `weight: term ${term}: index: expected ascending integers below 2^${bits}, got ${index} after ${previous}`,
    );
  }
}

/**
 * The multilinear extension of every column's weight at a point.
 *
 * @param point of K^m, low variable first
 * @returns one value per column that the weight touches
 */
export function evaluateWeight(
  field: ExtensionField,
  weight: Weight,
  point: readonly Ext[],
): Map<number, Ext> {
  const values = new Map<number, Ext>();
  for (const term of weight) {
    let value = term.coefficient;
    let low = 0;
    for (const factor of term.factors) {
      const bits = factorBits(factor);
      value = field.mul(value, evaluateFactor(field, factor, point.slice(low, low + bits)));
      low += bits;
    }
    const old = values.get(term.column);
    values.set(term.column, old === undefined ? value : field.add(old, value));
  }
  return values;
}

/** The multilinear extension of a factor. */
export function evaluateFactor(field: ExtensionField, factor: Factor, point: readonly Ext[]): Ext {
  if (factor.kind === 'eq') return eqPoints(field, factor.point, point);
  if (factor.kind === 'pairs') return evaluatePairs(field, factor.pairs, point);
  if (factor.kind === 'fixed') return eqIndex(field, point, factor.index);
  if (factor.kind === 'dense') {
    const table = eqTable(field, point);
    return factor.values.reduce(
      (sum: Ext, value, i) => field.add(sum, field.mul(value, table[i] as Ext)),
      field.zero,
    );
  }
  return factor.entries.reduce(
    (sum: Ext, [index, value]) => field.add(sum, field.mul(value, eqIndex(field, point, index))),
    field.zero,
  );
}

/** The product over bits of at0 + z (at1 - at0). */
function evaluatePairs(
  field: ExtensionField,
  pairs: readonly (readonly [Ext, Ext])[],
  point: readonly Ext[],
): Ext {
  return pairs.reduce((product: Ext, [at0, at1], b) => {
    const value = field.add(at0, field.mul(point[b] as Ext, field.sub(at1, at0)));
    return field.mul(product, value);
  }, field.one);
}

/** The products of one value of each pair, low bit first: 2^n elements. */
export function expandPairs(field: ExtensionField, pairs: readonly (readonly [Ext, Ext])[]): Ext[] {
  const table: Ext[] = [field.one];
  for (const pair of pairs) {
    const size = table.length;
    for (let i = 0; i < size; i++) table.push(field.mul(table[i] as Ext, pair[1]));
    for (let i = 0; i < size; i++) table[i] = field.mul(table[i] as Ext, pair[0]);
  }
  return table;
}

/** The whole factor as a vector of 2^b values: what a prover and a slow reader use. */
export function expandFactor(field: ExtensionField, factor: Factor): Ext[] {
  if (factor.kind === 'eq') return eqTable(field, factor.point);
  if (factor.kind === 'pairs') return expandPairs(field, factor.pairs);
  if (factor.kind === 'dense') return [...factor.values];
  const values = new Array<Ext>(2 ** factor.bits).fill(field.zero);
  if (factor.kind === 'fixed') values[factor.index] = field.one;
  else for (const [index, value] of factor.entries) values[index] = value;
  return values;
}

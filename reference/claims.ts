/** Linear claims: spec/commitment.md section 3, their bytes spec/proof-format.md section "Statement leaves". */
import { eqIndex, eqPoint, extension, type Algebra } from './algebra.ts';
import { join, u32 } from './bytes.ts';
import type { Element } from './field.ts';
import { at, total } from './lists.ts';
import { wellFormed } from './refusal.ts';
import { elements } from './transcript.ts';

export type Factor =
  | { readonly kind: 'eq'; readonly point: readonly Element[] }
  | { readonly kind: 'pairs'; readonly pairs: readonly (readonly [at0: Element, at1: Element])[] }
  | { readonly kind: 'fixed'; readonly bits: number; readonly index: number }
  | { readonly kind: 'dense'; readonly values: readonly Element[] }
  | {
      readonly kind: 'sparse';
      readonly bits: number;
      readonly entries: readonly (readonly [index: number, value: Element])[];
    };

/** A coefficient and factors over consecutive ranges of the bits of a cell's index, low bits first. */
export interface Term {
  /** Among the columns of all groups, in order, and then the proof's own. */
  readonly column: number;
  readonly coefficient: Element;
  readonly factors: readonly Factor[];
}

export type Weight = readonly Term[];

export interface PublicClaim {
  readonly weight: Weight;
  readonly value: Element;
}

/** How many bits a factor covers. */
function bitsOf(factor: Factor): number {
  if (factor.kind === 'eq') return factor.point.length;
  if (factor.kind === 'pairs') return factor.pairs.length;
  return factor.kind === 'dense' ? Math.log2(factor.values.length) : factor.bits;
}

/** Section 4: elements are canonical, terms name columns that there are, factors cover m bits. */
export function checkClaim(K: Algebra, { weight, value }: PublicClaim, columns: number, m: number): void {
  const elementsOf = (factor: Factor): readonly Element[] => {
    if (factor.kind === 'eq') return factor.point;
    if (factor.kind === 'pairs') return factor.pairs.flat();
    if (factor.kind === 'dense') return factor.values;
    return factor.kind === 'sparse' ? factor.entries.map(([, x]) => x) : [];
  };
  const all = weight.flatMap(({ coefficient, factors }) => [coefficient, ...factors.flatMap(elementsOf)]);
  for (const element of [value, ...all]) {
    wellFormed(element.length === K.degree && element.every((x) => x >= 0n && x < K.p), 'elements of K');
  }
  for (const { column, factors } of weight) {
    wellFormed(Number.isInteger(column) && column >= 0 && column < columns, `column ${column} of ${columns}`);
    const bits = factors.map(bitsOf);
    wellFormed(
      bits.every((b) => Number.isInteger(b) && b >= 0),
      'bits of factors',
    );
    wellFormed(total(bits) === m, `factors over ${total(bits)} bits`);
    for (const factor of factors) {
      const indices =
        factor.kind === 'fixed'
          ? [factor.index]
          : factor.kind === 'sparse'
            ? factor.entries.map(([i]) => i)
            : [];
      const ascending = indices.every(
        (i, k) => Number.isInteger(i) && i > (k === 0 ? -1 : at(indices, k - 1)),
      );
      wellFormed(ascending && indices.every((i) => i < 2 ** bitsOf(factor)), 'indices of a factor');
    }
  }
}

/** The multilinear extension of the weight that a claim gives to one column. */
export function weightAt(K: Algebra, weight: Weight, column: number, point: readonly Element[]): Element {
  const terms = weight.filter((term) => term.column === column);
  return K.sum(
    terms.map(({ coefficient, factors }) => {
      let low = 0;
      const values = factors.map((factor) => {
        const value = factorAt(K, factor, point.slice(low, low + bitsOf(factor)));
        low += bitsOf(factor);
        return value;
      });
      return K.product([coefficient, ...values]);
    }),
  );
}

/** The table of section 3. */
function factorAt(K: Algebra, factor: Factor, point: readonly Element[]): Element {
  switch (factor.kind) {
    case 'eq':
      return eqPoint(K, factor.point, point);
    case 'pairs':
      return K.product(factor.pairs.map(([at0, at1], i) => K.add(at0, K.mul(at(point, i), K.sub(at1, at0)))));
    case 'fixed':
      return eqIndex(K, point, factor.index);
    case 'dense':
      return extension(K, factor.values, point);
    case 'sparse':
      return K.sum(factor.entries.map(([index, value]) => K.mul(value, eqIndex(K, point, index))));
  }
}

/** The bytes of a list of claims. */
export function encodeClaims(claims: readonly PublicClaim[]): Uint8Array {
  const term = ({ column, coefficient, factors }: Term): Uint8Array =>
    join([u32(column), elements(coefficient), u32(factors.length), ...factors.map(encodeFactor)]);
  const claim = ({ weight, value }: PublicClaim): Uint8Array =>
    join([elements(value), u32(weight.length), ...weight.map(term)]);
  return join([u32(claims.length), ...claims.map(claim)]);
}

function encodeFactor(factor: Factor): Uint8Array {
  switch (factor.kind) {
    case 'eq':
      return join([u32(1), u32(factor.point.length), elements(factor.point.flat())]);
    case 'fixed':
      return join([u32(2), u32(factor.bits), u32(factor.index)]);
    case 'dense':
      return join([u32(3), u32(factor.values.length), elements(factor.values.flat())]);
    case 'pairs':
      return join([u32(5), u32(factor.pairs.length), elements(factor.pairs.flat(2))]);
    case 'sparse': {
      const indices = factor.entries.map(([index]) => u32(index));
      const values = factor.entries.flatMap(([, value]) => value);
      return join([u32(4), u32(factor.bits), u32(factor.entries.length), ...indices, elements(values)]);
    }
  }
}

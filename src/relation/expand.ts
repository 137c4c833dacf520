/**
 * From claims on forms to what the arguments handle: a constant, functionals on tensors, and products of two vectors. The one
 * place that knows what a term means; prover and verifier share it. spec/program-proofs.md section 4.
 *
 * A term with two views becomes, for weights f on the relation's indices and 1 on those summed over,
 *
 *     sum over kept of A'(kept) B'(kept),     A'(kept) = sum over a of f A,     B'(kept) = sum over b of f B,
 *
 * where `kept` are the indices that both views read, a those of the first alone, b those of the second alone. The weights of
 * kept indices belong to A'. A mask between an index of a and one of b adds b's to the kept ones.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import type { FormClaim } from './claims.ts';
import type { FlatTerm } from './form.ts';
import { pairLists, type PairLists } from './pair-lists.ts';
import { bitsOf, blockOf, product, type Block, type Piece } from './pieces.ts';
import type { Mask, View } from './program.ts';
import { transposeView, viewIndices, type TensorWeight } from './view.ts';
import {
  maskedColumns,
  maskedRows,
  onesWeights,
  totalOf,
  type Entry,
  type Weight,
  type Weights,
} from './weights.ts';

/** A product of two vectors over a box of kept indices: coefficient * sum of A' B'. */
export interface Segment {
  readonly coefficient: Ext;
  readonly first: View;
  readonly second: View;
  /** Indices over the box, the last at the low bits, and the box. */
  readonly kept: readonly string[];
  readonly box: Block;
  /** Weights of the kept indices that belong to A'; on the box. */
  readonly keptWeights: readonly Weight[];
  /** Weights of the indices that only the first, only the second view reads. */
  readonly firstWeights: ReadonlyMap<string, Weights>;
  readonly secondWeights: ReadonlyMap<string, Weights>;
  /** A mask between an index of the first view and a kept index that the first view does not read. */
  readonly mask?: SegmentMask;
}

export interface SegmentMask {
  readonly mask: Mask;
  /** Which of the mask's indices the first view reads. */
  readonly first: 'row' | 'column';
  /** Size of the column index. */
  readonly columns: number;
}

/** Everything that claims come to. */
export interface Expansion {
  readonly constant: Ext;
  readonly linear: readonly TensorWeight[];
  readonly segments: readonly Segment[];
}

/** Writes claims out. What lies where, boxes included, depends on relations and blocks alone and on no challenge. */
export function expandClaims(field: ExtensionField, claims: readonly FormClaim[]): Expansion {
  let constant = field.zero;
  const linear: TensorWeight[] = [];
  const segments: Segment[] = [];
  const lists = pairLists(field);
  let last: { readonly claim: FormClaim; readonly weights: ReadonlyMap<string, Weights> } | undefined;
  for (const claim of claims) {
    // Columns of a lookup follow each other, and have the weights of their block.
    const sameBlock = last?.claim.relation === claim.relation && last.claim.weights === claim.weights;
    const plain = last !== undefined && sameBlock ? last.weights : weightsOf(field, claim, [], lists);
    last = { claim, weights: plain };
    for (const term of claim.form) {
      const scaled = field.mulBase(claim.coefficient, field.base.fromInt(term.coefficient));
      const weights = term.sums.length === 0 ? plain : weightsOf(field, claim, term.sums, lists);
      const first = term.views[0];
      const second = term.views[1];
      if (first !== undefined && second !== undefined) {
        segments.push(
          ...segmentsOf(field, term, first, second, scaled, weights, sizesOf(claim, term), lists),
        );
        continue;
      }
      const unmasked =
        term.mask === undefined
          ? weights
          : withoutMask(
              field,
              term.mask,
              weights,
              sizesOf(claim, term),
              first === undefined ? [] : viewIndices(first),
              lists,
            );
      if (first !== undefined) linear.push(transposeView(field, first, scaled, unmasked, lists));
      else {
        const total = [...unmasked.values()].reduce(
          (value: Ext, of) => field.mul(value, totalOf(field, of, lists)),
          scaled,
        );
        constant = field.add(constant, total);
      }
    }
  }
  return { constant, linear, segments };
}

/** Weights of a relation's indices, and 1 on those that a term sums over. Nobody writes to them. */
function weightsOf(
  field: ExtensionField,
  claim: FormClaim,
  sums: FlatTerm['sums'],
  lists: PairLists,
): ReadonlyMap<string, Weights> {
  const weights = new Map<string, Weights>();
  claim.relation.indices.forEach(({ name }, i) => weights.set(name, [claim.weights[i] as Weight]));
  for (const { name, size } of sums) weights.set(name, onesWeights(field, size, lists));
  return weights;
}

function sizesOf(claim: FormClaim, term: FlatTerm): Map<string, number> {
  return new Map([...claim.relation.indices, ...term.sums].map(({ name, size }) => [name, size]));
}

/**
 * Weights with the mask summed into the index of it that is read, or into one of them if none is.
 * @throws Error for a mask both of whose indices are read: a checked program has none
 */
function withoutMask(
  field: ExtensionField,
  mask: Mask | undefined,
  weights: ReadonlyMap<string, Weights>,
  sizes: ReadonlyMap<string, number>,
  read: readonly string[],
  lists: PairLists,
): ReadonlyMap<string, Weights> {
  if (mask === undefined) return weights;
  if (read.includes(mask.row) && read.includes(mask.column))
    throw new Error('mask: expected one of its indices in a view');
  const first = read.includes(mask.column) ? 'column' : 'row';
  return withMask(field, { mask, first, columns: sizes.get(mask.column) as number }, new Map(weights), lists);
}

/** Sums the mask into the index of it that a view reads; the other one is gone. */
export function withMask(
  field: ExtensionField,
  { mask, first, columns }: SegmentMask,
  weights: Map<string, Weights>,
  lists = pairLists(field),
): Map<string, Weights> {
  const [row, column] = [weights.get(mask.row) as Weights, weights.get(mask.column) as Weights];
  if (first === 'row') {
    weights.set(mask.row, maskedRows(field, mask, row, column, columns, lists));
    weights.delete(mask.column);
  } else {
    weights.set(mask.column, maskedColumns(field, mask, row, column, columns, lists));
    weights.delete(mask.row);
  }
  return weights;
}

function segmentsOf(
  field: ExtensionField,
  term: FlatTerm,
  first: View,
  second: View,
  coefficient: Ext,
  given: ReadonlyMap<string, Weights>,
  sizes: ReadonlyMap<string, number>,
  lists: PairLists,
): Segment[] {
  const inFirst = viewIndices(first);
  const inSecond = viewIndices(second);
  const split = maskBetween(term.mask, inFirst, inSecond, sizes);
  // A mask that does not couple the two views is summed into the one index that is read.
  const weights =
    split === undefined
      ? withoutMask(field, term.mask, given, sizes, [...inFirst, ...inSecond], lists)
      : given;
  const coupled =
    split === undefined ? undefined : split.first === 'row' ? split.mask.column : split.mask.row;
  let scale = coefficient;
  const only = { first: new Map<string, Weights>(), second: new Map<string, Weights>() };
  for (const [index, of] of weights) {
    const [a, b] = [inFirst.includes(index), inSecond.includes(index)];
    if (!a && !b) scale = field.mul(scale, totalOf(field, of, lists));
    else if (a && !b) only.first.set(index, of);
    else if (b && !a && index !== coupled) only.second.set(index, of);
  }
  const kept = keptIndices(first, second, term.mask);
  const parts = kept.map((index) => (weights.get(index) as Weights).map(boxed));
  return product(parts).map((combination) => ({
    coefficient: scale,
    first,
    second,
    kept,
    box: blockOf(combination.map(({ offset, bits }) => ({ offset, bits }))),
    keptWeights: combination.map(({ weight }) => weight),
    firstWeights: only.first,
    secondWeights: only.second,
    ...(split === undefined ? {} : { mask: split }),
  }));
}

/** The indices of a product's vectors: those that both views read, in the order of the second, and the one that a mask adds. */
export function keptIndices(first: View, second: View, mask: Mask | undefined): string[] {
  const inFirst = viewIndices(first);
  const inSecond = viewIndices(second);
  const coupled = mask === undefined ? undefined : coupledIndex(mask, inFirst, inSecond);
  return inSecond.filter((index) => inFirst.includes(index) || index === coupled);
}

/** The index of a mask that the second view alone reads, where the first alone reads the other one. */
function coupledIndex(
  { row, column }: Mask,
  inFirst: readonly string[],
  inSecond: readonly string[],
): string | undefined {
  const only = (index: string, a: readonly string[], b: readonly string[]): boolean =>
    a.includes(index) && !b.includes(index);
  if (only(row, inFirst, inSecond) && only(column, inSecond, inFirst)) return column;
  if (only(column, inFirst, inSecond) && only(row, inSecond, inFirst)) return row;
  return undefined;
}

/** The mask of a term if one of its indices is read by the first view alone and the other by the second alone. */
function maskBetween(
  mask: Mask | undefined,
  inFirst: readonly string[],
  inSecond: readonly string[],
  sizes: ReadonlyMap<string, number>,
): SegmentMask | undefined {
  const coupled = mask === undefined ? undefined : coupledIndex(mask, inFirst, inSecond);
  if (mask === undefined || coupled === undefined) return undefined;
  const columns = sizes.get(mask.column) as number;
  return { mask, first: coupled === mask.column ? 'row' : 'column', columns };
}

/** A weight with the dyadic interval that it is on: the piece of the claim, whatever happened to its values. */
function boxed(weight: Weight): Piece & { readonly weight: Weight } {
  if (weight.kind === 'pairs') return { offset: weight.offset, bits: weight.pairs.length, weight };
  const [first] = weight.entries[0] as Entry;
  return { offset: first, bits: bitsOf(weight.entries.length), weight };
}

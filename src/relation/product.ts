/**
 * All products of a program as one: segments lie one behind the other, largest first, in two long vectors A and B, so that
 * sum A B is a single sumcheck. At its end two values are left, one of A and one of B, and each is a functional on tensors.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { eqAbove } from '../sumcheck/eq.ts';
import { withMask, type Segment } from './expand.ts';
import { pairLists, type Pair, type PairLists } from './pair-lists.ts';
import { bitsOf, type Piece } from './pieces.ts';
import { transposeView, type TensorWeight } from './view.ts';
import { eqPairs, timesEq, type EqPairs, type Weight, type Weights } from './weights.ts';

/** A segment and where it begins: a multiple of its size. */
export interface PlacedSegment {
  readonly segment: Segment;
  readonly address: number;
}

/** The order and the length of the vectors. */
export interface Placement {
  readonly segments: readonly PlacedSegment[];
  /** Elements in use. */
  readonly live: number;
  /** Variables of the sumcheck. */
  readonly numVars: number;
}

/**
 * @param numVars that pads were planned for; absent: whatever it takes
 * @throws Error for another size: a mistake of this library, not of a proof
 */
export function placeSegments(segments: readonly Segment[], numVars?: number): Placement {
  let live = 0;
  const placed = [...segments]
    .sort((a, b) => b.box.bits - a.box.bits)
    .map((segment) => {
      const address = live;
      live += 2 ** segment.box.bits;
      return { segment, address };
    });
  const needed = bitsOf(live);
  if (numVars !== undefined && numVars !== needed) {
    throw new Error(`product: expected ${numVars} variables, got ${needed}`);
  }
  return { segments: placed, live, numVars: needed };
}

/** The functionals whose values at the point are A~ and B~. */
export interface ProductEnd {
  readonly first: readonly TensorWeight[];
  readonly second: readonly TensorWeight[];
}

/** @param point of the sumcheck, low variable first */
export function productEnd(field: ExtensionField, placement: Placement, point: readonly Ext[]): ProductEnd {
  const first: TensorWeight[] = [];
  const second: TensorWeight[] = [];
  const pairs = eqPairs(field, point);
  const lists = pairLists(field);
  const above = eqAbove(field, point);
  for (const { segment, address } of placement.segments) {
    const { box } = segment;
    const high = above(box.bits, address / 2 ** box.bits);
    const eq = pairsOnBox(segment, pairs);
    const a = firstWeights(field, lists, segment, eq);
    first.push(transposeView(field, segment.first, field.mul(high, segment.coefficient), a, lists));
    const b = new Map(segment.secondWeights);
    segment.kept.forEach((index, k) => {
      const { offset } = box.pieces[k] as Piece;
      b.set(index, [{ kind: 'pairs', offset, pairs: eq[k] as readonly Pair[] }]);
    });
    second.push(transposeView(field, segment.second, high, b, lists));
  }
  return { first, second };
}

/** Pairs of the low coordinates of the point, one list for each kept index; the last has the lowest. */
function pairsOnBox({ box }: Segment, pairs: EqPairs): (readonly Pair[])[] {
  let at = box.bits;
  return box.pieces.map(({ bits }) => {
    at -= bits;
    return pairs.run(at, bits);
  });
}

function firstWeights(
  field: ExtensionField,
  lists: PairLists,
  segment: Segment,
  eq: readonly (readonly Pair[])[],
): Map<string, Weights> {
  const weights = new Map(segment.firstWeights);
  segment.kept.forEach((index, k) => {
    const { offset } = segment.box.pieces[k] as Piece;
    const own = segment.keptWeights[k] as Weight;
    weights.set(index, [timesEq(field, lists, own, offset, eq[k] as readonly Pair[])]);
  });
  return segment.mask === undefined ? weights : withMask(field, segment.mask, weights, lists);
}

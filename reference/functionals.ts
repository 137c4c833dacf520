/**
 * Claims on forms and what they come to: spec/program-proofs.md section 4, by its definition. A claim is a sum over all values
 * of all indices; every value is visited.
 */
import type { Algebra } from './algebra.ts';
import type { Element } from './field.ts';
import { bitsOf, cellNumber, combinations, piecesOf, type Piece } from './layout.ts';
import { at, range } from './lists.ts';
import type { Coordinate, Index, Mask, Tensor, View } from './program.ts';
import type { Form, WrittenTerm } from './written-out.ts';

/** Weights on the values of an index in a piece. */
export interface Weighted {
  readonly index: string;
  readonly first: number;
  readonly values: readonly Element[];
}

/** coefficient * sum over indices of (product of weights) * form. */
export interface FormClaim {
  readonly form: Form;
  readonly coefficient: Element;
  /** One for each index of the relation. */
  readonly weights: readonly Weighted[];
}

/** Weights on the cells of tensors, row-major. A tensor that is not named has none. */
export type Functional = Map<string, Element[]>;

/** A product of two vectors A' and B' over a box of kept indices. */
export interface Segment {
  readonly term: WrittenTerm;
  readonly kept: readonly string[];
  readonly box: readonly Piece[];
  readonly coefficient: Element;
  /** Of the indices that A' sums over, and of the kept ones. */
  readonly first: readonly Weighted[];
  /** Of the indices that B' sums over; of the kept ones 1. */
  readonly second: readonly Weighted[];
}

/** Everything that claims come to. */
export interface Expansion {
  readonly constant: Element;
  readonly functional: Functional;
  readonly segments: readonly Segment[];
}

type Values = ReadonlyMap<string, number>;

export function expand(
  K: Algebra,
  tensors: ReadonlyMap<string, Tensor>,
  claims: readonly FormClaim[],
): Expansion {
  let constant = K.zero;
  const functional: Functional = new Map();
  const segments: Segment[] = [];
  for (const { form, coefficient, weights } of claims) {
    for (const term of form) {
      const scaled = K.scale(coefficient, term.coefficient);
      const all = [...weights, ...term.sums.map((sum) => ones(K, sum))];
      const [view] = term.views;
      if (term.views.length === 2) segments.push(...segmentsOf(K, term, scaled, weights));
      else if (view === undefined) {
        sumOver(K, scaled, all, term.mask, (_, weight) => (constant = K.add(constant, weight)));
      } else {
        sumOver(K, scaled, all, term.mask, (values, weight) =>
          addTo(K, functional, tensors, view, values, weight),
        );
      }
    }
  }
  return { constant, functional, segments };
}

/** An index that is summed over: weight 1 on all of its values. */
function ones(K: Algebra, { name, size }: Index): Weighted {
  return { index: name, first: 0, values: range(size).map(() => K.one) };
}

/** Calls for all values of all indices with coefficient * product of weights * mask, if that is not zero. */
function sumOver(
  K: Algebra,
  coefficient: Element,
  weights: readonly Weighted[],
  mask: Mask | undefined,
  visit: (values: Values, weight: Element) => void,
): void {
  const values = new Map<string, number>();
  const go = (d: number, weight: Element): void => {
    if (K.equal(weight, K.zero)) return;
    if (d === weights.length) {
      if (mask === undefined || masked(mask, values)) visit(values, weight);
      return;
    }
    const { index, first, values: own } = at(weights, d);
    own.forEach((x, i) => {
      values.set(index, first + i);
      go(d + 1, K.equal(x, K.one) ? weight : K.mul(weight, x));
    });
  };
  go(0, coefficient);
}

function masked({ row, column, from, to }: Mask, values: Values): boolean {
  const [i, j] = [values.get(row) as number, values.get(column) as number];
  return at(from, i) <= j && j < at(to, i);
}

/** Adds a weight to the cell that a view names. */
function addTo(
  K: Algebra,
  functional: Functional,
  tensors: ReadonlyMap<string, Tensor>,
  { tensor, coordinates }: View,
  values: Values,
  weight: Element,
): void {
  const { shape } = tensors.get(tensor) as Tensor;
  const cells = shape.reduce((product, size) => product * size, 1);
  const own = functional.get(tensor) ?? range(cells).map(() => K.zero);
  const cell = cellNumber(
    shape,
    coordinates.map((coordinate) => positionOf(coordinate, values)),
  );
  own[cell] = K.add(at(own, cell), weight);
  functional.set(tensor, own);
}

function positionOf(coordinate: Coordinate, values: Values): number {
  if (coordinate.kind === 'gather') return at(coordinate.positions, values.get(coordinate.index) as number);
  const { offset, parts } = coordinate;
  return parts.reduce((sum, { index, stride }) => sum + stride * (values.get(index) as number), offset);
}

/** The indices that a view reads, in the order in which its coordinates first name them. */
function indicesOf({ coordinates }: View): string[] {
  return coordinates.flatMap((coordinate) =>
    coordinate.kind === 'gather' ? [coordinate.index] : coordinate.parts.map(({ index }) => index),
  );
}

/**
 * Section 4, two views. A' has the weights of all indices but those that it leaves to B': what B alone reads, and an index that
 * nothing reads and a mask ties to one of these.
 */
function segmentsOf(
  K: Algebra,
  term: WrittenTerm,
  coefficient: Element,
  weights: readonly Weighted[],
): Segment[] {
  const { views, sums, mask } = term;
  const [inA, inB] = views.map(indicesOf) as [string[], string[]];
  const tied = (index: string): string | undefined =>
    mask === undefined ? undefined : { [mask.row]: mask.column, [mask.column]: mask.row }[index];
  const onlyA = (index?: string): boolean =>
    index !== undefined && inA.includes(index) && !inB.includes(index);
  const onlyB = (index?: string): boolean =>
    index !== undefined && inB.includes(index) && !inA.includes(index);
  const kept = inB.filter((index) => inA.includes(index) || onlyA(tied(index)));
  const unread = (index: string): boolean => !inA.includes(index) && !inB.includes(index);
  const ofB = (index: string): boolean => onlyB(index) || (unread(index) && onlyB(tied(index)));

  // What is summed over and not kept has weight 1 on all values; what is kept, one segment for each piece.
  const all = [...weights, ...sums.filter(({ name }) => !kept.includes(name)).map((sum) => ones(K, sum))];
  const free = all.filter(({ index }) => !kept.includes(index));
  const pieces = kept.map((index): Weighted[] => {
    const own = weights.filter((weight) => weight.index === index);
    if (own.length > 0) return own;
    const { size } = sums.find(({ name }) => name === index) as Index;
    return piecesOf(size).map((piece) => onesOn(K, index, piece));
  });
  return combinations(pieces).map((combination) => {
    const box = combination.map(({ first, values }) => ({ first, bits: Math.log2(values.length) }));
    return {
      ...{ term, kept, box, coefficient },
      first: [...combination, ...free.filter(({ index }) => !ofB(index))],
      second: [
        ...kept.map((index, k) => onesOn(K, index, at(box, k))),
        ...free.filter(({ index }) => ofB(index)),
      ],
    };
  });
}

function onesOn(K: Algebra, index: string, { first, bits }: Piece): Weighted {
  return { index, first, values: range(2 ** bits).map(() => K.one) };
}

/** Section 4: segments one behind the other, largest first; where each begins, and how many elements there are. */
export function lineUpSegments(segments: readonly Segment[]): {
  readonly placed: readonly { readonly segment: Segment; readonly address: number }[];
  readonly live: number;
} {
  let live = 0;
  const placed = [...segments]
    .sort((a, b) => bitsOf(b.box) - bitsOf(a.box)) // stable
    .map((segment) => {
      const address = live;
      live += 2 ** bitsOf(segment.box);
      return { segment, address };
    });
  return { placed, live };
}

/** sum over elements of all A' (side 0) or B' (side 1) times what stands in their place in `eq`: A~ or B~ as functionals. */
export function sideAt(
  K: Algebra,
  tensors: ReadonlyMap<string, Tensor>,
  { placed }: ReturnType<typeof lineUpSegments>,
  eq: readonly Element[],
  side: 0 | 1,
): Functional {
  const functional: Functional = new Map();
  for (const { segment, address } of placed) {
    const { term, kept, box } = segment;
    const weights = side === 0 ? segment.first : segment.second;
    const coefficient = side === 0 ? segment.coefficient : K.one;
    // The mask belongs to the side that has both of its indices; A' where both sides have.
    const has = (of: readonly Weighted[], { row, column }: Mask): boolean =>
      [row, column].every((name) => of.some(({ index }) => index === name));
    const { mask } = term;
    const own = mask !== undefined && has(segment.first, mask) === (side === 0) ? mask : undefined;
    sumOver(K, coefficient, weights, own, (values, weight) => {
      const cell = box.reduce((n, { first, bits }, k) => n * 2 ** bits + (values.get(at(kept, k)) as number) - first, 0); // prettier-ignore
      addTo(K, functional, tensors, at(term.views, side), values, K.mul(weight, at(eq, address + cell)));
    });
  }
  return functional;
}

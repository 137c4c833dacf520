/**
 * Weights of claims over one index: a product over bits on a dyadic interval, or values written out. A claim on a relation is a
 * weight for each of its indices; views turn them into weights on the dimensions of tensors. spec/program-proofs.md section 4.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { pairLists, prefixSums, type Pair, type PairLists } from './pair-lists.ts';
import { piecesOf } from './pieces.ts';
import type { Mask } from './program.ts';

export type { Pair };

/** A weight on the values of an index; zero outside. */
export type Weight =
  /** On [offset, offset + 2^pairs.length), aligned: one pair for each bit, low bit first, multiplied. */
  | { readonly kind: 'pairs'; readonly offset: number; readonly pairs: readonly Pair[] }
  /** Any values, positions ascending. */
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] };
export type Entry = readonly [position: number, value: Ext];

/** A sum of weights. */
export type Weights = readonly Weight[];

/**
 * The pairs (1 - z, z) of a point's coordinates. Claims on many blocks read the same runs of one point: a run is one list, made once,
 * and what is computed from a list can be kept beside it.
 */
export interface EqPairs {
  /** Of coordinates [at, at + bits). */
  run(at: number, bits: number): readonly Pair[];
}

export function eqPairs(field: ExtensionField, point: readonly Ext[]): EqPairs {
  const all = point.map((z): Pair => [field.sub(field.one, z), z]);
  const runs = new Map<number, readonly Pair[]>();
  return {
    run(at, bits) {
      const key = 64 * at + bits; // points have at most 32 coordinates
      const known = runs.get(key);
      if (known !== undefined) return known;
      const own = all.slice(at, at + bits);
      runs.set(key, own);
      return own;
    },
  };
}

/** 1 on [0, size). */
export function onesWeights(field: ExtensionField, size: number, lists = pairLists(field)): Weights {
  return piecesOf(size).map(({ offset, bits }) => ({ kind: 'pairs', offset, pairs: lists.ones(bits) }));
}

/** The sum of all values. */
export function totalOf(field: ExtensionField, weights: Weights, lists = pairLists(field)): Ext {
  let sum = field.zero;
  for (const weight of weights) {
    if (weight.kind === 'pairs') sum = field.add(sum, lists.total(weight.pairs));
    else for (const entry of weight.entries) sum = field.add(sum, entry[1]);
  }
  return sum;
}

/** All values that are written out. */
export function entriesOf(field: ExtensionField, weight: Weight, lists = pairLists(field)): readonly Entry[] {
  if (weight.kind === 'entries') return weight.entries;
  return lists.values(weight.pairs).map((value, i): Entry => [weight.offset + i, value]);
}

/** Values at 0 .. size - 1. The bits of a strided weight reach beyond, and are zero there. */
export function denseOf(
  field: ExtensionField,
  weights: Weights,
  size: number,
  lists = pairLists(field),
): Ext[] {
  const values = new Array<Ext>(size).fill(field.zero);
  const add = (i: number, value: Ext): void => {
    if (i >= size) return;
    const old = values[i] as Ext;
    values[i] = old === field.zero ? value : field.add(old, value);
  };
  for (const weight of weights) {
    if (weight.kind === 'entries') for (const entry of weight.entries) add(...entry);
    else lists.values(weight.pairs).forEach((value, i) => add(weight.offset + i, value));
  }
  return values;
}

/**
 * weight(i) * eq(point, i - offset) for a weight that is on a piece, and has a value at each of its positions.
 *
 * @param offset of the piece, @param eq pairs of its bits
 */
export function timesEq(
  field: ExtensionField,
  lists: PairLists,
  weight: Weight,
  offset: number,
  eq: readonly Pair[],
): Weight {
  if (weight.kind === 'pairs') return { kind: 'pairs', offset, pairs: lists.product(weight.pairs, eq) };
  const values = lists.values(eq);
  const entries = weight.entries.map(([i, value]): Entry => [i, field.mul(value, values[i - offset] as Ext)]);
  return { kind: 'entries', entries };
}

type PairsWeight = Extract<Weight, { kind: 'pairs' }>;

/** The sum of the values at positions below n, for few n: a product for each bit 1 of n. */
function sumBelow(field: ExtensionField, { pairs }: PairsWeight, n: number): Ext {
  let [sum, total] = [field.zero, field.one]; // over the bits so far, the lowest first
  pairs.forEach(([at0, at1], b) => {
    sum = (n >>> b) & 1 ? field.add(field.mul(at0, total), field.mul(at1, sum)) : field.mul(at0, sum);
    total = field.mul(total, field.add(at0, at1));
  });
  return sum;
}

/** Columns for each row from which on sums of products are less work than writing all columns out. */
const FEW_ROWS = 2 ** 7;

/** n -> the sum of the values below n, for so many n in [0, size]. */
function sumsBelow(
  field: ExtensionField,
  weight: Weight,
  count: number,
  size: number,
  lists: PairLists,
): (n: number) => Ext {
  if (weight.kind === 'entries') {
    const sums = prefixSums(field, denseOf(field, [weight], size));
    return (n) => sums[n] as Ext;
  }
  const { offset, pairs } = weight;
  const sums = count * FEW_ROWS < size ? undefined : lists.prefixSums(pairs);
  return (n) => {
    if (n <= offset) return field.zero;
    if (n >= offset + 2 ** pairs.length) return lists.total(pairs);
    return sums === undefined ? sumBelow(field, weight, n - offset) : (sums[n - offset] as Ext);
  };
}

/** row(i) * sum over j of mask(i, j) column(j), as weights on the same rows. O(rows + columns), less for few rows. */
export function maskedRows(
  field: ExtensionField,
  { from, to }: Mask,
  row: Weights,
  column: Weights,
  columns: number,
  lists = pairLists(field),
): Weights {
  const below = column.map((weight) => sumsBelow(field, weight, to.length, columns, lists));
  const seen = (i: number): Ext =>
    below.reduce((sum: Ext, sumTo) => {
      const end = field.add(sum, sumTo(to[i] as number));
      return field.sub(end, sumTo(from[i] as number));
    }, field.zero);
  return row.map((weight) => mapEntries(field, weight, seen, lists));
}

/** column(j) * sum over i of mask(i, j) row(i), as weights on the same columns. */
export function maskedColumns(
  field: ExtensionField,
  { from, to }: Mask,
  row: Weights,
  column: Weights,
  columns: number,
  lists = pairLists(field),
): Weights {
  const steps = new Array<Ext>(columns + 1).fill(field.zero);
  const step = (j: number, value: Ext): void => {
    steps[j] = field.add(steps[j] as Ext, value);
  };
  for (const weight of row) {
    for (const [i, value] of entriesOf(field, weight, lists)) {
      step(from[i] as number, value);
      step(to[i] as number, field.neg(value));
    }
  }
  const sums = prefixSums(field, steps);
  return column.map((weight) => mapEntries(field, weight, (j) => sums[j + 1] as Ext, lists));
}

/**
 * The values of a weight times those of a function; positions stay, zeros too: what lies where is known beforehand. Two values are
 * those of one bit, and stay a pair, which views merge with other bits: so masks that swap halves of a row.
 */
function mapEntries(
  field: ExtensionField,
  weight: Weight,
  scale: (i: number) => Ext,
  lists: PairLists,
): Weight {
  if (weight.kind === 'pairs' && weight.pairs.length === 1) {
    const { offset } = weight;
    const [at0, at1] = weight.pairs[0] as Pair;
    return {
      kind: 'pairs',
      offset,
      pairs: [[field.mul(at0, scale(offset)), field.mul(at1, scale(offset + 1))]],
    };
  }
  const entries = entriesOf(field, weight, lists).map(([i, value]): Entry => [i, field.mul(value, scale(i))]);
  return { kind: 'entries', entries };
}

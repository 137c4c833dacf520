/**
 * Weights of claims over one index: a product over bits on a dyadic interval, or values written out. A claim on a relation is a
 * weight for each of its indices; views turn them into weights on the dimensions of tensors. spec/program-proofs.md section 4.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { expandPairs } from '../pcs/weight.ts';
import { piecesOf } from './pieces.ts';
import type { Mask } from './program.ts';

/** Values at 0 and at 1 of one bit. */
export type Pair = readonly [at0: Ext, at1: Ext];

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
export function onesWeights(field: ExtensionField, size: number): Weights {
  const one: Pair = [field.one, field.one];
  return piecesOf(size).map(({ offset, bits }) => {
    return { kind: 'pairs', offset, pairs: Array.from({ length: bits }, () => one) };
  });
}

/** The sum of all values. */
export function totalOf(field: ExtensionField, weights: Weights): Ext {
  let sum = field.zero;
  for (const weight of weights) {
    if (weight.kind === 'pairs') {
      const total = weight.pairs.reduce((value: Ext, [a, b]) => field.mul(value, field.add(a, b)), field.one);
      sum = field.add(sum, total);
    } else for (const [, value] of weight.entries) sum = field.add(sum, value);
  }
  return sum;
}

/** All values that are written out. */
export function entriesOf(field: ExtensionField, weight: Weight): readonly Entry[] {
  if (weight.kind === 'entries') return weight.entries;
  return expandPairs(field, weight.pairs).map((value, i): Entry => [weight.offset + i, value]);
}

/** Values at 0 .. size - 1. The bits of a strided weight reach beyond, and are zero there. */
export function denseOf(field: ExtensionField, weights: Weights, size: number): Ext[] {
  const values = new Array<Ext>(size).fill(field.zero);
  for (const weight of weights) {
    for (const [i, value] of entriesOf(field, weight)) {
      if (i < size) values[i] = field.add(values[i] as Ext, value);
    }
  }
  return values;
}

/** Products of lists of pairs, each made once for two lists. */
export type PairProducts = (a: readonly Pair[], b: readonly Pair[]) => readonly Pair[];

export function pairProducts(field: ExtensionField): PairProducts {
  const known = new Map<readonly Pair[], Map<readonly Pair[], readonly Pair[]>>();
  return (a, b) => {
    let own = known.get(a);
    if (own === undefined) known.set(a, (own = new Map()));
    let product = own.get(b);
    if (product === undefined) {
      product = a.map(([at0, at1], i): Pair => {
        const other = b[i] as Pair;
        return [field.mul(at0, other[0]), field.mul(at1, other[1])];
      });
      own.set(b, product);
    }
    return product;
  };
}

/**
 * weight(i) * eq(point, i - offset) for a weight that is on a piece, and has a value at each of its positions.
 *
 * @param offset of the piece, @param eq pairs of its bits
 */
export function timesEq(
  field: ExtensionField,
  products: PairProducts,
  weight: Weight,
  offset: number,
  eq: readonly Pair[],
): Weight {
  if (weight.kind === 'pairs') return { kind: 'pairs', offset, pairs: products(weight.pairs, eq) };
  const values = expandPairs(field, eq);
  const entries = weight.entries.map(([i, value]): Entry => [i, field.mul(value, values[i - offset] as Ext)]);
  return { kind: 'entries', entries };
}

/** Sums of the first n values, n = 0 .. size. */
function prefixSums(field: ExtensionField, values: readonly Ext[]): Ext[] {
  const sums: Ext[] = [field.zero];
  for (const value of values) sums.push(field.add(sums[sums.length - 1] as Ext, value));
  return sums;
}

type PairsWeight = Extract<Weight, { kind: 'pairs' }>;

/** The sum of the values at positions below n: a product for each bit 1 of n. */
function sumBelow(field: ExtensionField, weight: PairsWeight, n: number): Ext {
  const { offset, pairs } = weight;
  if (n <= offset) return field.zero;
  if (n >= offset + 2 ** pairs.length) return totalOf(field, [weight]);
  const within = n - offset;
  let [sum, total] = [field.zero, field.one]; // over the bits so far, the lowest first
  pairs.forEach(([at0, at1], b) => {
    sum = (within >>> b) & 1 ? field.add(field.mul(at0, total), field.mul(at1, sum)) : field.mul(at0, sum);
    total = field.mul(total, field.add(at0, at1));
  });
  return sum;
}

/** Columns for each row from which on sums of products are less work than writing all columns out. */
const FEW_ROWS = 2 ** 7;

/** row(i) * sum over j of mask(i, j) column(j), as weights on the same rows. O(rows + columns), less for few rows. */
export function maskedRows(
  field: ExtensionField,
  { from, to }: Mask,
  row: Weights,
  column: Weights,
  columns: number,
): Weights {
  const few = to.length * FEW_ROWS < columns && column.every(({ kind }) => kind === 'pairs');
  const sums = few ? [] : prefixSums(field, denseOf(field, column, columns));
  const below = (n: number): Ext =>
    few
      ? column.reduce((sum, weight) => field.add(sum, sumBelow(field, weight as PairsWeight, n)), field.zero)
      : (sums[n] as Ext);
  return row.map((weight) =>
    mapEntries(field, weight, (i) => field.sub(below(to[i] as number), below(from[i] as number))),
  );
}

/** column(j) * sum over i of mask(i, j) row(i), as weights on the same columns. */
export function maskedColumns(
  field: ExtensionField,
  { from, to }: Mask,
  row: Weights,
  column: Weights,
  columns: number,
): Weights {
  const steps = new Array<Ext>(columns + 1).fill(field.zero);
  const step = (j: number, value: Ext): void => {
    steps[j] = field.add(steps[j] as Ext, value);
  };
  for (const [i, value] of row.flatMap((weight) => entriesOf(field, weight))) {
    step(from[i] as number, value);
    step(to[i] as number, field.neg(value));
  }
  const sums = prefixSums(field, steps);
  return column.map((weight) => mapEntries(field, weight, (j) => sums[j + 1] as Ext));
}

/**
 * The values of a weight times those of a function; positions stay, zeros too: what lies where is known beforehand. Two values are
 * those of one bit, and stay a pair, which views merge with other bits: so masks that swap halves of a row.
 */
function mapEntries(field: ExtensionField, weight: Weight, scale: (i: number) => Ext): Weight {
  if (weight.kind === 'pairs' && weight.pairs.length === 1) {
    const { offset } = weight;
    const [at0, at1] = weight.pairs[0] as Pair;
    return {
      kind: 'pairs',
      offset,
      pairs: [[field.mul(at0, scale(offset)), field.mul(at1, scale(offset + 1))]],
    };
  }
  const entries = entriesOf(field, weight).map(([i, value]): Entry => [i, field.mul(value, scale(i))]);
  return { kind: 'entries', entries };
}

/**
 * What is computed of lists of pairs, once for each list: blocks of one size share their lists, and layers repeat them. Lists are known
 * by identity, and kept as long as whoever asks keeps this: for one step of one proof.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { expandPairs } from '../pcs/weight.ts';

/** Values at 0 and at 1 of one bit. A list of pairs, low bit first, is the product over its bits: 2^bits values. */
export type Pair = readonly [at0: Ext, at1: Ext];

/** Nobody writes to what these return. */
export interface PairLists {
  /** All values. */
  values(pairs: readonly Pair[]): readonly Ext[];
  /** The sum of all values. */
  total(pairs: readonly Pair[]): Ext;
  /** Sums of the first n values, n = 0 .. 2^bits. */
  prefixSums(pairs: readonly Pair[]): readonly Ext[];
  /** The list whose values are products of those of two lists. */
  product(a: readonly Pair[], b: readonly Pair[]): readonly Pair[];
  /** The list whose values are all 1. */
  ones(bits: number): readonly Pair[];
}

/** Bits of lists whose values are kept: those of longer ones cost more memory than they save time. */
const KEPT_BITS = 12;

export function pairLists(field: ExtensionField): PairLists {
  const values = kept((pairs) => expandPairs(field, pairs));
  const sums = kept((pairs) => prefixSums(field, values(pairs)));
  const one: Pair = [field.one, field.one];
  const ones: (readonly Pair[])[] = [];
  const total = once((pairs: readonly Pair[]) =>
    pairs.reduce((value: Ext, [at0, at1]) => field.mul(value, field.add(at0, at1)), field.one),
  );
  const productsOf = once((a: readonly Pair[]) =>
    once((b: readonly Pair[]) =>
      a.map(([at0, at1], i): Pair => {
        const other = b[i] as Pair;
        return [field.mul(at0, other[0]), field.mul(at1, other[1])];
      }),
    ),
  );
  return {
    values,
    total,
    prefixSums: sums,
    product: (a, b) => productsOf(a)(b),
    ones: (bits) => (ones[bits] ??= new Array<Pair>(bits).fill(one)),
  };
}

/** A function that computes its value once for every list. */
function once<T>(of: (pairs: readonly Pair[]) => T): (pairs: readonly Pair[]) => T {
  const known = new Map<readonly Pair[], T>();
  return (pairs) => {
    let value = known.get(pairs);
    if (value === undefined) known.set(pairs, (value = of(pairs)));
    return value;
  };
}

/** The same for functions that return a value for each of theirs. */
function kept(of: (pairs: readonly Pair[]) => readonly Ext[]): (pairs: readonly Pair[]) => readonly Ext[] {
  const short = once(of);
  return (pairs) => (pairs.length <= KEPT_BITS ? short : of)(pairs);
}

/** Sums of the first n values, n = 0 .. size. */
export function prefixSums(field: ExtensionField, values: readonly Ext[]): Ext[] {
  const sums: Ext[] = [field.zero];
  for (const value of values) sums.push(field.add(sums[sums.length - 1] as Ext, value));
  return sums;
}

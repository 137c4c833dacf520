/** The weights of a merge by column: products a(hi) b(lo), each b once for a column. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords, readExt, writeExt } from '../kernels/contract/layout.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import { packHalf } from './half-prove.ts';
import type { Claim } from './opening.ts';
import { createSplitter, type Half } from './split.ts';

/** A half as a K array, Montgomery forms; made once for each half. */
type Packed = (half: Half) => Uint32Array;

function createPacked(kernels: Kernels): Packed {
  const known = new Map<Half, Uint32Array>();
  return (half) => {
    let words = known.get(half);
    if (words === undefined) known.set(half, (words = packHalf(kernels, half)));
    return words;
  };
}

/** All products of one column that share b(lo): one T, and the sum of their a(hi). Montgomery forms. */
export interface ColumnProduct {
  readonly column: number;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/** Time of a round's arrays, for each element of one: two arrays are made, bound and multiplied until nothing is left. */
const ROUND_NS = 64;
/** Time of a pass over a column, for each cell: sums of integers, and what ends a row. */
const passNs = (lowBits: number): number => 0.35 + 40 / 2 ** lowBits;
/** Passes, in ns, that are not worth looking for fewer: to look takes about as long for a small model. */
const LITTLE_NS = 2 ** 26;
/** Cuts below the middle that are looked at. */
const CUTS = 4;

/**
 * Where to cut the bits: low enough that claims on pieces of one tensor have low halves in common (in the middle of 20 bits they
 * differ, because pieces of 256 and of 512 end before it), and high enough that arrays over the bits above stay small.
 */
export function chooseLowBits(
  { ext }: Pick<Kernels, 'ext'>,
  claims: readonly Claim[],
  numVars: number,
): number {
  const middle = Math.floor(numVars / 2);
  const passes = (products: number, low: number): number => products * 2 ** numVars * passNs(low);
  let best = { low: middle, ns: Infinity };
  for (let low = middle; low >= Math.max(1, middle - CUTS); low--) {
    const split = createSplitter(ext, low);
    const columns = new Map<number, Set<Half>>();
    for (const { weight } of claims) {
      for (const term of weight) {
        let halves = columns.get(term.column);
        if (halves === undefined) columns.set(term.column, (halves = new Set()));
        for (const { low: half } of split(term)) halves.add(half);
      }
    }
    const products = [...columns.values()].reduce((sum, halves) => sum + halves.size, 0);
    if (low === middle && passes(products, low) < LITTLE_NS) return low;
    const together = 2 ** Math.ceil(Math.log2(Math.max(1, products))); // arrays are woven together, a power of two of them
    const ns = passes(products, low) + ROUND_NS * together * 2 ** (numVars - low);
    if (ns < best.ns) best = { low, ns };
  }
  return best.low;
}

/** The products of all claims, by column. */
export function collectProducts(
  kernels: Kernels,
  claims: readonly Claim[],
  powers: readonly Ext[],
  lowBits: number,
  highBits: number,
): ColumnProduct[] {
  const { ext } = kernels;
  const split = createSplitter(ext, lowBits);
  const packed = createPacked(kernels);
  const columns = new Map<number, Map<Half, ColumnProduct>>();
  const productOf = (column: number, low: Half): ColumnProduct => {
    let products = columns.get(column);
    if (products === undefined) columns.set(column, (products = new Map()));
    let product = products.get(low);
    if (product === undefined) {
      const high = hotWords(kernels, extWords(2 ** highBits, ext.degree)).fill(0);
      products.set(low, (product = { column, low: packed(low), high }));
    }
    return product;
  };
  claims.forEach(({ weight }, j) => {
    for (const term of weight) {
      for (const { coefficient, high, place, low } of split(term)) {
        const sum = productOf(term.column, low).high;
        const scale = ext.mul(powers[j] as Ext, coefficient);
        addAt(kernels, sum, place * 2 ** high.bits, 2 ** high.bits, scale, packed(high));
      }
    }
  });
  return [...columns.values()]
    .flatMap((products) => [...products.values()])
    .sort((a, b) => a.column - b.column);
}

/** to[at + i] += scale * from[i] for i < size: K arrays, `at` a multiple of the power of two `size`. */
function addAt(
  kernels: Kernels,
  to: Uint32Array,
  at: number,
  size: number,
  scale: Ext,
  from: Uint32Array,
): void {
  const { ext } = kernels;
  const { degree } = ext;
  if (size % BLOCK === 0) {
    const part = to.subarray(at * degree, (at + size) * degree);
    return kernels.kAddScaled(part, part, scale, from);
  }
  for (let i = 0; i < size; i++) {
    const sum = ext.add(readExt(to, at + i, degree), ext.mul(scale, readExt(from, i, degree)));
    writeExt(to, at + i, sum);
  }
}

/** Passes over a column from which on cutting it (`narrow-prove.ts`), itself about two passes, is less work. */
const OFTEN = 4;

/** Whether the column of product p has so many. */
export function isBoundOften(products: readonly ColumnProduct[], p: number): boolean {
  const { column } = products[p] as ColumnProduct;
  let [from, to] = [p, p];
  while (products[from - 1]?.column === column) from--;
  while (products[to + 1]?.column === column) to++;
  return to - from + 1 >= OFTEN;
}

/** Products from index p on that are of neighbouring columns below `end` and share b(lo): one pass binds them all. */
export function runLength(products: readonly ColumnProduct[], p: number, end: number): number {
  const { column, low } = products[p] as ColumnProduct;
  let run = 1;
  for (; column + run < end; run++) {
    const next = products[p + run];
    if (next?.column !== column + run || next.low !== low) break;
  }
  return run;
}

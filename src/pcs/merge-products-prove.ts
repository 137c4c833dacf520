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

/**
 * The merge: a padded sumcheck of sum_l f_l W_l over the m bits of a cell, without writing out a weight.
 *
 * The bits are cut in two halves. For the high half every weight is a sum of products a(hi) b(lo), and one pass over the
 * columns gives T(hi) = sum_lo f(hi, lo) b(lo) for each column and each b. Then sum_hi T(hi) a(hi) is a small sumcheck. A
 * second pass binds the high bits of the columns, F(lo) = sum_hi eq(r_hi, hi) f(hi, lo), and the low half is a sumcheck of
 * the same kind. Two passes over the weights, memory O(columns * 2^(m/2)).
 */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords, readExt, unpackExt, writeExt } from '../kernels/contract/layout.ts';
import type { Pair } from '../kernels/contract/sumcheck.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { SumcheckOracle } from '../pads/sumcheck-prove.ts';
import { BATCH_COLUMNS, inBatches, type ColumnSource } from './columns.ts';
import { bindHigh, bindLow } from './fold-prove.ts';
import { packHalf } from './half-prove.ts';
import type { Claim } from './opening.ts';
import { interleaved } from './interleaved-prove.ts';
import { createSplitter, type Half } from './split.ts';

/** A merge sumcheck in progress; at the end it holds f_l~(r) for every column. */
export interface MergeOracle extends SumcheckOracle {
  /** After m rounds: the values of all base columns at r. Secret. */
  values(): Ext[];
}

/** Columns of all sources, in order, with where they are read. */
interface Place {
  readonly source: ColumnSource;
  readonly first: number;
  readonly count: number;
  /** Index of the first column among all. */
  readonly base: number;
}

/**
 * Starts a merge. Its arrays lie in the current scope of the kernel memory.
 *
 * @param sources all columns of the opening, in order; columns that no claim touches are included
 * @param claims with their batching coefficients
 * @param numVars m
 */
export function mergeOracle(
  kernels: Kernels,
  sources: readonly ColumnSource[],
  claims: readonly Claim[],
  powers: readonly Ext[],
  numVars: number,
): MergeOracle {
  const field = kernels.ext;
  const lowBits = Math.floor(numVars / 2);
  const highBits = numVars - lowBits;
  const places = placesOf(sources);
  const products = collectProducts(kernels, claims, powers, lowBits, highBits);
  let pair = highHalf(kernels, places, products, highBits, lowBits);
  let bound: Ext[] = [];
  let inLowHalf = false;
  const enterLowHalf = (): void => {
    if (inLowHalf || bound.length < highBits) return;
    pair = lowHalf(kernels, places, products, bound, highBits, lowBits);
    inLowHalf = true;
    bound = [];
  };
  enterLowHalf(); // without high bits the low half is all there is
  let values = kernels.productRound([pair]);
  return {
    message: () => [values.at0, values.atInfinity],
    bind(r) {
      bound.unshift(r);
      const last = bound.length === (inLowHalf ? lowBits : highBits);
      pair = [kernels.bind(pair[0].words, pair[0], r), kernels.bind(pair[1].words, pair[1], r)];
      if (last) enterLowHalf();
      if (!(last && inLowHalf && bound.length === lowBits)) values = kernels.productRound([pair]);
    },
    values() {
      const count = places.reduce((sum, place) => sum + place.count, 0);
      const inverse = field.base.inverse(kernels.radix);
      return unpackExt(pair[0].words, count, field.degree).map((x) => field.mulBase(x, inverse));
    },
  };
}

function placesOf(sources: readonly ColumnSource[]): Place[] {
  const places: Place[] = [];
  let base = 0;
  for (const source of sources) {
    inBatches(source, (first, count) => {
      places.push({ source, first, count, base });
      base += count;
    });
  }
  return places;
}

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
interface ColumnProduct {
  readonly column: number;
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

/** The products of all claims, by column. */
function collectProducts(
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

/** T and a for all products, Montgomery forms. */
function highHalf(
  kernels: Kernels,
  places: readonly Place[],
  products: readonly ColumnProduct[],
  highBits: number,
  lowBits: number,
): Pair {
  const rows = 2 ** highBits;
  const t = interleaved(kernels, highBits, products.length);
  const a = interleaved(kernels, highBits, products.length);
  const words = extWords(rows, kernels.ext.degree);
  const out = hotWords(kernels, words * BATCH_COLUMNS);
  let p = 0; // products are ordered by column, and so are places
  for (const { source, first, count, base } of places) {
    if (p === products.length || (products[p] as ColumnProduct).column >= base + count) continue;
    const cells = source.data(first, count);
    while (p < products.length && (products[p] as ColumnProduct).column < base + count) {
      const run = rows % BLOCK === 0 ? runLength(products, p, base + count) : 1;
      const { column, low } = products[p] as ColumnProduct;
      bindLow(kernels, out.subarray(0, run * words), cells, column - base, rows, 2 ** lowBits, low, run);
      for (let k = 0; k < run; k++, p++) {
        t.put(p, out.subarray(k * words, (k + 1) * words));
        a.put(p, (products[p] as ColumnProduct).high);
      }
    }
  }
  return [t.multilinear, a.multilinear];
}

/** Products from index p on that are of neighbouring columns below `end` and share b(lo): one pass binds them all. */
function runLength(products: readonly ColumnProduct[], p: number, end: number): number {
  const { column, low } = products[p] as ColumnProduct;
  let run = 1;
  for (; column + run < end; run++) {
    const next = products[p + run];
    if (next?.column !== column + run || next.low !== low) break;
  }
  return run;
}

/** F and W for all columns once the high bits are bound to r, Montgomery forms. */
function lowHalf(
  kernels: Kernels,
  places: readonly Place[],
  products: readonly ColumnProduct[],
  r: readonly Ext[],
  highBits: number,
  lowBits: number,
): Pair {
  const { ext } = kernels;
  const columns = places.reduce((sum, place) => sum + place.count, 0);
  const width = 2 ** lowBits;
  const f = interleaved(kernels, lowBits, columns);
  const w = interleaved(kernels, lowBits, columns);
  const table = hotWords(kernels, extWords(2 ** highBits, ext.degree));
  kernels.eqTable(table, r, ext.one);
  const out = hotWords(kernels, extWords(width, ext.degree));
  for (const { source, first, count, base } of places) {
    const cells = source.data(first, count);
    for (let c = 0; c < count; c++) {
      bindHigh(kernels, out, cells, c, 2 ** highBits, width, table);
      f.put(base + c, out);
    }
  }
  for (let column = 0, p = 0; column < columns; column++) {
    out.fill(0);
    for (; products[p]?.column === column; p++) {
      const { low, high } = products[p] as ColumnProduct;
      kernels.kAddScaled(out, out, kernels.kDot(table, high), low);
    }
    w.put(column, out);
  }
  return [f.multilinear, w.multilinear];
}

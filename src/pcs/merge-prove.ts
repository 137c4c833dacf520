/**
 * The merge: a padded sumcheck of sum_l f_l W_l over the m bits of a cell, without writing out a weight.
 *
 * The bits are cut in two. For the high part every weight is a sum of products a(hi) b(lo), and one pass over the
 * columns gives T(hi) = sum_lo f(hi, lo) b(lo) for each column and each b. Then sum_hi T(hi) a(hi) is a small sumcheck. A
 * second pass binds the high bits of the columns, F(lo) = sum_hi eq(r_hi, hi) f(hi, lo), and the low part is a
 * sumcheck of the same kind. Two passes over the weights, memory O(columns * 2^(m/2)) where the cut is in the middle.
 */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords, unpackExt } from '../kernels/contract/layout.ts';
import type { Pair } from '../kernels/contract/sumcheck.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { SumcheckOracle } from '../pads/sumcheck-prove.ts';
import { BATCH_COLUMNS, inBatches, type ColumnSource } from './columns.ts';
import { bindHigh, bindLow } from './fold-prove.ts';
import type { Claim } from './opening.ts';
import { interleaved } from './interleaved-prove.ts';
import {
  chooseLowBits,
  collectProducts,
  isBoundOften,
  runLength,
  type ColumnProduct,
} from './merge-products-prove.ts';
import { narrowColumn, type NarrowColumn } from './narrow-prove.ts';

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
 * @param lowBits where to cut; messages do not depend on it
 */
export function mergeOracle(
  kernels: Kernels,
  sources: readonly ColumnSource[],
  claims: readonly Claim[],
  powers: readonly Ext[],
  numVars: number,
  lowBits: number = chooseLowBits(kernels, claims, numVars),
): MergeOracle {
  const field = kernels.ext;
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

/** T and a for all products, Montgomery forms. */
function highHalf(
  kernels: Kernels,
  places: readonly Place[],
  products: readonly ColumnProduct[],
  highBits: number,
  lowBits: number,
): Pair {
  const [rows, width] = [2 ** highBits, 2 ** lowBits];
  const t = interleaved(kernels, highBits, products.length);
  const a = interleaved(kernels, highBits, products.length);
  const words = extWords(rows, kernels.ext.degree);
  const out = hotWords(kernels, words * BATCH_COLUMNS);
  let narrow: NarrowColumn | undefined;
  let p = 0; // products are ordered by column, and so are places
  for (const { source, first, count, base } of places) {
    if (p === products.length || (products[p] as ColumnProduct).column >= base + count) continue;
    const cells = source.data(first, count);
    let cut = -1;
    while (p < products.length && (products[p] as ColumnProduct).column < base + count) {
      const { column, low } = products[p] as ColumnProduct;
      let run = 1;
      if (cells instanceof Uint32Array && isBoundOften(products, p)) {
        narrow ??= narrowColumn(kernels, rows * width);
        if (cut !== column)
          narrow.cut(cells.subarray((column - base) * rows * width, (column - base + 1) * rows * width));
        cut = column;
        narrow.bindLow(out.subarray(0, words), rows, width, low);
      } else {
        if (rows % BLOCK === 0) run = runLength(products, p, base + count);
        bindLow(kernels, out.subarray(0, run * words), cells, column - base, rows, width, low, run);
      }
      for (let k = 0; k < run; k++, p++) {
        t.put(p, out.subarray(k * words, (k + 1) * words));
        a.put(p, (products[p] as ColumnProduct).high);
      }
    }
  }
  return [t.multilinear, a.multilinear];
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

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
import { BLOCK, extWord, extWords, packExt, unpackExt } from '../kernels/contract/layout.ts';
import type { Multilinear, Pair } from '../kernels/contract/sumcheck.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { SumcheckOracle } from '../pads/sumcheck-prove.ts';
import { inBatches, type ColumnSource } from './columns.ts';
import { bindHigh, bindLow } from './fold-prove.ts';
import type { Claim } from './opening.ts';
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

function createPacked({ ext, radix }: Kernels): Packed {
  const known = new Map<Half, Uint32Array>();
  return (half) => {
    let words = known.get(half);
    if (words === undefined) {
      words = packExt(
        half.values.map((x) => ext.mulBase(x, radix)),
        ext,
      );
      known.set(half, words);
    }
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
      const high = new Uint32Array(extWords(2 ** highBits, ext.degree));
      products.set(low, (product = { column, low: packed(low), high }));
    }
    return product;
  };
  claims.forEach(({ weight }, j) => {
    for (const term of weight) {
      for (const { coefficient, high, low } of split(term)) {
        const sum = productOf(term.column, low).high;
        kernels.kAddScaled(sum, sum, ext.mul(powers[j] as Ext, coefficient), packed(high));
      }
    }
  });
  return [...columns.values()]
    .flatMap((products) => [...products.values()])
    .sort((a, b) => a.column - b.column);
}

/** log2 of the smallest power of two that is not below n. */
function logCeil(n: number): number {
  return n <= 1 ? 0 : 32 - Math.clz32(n - 1);
}

/** A multilinear over (index, p): p in the low bits, so that the variables of `index` are bound first. */
interface Interleaved {
  readonly multilinear: Multilinear;
  /** Stores a K array over `index` at p; from p = 0 to the last, one after the other. */
  put(p: number, from: Uint32Array): void;
}

function interleaved(kernels: Kernels, indexBits: number, count: number): Interleaved {
  const { degree } = kernels.ext;
  const pBits = logCeil(count);
  const numVars = indexBits + pBits;
  const length = 2 ** indexBits;
  const stride = 2 ** pBits;
  const words = hotWords(kernels, extWords(2 ** numVars, degree)).fill(0);
  // Neighbours in p share a block of the layout: four arrays are stored together, or every store misses the cache.
  const waiting = Array.from({ length: BLOCK }, () => new Uint32Array(extWords(length, degree)));
  const store = (first: number, arrays: number): void => {
    for (let i = 0; i < length; i++) {
      for (let k = 0; k < arrays; k++) {
        const from = waiting[k] as Uint32Array;
        const [to, at] = [extWord(i * stride + first + k, 0, degree), extWord(i, 0, degree)];
        for (let j = 0; j < BLOCK * degree; j += BLOCK) words[to + j] = from[at + j] as number;
      }
    }
  };
  return {
    multilinear: { words, live: 2 ** numVars, numVars },
    put(p, from) {
      const k = p % BLOCK;
      (waiting[k] as Uint32Array).set(from);
      if (k === BLOCK - 1 || p === count - 1) store(p - k, k + 1);
    },
  };
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
  const out = hotWords(kernels, extWords(rows, kernels.ext.degree));
  let p = 0; // products are ordered by column, and so are places
  for (const { source, first, count, base } of places) {
    if (p === products.length || (products[p] as ColumnProduct).column >= base + count) continue;
    const cells = source.data(first, count);
    for (; p < products.length; p++) {
      const { column, low, high } = products[p] as ColumnProduct;
      if (column >= base + count) break;
      bindLow(kernels, out, cells, column - base, rows, 2 ** lowBits, low);
      t.put(p, out);
      a.put(p, high);
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

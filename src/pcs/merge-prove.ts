/**
 * The merge: a padded sumcheck of sum_l f_l W_l over the m bits of a cell, without writing out a weight.
 *
 * The bits are cut in two halves. For the high half every weight is a sum of products a(hi) b(lo), and one pass over the
 * columns gives T(hi) = sum_lo f(hi, lo) b(lo) for each column and each b. Then sum_hi T(hi) a(hi) is a small sumcheck. A
 * second pass binds the high bits of the columns, F(lo) = sum_hi eq(r_hi, hi) f(hi, lo), and the low half is a sumcheck of
 * the same kind. Two passes over the weights, memory O(columns * 2^(m/2)).
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, packExt, readExt, unpackExt, writeExt } from '../kernels/contract/layout.ts';
import type { Multilinear, Pair } from '../kernels/contract/sumcheck.ts';
import type { SumcheckOracle } from '../pads/sumcheck-prove.ts';
import { inBatches, type ColumnSource } from './columns.ts';
import { bindHigh, bindLow } from './fold-prove.ts';
import type { Claim } from './opening.ts';
import { splitTerm, type SplitTerm } from './split.ts';
import { eqTable } from './whir/eq-table.ts';

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
  const products = collectProducts(field, claims, powers, lowBits);
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

/** All products of one column that share b(lo): one T, and the sum of their a(hi). */
interface ColumnProduct {
  readonly column: number;
  readonly low: readonly Ext[];
  high: Ext[];
}

function collectProducts(
  field: ExtensionField,
  claims: readonly Claim[],
  powers: readonly Ext[],
  lowBits: number,
): ColumnProduct[] {
  const products = new Map<string, ColumnProduct>();
  claims.forEach(({ weight }, j) => {
    const power = powers[j] as Ext;
    for (const term of weight) {
      const scaled = { ...term, coefficient: field.mul(power, term.coefficient) };
      for (const part of splitTerm(field, scaled, lowBits)) addProduct(field, products, term.column, part);
    }
  });
  return [...products.values()].sort((a, b) => a.column - b.column);
}

function addProduct(
  field: ExtensionField,
  products: Map<string, ColumnProduct>,
  column: number,
  part: SplitTerm,
): void {
  const key = `${column} ${part.lowKey}`;
  const old = products.get(key);
  if (old === undefined) products.set(key, { column, low: part.low, high: [...part.high] });
  else old.high = old.high.map((x, i) => field.add(x, part.high[i] as Ext));
}

/** log2 of the smallest power of two that is not below n. */
function logCeil(n: number): number {
  return n <= 1 ? 0 : 32 - Math.clz32(n - 1);
}

/** A multilinear over (index, p): p in the low bits, so that the variables of `index` are bound first. */
function interleaved(
  kernels: Kernels,
  indexBits: number,
  count: number,
): { words: Uint32Array; at: (i: number, p: number) => number; multilinear: Multilinear } {
  const pBits = logCeil(count);
  const numVars = indexBits + pBits;
  const words = new Uint32Array(extWords(2 ** numVars, kernels.ext.degree));
  return { words, at: (i, p) => i * 2 ** pBits + p, multilinear: { words, live: 2 ** numVars, numVars } };
}

/** T and a for all products, Montgomery forms. */
function highHalf(
  kernels: Kernels,
  places: readonly Place[],
  products: readonly ColumnProduct[],
  highBits: number,
  lowBits: number,
): Pair {
  const { ext, radix } = kernels;
  const rows = 2 ** highBits;
  const t = interleaved(kernels, highBits, products.length);
  const a = interleaved(kernels, highBits, products.length);
  const out = new Uint32Array(extWords(rows, ext.degree));
  for (const { source, first, count, base } of places) {
    const mine = products.filter(({ column }) => column >= base && column < base + count);
    if (mine.length === 0) continue;
    const cells = source.data(first, count);
    for (const product of mine) {
      const p = products.indexOf(product);
      const e = packExt(
        product.low.map((x) => ext.mulBase(x, radix)),
        ext,
      );
      bindLow(kernels, out, cells, product.column - base, rows, 2 ** lowBits, e);
      for (let i = 0; i < rows; i++) {
        writeExt(t.words, t.at(i, p), readExt(out, i, ext.degree));
        writeExt(a.words, a.at(i, p), ext.mulBase(product.high[i] as Ext, radix));
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
  const { ext, radix } = kernels;
  const columns = places.reduce((sum, place) => sum + place.count, 0);
  const width = 2 ** lowBits;
  const f = interleaved(kernels, lowBits, columns);
  const w = interleaved(kernels, lowBits, columns);
  const table = eqTable(ext, r);
  const e = packExt(
    table.map((x) => ext.mulBase(x, radix)),
    ext,
  );
  const out = new Uint32Array(extWords(width, ext.degree));
  for (const { source, first, count, base } of places) {
    const cells = source.data(first, count);
    for (let c = 0; c < count; c++) {
      bindHigh(kernels, out, cells, c, 2 ** highBits, width, e);
      for (let i = 0; i < width; i++) writeExt(f.words, f.at(i, base + c), readExt(out, i, ext.degree));
    }
  }
  for (const { column, low, high } of products) {
    const scale = ext.mulBase(dot(ext, table, high), radix);
    for (let i = 0; i < width; i++) {
      const at = w.at(i, column);
      const old = readExt(w.words, at, ext.degree);
      writeExt(w.words, at, ext.add(old, ext.mul(scale, low[i] as Ext)));
    }
  }
  return [f.multilinear, w.multilinear];
}

function dot(field: ExtensionField, a: readonly Ext[], b: readonly Ext[]): Ext {
  return a.reduce((sum: Ext, x, i) => field.add(sum, field.mul(x, b[i] as Ext)), field.zero);
}

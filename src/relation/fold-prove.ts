/**
 * Vectors of a product: a tensor read through a view, with some of its indices summed under weights and the others kept. Each
 * tensor block is read once, as a matrix whose rows or columns are summed; views that are no such thing are summed cell by
 * cell.
 */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords, readExt, writeExt } from '../kernels/contract/layout.ts';
import type { Cells } from '../pcs/columns.ts';
import { wordsOf, type TensorCells } from './cells-prove.ts';
import { foldCells } from './fold-cells-prove.ts';
import { layRuns, type Run } from './runs.ts';
import { product, type Block } from './pieces.ts';
import type { Tensor, View } from './program.ts';
import type { Weight, Weights } from './weights.ts';
import { weightTable } from './weights-prove.ts';

/** What to sum and what to keep. */
export interface Fold {
  readonly view: View;
  readonly tensor: Tensor;
  /** Indices kept, the last at the low bits of the result; a dyadic box. */
  readonly kept: readonly string[];
  readonly box: Block;
  /** Weights of all other indices that the view reads. */
  readonly folded: ReadonlyMap<string, Weights>;
}

/** Results by what they were made from: several claims sum the same weights over the same matrix. */
export type FoldCache = Map<string, Uint32Array>;

/** Smaller results are quicker made than named. */
const CACHED_CELLS = 2 ** 12;

/** @returns K array of 2^box.bits elements, Montgomery forms */
export function foldView(kernels: Kernels, cells: TensorCells, cache: FoldCache, fold: Fold): Uint32Array {
  const names = [...fold.folded.keys()];
  const out = new Uint32Array(extWords(2 ** fold.box.bits, kernels.ext.degree));
  for (const combination of product(names.map((name) => fold.folded.get(name) as Weights))) {
    const weights = new Map(names.map((name, i) => [name, combination[i] as Weight]));
    const part = foldOnce(kernels, cells, cache, fold, weights);
    kernels.add(out, out, part);
  }
  return out;
}

function foldOnce(
  kernels: Kernels,
  cells: TensorCells,
  cache: FoldCache,
  fold: Fold,
  weights: ReadonlyMap<string, Weight>,
): Uint32Array {
  const laid = layRuns(fold, weights);
  if (laid === undefined) return foldCells(kernels, cells, fold, weights);
  const bits = laid.runs.reduce((sum, run) => sum + run.bits, 0);
  const key = bits < Math.log2(CACHED_CELLS) ? undefined : nameOf(fold.tensor.name, laid.block, laid.runs);
  const known = key === undefined ? undefined : cache.get(key);
  if (known !== undefined) return known;
  const folded = contract(kernels, cells.block(fold.tensor.name, laid.block), laid.runs);
  const out = inOrder(kernels, folded, laid.runs, fold);
  if (key !== undefined) cache.set(key, out);
  return out;
}

function nameOf(tensor: string, block: number, runs: readonly Run[]): string {
  const parts = runs.map((run) => {
    if (run.role === 'keep') return `k${run.bits}:${run.kept}`;
    if (run.role === 'fixed') return `f${run.bits}:${run.value}`;
    return run.weight.kind === 'pairs' ? run.weight.pairs.join(';') : run.weight.entries.join(';');
  });
  return `${tensor} ${block} ${parts.join('|')}`;
}

/** Sums the runs that are not kept, the longest first: that one pass reads cells, later ones elements of K. */
function contract(kernels: Kernels, block: Cells, all: readonly Run[]): Uint32Array {
  const K = kernels.ext;
  let cells = block;
  const runs = [...all];
  while (runs[0]?.role === 'fixed') {
    const size = cells.length / 2 ** runs[0].bits;
    cells = cells.subarray(runs[0].value * size, (runs[0].value + 1) * size);
    runs.shift();
  }
  const longest = Math.max(0, ...runs.map(({ role, bits }) => (role === 'keep' ? -1 : bits)));
  const first = runs.findIndex(({ role, bits }) => role !== 'keep' && bits === longest);
  let data: Uint32Array;
  if (first < 0) {
    data = new Uint32Array(extWords(cells.length, K.degree));
    const words = padded(wordsOf(kernels, cells));
    kernels.kFromBase(data, words, K.fromBase(kernels.radix));
  } else {
    data = foldBase(kernels, cells, runs, first);
    runs.splice(first, 1);
  }
  for (let i = runs.length - 1; i >= 0; i--) {
    if (runs[i]?.role === 'keep') continue;
    data = foldExt(kernels, data, runs, i);
    runs.splice(i, 1);
  }
  return data;
}

/** Kernels read whole blocks of four. */
function padded(words: Uint32Array): Uint32Array {
  if (words.length % BLOCK === 0) return words;
  const out = new Uint32Array(Math.ceil(words.length / BLOCK) * BLOCK);
  out.set(words);
  return out;
}

function bitsAfter(runs: readonly Run[], at: number): number {
  return runs.slice(at + 1).reduce((sum, { bits }) => sum + bits, 0);
}

function tableOf(kernels: Kernels, run: Run): Uint32Array {
  const K = kernels.ext;
  if (run.role === 'fold') return weightTable(kernels, [run.weight], K.one);
  const table = new Uint32Array(extWords(2 ** run.bits, K.degree));
  if (run.role === 'fixed') writeExt(table, run.value, K.fromBase(kernels.radix));
  return table;
}

/** Sums one run of cells. */
function foldBase(kernels: Kernels, cells: Cells, runs: readonly Run[], at: number): Uint32Array {
  const { degree } = kernels.ext;
  const run = runs[at] as Run;
  const inner = 2 ** bitsAfter(runs, at);
  const size = 2 ** run.bits;
  const outer = cells.length / (inner * size);
  const table = tableOf(kernels, run);
  const out = new Uint32Array(extWords(outer * inner, degree));
  if (inner === 1) {
    if (cells instanceof Uint32Array) kernels.weightedColumns(out, cells, size, table);
    else kernels.foldColumns(out, { data: cells, rows: outer, columns: size }, table);
    return out;
  }
  const words = extWords(inner, degree);
  const row = inner % BLOCK === 0 ? undefined : new Uint32Array(words);
  for (let o = 0; o < outer; o++) {
    const to = row ?? out.subarray(o * words, (o + 1) * words);
    const from = o * size * inner;
    if (cells instanceof Uint32Array) {
      kernels.weightedRows(to, cells.subarray(from, from + size * inner), inner, table);
    } else kernels.foldRows(to, { data: cells, rows: size, columns: inner, offset: from }, table);
    if (row === undefined) continue;
    for (let i = 0; i < inner; i++) writeExt(out, o * inner + i, readExt(row, i, degree));
  }
  return out;
}

/** Sums one run of elements of K. Seldom: a view with two separate runs to sum. */
function foldExt(kernels: Kernels, data: Uint32Array, runs: readonly Run[], at: number): Uint32Array {
  const K = kernels.ext;
  const run = runs[at] as Run;
  const total = 2 ** runs.reduce((sum, { bits }) => sum + bits, 0);
  const inner = 2 ** bitsAfter(runs, at);
  const size = 2 ** run.bits;
  const out = new Uint32Array(extWords(total / size, K.degree));
  const table = tableOf(kernels, run);
  const inverse = K.base.inverse(kernels.radix);
  const weights: Ext[] = [];
  for (let r = 0; r < size; r++) weights.push(K.mulBase(readExt(table, r, K.degree), inverse));
  for (let o = 0; o < total / (size * inner); o++) {
    for (let i = 0; i < inner; i++) {
      let sum = K.zero;
      for (let r = 0; r < size; r++) {
        sum = K.add(sum, K.mul(weights[r] as Ext, readExt(data, (o * size + r) * inner + i, K.degree)));
      }
      writeExt(out, o * inner + i, sum);
    }
  }
  return out;
}

/** Kept indices from the order of the tensor to the order of the box. */
function inOrder(kernels: Kernels, data: Uint32Array, runs: readonly Run[], fold: Fold): Uint32Array {
  const order = runs.flatMap((run) => (run.role === 'keep' ? [run.kept] : []));
  if (order.every((kept, i) => kept === i)) return data;
  const { degree } = kernels.ext;
  const sizes = fold.box.pieces.map(({ bits }) => 2 ** bits);
  // The step in the tensor's order of each kept index.
  const steps = new Array<number>(order.length).fill(0);
  let step = 1;
  for (const kept of [...order].reverse()) {
    steps[kept] = step;
    step *= sizes[kept] as number;
  }
  const out = new Uint32Array(data.length);
  const count = 2 ** fold.box.bits;
  for (let i = 0; i < count; i++) {
    let rest = i;
    let from = 0;
    for (let k = sizes.length - 1; k >= 0; k--) {
      const size = sizes[k] as number;
      from += (rest % size) * (steps[k] as number);
      rest = Math.floor(rest / size);
    }
    writeExt(out, i, readExt(data, from, degree));
  }
  return out;
}

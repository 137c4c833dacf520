/**
 * Vectors of a product: a tensor read through a view, with some of its indices summed under weights and the others kept. Each
 * tensor block is read once, as a matrix whose rows or columns are summed; views that are no such thing are summed cell by
 * cell.
 */
import type { Kernels } from '../kernels/contract.ts';
import { extWords } from '../kernels/contract/layout.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { TensorCells } from './cells-prove.ts';
import { foldCells } from './fold-cells-prove.ts';
import { foldRuns } from './fold-runs-prove.ts';
import { layRuns, type Run } from './runs.ts';
import { product, type Block } from './pieces.ts';
import type { Tensor, View } from './program.ts';
import type { Weight, Weights } from './weights.ts';

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

/** Longest results that are copied to be found again: a copy is new memory, and a page of it costs as much as thousands of cells. */
const COPIED_WORDS = 2 ** 14;

/**
 * @param out K array of 2^box.bits elements, Montgomery forms, words behind the last zero
 * @param lasts whether `out` stays as it is while the cache is in use: then it need not be copied to be found again
 */
export function foldView(
  kernels: Kernels,
  cells: TensorCells,
  cache: FoldCache,
  fold: Fold,
  out: Uint32Array,
  lasts = false,
): void {
  const names = [...fold.folded.keys()];
  const combinations = product(names.map((name) => fold.folded.get(name) as Weights));
  if (combinations.length === 0) out.fill(0);
  combinations.forEach((combination, i) => {
    const weights = new Map(names.map((name, k) => [name, combination[k] as Weight]));
    if (i === 0) {
      return foldOnce(kernels, cells, cache, fold, weights, out, lasts && combinations.length === 1);
    }
    kernels.memory.scope(() => {
      const part = hotWords(kernels, out.length);
      foldOnce(kernels, cells, cache, fold, weights, part, false);
      kernels.add(out, out, part);
    });
  });
}

function foldOnce(
  kernels: Kernels,
  cells: TensorCells,
  cache: FoldCache,
  fold: Fold,
  weights: ReadonlyMap<string, Weight>,
  out: Uint32Array,
  lasts: boolean,
): void {
  const laid = layRuns(fold, weights);
  if (laid === undefined) return foldCells(kernels, cells, fold, weights, out);
  const bits = laid.runs.reduce((sum, run) => sum + run.bits, 0);
  const key = bits < Math.log2(CACHED_CELLS) ? undefined : nameOf(fold.tensor.name, laid.block, laid.runs);
  const known = key === undefined ? undefined : cache.get(key);
  if (known !== undefined) return out.set(known);
  const block = cells.block(fold.tensor.name, laid.block);
  kernels.memory.scope(() => foldRuns(kernels, out, block, laid.runs));
  if (key === undefined) return;
  const made = out.subarray(0, extWords(2 ** fold.box.bits, kernels.ext.degree));
  // What does not last is multiplied by other weights, or lies in memory that is used again.
  if (lasts) cache.set(key, made);
  else if (made.length <= COPIED_WORDS) cache.set(key, new Uint32Array(made));
}

function nameOf(tensor: string, block: number, runs: readonly Run[]): string {
  const parts = runs.map((run) => {
    if (run.role === 'keep') return `k${run.bits}:${run.kept}`;
    if (run.role === 'fixed') return `f${run.bits}:${run.value}`;
    return run.weight.kind === 'pairs' ? run.weight.pairs.join(';') : run.weight.entries.join(';');
  });
  return `${tensor} ${block} ${parts.join('|')}`;
}

/** Sums over the runs of bits of one tensor block: a product of a matrix and a vector, whatever lies between what is summed. */
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords } from '../kernels/contract/layout.ts';
import { hotLike, hotWords } from '../kernels/memory/hot.ts';
import type { Cells } from '../pcs/columns.ts';
import { allAddresses } from './address.ts';
import { hotWordsOf } from './cells-prove.ts';
import type { Run } from './runs.ts';
import { weightTable } from './weights-prove.ts';

/** Cells that are put in order in the time of one call of a kernel. */
const CELLS_PER_CALL = 2 ** 12;

/**
 * out[kept] = sum of the runs with weights over the block, fixed runs at their values. Call within a scope of the kernel memory.
 *
 * @param out K array, Montgomery forms; the last kept index at the low bits
 * @param all the block's bits from the highest down
 */
export function foldRuns(kernels: Kernels, out: Uint32Array, block: Cells, all: readonly Run[]): void {
  const { ext, radix } = kernels;
  const { cells, runs } = withoutHead(block, all);
  const folds = runs.flatMap((run) => (run.role === 'fold' ? [run.weight] : []));
  const { before, after } = around(runs);
  if (folds.length === 0) {
    const words = hotWordsOf(kernels, before === undefined ? permuted(kernels, cells, runs) : cells);
    return kernels.kFromBase(out, padded(kernels, words), ext.fromBase(radix));
  }
  const table = weightTable(kernels, folds, ext.one);
  const size = 2 ** bitsOf(runs.filter(({ role }) => role === 'fold'));
  const [outer, inner] = [2 ** (before ?? 0), 2 ** after];
  if (before !== undefined && inner === 1) return sumColumns(kernels, out, cells, size, table);
  const inPlace = outer === 1 || (inner % BLOCK === 0 && outer * CELLS_PER_CALL <= cells.length);
  if (before === undefined || !inPlace) {
    return sumColumns(kernels, out, permuted(kernels, cells, runs), size, table);
  }
  const words = extWords(inner, ext.degree);
  for (let o = 0; o < outer; o++) {
    sumRows(kernels, out.subarray(o * words, (o + 1) * words), cells, o * size * inner, size, inner, table);
  }
}

function bitsOf(runs: readonly Run[]): number {
  return runs.reduce((sum, { bits }) => sum + bits, 0);
}

/** Fixed bits at the top choose a part of the block. */
function withoutHead(
  block: Cells,
  all: readonly Run[],
): { readonly cells: Cells; readonly runs: readonly Run[] } {
  let cells = block;
  let first = 0;
  for (let run = all[first]; run?.role === 'fixed'; run = all[++first]) {
    const size = cells.length / 2 ** run.bits;
    cells = cells.subarray(run.value * size, (run.value + 1) * size);
  }
  return { cells, runs: all.slice(first) };
}

/**
 * Kept bits before and behind the runs that are summed, where these are neighbours and all others are kept in the order of
 * the result; `before` is undefined where they are not.
 */
function around(runs: readonly Run[]): { readonly before: number | undefined; readonly after: number } {
  const first = runs.findIndex(({ role }) => role === 'fold');
  const last = runs.findLastIndex(({ role }) => role === 'fold');
  const kept = runs.flatMap((run) => (run.role === 'keep' ? [run.kept] : []));
  const inOrder =
    kept.every((k, i) => i === 0 || k > (kept[i - 1] as number)) &&
    runs.every(({ role }, i) => role === (i >= first && i <= last && first >= 0 ? 'fold' : 'keep'));
  const after = bitsOf(runs.slice(last + 1));
  return { before: inOrder ? bitsOf(runs.slice(0, Math.max(0, first))) : undefined, after };
}

/** The cells as [kept][summed], kept indices in the order of the result. */
function permuted(kernels: Kernels, cells: Cells, runs: readonly Run[]): Cells {
  const steps = runs.map(({ bits }, i) => {
    const stride = 2 ** bitsOf(runs.slice(i + 1));
    return Int32Array.from({ length: 2 ** bits }, (_, k) => k * stride);
  });
  const start = runs.reduce(
    (sum, run, i) => sum + (run.role === 'fixed' ? (steps[i]?.[run.value] as number) : 0),
    0,
  );
  const stepsOf = (role: Run['role']): { readonly kept: number; readonly own: Int32Array }[] =>
    runs.flatMap((run, i) => {
      if (run.role !== role) return [];
      return [{ kept: run.role === 'keep' ? run.kept : 0, own: steps[i] as Int32Array }];
    });
  const kept = allAddresses(
    start,
    stepsOf('keep')
      .sort((a, b) => a.kept - b.kept)
      .map(({ own }) => own),
  );
  const summed = allAddresses(
    0,
    stepsOf('fold').map(({ own }) => own),
  );
  const out = hotLike(kernels, cells, kept.length * summed.length);
  let to = 0;
  for (let k = 0; k < kept.length; k++) {
    const at = kept[k] as number;
    for (let i = 0; i < summed.length; i++) out[to++] = cells[at + (summed[i] as number)] as number;
  }
  return out;
}

/** Kernels read whole blocks of four. */
function padded(kernels: Kernels, words: Uint32Array): Uint32Array {
  if (words.length % BLOCK === 0) return words;
  const out = hotWords(kernels, Math.ceil(words.length / BLOCK) * BLOCK).fill(0);
  out.set(words);
  return out;
}

function sumColumns(
  kernels: Kernels,
  out: Uint32Array,
  cells: Cells,
  columns: number,
  table: Uint32Array,
): void {
  if (cells instanceof Uint32Array) kernels.weightedColumns(out, cells, columns, table);
  else kernels.foldColumns(out, { data: cells, rows: cells.length / columns, columns }, table);
}

function sumRows(
  kernels: Kernels,
  out: Uint32Array,
  cells: Cells,
  offset: number,
  rows: number,
  columns: number,
  table: Uint32Array,
): void {
  if (!(cells instanceof Uint32Array))
    return kernels.foldRows(out, { data: cells, rows, columns, offset }, table);
  kernels.weightedRows(out, cells.subarray(offset, offset + rows * columns), columns, table);
}

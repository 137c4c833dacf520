/**
 * The first vector of a masked product: sum over i of mask(i, j) f(i) A(i, others), for all kept j, by running sums: a row of
 * the mask is an interval, so every row of A is added once where it becomes visible and taken away once where it ends.
 */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { BLOCK, extWords, readExt, writeExt } from '../kernels/contract/layout.ts';
import type { TensorCells } from './cells-prove.ts';
import type { Segment, SegmentMask } from './expand.ts';
import { foldView, type FoldCache } from './fold-prove.ts';
import { blockOf, type Piece } from './pieces.ts';
import type { Tensor } from './program.ts';
import { entriesOf, type Weights } from './weights.ts';
import { weightBits } from './weights-prove.ts';

/** @returns K array over the segment's box, Montgomery forms, without the weights of kept indices */
export function maskedVector(
  kernels: Kernels,
  cells: TensorCells,
  cache: FoldCache,
  tensor: Tensor,
  segment: Segment,
  split: SegmentMask,
): Uint32Array {
  const { mask, first, columns } = split;
  const [summed, coupled] = first === 'row' ? [mask.row, mask.column] : [mask.column, mask.row];
  const at = segment.kept.indexOf(coupled);
  const others = segment.kept.filter((index) => index !== coupled);
  const pieces = segment.box.pieces.filter((_, k) => k !== at);
  const width = 2 ** pieces.reduce((sum, { bits }) => sum + bits, 0);
  const rows = rowsOf(kernels, cells, cache, tensor, segment, summed, others, pieces, width);
  const lines =
    first === 'row'
      ? visibleRows(kernels, rows, mask.from, mask.to, columns, width)
      : visibleColumns(kernels, rows, mask.from, mask.to, width);
  return scatter(kernels, lines, segment, at, width);
}

/** f(i) A(i, .) for every i that has a weight. */
function rowsOf(
  kernels: Kernels,
  cells: TensorCells,
  cache: FoldCache,
  tensor: Tensor,
  segment: Segment,
  summed: string,
  others: readonly string[],
  pieces: readonly Piece[],
  width: number,
): Map<number, Uint32Array> {
  const K = kernels.ext;
  const folded = new Map(segment.firstWeights);
  const weights = folded.get(summed) as Weights;
  folded.delete(summed);
  const rows = new Map<number, Uint32Array>();
  for (const weight of weights) {
    const entries = entriesOf(K, weight);
    const piece = { offset: (entries[0] as readonly [number, Ext])[0], bits: weightBits(weight) };
    const box = blockOf([piece, ...pieces]);
    const kept = [summed, ...others];
    const matrix = foldView(kernels, cells, cache, { view: segment.first, tensor, kept, box, folded });
    entries.forEach(([i, value], r) => {
      const row = rowAt(matrix, r, width, K.degree);
      kernels.kScale(row, row, value);
      const old = rows.get(i);
      if (old !== undefined) kernels.add(row, row, old);
      rows.set(i, row);
    });
  }
  return rows;
}

/** A copy of one row of a K matrix. */
function rowAt(matrix: Uint32Array, r: number, width: number, degree: number): Uint32Array {
  const words = extWords(width, degree);
  if (width % BLOCK === 0) return matrix.slice(r * words, (r + 1) * words);
  const row = new Uint32Array(words);
  for (let i = 0; i < width; i++) writeExt(row, i, readExt(matrix, r * width + i, degree));
  return row;
}

/** For every column j the sum of the rows that see it. */
function visibleRows(
  kernels: Kernels,
  rows: ReadonlyMap<number, Uint32Array>,
  from: readonly number[],
  to: readonly number[],
  columns: number,
  width: number,
): (j: number) => Uint32Array {
  const words = extWords(width, kernels.ext.degree);
  const steps = Array.from({ length: columns + 1 }, () => new Uint32Array(words));
  for (const [i, row] of rows) {
    const [start, end] = [steps[from[i] as number], steps[to[i] as number]] as [Uint32Array, Uint32Array];
    kernels.add(start, start, row);
    kernels.sub(end, end, row);
  }
  for (let j = 1; j < columns; j++) {
    const step = steps[j] as Uint32Array;
    kernels.add(step, step, steps[j - 1] as Uint32Array);
  }
  return (j) => steps[j] as Uint32Array;
}

/** For every row i the sum of the columns that it sees. */
function visibleColumns(
  kernels: Kernels,
  columns: ReadonlyMap<number, Uint32Array>,
  from: readonly number[],
  to: readonly number[],
  width: number,
): (i: number) => Uint32Array {
  const words = extWords(width, kernels.ext.degree);
  const count = 1 + Math.max(...columns.keys());
  const sums = [new Uint32Array(words)];
  for (let j = 0; j < count; j++) {
    const next = (sums[j] as Uint32Array).slice();
    const column = columns.get(j);
    if (column !== undefined) kernels.add(next, next, column);
    sums.push(next);
  }
  const sumTo = (n: number): Uint32Array => sums[Math.min(n, count)] as Uint32Array;
  return (i) => {
    const out = new Uint32Array(words);
    kernels.sub(out, sumTo(to[i] as number), sumTo(from[i] as number));
    return out;
  };
}

/** Lines of one index into the box, where that index may lie between others. */
function scatter(
  kernels: Kernels,
  line: (i: number) => Uint32Array,
  { box }: Segment,
  at: number,
  width: number,
): Uint32Array {
  const { degree } = kernels.ext;
  const out = new Uint32Array(extWords(2 ** box.bits, degree));
  const { offset, bits } = box.pieces[at] as Piece;
  const low = 2 ** box.pieces.slice(at + 1).reduce((sum, piece) => sum + piece.bits, 0);
  for (let i = 0; i < 2 ** bits; i++) {
    const values = line(offset + i);
    if (low === width && width % BLOCK === 0) {
      out.set(values, extWords(i * width, degree));
      continue;
    }
    for (let x = 0; x < width; x++) {
      const cell = (Math.floor(x / low) * 2 ** bits + i) * low + (x % low);
      writeExt(out, cell, readExt(values, x, degree));
    }
  }
  return out;
}

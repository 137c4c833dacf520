/**
 * The first vector of a masked product: sum over i of mask(i, j) f(i) A(i, others), for all kept j, by running sums: a row of
 * the mask is an interval, so every row of A is added once where it becomes visible and taken away once where it ends.
 */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { LinePairs } from '../kernels/contract/ext-rows.ts';
import { extWords } from '../kernels/contract/layout.ts';
import { hotWords } from '../kernels/memory/hot.ts';
import type { TensorCells } from './cells-prove.ts';
import { elementLoops, linePairs, type ElementLoops } from './elements-prove.ts';
import type { Segment, SegmentMask } from './expand.ts';
import { foldView, type FoldCache } from './fold-prove.ts';
import { blockOf, type Piece } from './pieces.ts';
import type { Mask, Tensor } from './program.ts';
import { entriesOf, type Pair, type Weight, type Weights } from './weights.ts';
import { weightBits, weightTable } from './weights-prove.ts';

/**
 * Call within a scope of the kernel memory.
 *
 * @param out K array over the segment's box, Montgomery forms, without the weights of kept indices
 */
export function maskedVector(
  kernels: Kernels,
  cells: TensorCells,
  cache: FoldCache,
  tensor: Tensor,
  segment: Segment,
  { mask, first, columns }: SegmentMask,
  out: Uint32Array,
): void {
  const [summed, coupled] = first === 'row' ? [mask.row, mask.column] : [mask.column, mask.row];
  const at = segment.kept.indexOf(coupled);
  const others = segment.kept.filter((index) => index !== coupled);
  const pieces = segment.box.pieces.filter((_, k) => k !== at);
  const rows = weightedLines(kernels, cells, cache, tensor, segment, summed, others, pieces);
  const lines = segment.box.pieces[at] as Piece;
  const loops = elementLoops(kernels, 2 ** pieces.reduce((sum, { bits }) => sum + bits, 0));
  const values =
    first === 'row'
      ? visibleRows(kernels, loops, rows, mask, lines, columns)
      : visibleColumns(kernels, loops, rows, mask, lines);
  const low = 2 ** segment.box.pieces.slice(at + 1).reduce((sum, { bits }) => sum + bits, 0);
  loops.scatter(out, values, 2 ** lines.bits, low);
}

/** f(i) A(i, .) for neighbouring i, one line each. */
interface Lines {
  readonly indices: readonly number[];
  readonly words: Uint32Array;
}

function weightedLines(
  kernels: Kernels,
  cells: TensorCells,
  cache: FoldCache,
  tensor: Tensor,
  segment: Segment,
  summed: string,
  others: readonly string[],
  pieces: readonly Piece[],
): Lines[] {
  const { ext } = kernels;
  const folded = new Map(segment.firstWeights);
  const weights = folded.get(summed) as Weights;
  folded.delete(summed);
  const one: Pair = [ext.one, ext.one];
  const everywhere = pieces.map(({ offset, bits }): Weight => {
    return { kind: 'pairs', offset, pairs: new Array<Pair>(bits).fill(one) };
  });
  return weights.map((weight) => {
    const indices = entriesOf(ext, weight).map(([i]: readonly [number, Ext]) => i);
    const box = blockOf([{ offset: indices[0] as number, bits: weightBits(weight) }, ...pieces]);
    const words = hotWords(kernels, extWords(2 ** box.bits, ext.degree));
    const kept = [summed, ...others];
    foldView(kernels, cells, cache, { view: segment.first, tensor, kept, box, folded }, words);
    kernels.memory.scope(() =>
      kernels.kMul(words, words, weightTable(kernels, [weight, ...everywhere], ext.one)),
    );
    return { indices, words };
  });
}

/** For every column j of a piece the sum of the rows that see it. */
function visibleRows(
  kernels: Kernels,
  loops: ElementLoops,
  rows: readonly Lines[],
  { from, to }: Mask,
  { offset, bits }: Piece,
  columns: number,
): Uint32Array {
  // What begins before the piece is there from its first column on; what begins or ends behind it is of no concern.
  const count = 2 ** bits;
  const within = (j: number): number => Math.min(Math.max(0, j - offset), count);
  const sums = loops.lines(kernels, count + 1);
  for (const { indices, words } of rows) {
    const edges = (ends: ArrayLike<number>): LinePairs =>
      linePairs(
        indices.length,
        (line) => within(Math.min(ends[indices[line] as number] as number, columns)),
        (line) => line,
      );
    loops.add(sums, words, edges(from));
    loops.subtract(sums, words, edges(to));
  }
  addUp(loops, sums, count);
  return sums;
}

/** For every row i of a piece the sum of the columns that it sees. */
function visibleColumns(
  kernels: Kernels,
  loops: ElementLoops,
  columns: readonly Lines[],
  { from, to }: Mask,
  { offset, bits }: Piece,
): Uint32Array {
  const count = 1 + Math.max(...columns.flatMap(({ indices }) => indices));
  const sums = loops.lines(kernels, count + 1); // sums[n]: of columns below n
  for (const { indices, words } of columns) {
    const after = (line: number): number => (indices[line] as number) + 1;
    loops.add(
      sums,
      words,
      linePairs(indices.length, after, (line) => line),
    );
  }
  addUp(loops, sums, count + 1);
  const out = loops.lines(kernels, 2 ** bits);
  const edges = (ends: ArrayLike<number>): LinePairs =>
    linePairs(
      2 ** bits,
      (i) => i,
      (i) => Math.min(ends[offset + i] as number, count),
    );
  loops.add(out, sums, edges(to));
  loops.subtract(out, sums, edges(from));
  return out;
}

/** Every line becomes the sum of all up to it: of the first `count`. */
function addUp(loops: ElementLoops, sums: Uint32Array, count: number): void {
  const after = (line: number): number => line + 1;
  loops.add(
    sums,
    sums,
    linePairs(count - 1, after, (line) => line),
  );
}

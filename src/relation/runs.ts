/**
 * How the bits of one tensor block belong to the indices of a view: runs of bits, from the highest down, each kept, summed
 * under a weight, or fixed. Views whose indices do not lie in whole runs have no such description.
 */
import type { Fold } from './fold-prove.ts';
import { piecesOf, type Piece } from './pieces.ts';
import type { Coordinate } from './program.ts';
import type { Weight } from './weights.ts';

export type Run =
  /** `kept`: which of the kept indices. */
  | { readonly role: 'keep'; readonly bits: number; readonly kept: number }
  | { readonly role: 'fold'; readonly bits: number; readonly weight: Weight }
  | { readonly role: 'fixed'; readonly bits: number; readonly value: number };

export interface LaidRuns {
  /** Index of the tensor's block. */
  readonly block: number;
  readonly runs: readonly Run[];
}

/** @param weights of every index that is summed, one each */
export function layRuns(
  { view, tensor, kept, box }: Pick<Fold, 'view' | 'tensor' | 'kept' | 'box'>,
  weights: ReadonlyMap<string, Weight>,
): LaidRuns | undefined {
  const runs: Run[] = [];
  const pieces: number[] = [];
  for (const [d, coordinate] of view.coordinates.entries()) {
    const laid = layCoordinate(coordinate, kept, box.pieces, weights);
    if (laid === undefined) return undefined;
    const bits = laid.runs.reduce((sum, run) => sum + run.bits, 0);
    const own = piecesOf(tensor.shape[d] as number);
    const at = own.findIndex(
      ({ offset, bits: room }) =>
        room >= bits && laid.start >= offset && laid.start + 2 ** bits <= offset + 2 ** room,
    );
    const piece = own[at];
    if (piece === undefined || laid.start % 2 ** bits !== 0) return undefined;
    pieces.push(at);
    if (piece.bits > bits) {
      const value = (laid.start - piece.offset) / 2 ** bits;
      runs.push({ role: 'fixed', bits: piece.bits - bits, value });
    }
    runs.push(...laid.runs);
  }
  const used = runs.flatMap((run) => (run.role === 'keep' ? [run.kept] : []));
  // An index read twice, or a kept one that the view does not read, has no run of its own.
  if (used.length !== kept.length || new Set(used).size !== used.length) return undefined;
  return { block: blockIndex(tensor.shape, pieces), runs };
}

/** The place of a block among `blocksOf(shape)`. */
function blockIndex(shape: readonly number[], pieces: readonly number[]): number {
  return shape.reduce((index, size, d) => index * piecesOf(size).length + (pieces[d] as number), 0);
}

interface LaidCoordinate {
  readonly start: number;
  readonly runs: readonly Run[];
}

function layCoordinate(
  coordinate: Coordinate,
  kept: readonly string[],
  box: readonly Piece[],
  weights: ReadonlyMap<string, Weight>,
): LaidCoordinate | undefined {
  if (coordinate.kind === 'gather') return undefined;
  const runs: Run[] = [];
  let start = coordinate.offset;
  let covered = 0;
  for (const { index, stride } of [...coordinate.parts].sort((a, b) => a.stride - b.stride)) {
    if (stride !== 2 ** covered) return undefined;
    const own = runOf(index, kept, box, weights);
    if (own === undefined) return undefined;
    // A dimension above needs the whole of those below, and an index of no bits would hide its offset.
    if (covered > 0 && start % 2 ** covered !== 0) return undefined;
    start += stride * own.offset;
    runs.unshift(own.run);
    covered += own.run.bits;
  }
  return { start, runs };
}

function runOf(
  index: string,
  kept: readonly string[],
  box: readonly Piece[],
  weights: ReadonlyMap<string, Weight>,
): { offset: number; run: Run } | undefined {
  const at = kept.indexOf(index);
  const piece = box[at];
  if (piece !== undefined) {
    return { offset: piece.offset, run: { role: 'keep', bits: piece.bits, kept: at } };
  }
  const weight = weights.get(index);
  if (weight?.kind === 'pairs') {
    return { offset: weight.offset, run: { role: 'fold', bits: weight.pairs.length, weight } };
  }
  const first = weight?.entries[0]?.[0];
  if (weight === undefined || first === undefined) return undefined;
  const { length } = weight.entries;
  const bits = Math.log2(length);
  const last = (weight.entries[length - 1] as readonly [number, unknown])[0];
  const whole = Number.isInteger(bits) && first % length === 0 && last - first === length - 1;
  return whole ? { offset: first, run: { role: 'fold', bits, weight } } : undefined;
}

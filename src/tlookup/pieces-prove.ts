/** Low layers in pieces: made from looked-up columns where they are read, and never whole in memory. */
import type { Kernels } from '../kernels/contract.ts';
import { extWords } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import { directLeaves, nodesOfFour, type DirectLeaves } from './direct-prove.ts';
import { writeLeaves, type LeafSource } from './leaves-prove.ts';
import { areLookups, nodesAbove, type LeafRanges } from './nodes-prove.ts';
import { allocate } from './room-prove.ts';
import type { NodeRange } from './runs-prove.ts';

/** Leaves that a piece is made of: they and what is made of them lie in a cache. */
const PIECE = 2 ** 17;
/** The same of columns of one table: a leaf takes a fourth of the memory then. */
const DIRECT_PIECE = 2 ** 19;

/** The layer so many above the leaves, at least one: into p and q. */
export function writeLayer(
  kernels: Kernels,
  source: LeafSource,
  above: number,
  p: Uint32Array,
  q: Uint32Array,
): void {
  const d = kernels.ext.degree;
  forPieces(kernels, source, above, 1, ({ from, size, make }) => {
    const part = (words: Uint32Array): Uint32Array => words.subarray(from * d, (from + size) * d);
    make([part(p), part(q)]);
  });
}

type Room = readonly [p: Uint32Array, q: Uint32Array];

/** Ranges [k * w + from, k * w + from + size) of a layer, one for each of some equal parts of w fractions. */
export interface LayerPiece {
  readonly from: number;
  readonly size: number;
  /** What all of them are made of, where they are made of columns. */
  readonly direct: DirectLeaves | undefined;
  /**
   * The ranges one behind the other; not for `direct` ones a layer above the leaves, which are read as columns and may be longer than the room here.
   *
   * @param out default: arrays that the next piece overwrites
   */
  make(out?: Room): Fractions;
}

/**
 * The layer so many above the leaves in pieces, from 0 on to the end of its parts.
 *
 * @param parts a power of two
 * @param within ranges of `from`, multiples of four in ascending order. Default: all
 */
export function forPieces(
  kernels: Kernels,
  source: LeafSource,
  above: number,
  parts: number,
  use: (piece: LayerPiece) => void,
  within?: readonly NodeRange[],
): void {
  // A node above is made of leaves that are apart by the width of its layer: so many ranges of leaves, in order.
  const count = parts * 2 ** above;
  const width = 2 ** source.tree.depth / count;
  const sizes = pieceSizes(count, width, above);
  kernels.memory.scope(() => {
    const words = extWords(sizes.leaves * count, kernels.ext.degree);
    const room: Room = [allocate(kernels, words), allocate(kernels, words)];
    const visit = (from: number, size: number): void => {
      const ranges = { count, width, from, size };
      const direct = sizes.columns > 0 ? directLeaves(source, count, width, from, size) : undefined;
      const isOfColumns = size <= sizes.nodes && areLookups(source, ranges);
      if (direct === undefined && !isOfColumns && size > sizes.leaves) {
        visit(from, size / 2);
        return visit(from + size / 2, size / 2);
      }
      const made = direct !== undefined && above > 1 ? direct : isOfColumns ? 'columns' : 'leaves';
      const make = (out = room): Fractions => makePiece(kernels, source, ranges, above, made, room, out);
      kernels.memory.scope(() => use({ from, size, direct, make }));
    };
    for (const range of within ?? [{ from: 0, to: width }]) {
      for (const [from, size] of cut(range, Math.max(sizes.leaves, sizes.nodes, sizes.columns)))
        visit(from, size);
    }
  });
}

/** Most leaves of a range of a piece: of leaves, of nodes made of columns, and of columns of one table. */
function pieceSizes(
  count: number,
  width: number,
  above: number,
): { readonly leaves: number; readonly nodes: number; readonly columns: number } {
  const most = (leaves: number): number => Math.min(width, leaves / count);
  return {
    leaves: most(PIECE),
    nodes: above > 0 ? most(PIECE * 2 ** layersOf(above)) : 0,
    columns: above > 0 && count > 2 ? most(DIRECT_PIECE) : 0,
  };
}

/** Layers that nodes made of columns stand above their leaves. */
function layersOf(above: number): 1 | 2 {
  return above > 1 ? 2 : 1;
}

/** The fractions so many layers above leaf ranges, in `out`. */
function makePiece(
  kernels: Kernels,
  source: LeafSource,
  ranges: LeafRanges,
  above: number,
  made: DirectLeaves | 'columns' | 'leaves',
  room: Room,
  out: Room,
): Fractions {
  if (made === 'leaves') return rise(kernels, leavesOf(kernels, source, room, ranges), above, room, out);
  const layers = layersOf(above);
  const to = above === layers ? out : room;
  const x =
    made === 'columns'
      ? nodesAbove(kernels, source, ranges, layers, to)
      : nodesOfFour(kernels, source, made, to);
  return rise(kernels, x, above - layers, room, out);
}

/** The leaves of a piece, as many ranges one behind the other. */
function leavesOf(
  kernels: Kernels,
  source: LeafSource,
  room: Room,
  { count, width, from, size }: LeafRanges,
): Fractions {
  const { units } = source.tree;
  let ones = 0;
  for (let k = 0; k < count; k++) {
    writeLeaves(kernels, source, room, k * size, k * width + from, size);
    // Ranges are apart: where one has leaves that are no units, no later one has units.
    ones += Math.min(Math.max(units - k * width - from, 0), size);
  }
  const [p, q] = room;
  return { p, q, live: size * count, units: ones, numVars: Math.log2(size * count) };
}

/** So many layers further up: in `room`, the last of them in `out`. */
function rise(kernels: Kernels, from: Fractions, layers: number, room: Room, out: Room): Fractions {
  let x = from;
  for (let k = 1; k <= layers; k++) x = kernels.fractionLayer(...(k < layers ? room : out), x);
  return x;
}

/** A range as powers of two, at multiples of themselves: where they begin, and how long they are. */
function cut({ from, to }: NodeRange, most: number): [from: number, size: number][] {
  const parts: [number, number][] = [];
  for (let at = from; at < to; at += (parts[parts.length - 1] as [number, number])[1]) {
    const aligned = at === 0 ? most : 2 ** (31 - Math.clz32(at & -at));
    parts.push([at, Math.min(most, aligned, 2 ** (31 - Math.clz32(to - at)))]);
  }
  return parts;
}

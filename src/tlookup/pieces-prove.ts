/** Low layers in pieces: made from looked-up columns where they are read, and never whole in memory. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import { boundShape } from '../kernels/contract/multilinear.ts';
import type { Multilinear, Pair, RoundValues, Weights } from '../kernels/contract/sumcheck.ts';
import { writeLeaves, type LeafSource } from './leaves-prove.ts';
import { nodesOfQuads, quadsOf } from './direct-prove.ts';
import { allocate } from './room-prove.ts';
import { bindRun, runRound, runsOf, type NodeRange } from './runs-prove.ts';

/** A layer by what it is made of. All its fractions are live, 0/1 among them. */
export interface UnstoredLayer {
  readonly source: LeafSource;
  /** 0: the leaves. */
  readonly above: number;
}

/** Leaves that a piece is made of: they and what is made of them lie in a cache. */
const PIECE = 2 ** 17;
/** The same where nodes are made of columns: a leaf takes a fourth of the memory then. */
const DIRECT_PIECE = 2 ** 19;

/**
 * The layer so many above the leaves in pieces. Its ranges [k * w + from, k * w + from + size), one for each of `parts` equal parts of
 * w fractions, are given one behind the other, from 0 on to the end of the parts. Arrays are overwritten by the next piece.
 *
 * @param parts a power of two
 * @param within ranges of `from`, multiples of four in ascending order. Default: all
 */
export function forPieces(
  kernels: Kernels,
  source: LeafSource,
  above: number,
  parts: number,
  visit: (x: Fractions, from: number, size: number) => void,
  within?: readonly NodeRange[],
): void {
  overPieces(kernels, source, above, parts, within, (make, from, size, room) => {
    const x = make(room);
    kernels.memory.scope(() => visit(x, from, size));
  });
}

/** The layer so many above the leaves, at least one: into p and q. */
export function writeLayer(
  kernels: Kernels,
  source: LeafSource,
  above: number,
  p: Uint32Array,
  q: Uint32Array,
): void {
  const d = kernels.ext.degree;
  overPieces(kernels, source, above, 1, undefined, (make, from, size) => {
    const part = (words: Uint32Array): Uint32Array => words.subarray(from * d, (from + size) * d);
    make([part(p), part(q)]);
  });
}

type Room = readonly [p: Uint32Array, q: Uint32Array];

/** @param use given how the layer of a piece is made, and room for it that the next piece takes again */
function overPieces(
  kernels: Kernels,
  source: LeafSource,
  above: number,
  parts: number,
  within: readonly NodeRange[] | undefined,
  use: (make: (out: Room) => Fractions, from: number, size: number, room: Room) => void,
): void {
  const { depth, units } = source.tree;
  // A node above is made of leaves that are apart by the width of its layer: so many ranges of leaves, in order.
  const ranges = parts * 2 ** above;
  const width = 2 ** depth / ranges;
  const most = Math.min(width, PIECE / ranges);
  const direct = above < 2 ? most : Math.min(width, DIRECT_PIECE / ranges);
  kernels.memory.scope(() => {
    const words = extWords(most * ranges, kernels.ext.degree);
    const room: Room = [allocate(kernels, words), allocate(kernels, words)];
    const rise = (from: Fractions, layers: number, out: Room): Fractions => {
      let x = from;
      for (let k = 1; k <= layers; k++) x = kernels.fractionLayer(...(k < layers ? room : out), x);
      return x;
    };
    const fromLeaves = (from: number, size: number, out: Room): Fractions => {
      const numVars = 31 - Math.clz32(size * ranges);
      let ones = 0;
      for (let k = 0; k < ranges; k++) {
        writeLeaves(kernels, source, room, k * size, k * width + from, size);
        // Ranges are apart: where one has leaves that are no units, no later one has units.
        ones += Math.min(Math.max(units - k * width - from, 0), size);
      }
      const [p, q] = room;
      return rise({ p, q, live: 2 ** numVars, units: ones, numVars }, above, out);
    };
    const visit = (from: number, size: number): void => {
      const quads = above < 2 ? undefined : quadsOf(source, ranges, width, from, size);
      if (quads !== undefined) {
        const make = (out: Room): Fractions =>
          rise(nodesOfQuads(kernels, source, quads, above === 2 ? out : room), above - 2, out);
        return use(make, from, size, room);
      }
      if (size <= most) return use((out) => fromLeaves(from, size, out), from, size, room);
      visit(from, size / 2);
      visit(from + size / 2, size / 2);
    };
    for (const range of within ?? [{ from: 0, to: width }]) {
      for (const [from, size] of cut(range, direct)) visit(from, size);
    }
  });
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

/** Pairs of a layer behind its first round. */
export interface Bound {
  readonly pairs: readonly Pair[];
  /** Where each array goes when it is bound again. */
  readonly outs: readonly Uint32Array[];
}

/** The first round of the sum over an unstored layer. */
export interface FirstRound {
  /** Indices below which the sum runs over arrays. */
  readonly written: number;
  values(weights: Weights): RoundValues;
  bind(r: Ext): Bound;
}

export function firstRound(kernels: Kernels, layer: UnstoredLayer, lambda: Ext): FirstRound {
  const K = kernels.ext;
  const { depth, units } = layer.source.tree;
  const numVars = depth - layer.above - 1;
  const quarter = 2 ** (numVars - 1);
  const each = (
    visit: (pairs: readonly Pair[], from: number, size: number) => void,
    within?: readonly NodeRange[],
  ): void => {
    const visitPairs = (x: Fractions, from: number, size: number): void =>
      visit(pairsOfPiece(kernels, layer, x, lambda), from, size);
    forPieces(kernels, layer.source, layer.above, 4, visitPairs, within);
  };
  const { source } = layer;
  const { runs, gaps } = layer.above === 0 ? runsOf(source) : { runs: [], gaps: [{ from: 0, to: quarter }] };
  return {
    written: 2 * quarter,
    values(weights) {
      let [at0, atInfinity] = [K.zero, K.zero];
      const add = (part: RoundValues): void => {
        at0 = K.add(at0, part.at0);
        atInfinity = K.add(atInfinity, part.atInfinity);
      };
      for (const run of runs) add(runRound(kernels, source, run, lambda, weights.words));
      each((pairs, from, size) => {
        const words = weights.words.subarray(from * K.degree, (from + size) * K.degree);
        // Nothing is padded, so that the sum of all weights is not read.
        add(kernels.productRound(pairs, { words, total: K.zero }));
      }, gaps);
      return { at0, atInfinity };
    },
    bind(r) {
      const shapes = shapesOf(kernels, numVars, layer.above === 0 ? units : 0, lambda).map((shape) =>
        boundShape(K, shape, r),
      );
      const outs = shapes.map(({ head }) =>
        allocate(kernels, head?.count === quarter ? 0 : extWords(quarter, K.degree)),
      );
      // On runs both numerators are constant, and stay so.
      const own = [outs[2] as Uint32Array, outs[3] as Uint32Array] as const;
      for (const run of runs) bindRun(kernels, source, run, lambda, r, own);
      each(
        (pairs, from, size) =>
          pairs.flat().forEach((a, k) => {
            const out = outs[k] as Uint32Array;
            if (out.length > 0) kernels.bind(out.subarray(from * K.degree, (from + size) * K.degree), a, r);
          }),
        gaps,
      );
      const [a, b, c, e] = shapes.map((shape, k) => ({ words: outs[k] as Uint32Array, ...shape })) as [
        Multilinear,
        Multilinear,
        Multilinear,
        Multilinear,
      ];
      return {
        pairs: [
          [a, b],
          [c, e],
        ],
        outs,
      };
    },
  };
}

/** The pairs of four ranges, of which the first two are the lower halves; in place as far as that goes. */
function pairsOfPiece(
  kernels: Kernels,
  { above }: UnstoredLayer,
  x: Fractions,
  lambda: Ext,
): readonly Pair[] {
  const { p, q } = x;
  const half = extWords(2 ** (x.numVars - 1), kernels.ext.degree);
  const scaled = above === 0 && (x.units ?? 0) < x.live ? allocate(kernels, half) : p;
  const pairs =
    above === 0
      ? kernels.leafPairs(q.subarray(0, half), q.subarray(half), scaled, x, lambda)
      : kernels.layerPairs(p.subarray(half), x, lambda);
  return pairs.map((pair) => pair.map(withoutPad) as unknown as Pair);
}

function withoutPad({ words, live, numVars, head }: Multilinear): Multilinear {
  return { words, live, numVars, ...(head === undefined ? {} : { head }) };
}

/** What the pairs of a whole layer would be, but for their words. Constants are those of `leafPairs`. */
function shapesOf({ ext: K }: Kernels, numVars: number, units: number, lambda: Ext): Multilinear[] {
  const live = 2 ** numVars;
  const plain = { words: new Uint32Array(0), live, numVars };
  const [lower, upper] = [Math.min(units, live), Math.max(0, units - live)];
  return [
    { ...plain, ...(lower > 0 && { head: { count: lower, value: K.one } }) },
    { ...plain, ...(upper > 0 && { head: { count: upper, value: K.neg(K.inverse(lambda)) } }) },
    plain,
    plain,
  ];
}

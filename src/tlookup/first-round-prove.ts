/** First rounds over layers that are never whole in memory: piece by piece, and made of columns where they can be. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords } from '../kernels/contract/layout.ts';
import type { Fractions } from '../kernels/contract/lookup-tree.ts';
import { boundShape } from '../kernels/contract/multilinear.ts';
import type { Multilinear, Pair, RoundValues, Weights } from '../kernels/contract/sumcheck.ts';
import { roundOfPairs, type DirectRound } from './direct-prove.ts';
import type { LeafSource } from './leaves-prove.ts';
import { forPieces, type LayerPiece } from './pieces-prove.ts';
import { allocate } from './room-prove.ts';
import { bindRun, runRound, runsOf, type NodeRange } from './runs-prove.ts';

/** A layer by what it is made of. All its fractions are live, 0/1 among them. */
export interface UnstoredLayer {
  readonly source: LeafSource;
  /** 0: the leaves. */
  readonly above: number;
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
    direct: (round: DirectRound, from: number, size: number) => void,
    visit: (pairs: readonly Pair[], from: number, size: number) => void,
    within?: readonly NodeRange[],
  ): void => {
    const { source, above } = layer;
    const use = ({ from, size, direct: leaves, make }: LayerPiece): void => {
      if (above === 1 && leaves !== undefined) {
        direct(roundOfPairs(kernels, source, leaves, lambda), from, size);
      } else visit(pairsOfPiece(kernels, layer, make(), lambda), from, size);
    };
    forPieces(kernels, source, above, 4, use, within);
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
      const part = (from: number, size: number): Uint32Array =>
        weights.words.subarray(from * K.degree, (from + size) * K.degree);
      each(
        (round, from, size) => add(round.values(part(from, size))),
        // Nothing is padded, so that the sum of all weights is not read.
        (pairs, from, size) => add(kernels.productRound(pairs, { words: part(from, size), total: K.zero })),
        gaps,
      );
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
      const part = (out: Uint32Array, from: number, size: number): Uint32Array =>
        out.subarray(from * K.degree, (from + size) * K.degree);
      each(
        (round, from, size) =>
          round.bind(
            outs.map((out) => part(out, from, size)),
            r,
          ),
        (pairs, from, size) =>
          pairs.flat().forEach((a, k) => {
            const out = outs[k] as Uint32Array;
            if (out.length > 0) kernels.bind(part(out, from, size), a, r);
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

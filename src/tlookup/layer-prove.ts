/** The sumcheck of one layer over all trees: rounds within the trees first, then over them. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, packExt } from '../kernels/contract/layout.ts';
import type { Multilinear, Pair, RoundValues, Weights } from '../kernels/contract/sumcheck.ts';
import { eqIndex } from '../sumcheck/eq.ts';
import type { Tree } from './trees-prove.ts';
import { allocate } from './room-prove.ts';
import type { NodePoint } from './layer.ts';
import { nodesOf, segmentOf, type Nodes, type Segment } from './segment-prove.ts';

/** Sends the values of a round; answers with the challenge. */
export type Round = (z: Ext, values: RoundValues) => Ext;

/** The values that end a layer, and the point that they are values at. */
export interface LayerEnd extends NodePoint {
  readonly nodes: Nodes;
}

/**
 * Proves the sum over trees and nodes of eq(point, .) (p0 q1 + p1 q0 + lambda q0 q1) in the layer of point.inner.length
 * variables. Arrays of the layer below are overwritten: no later layer needs them.
 *
 * @param depth n, of the deepest tree
 * @throws Error for lambda = 0, which a leaf layer cannot divide by
 */
export function proveLayerSum(
  kernels: Kernels,
  trees: readonly Tree[],
  depth: number,
  point: NodePoint,
  lambda: Ext,
  round: Round,
): LayerEnd {
  return kernels.memory.scope(() => {
    const segments = trees.map((tree) => {
      const low = depth - tree.depth;
      return segmentOf(kernels, tree, low, point.inner, lambda);
    });
    const { bound: inner, ends } = bindInner(kernels, segments, point, lambda, round);
    const { bound: outer, nodes } = bindOuter(kernels, ends, point.outer, lambda, round);
    return { inner, outer, nodes };
  });
}

/** Rounds over the nodes of trees, the highest variable first. */
function bindInner(
  kernels: Kernels,
  segments: readonly Segment[],
  { inner: z, outer }: NodePoint,
  lambda: Ext,
  round: Round,
): { readonly bound: Ext[]; readonly ends: Nodes[] } {
  const K = kernels.ext;
  const scales = segments.map((_, t) => eqIndex(K, outer, t));
  // A dead tree is 0/1 throughout: p0 q1 + q0 c = lambda in each of its nodes.
  const dead = K.mul(K.sub(K.one, scales.reduce(K.add, K.zero)), lambda);
  const weights = new Map<number, WeightsOf>();
  for (const { low } of segments) {
    if (weights.has(low) || low >= z.length) continue;
    const written = Math.max(...segments.filter((s) => s.low === low).map((s) => s.written));
    weights.set(low, weightTables(kernels, z.slice(low), written));
  }
  const total = (
    values: (segment: Segment, of: Weights | undefined) => RoundValues,
    i: number,
  ): RoundValues => {
    let [at0, atInfinity] = [dead, K.zero];
    segments.forEach((segment, t) => {
      const of = i < segment.low ? undefined : weights.get(segment.low);
      const part = values(segment, of?.(i - segment.low));
      at0 = K.add(at0, K.mul(scales[t] as Ext, part.at0));
      atInfinity = K.add(atInfinity, K.mul(scales[t] as Ext, part.atInfinity));
    });
    return { at0, atInfinity };
  };
  const bound: Ext[] = [];
  for (let i = z.length - 1; i >= 0; i--) {
    const last = bound[0];
    const values =
      last === undefined
        ? total((segment, w) => segment.first(i, w), i)
        : total((segment, w) => segment.next(i, w, last), i);
    bound.unshift(round(z[i] as Ext, values));
  }
  return { bound, ends: segments.map((segment) => segment.end(bound[0])) };
}

/** The weights eq over the first i variables; from one call to the next i does not grow. */
type WeightsOf = (i: number) => Weights;

/**
 * eq over the first i < z.length variables of z, as far as arrays are written out. A table replaces the one before it, of one variable more:
 * where that is whole, it is the sum of its halves.
 */
function weightTables(kernels: Kernels, z: readonly Ext[], written: number): WeightsOf {
  const d = kernels.ext.degree;
  const total = kernels.ext.one;
  const sizeOf = (i: number): number => extWords(Math.min(2 ** i, written), d);
  let at = z.length;
  let words = allocate(kernels, sizeOf(Math.max(0, at - 1)));
  return (i) => {
    for (; at > i; at--) {
      const size = sizeOf(at - 1);
      const larger = words;
      words = words.subarray(0, size);
      const isSum = at < z.length && at > 2 && larger.length === extWords(2 ** at, d);
      if (isSum) kernels.add(words, words, larger.subarray(size));
      else kernels.eqTable(words, z.slice(0, at - 1), total);
    }
    return { words, total };
  };
}

/** Rounds over the trees: one node each, dead ones behind them. */
function bindOuter(
  kernels: Kernels,
  ends: readonly Nodes[],
  z: readonly Ext[],
  lambda: Ext,
  round: Round,
): { readonly bound: Ext[]; readonly nodes: Nodes } {
  const K = kernels.ext;
  const over = (k: 0 | 1 | 2 | 3, pad: Ext): Multilinear => ({
    words: packExt(
      ends.map((nodes) => K.mulBase(nodes[k], kernels.radix)),
      K,
    ),
    live: ends.length,
    numVars: z.length,
    pad,
  });
  let pairs: readonly Pair[] = [
    [over(0, K.zero), over(1, K.one)],
    [over(2, K.one), over(3, lambda)],
  ];
  const weights = weightTables(kernels, z, ends.length);
  const bound: Ext[] = [];
  for (let i = z.length - 1; i >= 0; i--) {
    const r = round(z[i] as Ext, kernels.productRound(pairs, weights(i)));
    bound.unshift(r);
    pairs = pairs.map(([a, b]): Pair => [kernels.bind(a.words, a, r), kernels.bind(b.words, b, r)]);
  }
  return { bound, nodes: nodesOf(kernels, pairs, undefined) };
}

/** The sumcheck of one layer over all balances: rounds within the balances first, then over them. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, packExt, readExt } from '../kernels/contract/layout.ts';
import type { Multilinear, Pair, RoundValues, Weights } from '../kernels/contract/sumcheck.ts';
import { eqIndex } from './eq.ts';
import { allocate, type Layer } from './forest-prove.ts';

/** A part of the cube whose round values count `scale` times. */
interface Segment {
  pairs: readonly Pair[];
  /** Where each of the pairs' four arrays goes when it is bound. */
  readonly outs: readonly Uint32Array[];
  readonly scale: Ext;
}

/** Sends the values of a round; answers with the challenge. */
export type Round = (z: Ext, values: RoundValues) => Ext;

/** The values that end a layer, and the point that they are values at. */
export interface LayerEnd {
  readonly inner: readonly Ext[];
  readonly outer: readonly Ext[];
  readonly nodes: readonly [p0: Ext, q1: Ext, q0: Ext, c: Ext];
}

/**
 * Proves the sum over balances and nodes of eq(point, .) (p0 q1 + p1 q0 + lambda q0 q1).
 *
 * @param below one layer of every balance; its arrays are overwritten unless the next layer shares them
 * @param shared whether it does, balance by balance
 * @throws Error for lambda = 0, which a leaf layer cannot divide by
 */
export function proveLayerSum(
  kernels: Kernels,
  below: readonly Layer[],
  point: { readonly inner: readonly Ext[]; readonly outer: readonly Ext[] },
  lambda: Ext,
  round: Round,
): LayerEnd {
  const K = kernels.ext;
  return kernels.memory.scope(() => {
    const scales = below.map((_, b) => eqIndex(K, point.outer, b));
    const segments = below.map((layer, b) => segmentOf(kernels, layer, lambda, scales[b] as Ext));
    // A dead balance is 0/1 throughout: p0 q1 + q0 c = lambda in each of its nodes.
    const dead = K.mul(K.sub(K.one, scales.reduce(K.add, K.zero)), lambda);
    const inner = bindAll(kernels, segments, point.inner, dead, round);
    const ends = segments.map(({ pairs }, b) =>
      endOf(kernels, pairs, isLeafForm(below[b] as Layer) ? lambda : undefined),
    );
    const forest = forestSegment(kernels, ends, point.outer.length, lambda);
    const outer = bindAll(kernels, [forest], point.outer, K.zero, round);
    return { inner, outer, nodes: endOf(kernels, forest.pairs, undefined) };
  });
}

/** Layers whose first numerators are units have pairs of their own. */
function isLeafForm({ fractions }: Layer): boolean {
  return (fractions.units ?? 0) > 0;
}

function segmentOf(kernels: Kernels, layer: Layer, lambda: Ext, scale: Ext): Segment {
  const { fractions, shared } = layer;
  const d = kernels.ext.degree;
  const { p, q, live, units, numVars } = fractions;
  const half = 2 ** (numVars - 1);
  const upper = extWords(Math.max(0, live - half), d);
  // Halves of whole blocks may be replaced where they lie.
  const inPlace = !shared && half % 4 === 0;
  const room = (array: Uint32Array, from: number, words: number): Uint32Array =>
    inPlace ? array.subarray(from, from + words) : allocate(kernels, words);
  if (!isLeafForm(layer)) {
    const pairs = kernels.layerPairs(room(p, half * d, upper), fractions, lambda);
    return { pairs, outs: outsOf(kernels, pairs, inPlace), scale };
  }
  if (kernels.ext.isZero(lambda)) throw new Error('lookup: expected a non-zero challenge lambda, got 0');
  const lower = extWords(Math.min(live, half), d);
  const written = (units ?? 0) < live ? upper : 0;
  const pairs = kernels.leafPairs(
    room(q, 0, lower),
    room(q, half * d, upper),
    allocate(kernels, written),
    fractions,
    lambda,
  );
  return { pairs, outs: outsOf(kernels, pairs, inPlace), scale };
}

/** Where bound arrays go: over themselves where nobody needs them any more. */
function outsOf(kernels: Kernels, pairs: readonly Pair[], inPlace: boolean): Uint32Array[] {
  return pairs.flat().map((a) => {
    if (inPlace) return a.words;
    return allocate(kernels, extWords(Math.min(a.live, 2 ** Math.max(0, a.numVars - 1)), kernels.ext.degree));
  });
}

/** Rounds over the variables of `z`, the highest first. @returns the challenges, low variable first */
function bindAll(
  kernels: Kernels,
  segments: readonly Segment[],
  z: readonly Ext[],
  dead: Ext,
  round: Round,
): Ext[] {
  const K = kernels.ext;
  const bound: Ext[] = [];
  if (z.length === 0) return bound;
  const written = Math.max(...segments.flatMap(({ pairs }) => pairs.flat().map(({ live }) => live)));
  const weights = weightTables(kernels, z, written);
  const total = (parts: readonly RoundValues[]): RoundValues => {
    const sum = (of: (values: RoundValues) => Ext): Ext =>
      parts.reduce((s, part, i) => K.add(s, K.mul((segments[i] as Segment).scale, of(part))), K.zero);
    return {
      at0: K.add(
        dead,
        sum((values) => values.at0),
      ),
      atInfinity: sum((values) => values.atInfinity),
    };
  };
  let values = total(segments.map(({ pairs }) => kernels.productRound(pairs, weights[z.length - 1])));
  for (let i = z.length - 1; i >= 0; i--) {
    const r = round(z[i] as Ext, values);
    bound.unshift(r);
    if (i > 0) values = total(segments.map((segment) => bindNext(kernels, segment, r, weights[i - 1])));
    else segments.forEach((segment) => bindLast(kernels, segment, r));
  }
  return bound;
}

function bindNext(kernels: Kernels, segment: Segment, r: Ext, weights: Weights | undefined): RoundValues {
  const next = kernels.bindProductRound(segment.outs, segment.pairs, r, weights);
  segment.pairs = next.pairs;
  return next.values;
}

function bindLast(kernels: Kernels, segment: Segment, r: Ext): void {
  segment.pairs = segment.pairs.map(([a, b], k): Pair => [
    kernels.bind(segment.outs[2 * k] as Uint32Array, a, r),
    kernels.bind(segment.outs[2 * k + 1] as Uint32Array, b, r),
  ]);
}

/**
 * eq over the first i variables of z for every i < z.length, as far as arrays are written out. A table whose larger
 * neighbour is whole is the sum of that one's halves; the others are made from z.
 */
function weightTables(kernels: Kernels, z: readonly Ext[], written: number): Weights[] {
  const d = kernels.ext.degree;
  const total = kernels.ext.one;
  const tables: Weights[] = [];
  for (let i = z.length - 1; i >= 0; i--) {
    const words = allocate(kernels, extWords(Math.min(2 ** i, written), d));
    const larger = tables[0]?.words;
    if (larger !== undefined && i >= 2 && larger.length === extWords(2 ** (i + 1), d)) {
      kernels.add(words, larger.subarray(0, words.length), larger.subarray(words.length));
    } else kernels.eqTable(words, z.slice(0, i), kernels.ext.one);
    tables.unshift({ words, total });
  }
  return tables;
}

/** p0, q1, q0, c of pairs without variables; leaf pairs (`leafPairs`) hold them shifted by multiples of 1/lambda. */
function endOf(kernels: Kernels, pairs: readonly Pair[], leafLambda: Ext | undefined): LayerEnd['nodes'] {
  const K = kernels.ext;
  const [a, b, c, e] = pairs.flat().map((x) => valueOf(kernels, x)) as [Ext, Ext, Ext, Ext];
  if (leafLambda === undefined) return [a, b, c, e];
  const mu = K.inverse(leafLambda);
  const p1 = K.neg(K.mul(leafLambda, b));
  return [a, K.mul(mu, K.sub(e, p1)), K.sub(c, K.mul(mu, a)), e];
}

function valueOf(kernels: Kernels, a: Multilinear): Ext {
  const K = kernels.ext;
  if (a.live === 0) return a.pad ?? K.zero;
  if (a.head !== undefined && a.head.count > 0) return a.head.value;
  return K.mulBase(readExt(a.words, 0, K.degree), K.base.inverse(kernels.radix));
}

/** The nodes of all balances as one segment over the balances, dead ones behind them. */
function forestSegment(
  kernels: Kernels,
  ends: readonly LayerEnd['nodes'][],
  numVars: number,
  lambda: Ext,
): Segment {
  const K = kernels.ext;
  const over = (k: 0 | 1 | 2 | 3, pad: Ext): Multilinear => ({
    words: packExt(
      ends.map((nodes) => K.mulBase(nodes[k], kernels.radix)),
      K,
    ),
    live: ends.length,
    numVars,
    pad,
  });
  const pairs: Pair[] = [
    [over(0, K.zero), over(1, K.one)],
    [over(2, K.one), over(3, lambda)],
  ];
  return { pairs, outs: pairs.flat().map(({ words }) => words), scale: K.one };
}

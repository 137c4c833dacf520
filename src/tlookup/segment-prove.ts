/**
 * One tree's share of a layer's sum. A tree of depth n - low has its leaves where the low variables are zero: rounds over
 * the others work on its arrays, the rest on the one node that is left of it, and so do layers above its root.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { extWords, readExt } from '../kernels/contract/layout.ts';
import type { Multilinear, Pair, RoundValues, Weights } from '../kernels/contract/sumcheck.ts';
import { eqIndex } from '../sumcheck/eq.ts';
import { rootOf, type Layer, type Tree } from './trees-prove.ts';
import { firstRound, type FirstRound, type UnstoredLayer } from './first-round-prove.ts';
import { allocate } from './room-prove.ts';

/** p0, q1, q0 and c = p1 + lambda q1 of a node; the layer's sum is over p0 q1 + q0 c. */
export type Nodes = readonly [p0: Ext, q1: Ext, q0: Ext, c: Ext];

/** Where the two fractions below are 0/1. */
function deadNodes(K: ExtensionField, lambda: Ext): Nodes {
  return [K.zero, K.one, K.one, lambda];
}

export interface Segment {
  /** Variables [low, ..) are the tree's own. */
  readonly low: number;
  /** Indices below which its arrays are written out. */
  readonly written: number;
  /** Values of the round in variable i, with the weights eq over own variables below i. */
  first(i: number, weights: Weights | undefined): RoundValues;
  /** Binds variable i + 1; then the same. */
  next(i: number, weights: Weights | undefined, r: Ext): RoundValues;
  /** Binds variable 0, if there was one, and ends: what is left. */
  end(r: Ext | undefined): Nodes;
}

/**
 * @param layer j: the sum runs over j variables within trees
 * @param z the claim's point over these variables
 */
export function segmentOf(
  kernels: Kernels,
  tree: Tree,
  low: number,
  z: readonly Ext[],
  lambda: Ext,
): Segment {
  const K = kernels.ext;
  const dead = deadNodes(K, lambda);
  const layer = z.length;
  let pairs: readonly Pair[] = [];
  let outs: readonly Uint32Array[] = [];
  let shifted = false;
  let node: Nodes | undefined;
  let written = 0;
  let unstored: FirstRound | undefined;
  if (layer < low) {
    const root = rootOf(kernels, tree);
    node = [root.p, K.one, root.q, lambda];
  } else {
    const below = tree.layer(layer - low + 1);
    shifted = isLeafForm(below);
    if (shifted && K.isZero(lambda)) throw new Error('lookup: expected a non-zero challenge lambda, got 0');
    if ('source' in below) {
      unstored = firstRound(kernels, below, lambda);
      written = unstored.written;
    } else {
      ({ pairs, outs } = layerPairs(kernels, below, lambda));
      written = Math.max(...pairs.flat().map(({ live }) => live));
    }
    if (layer === low) node = nodesOf(kernels, pairs, shifted ? lambda : undefined);
  }
  const zeros = Array.from({ length: low + 1 }, (_, i) => eqIndex(K, z.slice(0, i), 0));
  /** t of sum eq(z, .) over nodes that are dead except the first, whose weight is `weight`. */
  const mixed = (weight: Ext, { at0, atInfinity }: RoundValues): RoundValues => ({
    at0: K.add(K.mul(weight, at0), K.mul(K.sub(K.one, weight), lambda)),
    atInfinity: K.mul(weight, atInfinity),
  });
  const nodeRound = (i: number, [p0, q1, q0, c]: Nodes): RoundValues =>
    mixed(zeros[i] as Ext, {
      at0: K.add(K.mul(p0, q1), K.mul(q0, c)),
      atInfinity: K.sub(K.mul(K.sub(q0, K.one), K.sub(c, lambda)), K.mul(p0, K.sub(K.one, q1))),
    });
  const bindNode = (nodes: Nodes, r: Ext): Nodes =>
    nodes.map((x, k) => K.add(x, K.mul(r, K.sub(dead[k] as Ext, x)))) as unknown as Nodes;
  const bindArrays = (r: Ext): Nodes => {
    pairs = pairs.map(([a, b], k): Pair => [
      kernels.bind(outs[2 * k] as Uint32Array, a, r),
      kernels.bind(outs[2 * k + 1] as Uint32Array, b, r),
    ]);
    return nodesOf(kernels, pairs, shifted ? lambda : undefined);
  };
  return {
    low,
    written,
    first(i, weights) {
      if (node !== undefined) return nodeRound(i, node);
      return mixed(
        zeros[low] as Ext,
        unstored?.values(weights as Weights) ?? kernels.productRound(pairs, weights),
      );
    },
    next(i, weights, r) {
      if (i < low) {
        node = node === undefined ? bindArrays(r) : bindNode(node, r);
        return nodeRound(i, node);
      }
      if (unstored !== undefined) {
        ({ pairs, outs } = unstored.bind(r));
        unstored = undefined;
        return mixed(zeros[low] as Ext, kernels.productRound(pairs, weights));
      }
      const bound = kernels.bindProductRound(outs, pairs, r, weights);
      pairs = bound.pairs;
      return mixed(zeros[low] as Ext, bound.values);
    },
    end(r) {
      if (r === undefined) return node as Nodes;
      return node === undefined ? bindArrays(r) : bindNode(node, r);
    },
  };
}

/** Layers whose first numerators are units have pairs of their own. */
function isLeafForm(layer: Layer | UnstoredLayer): boolean {
  return 'source' in layer ? layer.above === 0 : (layer.fractions.units ?? 0) > 0;
}

/** The pairs of a layer, and where each of their arrays goes when it is bound. @throws Error for lambda = 0 at the leaves */
function layerPairs(
  kernels: Kernels,
  layer: Layer,
  lambda: Ext,
): { readonly pairs: readonly Pair[]; readonly outs: readonly Uint32Array[] } {
  const { fractions, shared } = layer;
  const d = kernels.ext.degree;
  const { p, q, live, units, numVars } = fractions;
  const half = 2 ** (numVars - 1);
  const upper = extWords(Math.max(0, live - half), d);
  // Halves of whole blocks are replaced where they lie, unless the layer below needs them.
  const inPlace = !shared && half % 4 === 0;
  const room = (array: Uint32Array, from: number, words: number): Uint32Array =>
    inPlace ? array.subarray(from, from + words) : allocate(kernels, words);
  const outsOf = (pairs: readonly Pair[]): Uint32Array[] =>
    pairs.flat().map((a) => {
      const constant = a.head?.count === 2 ** a.numVars;
      const words = constant ? 0 : extWords(Math.min(a.live, 2 ** Math.max(0, a.numVars - 1)), d);
      return inPlace && a.words.length >= words ? a.words : allocate(kernels, words);
    });
  if (!isLeafForm(layer)) {
    const pairs = kernels.layerPairs(room(p, half * d, upper), fractions, lambda);
    return { pairs, outs: outsOf(pairs) };
  }
  const lower = extWords(Math.min(live, half), d);
  const scaled = allocate(kernels, (units ?? 0) < live ? upper : 0);
  const pairs = kernels.leafPairs(room(q, 0, lower), room(q, half * d, upper), scaled, fractions, lambda);
  return { pairs, outs: outsOf(pairs) };
}

/** The nodes of pairs without variables; leaf pairs (`leafPairs`) hold them shifted by multiples of 1/lambda. */
export function nodesOf(kernels: Kernels, pairs: readonly Pair[], leafLambda: Ext | undefined): Nodes {
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

/**
 * Kernels of the fraction trees of lookup arguments (LogUp-GKR: Papini and Haboeck, ePrint 2023/1284).
 *
 * A layer is a list of fractions p/q on {0,1}^m; the layer above adds the pairs (i, i + 2^(m-1)), the highest
 * variable first, without dividing: p = p0 q1 + p1 q0, q = q0 q1. Leaves behind the live prefix are 0/1, the
 * neutral fraction: they cost nothing in any layer.
 *
 * The rounds of a layer's sumcheck are `productRound` and `bindProductRound` (sumcheck.ts) on the two pairs that
 * `layerPairs` or `leafPairs` return. Their pads carry the dead leaves: where both fractions of a node are dead,
 * p0 q1 + p1 q0 + lambda q0 q1 = 0*1 + 0*1 + lambda*1*1 = lambda, so a round's t(0) contains lambda times the
 * weights of all such nodes.
 *
 * Several tables in one tree: their leaves lie one behind the other, each table's at a whole block (a multiple of four),
 * with fractions 0/1 written into the gaps. A forest is one set of arrays for each tree, and a call for each.
 *
 * Forms and memory are those of sumcheck.ts: K in Montgomery form, F plain, everything through windows.
 */
import type { Ext, Fe } from '../../field/field.ts';
import type { Pair, RoundValues } from './sumcheck.ts';

/** The fractions of one layer of one tree. */
export interface Fractions {
  /** Numerators and denominators over K, blocked: at least extWords(live) words each (p: none when all are units). */
  readonly p: Uint32Array;
  readonly q: Uint32Array;
  /** Leaves with an index of `live` or more are 0/1. */
  readonly live: number;
  readonly numVars: number;
  /** The first `units` numerators are 1 and not read from p; absent: none. */
  readonly units?: number;
}

/** Columns of a looked-up tuple: four products of canonical words fit an unsigned 64-bit sum, five do not. */
export const MAX_COLUMNS = 4;

/** Leaves that are not written out: constant - sum over k of betas[k] * (the run's k-th column)[i]. */
export interface LeafRun {
  readonly constant: Ext;
  /** One to four. */
  readonly betas: readonly Ext[];
}

export interface LookupTreeKernels {
  /**
   * Denominators of leaves: out[i] = alpha - (tag + sum over k of betas[k] * columns[k][i]).
   * @param out over K, at least extWords(n) words for columns of n words
   * @param columns one to four arrays over F of the same length
   * @param tag of the table: the coordinate with coefficient 1
   * @throws RangeError naming the argument for lengths and limbs out of range
   */
  lookupLeaves(
    out: Uint32Array,
    columns: readonly Uint32Array[],
    alpha: Ext,
    betas: readonly Ext[],
    tag: Fe,
  ): void;
  /**
   * Numerators that are not units: out[i] = sign * multiplicities[i], over K (the table's side has sign -1).
   * @param out over K, at least extWords(n) words
   * @throws RangeError when out is too short
   */
  lookupNumerators(out: Uint32Array, multiplicities: Uint32Array, sign: 1 | -1): void;
  /**
   * The round polynomial of the sum over i of weights[i] a(X)[i] b(X)[i], with a(X) = a0 + X (a1 - a0) and b likewise, over leaves that
   * are made as they are read.
   * @param columns arrays over F of one length n: those of a0, then of a1, b0 and b1, as many as each has betas
   * @param runs a0, a1, b0, b1
   * @param weights over K: at least extWords(n) words
   * @throws RangeError naming the argument for lengths and limbs out of range
   */
  leafRound(
    columns: readonly Uint32Array[],
    runs: readonly [LeafRun, LeafRun, LeafRun, LeafRun],
    weights: Uint32Array,
  ): RoundValues;
  /**
   * The fractions above leaves 1/q that are made as they are read: outP/outQ = 1/q0 + 1/q1 for two runs, (1/q0 + 1/q1) + (1/q2 + 1/q3) for
   * four, without dividing.
   * @param outP, outQ over K, at least extWords(n) words for columns of n words
   * @param columns arrays over F of one length n: those of the first run, of the second, .., as many as each has betas
   * @param runs q0, q1, .. : two or four
   * @throws RangeError naming the argument for lengths and limbs out of range
   */
  leafNodes(
    outP: Uint32Array,
    outQ: Uint32Array,
    columns: readonly Uint32Array[],
    runs: readonly LeafRun[],
  ): void;
  /**
   * The layer above. When no pair has two live fractions (live <= 2^(numVars-1)) its values are those of `x`: the
   * result then shares the arrays of `x` and nothing is written.
   * @param outP at least extWords(2^(numVars-1)) words; it may be x.p
   * @param outQ the same for x.q
   * @throws RangeError naming the argument for lengths, numVars < 1, live > 2^numVars
   */
  fractionLayer(outP: Uint32Array, outQ: Uint32Array, x: Fractions): Fractions;
  /**
   * The pairs (p0, q1), (q0, p1 + lambda q1) of the sumcheck over p0 q1 + p1 q0 + lambda q0 q1.
   * @param out for p1 + lambda q1: at least extWords(live - 2^(numVars-1)) words; it may be the upper half of x.p
   */
  layerPairs(out: Uint32Array, x: Fractions, lambda: Ext): readonly [Pair, Pair];
  /**
   * Pairs of the same sum for a layer whose numerators are mostly units: (p0, -p1/lambda) and
   * (q0 + p0/lambda, p1 + lambda q1). Where p0 and p1 are units the first pair is constant and costs nothing to bind
   * or sum, so that a round takes half of the work. Bound values give q0 = b - p0/lambda and q1 = (c - p1)/lambda.
   * @param out0 for q0 + p0/lambda: at least extWords(min(live, half)) words; it may be x.q
   * @param out1 for p1 + lambda q1: at least extWords(live - half) words; it may be the upper half of x.q
   * @param outP for -p1/lambda where p1 is not a unit: at least extWords(live - half) words, else any
   * @throws RangeError for lambda = 0 (a challenge is 0 with probability 1/|K|), lengths and limbs out of range
   */
  leafPairs(
    out0: Uint32Array,
    out1: Uint32Array,
    outP: Uint32Array,
    x: Fractions,
    lambda: Ext,
  ): readonly [Pair, Pair];
}

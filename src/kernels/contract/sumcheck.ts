/**
 * Kernels of sumcheck rounds. A polynomial in m variables, multilinear, is given by its values on {0,1}^m; the
 * first variable is the lowest bit of the index and rounds bind the *highest* one, so that the pairs of a round
 * are (i, i + 2^(m-1)), whole blocks apart, and binding shortens an array in place.
 *
 * Forms. Arrays over K hold Montgomery forms, arrays over F plain words (as they are committed, without a pass
 * over them). Scalars, pads and results are plain elements.
 *
 * Memory. Every kernel here works through windows; none needs a whole array in kernel memory. Results do not
 * depend on threads or windows: sums in a finite field are exact.
 */
import type { Ext } from '../../field/field.ts';

/**
 * Values on {0,1}^numVars of which only the middle is written out:
 *
 *     [0, head.count)      head.value                 (no head: count 0)
 *     [head.count, live)   words, at their own index: nothing before head.count is read
 *     [live, 2^numVars)    pad
 *
 * So a zero suffix is free (time follows `live`, not 2^numVars), and so is a run of unit numerators.
 */
export interface Multilinear {
  /** Over K, blocked (`layout.ts`): at least extWords(live) words, unless nothing is written out. */
  readonly words: Uint32Array;
  readonly live: number;
  readonly numVars: number;
  /** A plain element; absent: zero. */
  readonly pad?: Ext;
  readonly head?: { readonly count: number; readonly value: Ext };
}

/** The same over F: at least `live` plain words, then zeros. */
export interface BaseMultilinear {
  readonly words: Uint32Array;
  readonly live: number;
  readonly numVars: number;
}

/** Two multilinears in the same variables, whose product is summed. */
export type Pair = readonly [Multilinear, Multilinear];

/**
 * Weights w over the variables that a round leaves, one less than those of the arrays; normally
 * eq(z, .) without the factor of the bound variable (Gruen, ePrint 2024/108, section 3.2).
 */
export interface Weights {
  /** Over K, blocked, Montgomery forms: a prefix that covers every index at which an array is written out. */
  readonly words: Uint32Array;
  /** The sum of all 2^(numVars - 1) weights; 1 for an eq table of scale 1. */
  readonly total: Ext;
}

/**
 * A quadratic round polynomial t by t(0) and its leading coefficient, "t(infinity)". Differences of the two halves
 * are all it takes (t(2) would need two more additions a limb), and with the claim h = t(0) + t(1) no division is
 * needed to go on: t(X) = t(0) + X (t(1) - t(0) - t(inf)) + X^2 t(inf).
 */
export interface RoundValues {
  readonly at0: Ext;
  readonly atInfinity: Ext;
}

export interface SumcheckKernels {
  /**
   * The polynomial with the highest variable set to r: out[i] = a[i] + r (a[i + half] - a[i]), half = 2^(numVars-1).
   * Returns it, with `out` as its words. `out` may be a.words.
   * @param out at least extWords(min(live, half)) words
   * @throws RangeError naming the argument for lengths, live > 2^numVars, numVars < 1 or limbs out of range
   */
  bind(out: Uint32Array, a: Multilinear, r: Ext): Multilinear;
  /** The same for an array over F; the result is over K, in Montgomery form. `out` must not be a.words. */
  bindBase(out: Uint32Array, a: BaseMultilinear, r: Ext): Multilinear;
  /**
   * The round polynomial in the highest variable X of sum over x of w(x) * sum over pairs of a(x, X) b(x, X).
   * @param pairs one or two pairs, all in the same number of variables, at least one
   * @param weights absent: all ones
   */
  productRound(pairs: readonly Pair[], weights?: Weights): RoundValues;
  /** The same for one pair whose first array is over F. */
  productRoundBase(a: BaseMultilinear, b: Multilinear, weights?: Weights): RoundValues;
  /**
   * Binds every array of the pairs by r and returns the next round's values, reading each array once.
   * @param outs one array for each array of the pairs, in order; each may be the array itself, unless two of the
   *   pairs' arrays share words
   * @param pairs in at least two variables
   * @param weights of the next round: over numVars - 2 variables
   */
  bindProductRound(
    outs: readonly Uint32Array[],
    pairs: readonly Pair[],
    r: Ext,
    weights?: Weights,
  ): { readonly pairs: readonly Pair[]; readonly values: RoundValues };
}

/** The definition of the sumcheck kernels. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { readExt, writeExt } from '../contract/layout.ts';
import {
  boundShape,
  checkBaseMultilinear,
  checkMultilinear,
  checkOut,
  checkPairs,
  checkWeights,
  clearIdle,
  headCount,
  line,
  padOf,
  writtenOut,
} from '../contract/multilinear.ts';
import { checkInteger } from '../contract/checks.ts';
import type {
  BaseMultilinear,
  Multilinear,
  Pair,
  RoundValues,
  SumcheckKernels,
  Weights,
} from '../contract/sumcheck.ts';

/** The plain value at an index. */
export type Values = (i: number) => Ext;

/** The values of operands as plain elements, and the ranges of rounds: also what WebAssembly uses at block edges. */
export function sumcheckValues(K: ExtensionField, radix: Fe) {
  const d = K.degree;
  const inverseRadix = K.base.inverse(radix);
  const stored = (words: Uint32Array, i: number): Ext => K.mulBase(readExt(words, i, d), inverseRadix);
  const self = {
    over(a: Multilinear): Values {
      const count = headCount(a);
      const pad = padOf(a, K);
      return (i) => (i >= a.live ? pad : i < count ? (a.head?.value as Ext) : stored(a.words, i));
    },
    overBase(a: BaseMultilinear): Values {
      return (i) => (i >= a.live ? K.zero : K.fromBase(a.words[i] as Fe));
    },
    weights(w: Weights | undefined): Values {
      return w === undefined ? () => K.one : (i) => stored(w.words, i);
    },
    /** Writes the bound values of the indices [from, to), in Montgomery form. */
    bindRange(out: Uint32Array, a: Values, half: number, r: Ext, from: number, to: number): void {
      for (let i = from; i < to; i++) {
        writeExt(out, i, K.mulBase(line(K, a(i), a(i + half), r), radix));
      }
    },
    /** The round values summed over [from, to). */
    roundRange(
      pairs: readonly (readonly [Values, Values])[],
      w: Values,
      half: number,
      from: number,
      to: number,
    ) {
      let at0 = K.zero;
      let atInfinity = K.zero;
      for (let i = from; i < to; i++) {
        let low = K.zero;
        let lead = K.zero;
        for (const [a, b] of pairs) {
          const [a0, b0] = [a(i), b(i)];
          low = K.add(low, K.mul(a0, b0));
          lead = K.add(lead, K.mul(K.sub(a(i + half), a0), K.sub(b(i + half), b0)));
        }
        at0 = K.add(at0, K.mul(w(i), low));
        atInfinity = K.add(atInfinity, K.mul(w(i), lead));
      }
      return { at0, atInfinity };
    },
    /** Sum of w over [from, to). */
    sumRange(w: Values, from: number, to: number): Ext {
      let total = K.zero;
      for (let i = from; i < to; i++) total = K.add(total, w(i));
      return total;
    },
  };
  return self;
}

export type SumcheckValues = ReturnType<typeof sumcheckValues>;

export function addRounds(K: ExtensionField, a: RoundValues, b: RoundValues): RoundValues {
  return { at0: K.add(a.at0, b.at0), atInfinity: K.add(a.atInfinity, b.atInfinity) };
}

export function referenceSumcheck(K: ExtensionField, radix: Fe): SumcheckKernels {
  const values = sumcheckValues(K, radix);
  const round = (
    pairs: readonly (readonly [Values, Values])[],
    written: number,
    half: number,
    weights: Weights | undefined,
    padProduct: Ext,
  ): RoundValues => {
    checkWeights(weights, written, K);
    const w = values.weights(weights);
    const sums = values.roundRange(pairs, w, half, 0, written);
    // Behind the written part both arrays are constant: the product of the pads, and no slope.
    const rest =
      weights === undefined
        ? K.mulBase(K.one, K.base.fromInt(half - written))
        : K.sub(weights.total, values.sumRange(w, 0, written));
    return { at0: K.add(sums.at0, K.mul(rest, padProduct)), atInfinity: sums.atInfinity };
  };
  const kernels: SumcheckKernels = {
    bind(out, a, r) {
      checkMultilinear('a', a, K);
      const shape = boundShape(K, a, K.fromLimbs(r));
      const from = shape.head?.count ?? 0;
      if (from < shape.live) checkOut('out', out, shape.live, K.degree);
      values.bindRange(out, values.over(a), 2 ** shape.numVars, r, from, shape.live);
      if (from < shape.live) clearIdle(out, shape.live, K.degree);
      return { words: out, ...shape };
    },
    bindBase(out, a, r) {
      checkBaseMultilinear('a', a);
      const half = 2 ** (a.numVars - 1);
      const live = Math.min(a.live, half);
      checkOut('out', out, live, K.degree);
      values.bindRange(out, values.overBase(a), half, K.fromLimbs(r), 0, live);
      clearIdle(out, live, K.degree);
      return { words: out, live, numVars: a.numVars - 1 };
    },
    productRound(pairs, weights) {
      const half = 2 ** (checkPairs(pairs, K, 1) - 1);
      const pads = pairs.reduce((s, [a, b]) => K.add(s, K.mul(padOf(a, K), padOf(b, K))), K.zero);
      const read = pairs.map(([a, b]) => [values.over(a), values.over(b)] as const);
      return round(read, writtenOut(pairs.flat(), half), half, weights, pads);
    },
    productRoundBase(a, b, weights) {
      checkBaseMultilinear('a', a);
      checkMultilinear('b', b, K);
      checkInteger('b.numVars', b.numVars, a.numVars, a.numVars);
      const half = 2 ** (a.numVars - 1);
      // Behind its live part a is zero: nothing else counts.
      const written = Math.min(a.live, half);
      return round([[values.overBase(a), values.over(b)]], written, half, weights, K.zero);
    },
    bindProductRound(outs, pairs, r, weights) {
      checkPairs(pairs, K, 2);
      checkInteger('outs.length', outs.length, 2 * pairs.length, 2 * pairs.length);
      const bound = pairs.map(([a, b], k): Pair => [
        kernels.bind(outs[2 * k] as Uint32Array, a, r),
        kernels.bind(outs[2 * k + 1] as Uint32Array, b, r),
      ]);
      return { pairs: bound, values: kernels.productRound(bound, weights) };
    },
  };
  return kernels;
}

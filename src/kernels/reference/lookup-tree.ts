/** The definition of the lookup-tree kernels. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { writeExt } from '../contract/layout.ts';
import {
  checkFractions,
  checkLambda,
  checkLeaves,
  checkRuns,
  denominatorsOf,
  halvesOf,
  numeratorsOf,
  type LeafColumns,
} from '../contract/fractions.ts';
import type { LookupTreeKernels } from '../contract/lookup-tree.ts';
import { checkOut, clearIdle, headCount } from '../contract/multilinear.ts';
import type { Multilinear, Pair } from '../contract/sumcheck.ts';
import { sumcheckValues, type Values } from './sumcheck.ts';

export function referenceLookupTree(K: ExtensionField, radix: Fe): LookupTreeKernels {
  const d = K.degree;
  const values = sumcheckValues(K, radix);
  const { over } = values;
  /** Writes f in Montgomery form to [from, to) and zeroes the idle lanes behind. */
  const write = (out: Uint32Array, from: number, to: number, f: Values): void => {
    for (let i = from; i < to; i++) writeExt(out, i, K.mulBase(f(i), radix));
    if (from < to) clearIdle(out, to, d);
  };
  const leavesOf =
    ({ constant, betas, columns }: LeafColumns): Values =>
    (i) =>
      betas.reduce((x, beta, k) => K.sub(x, K.mulBase(beta, columns[k]?.[i] as Fe)), constant);
  return {
    lookupLeaves(out, columns, alpha, betas, tag) {
      const n = checkLeaves(out, columns, alpha, betas, tag, K);
      const start = K.sub(alpha, K.fromBase(tag));
      write(out, 0, n, (i) =>
        betas.reduce((q, beta, k) => K.sub(q, K.mulBase(beta, columns[k]?.[i] as Fe)), start),
      );
    },
    lookupNumerators(out, multiplicities, sign) {
      checkOut('out', out, multiplicities.length, d);
      write(out, 0, multiplicities.length, (i) => {
        const m = K.fromBase(multiplicities[i] as Fe);
        return sign < 0 ? K.neg(m) : m;
      });
    },
    leafRound(columns, runs, weights) {
      const checked = checkRuns(columns, runs, K);
      const { n } = checked;
      checkOut('weights', weights, n, d);
      const [a0, a1, b0, b1] = checked.runs.map(leavesOf) as [Values, Values, Values, Values];
      const line =
        (low: Values, high: Values): Values =>
        (i) =>
          i < n ? low(i) : high(i - n);
      const w = values.weights({ words: weights, total: K.zero });
      return values.roundRange([[line(a0, a1), line(b0, b1)]], w, n, 0, n);
    },
    leafNodes(outP, outQ, columns, runs) {
      const checked = checkRuns(columns, runs, K, [2, 4]);
      const { n } = checked;
      checkOut('outP', outP, n, d);
      checkOut('outQ', outQ, n, d);
      const leaves = checked.runs.map(leavesOf);
      /** sum over leaves of the product of all others. */
      const numerator = (q: readonly Ext[]): Ext =>
        q.map((_, k) => q.filter((_, j) => j !== k).reduce(K.mul)).reduce(K.add);
      const at = (i: number): Ext[] => leaves.map((leaf) => leaf(i));
      write(outP, 0, n, (i) => numerator(at(i)));
      write(outQ, 0, n, (i) => at(i).reduce(K.mul));
    },
    fractionLayer(outP, outQ, x) {
      checkFractions(x, K);
      const numVars = x.numVars - 1;
      const half = 2 ** numVars;
      if (x.live <= half) return { ...x, numVars };
      checkOut('outP', outP, half, d);
      checkOut('outQ', outQ, half, d);
      const [p, q] = [over(numeratorsOf(x, K)), over(denominatorsOf(x, K))];
      for (let i = 0; i < half; i++) {
        const [p0, q0, p1, q1] = [p(i), q(i), p(i + half), q(i + half)];
        writeExt(outP, i, K.mulBase(K.add(K.mul(p0, q1), K.mul(p1, q0)), radix));
        writeExt(outQ, i, K.mulBase(K.mul(q0, q1), radix));
      }
      clearIdle(outP, half, d);
      clearIdle(outQ, half, d);
      return { p: outP, q: outQ, live: half, numVars };
    },
    layerPairs(out, x, lambda) {
      checkFractions(x, K);
      K.fromLimbs(lambda);
      const [p0, q0, p1, q1] = halvesOf(x, K);
      checkOut('out', out, p1.live, d);
      const [pAt, qAt] = [over(p1), over(q1)];
      write(out, 0, p1.live, (i) => K.add(pAt(i), K.mul(lambda, qAt(i))));
      const merged: Multilinear = { words: out, live: p1.live, numVars: p1.numVars, pad: lambda };
      return [
        [p0, q1],
        [q0, merged],
      ];
    },
    leafPairs(out0, out1, outP, x, lambda) {
      checkFractions(x, K);
      checkLambda(lambda, K);
      const mu = K.inverse(lambda);
      const [p0, q0, p1, q1] = halvesOf(x, K);
      checkOut('out0', out0, p0.live, d);
      checkOut('out1', out1, p1.live, d);
      if (headCount(p1) < p1.live) checkOut('outP', outP, p1.live, d);
      const [p0At, q0At, p1At, q1At] = [over(p0), over(q0), over(p1), over(q1)];
      write(out0, 0, p0.live, (i) => K.add(q0At(i), K.mul(mu, p0At(i))));
      write(outP, headCount(p1), p1.live, (i) => K.neg(K.mul(mu, p1At(i))));
      write(out1, 0, p1.live, (i) => K.add(p1At(i), K.mul(lambda, q1At(i))));
      return leafPairsOf(K, p0, p1, out0, out1, outP, lambda);
    },
  };
}

/** The pairs of leafPairs, once their words are written. */
export function leafPairsOf(
  K: ExtensionField,
  p0: Multilinear,
  p1: Multilinear,
  out0: Uint32Array,
  out1: Uint32Array,
  outP: Uint32Array,
  lambda: readonly Fe[],
): readonly [Pair, Pair] {
  const count = headCount(p1);
  const head = { count, value: K.neg(K.inverse(lambda)) };
  const scaled: Multilinear = {
    words: outP,
    live: p1.live,
    numVars: p1.numVars,
    ...(count > 0 ? { head } : {}),
  };
  const first: Multilinear = { words: out0, live: p0.live, numVars: p0.numVars, pad: K.one };
  const second: Multilinear = { words: out1, live: p1.live, numVars: p1.numVars, pad: lambda };
  return [
    [p0, scaled],
    [first, second],
  ];
}

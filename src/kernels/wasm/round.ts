/** Round polynomials, range by range. */
import type { Ext, Fe } from '../../field/field.ts';
import { BLOCK } from '../contract/layout.ts';
import { writtenOut } from '../contract/multilinear.ts';
import type { BaseMultilinear, Multilinear, Pair, RoundValues, Weights } from '../contract/sumcheck.ts';
import { addRounds } from '../reference/sumcheck.ts';
import type { Task } from '../pool/pool.ts';
import { type Context, kIn, LIMBS, partialSums } from './operands.ts';
import {
  baseSide,
  constantAt,
  movingBits,
  ranges,
  side,
  splitBlocks,
  type Range,
  type Side,
} from './segments.ts';

/** The bit by which round kernels compute one sum for both values. */
const ONE_SUM = 256;

/** The round values of the pairs summed over the range. */
export function roundOver(
  cx: Context,
  pairs: readonly Pair[],
  weights: Weights | undefined,
  within: Range,
): RoundValues {
  const { engine, K, inverseRadix, values } = cx;
  const half = 2 ** ((pairs[0] as Pair)[0].numVars - 1);
  const zero: RoundValues = { at0: K.zero, atInfinity: K.zero };
  const constantSums = constantRounds(cx, pairs, weights, half);
  const w = values.weights(weights);
  return ranges(pairs.flat(), half, within.from, within.to).reduce((sum, range) => {
    const isConstant = (a: Multilinear): boolean =>
      constantAt(a, range.from, K) !== undefined && constantAt(a, range.from + half, K) !== undefined;
    const constant = pairs.filter(([a, b]) => isConstant(a) && isConstant(b));
    const written = pairs.filter(([a, b]) => !(isConstant(a) && isConstant(b)));
    let total = addRounds(K, sum, constantSums(constant, range));
    if (written.length === 0) return total;
    const { blocks, ends } = splitBlocks(range);
    const read = written.map(([a, b]) => [values.over(a), values.over(b)] as const);
    for (const end of ends) total = addRounds(K, total, values.roundRange(read, w, half, end.from, end.to));
    if (blocks.from === blocks.to) return total;
    return addRounds(
      K,
      total,
      engine.arena.scope(() => {
        const sides = written.flatMap((pair) =>
          pair.flatMap((a) => [0, half].map((offset) => side(cx, a, blocks, offset))),
        );
        return blockRounds(
          cx,
          written.length === 2 ? 'kRound2' : 'kRound',
          sides,
          weights,
          blocks,
          inverseRadix,
        );
      }),
    );
  }, zero);
}

/** The round values of a pair of an array over F and one over K. */
export function roundBaseOver(
  cx: Context,
  a: BaseMultilinear,
  b: Multilinear,
  weights: Weights | undefined,
): RoundValues {
  const { engine, K, values } = cx;
  const half = 2 ** (a.numVars - 1);
  const w = values.weights(weights);
  const read = [[values.overBase(a), values.over(b)] as const];
  let total: RoundValues = { at0: K.zero, atInfinity: K.zero };
  for (const range of ranges([a, b], half, 0, Math.min(a.live, half))) {
    const { blocks, ends } = splitBlocks(range);
    for (const end of ends) total = addRounds(K, total, values.roundRange(read, w, half, end.from, end.to));
    const sums = engine.arena.scope(() => {
      const sides = [0, half].map((offset) => baseSide(engine, a, blocks, offset));
      const others = [0, half].map((offset) => side(cx, b, blocks, offset));
      return blockRounds(cx, 'kRoundBase', [...sides, ...others], weights, blocks, K.base.one);
    });
    total = addRounds(K, total, sums);
  }
  return total;
}

/**
 * A round kernel on whole blocks. Its sums are products of Montgomery forms, each product divided by R but the
 * last R; `factor` takes what is left of R out of them.
 */
function blockRounds(
  cx: Context,
  kernel: string,
  sides: readonly Side[],
  weights: Weights | undefined,
  range: Range,
  factor: Fe,
): RoundValues {
  const { K } = cx;
  // Sides are (a0, a1, b0, b1): with a1 = b1 = 0 both values are the same sum.
  const oneSum = sides.length === 4 && (sides[1] as Side).isZero && (sides[3] as Side).isZero;
  const moving = movingBits(sides) | (oneSum ? ONE_SUM : 0);
  const count = (range.to - range.from) / BLOCK;
  const weightWords = weights?.words.subarray(LIMBS * range.from, LIMBS * range.to);
  const operands = [...sides.map((s) => s.operand), ...(weightWords === undefined ? [] : [kIn(weightWords)])];
  const task = (slot: number, addresses: readonly number[], n: number): Task => {
    const w = weightWords === undefined ? 0 : (addresses[sides.length] as number);
    return [kernel, slot, moving, ...addresses.slice(0, sides.length), w, n];
  };
  const [at0, atInfinity] = partialSums(cx, count, 2, operands, task);
  return { at0: K.mulBase(at0 as Ext, factor), atInfinity: K.mulBase(atInfinity as Ext, factor) };
}

/** Sums over ranges on which pairs are constant: their product times the sum of the weights there. */
function constantRounds(
  cx: Context,
  pairs: readonly Pair[],
  weights: Weights | undefined,
  half: number,
): (constant: readonly Pair[], range: Range) => RoundValues {
  const { K } = cx;
  const written = writtenOut(pairs.flat(), half);
  const weightSum = (range: Range): Ext => {
    if (weights === undefined) return K.fromBase(K.base.fromInt(range.to - range.from));
    if (range.from >= written && range.to === half) {
      return K.sub(weights.total, sumWeights(cx, weights, { from: 0, to: range.from }));
    }
    return sumWeights(cx, weights, range);
  };
  return (constant, range) => {
    let at0 = K.zero;
    let atInfinity = K.zero;
    for (const pair of constant) {
      const [a0, b0] = pair.map((a) => constantAt(a, range.from, K) as Ext) as [Ext, Ext];
      const [a1, b1] = pair.map((a) => constantAt(a, range.from + half, K) as Ext) as [Ext, Ext];
      at0 = K.add(at0, K.mul(a0, b0));
      atInfinity = K.add(atInfinity, K.mul(K.sub(a1, a0), K.sub(b1, b0)));
    }
    if (K.isZero(at0) && K.isZero(atInfinity)) return { at0, atInfinity };
    const sum = weightSum(range);
    return { at0: K.mul(sum, at0), atInfinity: K.mul(sum, atInfinity) };
  };
}

function sumWeights(cx: Context, weights: Weights, range: Range): Ext {
  const { K, inverseRadix, values } = cx;
  const { blocks, ends } = splitBlocks(range);
  const words = weights.words.subarray(LIMBS * blocks.from, LIMBS * blocks.to);
  const count = (blocks.to - blocks.from) / BLOCK;
  const [bulk] = partialSums(cx, count, 1, [kIn(words)], (slot, at, n) => ['kSum', slot, ...at, n]);
  const plain = K.mulBase(bulk as Ext, inverseRadix);
  return ends.reduce(
    (sum, end) => K.add(sum, values.sumRange(values.weights(weights), end.from, end.to)),
    plain,
  );
}

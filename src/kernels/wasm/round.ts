/** Round polynomials, range by range. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { BLOCK } from '../contract/layout.ts';
import { writtenOut } from '../contract/multilinear.ts';
import type { BaseMultilinear, Multilinear, Pair, RoundValues, Weights } from '../contract/sumcheck.ts';
import { addRounds, sumcheckValues } from '../reference/sumcheck.ts';
import type { Task } from '../pool/pool.ts';
import type { Engine } from './engine.ts';
import { kIn, LIMBS, partialSums } from './operands.ts';
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

/** The round values of the pairs summed over the range. */
export function roundOver(
  engine: Engine,
  K: ExtensionField,
  radix: Fe,
  pairs: readonly Pair[],
  weights: Weights | undefined,
  within: Range,
): RoundValues {
  const half = 2 ** ((pairs[0] as Pair)[0].numVars - 1);
  const zero: RoundValues = { at0: K.zero, atInfinity: K.zero };
  const constantSums = constantRounds(engine, K, radix, pairs, weights, half);
  const values = sumcheckValues(K, radix);
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
    return addRounds(
      K,
      total,
      engine.arena.scope(() => {
        const sides = written.flatMap((pair) =>
          pair.flatMap((a) => [0, half].map((offset) => side(engine, K, radix, a, blocks, offset))),
        );
        return blockRounds(
          engine,
          K,
          radix,
          written.length === 2 ? 'kRound2' : 'kRound',
          sides,
          weights,
          blocks,
          1,
        );
      }),
    );
  }, zero);
}

/** The round values of a pair of an array over F and one over K. */
export function roundBaseOver(
  engine: Engine,
  K: ExtensionField,
  radix: Fe,
  a: BaseMultilinear,
  b: Multilinear,
  weights: Weights | undefined,
): RoundValues {
  const half = 2 ** (a.numVars - 1);
  const values = sumcheckValues(K, radix);
  const w = values.weights(weights);
  const read = [[values.overBase(a), values.over(b)] as const];
  let total: RoundValues = { at0: K.zero, atInfinity: K.zero };
  for (const range of ranges([a, b], half, 0, Math.min(a.live, half))) {
    const { blocks, ends } = splitBlocks(range);
    for (const end of ends) total = addRounds(K, total, values.roundRange(read, w, half, end.from, end.to));
    const sums = engine.arena.scope(() => {
      const sides = [0, half].map((offset) => baseSide(engine, a, blocks, offset));
      const others = [0, half].map((offset) => side(engine, K, radix, b, blocks, offset));
      return blockRounds(engine, K, radix, 'kRoundBase', [...sides, ...others], weights, blocks, 0);
    });
    total = addRounds(K, total, sums);
  }
  return total;
}

/**
 * A round kernel on whole blocks. Its sums are products of Montgomery forms, each product divided by R but the
 * last R: `radixPower` says how many factors R are left in the words.
 */
function blockRounds(
  engine: Engine,
  K: ExtensionField,
  radix: Fe,
  kernel: string,
  sides: readonly Side[],
  weights: Weights | undefined,
  range: Range,
  radixPower: number,
): RoundValues {
  const moving = movingBits(sides);
  const count = (range.to - range.from) / BLOCK;
  const weightWords = weights?.words.subarray(LIMBS * range.from, LIMBS * range.to);
  const operands = [...sides.map((s) => s.operand), ...(weightWords === undefined ? [] : [kIn(weightWords)])];
  const task = (slot: number, addresses: readonly number[], n: number): Task => {
    const w = weightWords === undefined ? 0 : (addresses[sides.length] as number);
    return [kernel, slot, moving, ...addresses.slice(0, sides.length), w, n];
  };
  const [at0, atInfinity] = partialSums(engine, K, count, 2, operands, task);
  const factor = K.base.inverse(K.base.pow(radix, radixPower));
  return { at0: K.mulBase(at0 as Ext, factor), atInfinity: K.mulBase(atInfinity as Ext, factor) };
}

/** Sums over ranges on which pairs are constant: their product times the sum of the weights there. */
function constantRounds(
  engine: Engine,
  K: ExtensionField,
  radix: Fe,
  pairs: readonly Pair[],
  weights: Weights | undefined,
  half: number,
): (constant: readonly Pair[], range: Range) => RoundValues {
  const written = writtenOut(pairs.flat(), half);
  const weightSum = (range: Range): Ext => {
    if (weights === undefined) return K.fromBase(K.base.fromInt(range.to - range.from));
    if (range.from >= written && range.to === half) {
      return K.sub(weights.total, sumWeights(engine, K, radix, weights, { from: 0, to: range.from }));
    }
    return sumWeights(engine, K, radix, weights, range);
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

function sumWeights(engine: Engine, K: ExtensionField, radix: Fe, weights: Weights, range: Range): Ext {
  const values = sumcheckValues(K, radix);
  const { blocks, ends } = splitBlocks(range);
  const words = weights.words.subarray(LIMBS * blocks.from, LIMBS * blocks.to);
  const count = (blocks.to - blocks.from) / BLOCK;
  const [bulk] = partialSums(engine, K, count, 1, [kIn(words)], (slot, at, n) => ['kSum', slot, ...at, n]);
  const plain = K.mulBase(bulk as Ext, K.base.inverse(radix));
  return ends.reduce(
    (sum, end) => K.add(sum, values.sumRange(values.weights(weights), end.from, end.to)),
    plain,
  );
}

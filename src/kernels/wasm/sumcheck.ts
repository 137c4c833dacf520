/** The sumcheck kernels in WebAssembly. */
import type { Ext } from '../../field/field.ts';
import { checkInteger } from '../contract/checks.ts';
import { BLOCK } from '../contract/layout.ts';
import {
  boundShape,
  checkBaseMultilinear,
  checkMultilinear,
  checkOut,
  checkPairs,
  checkWeights,
  clearIdle,
  writtenOut,
} from '../contract/multilinear.ts';
import type { Pair, SumcheckKernels } from '../contract/sumcheck.ts';
import { bindOver } from './bind.ts';
import { bindRound } from './bind-round.ts';
import { type Context, blockwise, kOut, LIMBS } from './operands.ts';
import { roundBaseOver, roundOver } from './round.ts';
import { baseSide, movingBits, ranges, splitBlocks } from './segments.ts';

export function wasmSumcheck(cx: Context): SumcheckKernels {
  const { engine, K, radix, values } = cx;
  return {
    bind(out, a, r) {
      checkMultilinear('a', a, K);
      const shape = boundShape(K, a, K.fromLimbs(r));
      const from = shape.head?.count ?? 0;
      if (from < shape.live) {
        checkOut('out', out, shape.live, LIMBS);
        bindOver(cx, out, a, r, { from, to: shape.live });
        clearIdle(out, shape.live, LIMBS);
      }
      return { words: out, ...shape };
    },
    bindBase(out, a, r) {
      checkBaseMultilinear('a', a);
      const half = 2 ** (a.numVars - 1);
      const live = Math.min(a.live, half);
      checkOut('out', out, live, LIMBS);
      const scale = K.base.mul(radix, radix);
      const factor = K.mulBase(K.fromLimbs(r), scale);
      engine.arena.scope(() => {
        const words = engine.arena.u32(LIMBS);
        words.set(factor);
        for (const range of ranges([a], half, 0, live)) {
          const { blocks, ends } = splitBlocks(range);
          for (const end of ends) values.bindRange(out, values.overBase(a), half, r, end.from, end.to);
          const sides = [baseSide(engine, a, blocks, 0), baseSide(engine, a, blocks, half)];
          const target = kOut(out.subarray(LIMBS * blocks.from, LIMBS * blocks.to));
          const count = (blocks.to - blocks.from) / BLOCK;
          blockwise(engine, count, [target, ...sides.map((s) => s.operand)], ([o, a0, a1], n) => [
            'kBindBase',
            o as number,
            movingBits(sides),
            a0 as number,
            a1 as number,
            words.byteOffset,
            scale,
            n,
          ]);
        }
      });
      clearIdle(out, live, LIMBS);
      return { words: out, live, numVars: a.numVars - 1 };
    },
    productRound(pairs, weights) {
      const half = 2 ** (checkPairs(pairs, K, 1) - 1);
      checkWeights(weights, writtenOut(pairs.flat(), half), K);
      return roundOver(cx, pairs, weights, { from: 0, to: half });
    },
    productRoundBase(a, b, weights) {
      checkBaseMultilinear('a', a);
      checkMultilinear('b', b, K);
      checkInteger('b.numVars', b.numVars, a.numVars, a.numVars);
      checkWeights(weights, Math.min(a.live, 2 ** (a.numVars - 1)), K);
      return roundBaseOver(cx, a, b, weights);
    },
    bindProductRound(outs, pairs, r, weights) {
      const numVars = checkPairs(pairs, K, 2);
      checkInteger('outs.length', outs.length, 2 * pairs.length, 2 * pairs.length);
      const challenge: Ext = K.fromLimbs(r);
      const bound = pairs.map((pair, k) =>
        pair.map((a, s) => {
          const shape = boundShape(K, a, challenge);
          const out = outs[2 * k + s] as Uint32Array;
          if ((shape.head?.count ?? 0) < shape.live) checkOut(`outs[${2 * k + s}]`, out, shape.live, LIMBS);
          return { words: out, ...shape };
        }),
      ) as unknown as Pair[];
      checkWeights(weights, writtenOut(bound.flat(), 2 ** (numVars - 2)), K);
      return { pairs: bound, values: bindRound(cx, bound, pairs, challenge, weights) };
    },
  };
}

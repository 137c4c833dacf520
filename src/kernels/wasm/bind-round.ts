/** Binding every array of a round and evaluating the next round, in one pass where all of it is written out. */
import type { Ext } from '../../field/field.ts';
import { BLOCK } from '../contract/layout.ts';
import { clearIdle, headCount } from '../contract/multilinear.ts';
import type { Multilinear, Pair, RoundValues, Weights } from '../contract/sumcheck.ts';
import { addRounds } from '../reference/sumcheck.ts';
import { bindOver } from './bind.ts';
import type { Engine } from './engine.ts';
import { type Context, kIn, kOut, LIMBS, partialSums, stageScalars } from './operands.ts';
import { roundOver } from './round.ts';

/**
 * Fills the words of `bound` (shapes given) from `pairs` and returns the round values of `bound`. Round values add
 * up over pairs, so pairs that cannot share one pass are handled one by one.
 */
export function bindRound(
  cx: Context,
  bound: readonly Pair[],
  pairs: readonly Pair[],
  r: Ext,
  weights: Weights | undefined,
): RoundValues {
  const { K } = cx;
  const together = weights !== undefined && pairs.flat().every((a) => headCount(a) === 0);
  if (together) return bindGroup(cx, bound, pairs, r, weights);
  return pairs
    .map((pair, k) => bindGroup(cx, [bound[k] as Pair], [pair], r, weights))
    .reduce((sum, values) => addRounds(K, sum, values));
}

function bindGroup(
  cx: Context,
  bound: readonly Pair[],
  pairs: readonly Pair[],
  r: Ext,
  weights: Weights | undefined,
): RoundValues {
  const { engine, K } = cx;
  const sources = pairs.flat();
  const targets = bound.flat();
  const half = 2 ** (targets[0] as Multilinear).numVars;
  const quarter = half / 2;
  const fused = fusedCount(engine, sources, targets, weights, half);
  const head = fusedPass(cx, sources, targets, r, weights, fused);
  sources.forEach((a, k) => {
    const target = targets[k] as Multilinear;
    const start = headCount(target);
    for (const [from, to] of [
      [Math.max(fused, start), Math.min(quarter, target.live)],
      [Math.max(quarter + fused, start), target.live],
    ] as const) {
      if (from < to) bindOver(cx, target.words, a, r, { from, to });
    }
    if (start < target.live) clearIdle(target.words, target.live, LIMBS);
  });
  return addRounds(K, head, roundOver(cx, bound, weights, { from: fused, to: quarter }));
}

/** Pairs of the next round whose four quarters are written out in all arrays: whole blocks from the start. */
function fusedCount(
  engine: Engine,
  sources: readonly Multilinear[],
  targets: readonly Multilinear[],
  weights: Weights | undefined,
  half: number,
): number {
  const arrays = [...sources, ...targets].map((a) => a.words);
  if (weights !== undefined) arrays.push(weights.words);
  const inPlace = arrays.every((array) => engine.arena.holds(array));
  if (!inPlace || sources.some((a) => headCount(a) > 0)) return 0;
  const live = Math.min(...sources.map((a) => a.live));
  return Math.max(0, Math.floor((live - half - half / 2) / BLOCK) * BLOCK);
}

function fusedPass(
  cx: Context,
  sources: readonly Multilinear[],
  targets: readonly Multilinear[],
  r: Ext,
  weights: Weights | undefined,
  count: number,
): RoundValues {
  const { engine, K, inverseRadix } = cx;
  if (count === 0) return { at0: K.zero, atInfinity: K.zero };
  return engine.arena.scope(() => {
    const scalar = stageScalars(cx, [r]);
    const quarterBytes = 4 * LIMBS * 2 ** ((targets[0] as Multilinear).numVars - 1);
    const operands = sources.flatMap((a, k) => [kOut((targets[k] as Multilinear).words), kIn(a.words)]);
    if (weights !== undefined) operands.push(kIn(weights.words));
    const kernel = sources.length === 2 ? 'kBindRound' : 'kBindRound2';
    const [at0, atInfinity] = partialSums(cx, count / BLOCK, 2, operands, (slot, addresses, n) => {
      const arrays = addresses.slice(0, 2 * sources.length);
      const w = weights === undefined ? 0 : (addresses[2 * sources.length] as number);
      return [kernel, slot, ...arrays, w, scalar, quarterBytes, n];
    });
    return {
      at0: K.mulBase(at0 as Ext, inverseRadix),
      atInfinity: K.mulBase(atInfinity as Ext, inverseRadix),
    };
  });
}

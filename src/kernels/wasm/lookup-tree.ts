/** The lookup-tree kernels in WebAssembly. */
import type { Ext } from '../../field/field.ts';
import { BLOCK } from '../contract/layout.ts';
import { checkFractions, checkLambda, checkLeaves, halvesOf } from '../contract/fractions.ts';
import type { LookupTreeKernels } from '../contract/lookup-tree.ts';
import { checkOut, headCount } from '../contract/multilinear.ts';
import type { Multilinear } from '../contract/sumcheck.ts';
import { leafPairsOf, referenceLookupTree } from '../reference/lookup-tree.ts';
import { addScaled } from './add-scaled.ts';
import { fractionLayer } from './fraction-layer.ts';
import { wasmLeafNodes, wasmLeafRound } from './leaf-round.ts';
import { type Context, blockwise, fIn, kOut, LIMBS, stageScalars } from './operands.ts';

export function wasmLookupTree(cx: Context): LookupTreeKernels {
  const { engine, K, radix } = cx;
  const reference = referenceLookupTree(K, radix);
  /** The last block when it is not full: computed by the definition from the words of its columns. */
  const tailOf = (column: Uint32Array): Uint32Array =>
    column.subarray(column.length - (column.length % BLOCK));
  return {
    lookupLeaves(out, columns, alpha, betas, tag) {
      const n = checkLeaves(out, columns, alpha, betas, tag, K);
      const bulk = n - (n % BLOCK);
      leaves(cx, out, columns, bulk, K.sub(alpha, K.fromBase(tag)), betas);
      if (bulk === n) return;
      reference.lookupLeaves(out.subarray(LIMBS * bulk), columns.map(tailOf), alpha, betas, tag);
    },
    lookupNumerators(out, multiplicities, sign) {
      checkOut('out', out, multiplicities.length, LIMBS);
      const blocks = Math.floor(multiplicities.length / BLOCK);
      const target = out.subarray(0, LIMBS * BLOCK * blocks);
      const unit = K.fromBase(K.base.mul(K.base.fromInt(sign), radix));
      engine.arena.scope(() => {
        const scalar = stageScalars(cx, [unit]);
        const source = multiplicities.subarray(0, BLOCK * blocks);
        blockwise(engine, blocks, [kOut(target), fIn(source)], (at, n) => ['kFromBase', ...at, scalar, n]);
      });
      if (BLOCK * blocks === multiplicities.length) return;
      reference.lookupNumerators(out.subarray(LIMBS * BLOCK * blocks), tailOf(multiplicities), sign);
    },
    leafRound: wasmLeafRound(cx, reference),
    leafNodes: wasmLeafNodes(cx, reference),
    fractionLayer(outP, outQ, x) {
      checkFractions(x, K);
      return fractionLayer(cx, outP, outQ, x);
    },
    layerPairs(out, x, lambda) {
      checkFractions(x, K);
      K.fromLimbs(lambda);
      const [p0, q0, p1, q1] = halvesOf(x, K);
      checkOut('out', out, p1.live, LIMBS);
      addScaled(cx, out, p1, lambda, q1, 0, p1.live);
      return [
        [p0, q1],
        [q0, { words: out, live: p1.live, numVars: p1.numVars, pad: lambda }],
      ];
    },
    leafPairs(out0, out1, outP, x, lambda) {
      checkFractions(x, K);
      checkLambda(lambda, K);
      const [p0, q0, p1, q1] = halvesOf(x, K);
      checkOut('out0', out0, p0.live, LIMBS);
      checkOut('out1', out1, p1.live, LIMBS);
      if (headCount(p1) < p1.live) checkOut('outP', outP, p1.live, LIMBS);
      const mu = K.inverse(lambda);
      const zero: Multilinear = { words: new Uint32Array(0), live: 0, numVars: p1.numVars };
      addScaled(cx, out0, q0, mu, p0, 0, p0.live);
      addScaled(cx, outP, zero, K.neg(mu), p1, headCount(p1), p1.live);
      addScaled(cx, out1, p1, lambda, q1, 0, p1.live);
      return leafPairsOf(K, p0, p1, out0, out1, outP, lambda);
    },
  };
}

/** out[i] = start + sum of -betas[k] * columns[k][i] for i < n, whole blocks. */
function leaves(
  cx: Context,
  out: Uint32Array,
  columns: readonly Uint32Array[],
  n: number,
  start: Ext,
  betas: readonly Ext[],
): void {
  const { engine, K, radix } = cx;
  const width = columns.length <= 2 ? 2 : 4;
  engine.arena.scope(() => {
    // Words of -beta R^2: with a plain word x the kernel's x b / R is -beta x in Montgomery form. Missing columns
    // are the first one with weight zero.
    const scaled = betas.map((beta) => K.mulBase(K.neg(beta), radix));
    const padded = Array.from({ length: width }, (_, k) => scaled[k] ?? K.zero);
    const constants = stageScalars(cx, [start, ...padded]);
    const operands = padded.map((_, k) => fIn((columns[k] ?? columns[0] ?? out).subarray(0, n)));
    blockwise(engine, n / BLOCK, [kOut(out.subarray(0, LIMBS * n)), ...operands], ([o, ...at], blocks) => [
      `kLeaves${width}`,
      o as number,
      constants,
      ...at,
      blocks,
    ]);
  });
}

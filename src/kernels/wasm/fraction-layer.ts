/** One layer of a fraction tree, range by range: pairs of live fractions, and fractions that pass unchanged. */
import type { Ext } from '../../field/field.ts';
import { BLOCK, writeExt } from '../contract/layout.ts';
import { halvesOf } from '../contract/fractions.ts';
import type { Fractions } from '../contract/lookup-tree.ts';
import { checkOut, clearIdle } from '../contract/multilinear.ts';
import type { Multilinear } from '../contract/sumcheck.ts';
import { addConstant } from './add-scaled.ts';
import { type Context, blockwise, kOut, LIMBS } from './operands.ts';
import { constantAt, movingBits, ranges, side, splitBlocks, type Range } from './segments.ts';

export function fractionLayer(cx: Context, outP: Uint32Array, outQ: Uint32Array, x: Fractions): Fractions {
  const { K, radix, values } = cx;
  const numVars = x.numVars - 1;
  const half = 2 ** numVars;
  if (x.live <= half) return { ...x, numVars };
  checkOut('outP', outP, half, LIMBS);
  checkOut('outQ', outQ, half, LIMBS);
  const { over } = values;
  const [lowerP, lowerQ, upperP, upperQ] = halvesOf(x, K);
  const arrays = [lowerP, upperP, lowerQ, upperQ];
  const [p0At, p1At, q0At, q1At] = arrays.map(over) as [
    ReturnType<typeof over>,
    ReturnType<typeof over>,
    ReturnType<typeof over>,
    ReturnType<typeof over>,
  ];
  for (const range of ranges(arrays, Infinity, 0, half)) {
    const { blocks, ends } = splitBlocks(range);
    for (const end of ends) {
      for (let i = end.from; i < end.to; i++) {
        const [p0, p1, q0, q1] = [p0At(i), p1At(i), q0At(i), q1At(i)];
        writeExt(outP, i, K.mulBase(K.add(K.mul(p0, q1), K.mul(p1, q0)), radix));
        writeExt(outQ, i, K.mulBase(K.mul(q0, q1), radix));
      }
    }
    if (blocks.from < blocks.to) layerBlocks(cx, outP, outQ, arrays, blocks);
  }
  clearIdle(outP, half, LIMBS);
  clearIdle(outQ, half, LIMBS);
  return { p: outP, q: outQ, live: half, numVars };
}

/** Whole blocks of one kind; arrays: p0, p1, q0, q1. */
function layerBlocks(
  cx: Context,
  outP: Uint32Array,
  outQ: Uint32Array,
  arrays: readonly Multilinear[],
  blocks: Range,
): void {
  const { engine, K } = cx;
  const part = (array: Uint32Array): Uint32Array => array.subarray(LIMBS * blocks.from, LIMBS * blocks.to);
  const is = (k: number, value: Ext): boolean => {
    const constant = constantAt(arrays[k] as Multilinear, blocks.from, K);
    return constant !== undefined && K.equals(constant, value);
  };
  if (is(1, K.zero) && is(3, K.one)) {
    // The second fraction is dead: p0/q0 passes.
    addConstant(cx, outP, arrays[0] as Multilinear, K.zero, blocks);
    addConstant(cx, outQ, arrays[2] as Multilinear, K.zero, blocks);
    return;
  }
  const count = (blocks.to - blocks.from) / BLOCK;
  const outs = [kOut(part(outP)), kOut(part(outQ))];
  engine.arena.scope(() => {
    const sides = arrays.map((a) => side(cx, a, blocks, 0));
    const operands = sides.map((s) => s.operand);
    if (is(0, K.one) && is(1, K.one)) {
      blockwise(engine, count, [...outs, ...operands.slice(2)], (at, n) => ['kUnitLayer', ...at, n]);
      return;
    }
    blockwise(engine, count, [...outs, ...operands], ([op, oq, ...at], n) => [
      'kFractionLayer',
      op as number,
      oq as number,
      movingBits(sides),
      ...at,
      n,
    ]);
  });
}

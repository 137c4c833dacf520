/** Binding the highest variable on a part of an array. */
import type { Ext } from '../../field/field.ts';
import { BLOCK } from '../contract/layout.ts';
import type { Multilinear } from '../contract/sumcheck.ts';
import { type Context, blockwise, kOut, LIMBS, stageScalars } from './operands.ts';
import { movingBits, ranges, side, splitBlocks, type Range } from './segments.ts';

/** out[i] = a[i] + r (a[i + half] - a[i]) for i in the range. */
export function bindOver(cx: Context, out: Uint32Array, a: Multilinear, r: Ext, within: Range): void {
  const { engine, values } = cx;
  const half = 2 ** (a.numVars - 1);
  engine.arena.scope(() => {
    const scalar = stageScalars(cx, [r]);
    for (const range of ranges([a], half, within.from, within.to)) {
      const { blocks, ends } = splitBlocks(range);
      for (const end of ends) values.bindRange(out, values.over(a), half, r, end.from, end.to);
      if (blocks.from === blocks.to) continue;
      const sides = [side(cx, a, blocks, 0), side(cx, a, blocks, half)];
      const target = kOut(out.subarray(LIMBS * blocks.from, LIMBS * blocks.to));
      const count = (blocks.to - blocks.from) / BLOCK;
      blockwise(engine, count, [target, ...sides.map((s) => s.operand)], ([o, a0, a1], n) => [
        'kBind',
        o as number,
        movingBits(sides),
        a0 as number,
        a1 as number,
        scalar,
        n,
      ]);
    }
  });
}

/** Linear combinations of two multilinears, part by part: written out or constant. */
import type { Ext } from '../../field/field.ts';
import { BLOCK, writeExt } from '../contract/layout.ts';
import { clearIdle } from '../contract/multilinear.ts';
import type { Multilinear } from '../contract/sumcheck.ts';
import { type Context, blockwise, kOut, LIMBS, stageScalars } from './operands.ts';
import { constantAt, ranges, side, splitBlocks, type Range, type Side } from './segments.ts';

/** Bytes by which a moving operand advances with every block. */
export const stepOf = (s: Side): number => (s.moves ? 4 * BLOCK * LIMBS : 0);

/** out[i] = a[i] + c * b[i] for i in [from, to), in Montgomery form; idle lanes behind become zero. */
export function addScaled(
  cx: Context,
  out: Uint32Array,
  a: Multilinear,
  c: Ext,
  b: Multilinear,
  from: number,
  to: number,
): void {
  const { K, radix, values } = cx;
  const { over } = values;
  const [aAt, bAt] = [over(a), over(b)];
  for (const range of ranges([a, b], Infinity, from, to)) {
    const { blocks, ends } = splitBlocks(range);
    for (const end of ends) {
      for (let i = end.from; i < end.to; i++) {
        writeExt(out, i, K.mulBase(K.add(aAt(i), K.mul(c, bAt(i))), radix));
      }
    }
    if (blocks.from === blocks.to) continue;
    const constant = constantAt(b, blocks.from, K);
    if (constant === undefined) addScaledBlocks(cx, out, a, c, b, blocks);
    else addConstant(cx, out, a, K.mul(c, constant), blocks);
  }
  if (from < to) clearIdle(out, to, LIMBS);
}

function addScaledBlocks(
  cx: Context,
  out: Uint32Array,
  a: Multilinear,
  c: Ext,
  b: Multilinear,
  blocks: Range,
): void {
  const { engine } = cx;
  const target = kOut(out.subarray(LIMBS * blocks.from, LIMBS * blocks.to));
  engine.arena.scope(() => {
    const scalar = stageScalars(cx, [c]);
    const [x, y] = [side(cx, a, blocks, 0), side(cx, b, blocks, 0)];
    const count = (blocks.to - blocks.from) / BLOCK;
    blockwise(engine, count, [target, x.operand, y.operand], (at, n) => [
      'kAddScaled',
      ...at,
      scalar,
      stepOf(x),
      n,
    ]);
  });
}

/** out[i] = a[i] + constant for the whole blocks of a range on which a is of one kind. */
export function addConstant(
  cx: Context,
  out: Uint32Array,
  a: Multilinear,
  constant: Ext,
  blocks: Range,
): void {
  const { engine } = cx;
  const target = kOut(out.subarray(LIMBS * blocks.from, LIMBS * blocks.to));
  engine.arena.scope(() => {
    const added: Multilinear = { words: out, live: 0, numVars: a.numVars, pad: constant };
    const [x, y] = [side(cx, a, blocks, 0), side(cx, added, blocks, 0)];
    const count = (blocks.to - blocks.from) / BLOCK;
    blockwise(engine, count, [target, x.operand, y.operand], (at, n) => [
      'kAddConstant',
      ...at,
      stepOf(x),
      n,
    ]);
  });
}

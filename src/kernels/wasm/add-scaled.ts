/** Linear combinations of two multilinears, part by part: written out or constant. */
import type { Ext, ExtensionField, Fe } from '../../field/field.ts';
import { BLOCK, writeExt } from '../contract/layout.ts';
import { clearIdle } from '../contract/multilinear.ts';
import type { Multilinear } from '../contract/sumcheck.ts';
import { sumcheckValues } from '../reference/sumcheck.ts';
import type { Engine } from './engine.ts';
import { blockwise, kOut, LIMBS, stageScalars } from './operands.ts';
import { constantAt, ranges, side, splitBlocks, type Range, type Side } from './segments.ts';

/** Bytes by which a moving operand advances with every block. */
export const stepOf = (s: Side): number => (s.moves ? 4 * BLOCK * LIMBS : 0);

/** out[i] = a[i] + c * b[i] for i in [from, to), in Montgomery form; idle lanes behind become zero. */
export function addScaled(
  engine: Engine,
  K: ExtensionField,
  radix: Fe,
  out: Uint32Array,
  a: Multilinear,
  c: Ext,
  b: Multilinear,
  from: number,
  to: number,
): void {
  const { over } = sumcheckValues(K, radix);
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
    if (constant === undefined) addScaledBlocks(engine, K, radix, out, a, c, b, blocks);
    else addConstant(engine, K, radix, out, a, K.mul(c, constant), blocks);
  }
  if (from < to) clearIdle(out, to, LIMBS);
}

function addScaledBlocks(
  engine: Engine,
  K: ExtensionField,
  radix: Fe,
  out: Uint32Array,
  a: Multilinear,
  c: Ext,
  b: Multilinear,
  blocks: Range,
): void {
  const target = kOut(out.subarray(LIMBS * blocks.from, LIMBS * blocks.to));
  engine.arena.scope(() => {
    const scalar = stageScalars(engine, K, radix, [c]);
    const [x, y] = [side(engine, K, radix, a, blocks, 0), side(engine, K, radix, b, blocks, 0)];
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
  engine: Engine,
  K: ExtensionField,
  radix: Fe,
  out: Uint32Array,
  a: Multilinear,
  constant: Ext,
  blocks: Range,
): void {
  const target = kOut(out.subarray(LIMBS * blocks.from, LIMBS * blocks.to));
  engine.arena.scope(() => {
    const added: Multilinear = { words: out, live: 0, numVars: a.numVars, pad: constant };
    const [x, y] = [side(engine, K, radix, a, blocks, 0), side(engine, K, radix, added, blocks, 0)];
    const count = (blocks.to - blocks.from) / BLOCK;
    blockwise(engine, count, [target, x.operand, y.operand], (at, n) => [
      'kAddConstant',
      ...at,
      stepOf(x),
      n,
    ]);
  });
}

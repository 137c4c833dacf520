/**
 * Ranges of a round on which every half of every array is of one kind: written out, or constant (head or pad).
 * Whole blocks inside a range go to the kernels, with constants as operands that do not move; the few elements at
 * its ends, where a block is shared with another range, are computed in plain TypeScript.
 */
import type { Ext, ExtensionField } from '../../field/field.ts';
import { BLOCK } from '../contract/layout.ts';
import { headCount, padOf } from '../contract/multilinear.ts';
import type { BaseMultilinear, Multilinear } from '../contract/sumcheck.ts';
import type { Engine, Operand } from './engine.ts';
import { type Context, fIn, kIn, LIMBS } from './operands.ts';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The ranges between all indices at which an array changes kind, within [from, to). */
export function ranges(
  arrays: readonly (Multilinear | BaseMultilinear)[],
  half: number,
  from: number,
  to: number,
): Range[] {
  if (from >= to) return [];
  const cuts = [from, to];
  const cutAt = (index: number): void => {
    if (index > from && index < to) cuts.push(index);
  };
  for (const a of arrays) {
    cutAt(a.live);
    cutAt(a.live - half);
    const head = 'head' in a ? headCount(a) : 0;
    cutAt(head);
    cutAt(head - half);
  }
  cuts.sort((x, y) => x - y);
  const parts: Range[] = [];
  for (let k = 1; k < cuts.length; k++) {
    const [start, end] = [cuts[k - 1] as number, cuts[k] as number];
    if (start < end) parts.push({ from: start, to: end });
  }
  return parts;
}

/** The whole blocks of a range, and its ends. */
export function splitBlocks(range: Range): { readonly blocks: Range; readonly ends: readonly Range[] } {
  const from = Math.ceil(range.from / BLOCK) * BLOCK;
  const to = Math.floor(range.to / BLOCK) * BLOCK;
  if (from >= to) return { blocks: { from: 0, to: 0 }, ends: [range] };
  const ends = [
    { from: range.from, to: from },
    { from: to, to: range.to },
  ];
  return { blocks: { from, to }, ends: ends.filter((end) => end.from < end.to) };
}

/** The constant that `a` is from index i on to the end of its kind; undefined where it is written out. */
export function constantAt(a: Multilinear, i: number, K: ExtensionField): Ext | undefined {
  if (i < headCount(a)) return a.head?.value;
  return i < a.live ? undefined : padOf(a, K);
}

/** An operand of a kernel on whole blocks, whether it moves, and if not, whether it is zero. */
export interface Side {
  readonly operand: Operand;
  readonly moves: boolean;
  readonly isZero: boolean;
}

/** The block range of a K array at `offset` (0 or half); call within a scope: constants are staged. */
export function side(cx: Context, a: Multilinear, range: Range, offset: number): Side {
  const { engine, K, radix } = cx;
  const constant = constantAt(a, range.from + offset, K);
  if (constant === undefined) {
    const words = a.words.subarray(LIMBS * (range.from + offset), LIMBS * (range.to + offset));
    return { operand: kIn(words), moves: true, isZero: false };
  }
  const block = engine.arena.u32(BLOCK * LIMBS);
  K.mulBase(constant, radix).forEach((limb, j) => block.fill(limb, BLOCK * j, BLOCK * (j + 1)));
  return { operand: { array: block, itemWords: 0, role: 'in' }, moves: false, isZero: K.isZero(constant) };
}

/** The same for an array over F, zero behind its live part. */
export function baseSide(engine: Engine, a: BaseMultilinear, range: Range, offset: number): Side {
  if (range.from + offset < a.live) {
    const words = a.words.subarray(range.from + offset, range.to + offset);
    return { operand: fIn(words), moves: true, isZero: false };
  }
  const zeros = engine.arena.u32(BLOCK).fill(0);
  return { operand: { array: zeros, itemWords: 0, role: 'in' }, moves: false, isZero: true };
}

/** Bit k is set when side k moves. */
export function movingBits(sides: readonly Side[]): number {
  return sides.reduce((bits, s, k) => bits | (s.moves ? 1 << k : 0), 0);
}

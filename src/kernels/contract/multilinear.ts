/** What implementations of the sumcheck kernels share: checks, and the shape of a bound polynomial. */
import type { Ext, ExtensionField } from '../../field/field.ts';
import { checkInteger } from './checks.ts';
import { BLOCK, extWord, extWords } from './layout.ts';
import type { BaseMultilinear, Multilinear, Pair, Weights } from './sumcheck.ts';

/** Variables of a kernel operand: indices are exact in 32-bit arithmetic. */
const MAX_VARS = 31;

function checkAtLeast(argument: string, array: { readonly length: number }, least: number): void {
  if (array.length < least) {
    throw new RangeError(`${argument}: expected at least ${least} items, got ${array.length}`);
  }
}

/** @throws RangeError naming the part of `a` that is out of range */
export function checkMultilinear(
  argument: string,
  a: Multilinear,
  K: ExtensionField,
  minVars: number = 1,
): void {
  checkInteger(`${argument}.numVars`, a.numVars, minVars, MAX_VARS);
  checkInteger(`${argument}.live`, a.live, 0, 2 ** a.numVars);
  const head = headCount(a);
  checkInteger(`${argument}.head.count`, head, 0, a.live);
  if (a.head !== undefined) K.fromLimbs(a.head.value);
  if (a.pad !== undefined) K.fromLimbs(a.pad);
  if (head < a.live) checkAtLeast(`${argument}.words`, a.words, extWords(a.live, K.degree));
}

/** @throws RangeError naming the part of `a` that is out of range */
export function checkBaseMultilinear(argument: string, a: BaseMultilinear): void {
  checkInteger(`${argument}.numVars`, a.numVars, 1, MAX_VARS);
  checkInteger(`${argument}.live`, a.live, 0, 2 ** a.numVars);
  checkAtLeast(`${argument}.words`, a.words, a.live);
}

/** @throws RangeError unless there are one or two pairs in the same number of variables, at least `minVars` */
export function checkPairs(pairs: readonly Pair[], K: ExtensionField, minVars: number): number {
  checkInteger('pairs.length', pairs.length, 1, 2);
  const numVars = (pairs[0] as Pair)[0].numVars;
  pairs.forEach((pair, k) =>
    pair.forEach((a, side) => {
      checkMultilinear(`pairs[${k}][${side}]`, a, K, minVars);
      checkInteger(`pairs[${k}][${side}].numVars`, a.numVars, numVars, numVars);
    }),
  );
  return numVars;
}

/** @throws RangeError unless the weights cover the first `count` indices */
export function checkWeights(weights: Weights | undefined, count: number, K: ExtensionField): void {
  if (weights === undefined) return;
  K.fromLimbs(weights.total);
  checkAtLeast('weights.words', weights.words, extWords(count, K.degree));
}

/** Indices below which some array, bound or not, is written out: what weights have to cover. */
export function writtenOut(arrays: readonly Multilinear[], half: number): number {
  return Math.max(0, ...arrays.map((a) => Math.min(a.live, half)));
}

/** @throws RangeError when `out` is too short for the first `live` elements */
export function checkOut(argument: string, out: Uint32Array, live: number, degree: number): void {
  checkAtLeast(argument, out, extWords(live, degree));
}

export function headCount(a: Multilinear): number {
  return a.head?.count ?? 0;
}

export function padOf(a: Multilinear, K: ExtensionField): Ext {
  return a.pad ?? K.zero;
}

/** Everything about `a` bound by r but its words: which part of it is written out. */
export function boundShape(K: ExtensionField, a: Multilinear, r: Ext): Omit<Multilinear, 'words'> {
  const half = 2 ** (a.numVars - 1);
  const live = Math.min(a.live, half);
  const pad = a.pad === undefined ? {} : { pad: a.pad };
  const shape = { live, numVars: a.numVars - 1, ...pad };
  if (a.head === undefined) return shape;
  const { count, value } = a.head;
  // Both halves lie in the head below count - half: the value stays.
  if (count > half) return { ...shape, head: { count: count - half, value } };
  // The upper half is all pad: the head is a constant again, between its value and the pad.
  if (a.live <= half) {
    return { ...shape, head: { count, value: line(K, value, padOf(a, K), r) } };
  }
  return shape;
}

/** low + r (high - low) */
export function line(K: ExtensionField, low: Ext, high: Ext, r: Ext): Ext {
  return K.add(low, K.mul(r, K.sub(high, low)));
}

/** Zeroes the idle lanes of the last block of an array of `live` elements. */
export function clearIdle(out: Uint32Array, live: number, degree: number): void {
  for (let i = live; i % BLOCK !== 0; i++) {
    for (let j = 0; j < degree; j++) out[extWord(i, j, degree)] = 0;
  }
}

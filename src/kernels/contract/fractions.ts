/** What implementations of the lookup-tree kernels share: checks, and fractions as multilinears. */
import type { Ext, ExtensionField } from '../../field/field.ts';
import { checkInteger, checkLength } from './checks.ts';
import { extWords } from './layout.ts';
import { type Fractions, type LeafRun, MAX_COLUMNS } from './lookup-tree.ts';
import { checkMultilinear, checkOut } from './multilinear.ts';
import type { Multilinear } from './sumcheck.ts';

/** Numerators: the units as a head, dead ones zero. */
export function numeratorsOf(x: Fractions, K: ExtensionField): Multilinear {
  const head = { count: x.units ?? 0, value: K.one };
  return { words: x.p, live: x.live, numVars: x.numVars, ...(head.count > 0 ? { head } : {}) };
}

/** Denominators: dead ones one. */
export function denominatorsOf(x: Fractions, K: ExtensionField): Multilinear {
  return { words: x.q, live: x.live, numVars: x.numVars, pad: K.one };
}

/** @throws RangeError naming the part of x that is out of range */
export function checkFractions(x: Fractions, K: ExtensionField): void {
  checkInteger('x.numVars', x.numVars, 1, 31);
  checkInteger('x.live', x.live, 0, 2 ** x.numVars);
  checkInteger('x.units', x.units ?? 0, 0, x.live);
  checkMultilinear('x.p', numeratorsOf(x, K), K);
  checkMultilinear('x.q', denominatorsOf(x, K), K);
}

/** The lower half (offset 0) or the upper half of a multilinear: the highest variable set to 0 or 1. */
function halfOf(a: Multilinear, upper: boolean, degree: number): Multilinear {
  const half = 2 ** (a.numVars - 1);
  const pad = a.pad === undefined ? {} : { pad: a.pad };
  const [offset, live] = upper ? [half, Math.max(0, a.live - half)] : [0, Math.min(a.live, half)];
  const count = a.head === undefined ? 0 : Math.max(0, Math.min(a.head.count - offset, half));
  const head = a.head === undefined || count === 0 ? {} : { head: { count, value: a.head.value } };
  // Blocks of the upper half start at a whole block, except where the half is smaller than one.
  const words = upper && live > count ? upperWords(a.words, half, live, degree) : a.words;
  return { words, live, numVars: a.numVars - 1, ...pad, ...head };
}

function upperWords(words: Uint32Array, half: number, live: number, degree: number): Uint32Array {
  if (half % 4 === 0) return words.subarray(half * degree);
  const moved = new Uint32Array(extWords(live, degree));
  for (let i = 0; i < live; i++) {
    for (let j = 0; j < degree; j++) moved[4 * j + i] = words[4 * j + half + i] as number;
  }
  return moved;
}

/** Numerators and denominators where the highest variable is 0, then those where it is 1: p0, q0, p1, q1. */
export function halvesOf(
  x: Fractions,
  K: ExtensionField,
): [Multilinear, Multilinear, Multilinear, Multilinear] {
  const [p, q] = [numeratorsOf(x, K), denominatorsOf(x, K)];
  const half = (a: Multilinear, upper: boolean): Multilinear => halfOf(a, upper, K.degree);
  return [half(p, false), half(q, false), half(p, true), half(q, true)];
}

/** Checks the operands of lookupLeaves; returns the number of leaves. */
export function checkLeaves(
  out: Uint32Array,
  columns: readonly Uint32Array[],
  alpha: Ext,
  betas: readonly Ext[],
  tag: number,
  K: ExtensionField,
): number {
  checkInteger('columns.length', columns.length, 1, MAX_COLUMNS);
  checkInteger('betas.length', betas.length, columns.length, columns.length);
  K.fromLimbs(alpha);
  betas.forEach((beta) => K.fromLimbs(beta));
  K.base.fe(tag);
  const n = (columns[0] as Uint32Array).length;
  columns.forEach((column, k) => checkLength(`columns[${k}]`, column, n));
  checkOut('out', out, n, K.degree);
  return n;
}

/** @throws RangeError for lambda = 0 */
export function checkLambda(lambda: Ext, K: ExtensionField): void {
  if (K.isZero(K.fromLimbs(lambda))) {
    throw new RangeError('lambda: expected a non-zero element, got 0');
  }
}

/** A run with its columns. */
export interface LeafColumns extends LeafRun {
  readonly columns: readonly Uint32Array[];
}

/** Checks runs, four if not said otherwise; returns them with their columns, and how long these are. */
export function checkRuns(
  columns: readonly Uint32Array[],
  runs: readonly LeafRun[],
  K: ExtensionField,
  counts: readonly number[] = [4],
): { readonly n: number; readonly runs: readonly LeafColumns[] } {
  if (!counts.includes(runs.length)) {
    throw new RangeError(`runs: expected ${counts.join(' or ')}, got ${runs.length}`);
  }
  const n = columns[0]?.length ?? 0;
  let next = 0;
  const own = runs.map(({ constant, betas }, r): LeafColumns => {
    checkInteger(`runs[${r}].betas.length`, betas.length, 1, MAX_COLUMNS);
    [constant, ...betas].forEach((x) => K.fromLimbs(x));
    next += betas.length;
    return { constant, betas, columns: columns.slice(next - betas.length, next) };
  });
  checkInteger('columns.length', columns.length, next, next);
  columns.forEach((column, k) => checkLength(`columns[${k}]`, column, n));
  return { n, runs: own };
}

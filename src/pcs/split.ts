/**
 * Weights as sums of products across one cut of the index bits: weight(hi, lo) = sum coefficient * a(hi) b(lo). A prover
 * binds the high bits of a column without ever writing out its weight: it needs sum_lo f(hi, lo) b(lo) for every b, and the
 * a's. A model's claims name few different a's and b's, on many columns, so each is made once.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { expandFactor, factorBits, type Factor, type Term } from './weight.ts';

/** A vector over the bits on one side of the cut, by its factors. Halves of one splitter with equal factors are one object. */
export interface Half {
  /** Low bits first; none: the constant 1. */
  readonly factors: readonly Factor[];
}

/** coefficient * high(hi) * low(lo). */
export interface SplitTerm {
  readonly coefficient: Ext;
  readonly high: Half;
  readonly low: Half;
}

/** Cuts terms behind their `lowBits` lowest bits. */
export type Splitter = (term: Term) => SplitTerm[];

/**
 * A splitter. Factors of product form are cut in two; a dense or sparse factor across the cut becomes one product for every
 * value of its bits above the cut.
 */
export function createSplitter(field: ExtensionField, lowBits: number): Splitter {
  const names = createNames();
  const halves = new Map<string, Half>();
  const slices = new Map<string, readonly (Factor | undefined)[]>();
  const halfOf = (factors: readonly Factor[]): Half => {
    const name = factors.map(names).join(' ');
    let half = halves.get(name);
    if (half === undefined) halves.set(name, (half = { factors }));
    return half;
  };
  const slicesOf = (factor: Factor, bitsBelow: number): readonly (Factor | undefined)[] => {
    const name = `${names(factor)} ${bitsBelow}`;
    let list = slices.get(name);
    if (list === undefined) slices.set(name, (list = cutValues(field, factor, bitsBelow)));
    return list;
  };
  return ({ coefficient, factors }) => {
    const { low, high, across } = sides(factors, lowBits);
    if (across === undefined) return [{ coefficient, high: halfOf(high), low: halfOf(low) }];
    const bits = factorBits(across.factor) - across.bitsBelow;
    return slicesOf(across.factor, across.bitsBelow).flatMap((slice, index) => {
      if (slice === undefined) return [];
      const fixed: Factor = { kind: 'fixed', bits, index };
      return [{ coefficient, high: halfOf([fixed, ...high]), low: halfOf([...low, slice]) }];
    });
  };
}

/** A name for every factor: equal points and indices have equal names, long vectors are told apart by identity. */
function createNames(): (factor: Factor) => string {
  const known = new WeakMap<object, number>();
  let count = 0;
  const idOf = (vector: object): number => {
    let id = known.get(vector);
    if (id === undefined) known.set(vector, (id = count++));
    return id;
  };
  return (factor) => {
    if (factor.kind === 'eq') return `eq:${factor.point.join(';')}`;
    if (factor.kind === 'pairs') return `pairs:${factor.pairs.flat().join(';')}`;
    if (factor.kind === 'fixed') return `fixed:${factor.bits}:${factor.index}`;
    if (factor.kind === 'dense') return `dense:${idOf(factor.values)}`;
    return `sparse:${factor.bits}:${idOf(factor.entries)}`;
  };
}

/** The factors below and above the cut, and the dense or sparse one across it. */
function sides(factors: readonly Factor[], lowBits: number) {
  const low: Factor[] = [];
  const high: Factor[] = [];
  let across: { readonly factor: Factor; readonly bitsBelow: number } | undefined;
  let at = 0;
  for (const factor of factors) {
    const bits = factorBits(factor);
    if (at + bits <= lowBits) low.push(factor);
    else if (at >= lowBits) high.push(factor);
    else if (isProduct(factor)) {
      const [below, above] = cutFactor(factor, lowBits - at);
      low.push(below);
      high.push(above);
    } else across = { factor, bitsBelow: lowBits - at };
    at += bits;
  }
  return { low, high, across };
}

/** The vector's part for every value of its bits above the cut; undefined where it is zero. */
function cutValues(field: ExtensionField, factor: Factor, bitsBelow: number): (Factor | undefined)[] {
  const values = expandFactor(field, factor);
  const size = 2 ** bitsBelow;
  return Array.from({ length: values.length / size }, (_, above) => {
    const slice = values.slice(above * size, (above + 1) * size);
    return slice.every((x) => field.isZero(x)) ? undefined : { kind: 'dense', values: slice };
  });
}

type ProductFactor = Extract<Factor, { kind: 'eq' | 'pairs' | 'fixed' }>;

/** Whether a factor is a product over its bits. */
function isProduct(factor: Factor): factor is ProductFactor {
  return factor.kind === 'eq' || factor.kind === 'pairs' || factor.kind === 'fixed';
}

function cutFactor(factor: ProductFactor, bits: number): [Factor, Factor] {
  if (factor.kind === 'eq') {
    return [
      { kind: 'eq', point: factor.point.slice(0, bits) },
      { kind: 'eq', point: factor.point.slice(bits) },
    ];
  }
  if (factor.kind === 'pairs') {
    return [
      { kind: 'pairs', pairs: factor.pairs.slice(0, bits) },
      { kind: 'pairs', pairs: factor.pairs.slice(bits) },
    ];
  }
  return [
    { kind: 'fixed', bits, index: factor.index % 2 ** bits },
    { kind: 'fixed', bits: factor.bits - bits, index: Math.floor(factor.index / 2 ** bits) },
  ];
}

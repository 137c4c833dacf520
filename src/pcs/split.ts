/**
 * Weights as sums of products across one cut of the index bits: weight(hi, lo) = sum coefficient * a(hi) b(lo). A prover
 * binds the high bits of a column without ever writing out its weight: it needs sum_lo f(hi, lo) b(lo) for every b, and the
 * a's. A model's claims name few different a's and b's, on many columns, so each is made once.
 */
import type { Ext, ExtensionField } from '../field/field.ts';
import { expandFactor, factorBits, type Factor, type Term } from './weight.ts';

/** A vector over bits on one side of the cut, by its factors. Halves of one splitter with equal factors are one object. */
export interface Half {
  /** Low bits first; none: the constant 1. */
  readonly factors: readonly Factor[];
  readonly bits: number;
}

/**
 * coefficient * high(hi) * low(lo), where `high` is on its own bits of hi, the lowest, and the bits above it are those of `place`:
 * elsewhere the term is zero.
 */
export interface SplitTerm {
  readonly coefficient: Ext;
  readonly high: Half;
  readonly place: number;
  readonly low: Half;
}

/** Cuts terms behind their `lowBits` lowest bits. */
export type Splitter = (term: Term) => SplitTerm[];

/**
 * A splitter. Factors of product form are cut in two; a dense or sparse factor across the cut becomes one product for every
 * value of its bits above the cut.
 */
export function createSplitter(field: ExtensionField, lowBits: number): Splitter {
  const halfOf = createHalves(field);
  const slices = new Map<object, Map<number, readonly (Factor | undefined)[]>>();
  const slicesOf = (factor: VectorFactor, bitsBelow: number): readonly (Factor | undefined)[] => {
    const vector = vectorOf(factor);
    let known = slices.get(vector);
    if (known === undefined) slices.set(vector, (known = new Map()));
    let list = known.get(bitsBelow);
    if (list === undefined) known.set(bitsBelow, (list = cutValues(field, factor, bitsBelow)));
    return list;
  };
  return ({ coefficient, factors }) => {
    const { low, high, across } = sides(factors, lowBits);
    const { rest, place } = placed(high);
    if (across === undefined) return [{ coefficient, high: halfOf(rest), place, low: halfOf(low) }];
    const bits = factorBits(across.factor) - across.bitsBelow;
    return slicesOf(across.factor, across.bitsBelow).flatMap((slice, index) => {
      if (slice === undefined) return [];
      const fixed: Factor = { kind: 'fixed', bits, index };
      return [{ coefficient, high: halfOf([fixed, ...rest]), place, low: halfOf([...low, slice]) }];
    });
  };
}

/** Takes the fixed bits off the upper end. */
function placed(factors: readonly Factor[]): { readonly rest: readonly Factor[]; readonly place: number } {
  const last = factors[factors.length - 1];
  if (last?.kind !== 'fixed') return { rest: factors, place: 0 };
  return { rest: factors.slice(0, -1), place: last.index };
}

/** Where a path of numbers leads. */
interface Node {
  readonly next: Map<number, Node>;
  half?: Half;
}

/**
 * One object for equal halves. A factor that is a product over bits is a number for each bit, the same for the same pair of values,
 * whatever kind of factor it comes from; vectors are told apart by identity.
 */
function createHalves({ one, zero, sub, equals }: ExtensionField): (factors: readonly Factor[]) => Half {
  let count = 0;
  const vectors = new Map<object, number>();
  const vectorId = (vector: object): number => {
    let id = vectors.get(vector);
    if (id === undefined) vectors.set(vector, (id = count++));
    return id;
  };
  // By a limb: among challenges hardly two have it in common.
  const pairs = new Map<number, { readonly at0: Ext; readonly at1: Ext; readonly id: number }[]>();
  const pairId = (at0: Ext, at1: Ext): number => {
    const limb = at1[0] as number;
    let list = pairs.get(limb);
    if (list === undefined) pairs.set(limb, (list = []));
    const known = list.find((pair) => equals(pair.at1, at1) && equals(pair.at0, at0));
    if (known !== undefined) return known.id;
    list.push({ at0, at1, id: count });
    return count++;
  };
  const [clear, set] = [pairId(one, zero), pairId(zero, one)];
  const step = (node: Node, id: number): Node => {
    let next = node.next.get(id);
    if (next === undefined) node.next.set(id, (next = { next: new Map() }));
    return next;
  };
  const walk = (from: Node, factor: Factor): Node => {
    let node = from;
    if (factor.kind === 'pairs') for (const [at0, at1] of factor.pairs) node = step(node, pairId(at0, at1));
    else if (factor.kind === 'eq') for (const z of factor.point) node = step(node, pairId(sub(one, z), z));
    else if (factor.kind === 'fixed') {
      for (let b = 0; b < factor.bits; b++) node = step(node, (factor.index >>> b) & 1 ? set : clear);
    } else node = step(node, vectorId(vectorOf(factor)));
    return node;
  };
  const root: Node = { next: new Map() };
  return (factors) => {
    const node = factors.reduce(walk, root);
    return (node.half ??= { factors, bits: factors.reduce((sum, factor) => sum + factorBits(factor), 0) });
  };
}

type VectorFactor = Extract<Factor, { kind: 'dense' | 'sparse' }>;

/** What tells a written-out factor from others. */
function vectorOf(factor: VectorFactor): object {
  return factor.kind === 'dense' ? factor.values : factor.entries;
}

/** The factors below and above the cut, and the dense or sparse one across it. */
function sides(factors: readonly Factor[], lowBits: number) {
  const low: Factor[] = [];
  const high: Factor[] = [];
  let across: { readonly factor: VectorFactor; readonly bitsBelow: number } | undefined;
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

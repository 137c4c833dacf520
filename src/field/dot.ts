/**
 * Sums of products of K by F, the bulk of a verifier's field work: exact integer sums, reduced once in 64 terms instead of once
 * a term.
 */
import type { BaseField, Ext, ExtensionField, Fe } from './field.ts';

/** Terms between reductions: 64 * 2^16 * 2^31 = 2^53. */
const TERMS = 64;
const HALF_BITS = 16;
const HALF = 0xffff;
const SHIFT = 0x10000;

/** weights -> sum_i weights[i] * elements[i], for up to as many weights as there are elements. */
export type Dot = (weights: ArrayLike<number>) => Ext;

/**
 * Prepares sums with fixed elements of K.
 *
 * @returns a function of canonical words; it uses buffers of its own, so a call ends before the next begins
 * @example
 * const dot = createDot(quintic, rho);
 * dot(row); // sum of rho[l] * row[l]
 */
export function createDot(field: ExtensionField, elements: readonly Ext[]): Dot {
  const dot = createRunDot(field, elements);
  return (weights) => dot(weights, 0, weights.length);
}

/** The same for words [first, first + count) of a longer list; integers below 2^31 in absolute value are as good as words. */
export type RunDot = (weights: ArrayLike<number>, first: number, count: number) => Ext;

export function createRunDot(field: ExtensionField, elements: readonly Ext[]): RunDot {
  const { base, degree } = field;
  const limbs = Array.from({ length: degree }, (_, limb) => halvesOf(elements, limb));
  let whole: Float64Array[] | undefined;
  const words = new Float64Array(elements.length);
  return (weights, from, count) => {
    if (weights instanceof Int16Array) {
      whole ??= limbs.map(({ low, high }) => low.map((x, i) => x + SHIFT * (high[i] as number)));
      return whole.map((limb) => sumOfSmall(base, weights, from, limb, count));
    }
    for (let i = 0; i < count; i++) words[i] = weights[from + i] as number;
    const result = field.zero.slice(); // of its size: a list that grows takes twice as much
    for (let limb = 0; limb < degree; limb++) {
      result[limb] = sumOfProducts(base, words, limbs[limb] as Halves, count);
    }
    return result;
  };
}

/** Words in two halves, low < 2^16 and high < 2^15. Doubles that hold integers. */
interface Halves {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

function halvesOf(elements: readonly Ext[], limb: number): Halves {
  const low = new Float64Array(elements.length);
  const high = new Float64Array(elements.length);
  for (let i = 0; i < elements.length; i++) {
    const word = (elements[i] as Ext)[limb] as Fe;
    low[i] = word & HALF;
    high[i] = word >>> HALF_BITS;
  }
  return { low, high };
}

/** sum of words[i] (low[i] + 2^16 high[i]): runs of at most 64 terms, |words| < 2^31 and halves < 2^16, stay below 2^53. */
function sumOfProducts(base: BaseField, words: Float64Array, { low, high }: Halves, count: number): Fe {
  let sum = base.zero;
  for (let from = 0; from < count; from += TERMS) {
    const end = Math.min(count, from + TERMS);
    // Two chains of additions for each half: one would leave a processor waiting for each sum.
    let lower = 0;
    let upper = 0;
    let lower1 = 0;
    let upper1 = 0;
    let i = from;
    for (; i + 1 < end; i += 2) {
      const word = words[i] as number;
      const word1 = words[i + 1] as number;
      lower += word * (low[i] as number);
      upper += word * (high[i] as number);
      lower1 += word1 * (low[i + 1] as number);
      upper1 += word1 * (high[i + 1] as number);
    }
    if (i < end) {
      lower += (words[i] as number) * (low[i] as number);
      upper += (words[i] as number) * (high[i] as number);
    }
    const scaled = base.fromInt(upper + upper1) * SHIFT; // < 2^47; sums may be negative
    sum = base.add(sum, base.fromInt(scaled + base.fromInt(lower + lower1)));
  }
  return sum;
}

/** Products of an integer of 16 bits and a limb between reductions: 63 * 2^15 * 2^31 < 2^52 - 2^31. */
const SMALL_TERMS = 63;

/** The same for integers of 16 bits, by limbs that are not halved. */
function sumOfSmall(
  base: BaseField,
  integers: Int16Array,
  first: number,
  limb: Float64Array,
  count: number,
): Fe {
  // Makes every sum positive, which is reduced faster, and adds nothing modulo p.
  const offset = base.modulus * Math.floor(2 ** 52 / base.modulus);
  let sum = base.zero;
  for (let from = 0; from < count; from += SMALL_TERMS) {
    const end = Math.min(count, from + SMALL_TERMS);
    let even = offset;
    let odd = 0;
    let i = from;
    for (; i + 1 < end; i += 2) {
      even += (integers[first + i] as number) * (limb[i] as number);
      odd += (integers[first + i + 1] as number) * (limb[i + 1] as number);
    }
    if (i < end) even += (integers[first + i] as number) * (limb[i] as number);
    sum = base.add(sum, base.fromInt(even + odd));
  }
  return sum;
}

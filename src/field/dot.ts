/**
 * Sums of products of K by F, the bulk of a verifier's field work: exact integer sums, reduced once in 64 terms instead of once
 * a term.
 */
import type { Ext, ExtensionField, Fe } from './field.ts';

/** Terms between reductions: 64 * 2^16 * 2^31 = 2^53. */
export const TERMS = 64;
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

/** The same for words [first, first + count) of a longer list. */
export type RunDot = (weights: ArrayLike<number>, first: number, count: number) => Ext;

export function createRunDot(field: ExtensionField, elements: readonly Ext[]): RunDot {
  const { base, degree } = field;
  const limbs: Float64Array[] = [];
  for (let limb = 0; limb < degree; limb++) {
    const own = new Float64Array(elements.length);
    for (let i = 0; i < own.length; i++) own[i] = (elements[i] as Ext)[limb] as Fe;
    limbs.push(own);
  }
  const low = new Float64Array(elements.length);
  const high = new Float64Array(elements.length);
  return (weights, from, count) => {
    let highest = 0;
    for (let i = 0; i < count; i++) {
      const weight = weights[from + i] as number; // < 2^31
      low[i] = weight & HALF;
      high[i] = weight >>> HALF_BITS;
      highest |= weight;
    }
    const isLong = highest > HALF;
    const result: Fe[] = [];
    for (let limb = 0; limb < degree; limb++) {
      const own = limbs[limb] as Float64Array;
      let sum = base.zero;
      for (let first = 0; first < count; first += TERMS) {
        const end = Math.min(count, first + TERMS);
        const upper = isLong ? base.fromInt(sumOfProducts(own, high, first, end)) : 0;
        const lower = base.fromInt(sumOfProducts(own, low, first, end));
        sum = base.add(sum, isLong ? base.fromInt(upper * SHIFT + lower) : lower); // < 2^48
      }
      result.push(sum);
    }
    return result;
  };
}

/** sum of a[i] b[i] over [from, to), at most 64 terms, a < 2^31 and b < 2^16: below 2^53. Two chains of additions. Doubles that hold integers. */
function sumOfProducts(a: Float64Array, b: Float64Array, from: number, to: number): number {
  let even = 0;
  let odd = 0;
  let i = from;
  for (; i + 1 < to; i += 2) {
    even += (a[i] as number) * (b[i] as number);
    odd += (a[i + 1] as number) * (b[i + 1] as number);
  }
  if (i < to) even += (a[i] as number) * (b[i] as number);
  return even + odd;
}

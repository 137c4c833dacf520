/**
 * How many pads a proof needs and which of their products: a function of the statement alone, computed before anything
 * is committed. The vector of pads is
 *
 *     h = (exposures | products | star)
 *
 * one pad for every value that will be sent, in the order of sending; h[a] * h[b] for every product of two sent values;
 * one more uniform element that masks the product check. Every index has exactly one role.
 */

/** The pads of one proof. */
export interface PadPlan {
  /** Number of values that will be sent masked. */
  readonly exposures: number;
  /** Pairs of exposure indices whose product pad is committed, in the order in which they are used. */
  readonly products: readonly (readonly [a: number, b: number])[];
}

/** s, the length of h. */
export function padCount(plan: PadPlan): number {
  return plan.exposures + plan.products.length + 1;
}

/** The index of the k-th product pad. */
export function productIndex(plan: PadPlan, k: number): number {
  return plan.exposures + k;
}

/** The index of the pad that masks the product check. */
export function starIndex(plan: PadPlan): number {
  return plan.exposures + plan.products.length;
}

/** Collects a plan in the order of the protocol. */
export interface PadPlanner {
  /** Plans `count` values; returns the index of the first. */
  send(count: number): number;
  /** Plans the product of two values that are already planned. @throws RangeError for an index not planned yet */
  multiply(a: number, b: number): void;
  /** The plan so far. */
  plan(): PadPlan;
}

export function createPadPlanner(): PadPlanner {
  let exposures = 0;
  const products: (readonly [number, number])[] = [];
  return {
    send(count) {
      const first = exposures;
      exposures += count;
      return first;
    },
    multiply(a, b) {
      for (const index of [a, b]) {
        if (!Number.isInteger(index) || index < 0 || index >= exposures) {
          throw new RangeError(`multiply: expected an exposure below ${exposures}, got ${index}`);
        }
      }
      products.push([a, b]);
    },
    plan: () => ({ exposures, products: [...products] }),
  };
}

/** What a lookup argument costs before it runs: its pads, and its lines in the ledger. */
import { createPadPlanner, type PadPlanner } from '../pads/plan.ts';
import type { Instance } from '../params/instance.ts';
import type { LoadedLookups } from './shape.ts';

/** Values exposed at the end of a layer: p0, q1, q0 and c = p1 + lambda q1. */
export const NODE_VALUES = 4;
/** Values of a round: t(1) - t(0) and t(inf). */
export const ROUND_VALUES = 2;

/** Plans the pads of the argument, in the order of its messages. */
export function planLookups(planner: PadPlanner, lookups: LoadedLookups): void {
  const roots = lookups.program.balances.length;
  const first = planner.send(2 * roots);
  for (let b = 0; b < roots; b++) planner.multiply(first + 2 * b, first + 2 * b + 1);
  for (let layer = 0; layer < lookups.logLeaves; layer++) {
    planner.send(ROUND_VALUES * (layer + lookups.logForest));
    const p0 = planner.send(NODE_VALUES);
    planner.multiply(p0, p0 + 1);
    planner.multiply(p0 + 2, p0 + 3);
  }
}

/**
 * What the argument adds to a program's instance. `constraints` are its own; the two leaf claims are discharged, and
 * counted, by the caller. Rounds, lambda, tau and the start point have rows of their own in the ledger of any program with
 * balances.
 */
export function lookupInstance(
  lookups: LoadedLookups,
): Pick<Instance, 'balances' | 'exposed' | 'products' | 'constraints'> {
  const planner = createPadPlanner();
  planLookups(planner, lookups);
  const { exposures, products } = planner.plan();
  return {
    balances: lookups.layouts.map(({ leaves }) => leaves),
    exposed: exposures,
    products: products.length,
    constraints: lookups.layouts.length + lookups.logLeaves,
  };
}

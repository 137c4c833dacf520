/** What a lookup argument costs before it runs: its pads, and its lines in the ledger. */
import { createPadPlanner, type PadPlanner } from '../pads/plan.ts';
import type { Instance } from '../params/instance.ts';
import { leavesOf, type LoadedLookups } from './shape.ts';

/** Values exposed for a tree: p, q and u = 1/q of its root. */
export const ROOT_VALUES = 3;
/** Values exposed at the end of a layer: p0, q1, q0 and c = p1 + lambda q1. */
export const NODE_VALUES = 4;
/** Values of a round: t(1) - t(0) and t(inf). */
export const ROUND_VALUES = 2;

/** Plans the pads of the argument, in the order of its messages. */
export function planLookups(planner: PadPlanner, lookups: LoadedLookups): void {
  const first = planner.send(ROOT_VALUES * lookups.trees.length);
  lookups.trees.forEach((_, i) => {
    const [p, q, u] = [0, 1, 2].map((j) => first + ROOT_VALUES * i + j) as [number, number, number];
    planner.multiply(q, u);
    planner.multiply(p, u);
  });
  for (let layer = 0; layer < lookups.logLeaves; layer++) {
    planner.send(ROUND_VALUES * (layer + lookups.logForest));
    const p0 = planner.send(NODE_VALUES);
    planner.multiply(p0, p0 + 1);
    planner.multiply(p0 + 2, p0 + 3);
  }
}

/**
 * What the argument adds to a program's instance. `constraints` are its own; the two leaf claims are discharged, and
 * counted, by the caller. lambda, rounds and tau have rows of their own in the ledger of any program with balances; the
 * start point runs over trees, of which there may be more than balances.
 */
export function lookupInstance(
  lookups: LoadedLookups,
): Pick<Instance, 'balances' | 'exposed' | 'products' | 'constraints' | 'terms'> {
  const planner = createPadPlanner();
  planLookups(planner, lookups);
  const { exposures, products } = planner.plan();
  const { program, trees, logForest, logLeaves } = lookups;
  return {
    balances: program.balances.map((balance) => leavesOf(program, balance)),
    exposed: exposures,
    products: products.length,
    constraints: trees.length + program.balances.length + logLeaves,
    terms: [{ name: 'lookup: start over trees', kind: 'point', size: logForest }],
  };
}

/** What a program costs before it runs: its pads in the order of its messages, and its lines in the ledger. */
import { createPadPlanner, type PadPlan, type PadPlanner } from '../pads/plan.ts';
import { planSumcheck } from '../pads/sumcheck-verify.ts';
import type { Instance, ProgramTerm } from '../params/instance.ts';
import type { Parameters } from '../params/parameters.ts';
import { planOpening, type GroupIdentity } from '../pcs/opening.ts';
import { lookupInstance, planLookups } from '../tlookup/plan.ts';
import type { CompiledProgram } from './compile.ts';
import { columnsOf } from './layout.ts';

/** What is sent of the products: their sum, and the values of both vectors at the end. */
const PRODUCT_VALUES = 2;

/** Linear claims for the opening: on everything committed, on multiplicities, on either vector. */
export function claimCount({ lookups, productVars }: CompiledProgram): number {
  return 1 + (lookups === undefined ? 0 : 1) + (productVars === undefined ? 0 : PRODUCT_VALUES);
}

/** All pads of a proof. @param columns of all groups and of the proof's own */
export function programPlan(compiled: CompiledProgram, parameters: Parameters, columns: number): PadPlan {
  const planner = createPadPlanner();
  if (compiled.lookups !== undefined) planLookups(planner, compiled.lookups.lookups);
  planProducts(planner, compiled);
  planOpening(planner, parameters, columns);
  return planner.plan();
}

function planProducts(planner: PadPlanner, { productVars }: CompiledProgram): void {
  if (productVars === undefined) return;
  planner.send(1);
  planSumcheck(planner, productVars);
  const first = planner.send(PRODUCT_VALUES);
  planner.multiply(first, first + 1);
}

/** What a program contributes to the ledger, whatever the column code. */
export function programCosts(compiled: CompiledProgram): Omit<Instance, 'groups'> {
  const { lookups, productVars, zeros, zeroBits } = compiled;
  const own = lookups === undefined ? undefined : lookupInstance(lookups.lookups);
  const planner = createPadPlanner();
  planProducts(planner, compiled);
  const { exposures, products } = planner.plan();
  const terms: ProgramTerm[] = [...(own?.terms ?? [])];
  if (zeros.length > 0) {
    terms.push({ name: 'zero: point', kind: 'point', size: zeroBits });
    terms.push({ name: 'zero: batch', kind: 'batch', size: zeros.length + 1 });
  }
  if (productVars !== undefined) terms.push({ name: 'product: round', kind: 'round', size: 2 });
  return {
    kind: 'program',
    balances: own?.balances ?? [],
    claims: claimCount(compiled),
    exposed: (own?.exposed ?? 0) + exposures,
    products: (own?.products ?? 0) + products.length,
    // The product's end, the merge's and the combination's.
    constraints: (own?.constraints ?? 0) + (productVars === undefined ? 0 : 1) + 2,
    terms,
  };
}

/** The instance of a program over committed groups. */
export function programInstance(
  compiled: CompiledProgram,
  groups: readonly GroupIdentity[],
  logData: number,
): Instance {
  return {
    ...programCosts(compiled),
    groups: [
      ...groups.map(({ label, lifetime, columns, uses }) => ({ name: label, lifetime, columns, uses })),
      { name: 'AM', lifetime: 'proof', columns: columnsOf(compiled.own, logData), uses: 1 },
    ],
  };
}

/** The instances of spec/parameters.md, also used by benchmarks. */
import { chooseParameters, type Choice, type Wishes, type Workload } from './choose.ts';

/** log2 of the committed cells of the listed instances. */
export const STANDARD_LOG_CELLS = [10, 14, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30] as const;

/** Largest balance made by `splitLookups`: 2N/|K| is then 2^-128.9. */
export const BALANCE_LEAVES = 2 ** 25;

/** Divides lookups (with the table rows they need) into equal balances of at most 2^25 leaves. */
export function splitLookups(leaves: number): readonly number[] {
  const count = Math.ceil(leaves / BALANCE_LEAVES);
  return Array.from({ length: count }, (_, i) => Math.ceil((leaves - i) / count));
}

/**
 * A program of N static cells whose witness has N/4 cells and as many lookups. Transcript and products are
 * those of a network of some ten families of operations: 2871 masked elements and 1023 products, so that
 * N = 2^27 has s = 4096 pads.
 */
export function standardWorkload(cells: number): Workload {
  const witness = Math.ceil(cells / 4);
  return {
    kind: 'program',
    groups: [
      { name: 'static', lifetime: 'static', cells },
      { name: 'witness', lifetime: 'proof', cells: witness },
    ],
    balances: splitLookups(witness),
    claims: 1024,
    exposed: 2871,
    products: 1023,
    constraints: 4096,
    terms: [
      { name: 'operations round', kind: 'round', size: 3 },
      { name: 'operations batch', kind: 'batch', size: 1024 },
      { name: 'zerocheck point', kind: 'point', size: 32 },
    ],
  };
}

/** The listed set for 2^logCells static cells. */
export function standardChoice(logCells: number, wishes: Wishes = { minProofs: 100 }): Choice {
  return chooseParameters(standardWorkload(2 ** logCells), wishes);
}

/** Openings for the tests of hiding: a few cells, small fields, reference kernels. */
import { quintic } from '../../src/field/quintic.ts';
import type { ExtensionField } from '../../src/field/field.ts';
import { referenceKernels, type Kernels } from '../../src/kernels/index.ts';
import type { GroupIdentity } from '../../src/pcs/opening.ts';
import { toys } from './fields.ts';
import type { ProofOf, Scenario } from './hiding.ts';
import { tabulated, withoutHashing } from './tape.ts';

export function toyField(name: string): ExtensionField {
  const found = toys.find((toy) => toy.name === name);
  if (found === undefined) throw new Error(`no field ${name}`);
  return tabulated(found.field);
}

/** Reference kernels that leave digests zero. */
export const F97: Kernels = withoutHashing(referenceKernels(toyField('F_97^2')));
export const F257: Kernels = withoutHashing(referenceKernels(toyField('F_257^2')));
export const KOALA: Kernels = withoutHashing(referenceKernels(quintic));

export function groupOf(label: string, columns: number, change: Partial<GroupIdentity> = {}): GroupIdentity {
  const lifetime = 'static' as const;
  return { label, group: new Uint8Array(8).fill(7), epoch: 0, lifetime, columns, uses: 1, ...change };
}

/** Proofs that open all given groups at given positions, each under a key of its own. */
export function proofsAt(
  positions: readonly (readonly number[])[],
  groups: readonly number[],
  ownColumns = 0,
): ProofOf[] {
  return positions.map((at, i) => ({
    key: `proof ${i}`,
    groups,
    ownColumns,
    challenges: { seed: 11 + i, positions: { 'open/positions': at } },
    claimSeed: i,
  }));
}

/** m = 2, t = 4, q0 = 2: 16 positions, a budget of two proofs. */
export const SMALL = { logData: 2, padLength: 4, queries: 2 } as const;
/** m = 3, t = 8, q0 = 2: 32 positions, a budget of four proofs. */
export const WIDE = { logData: 3, padLength: 8, queries: 2 } as const;

/** One static group of three columns and two columns of the proof's own. */
export function oneGroup(
  positions: readonly (readonly number[])[],
  change: Partial<Scenario> = {},
): Scenario {
  return {
    kernels: F97,
    code: SMALL,
    groups: [groupOf('W', 3)],
    proofs: proofsAt(positions, [0], 2),
    ...change,
  };
}

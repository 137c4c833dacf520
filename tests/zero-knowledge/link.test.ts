/**
 * ZKP-1 for links: an epoch is used up, linked to the next over the same cells, and that one is used. Each epoch has its own
 * budget, and the link takes q0 positions of both; what it sends says nothing about the cells at all.
 */
import { describe, expect, test } from 'vitest';
import { leakedFunctionals, revealedFunctionals, type ProofOf, type Scenario } from '../support/hiding.ts';
import { F97, groupOf, KOALA, proofsAt, SMALL, WIDE } from '../support/scenarios.ts';

const EPOCHS = [groupOf('W@0', 2), groupOf('W@1', 2, { epoch: 1 })];

function linkAt(positions: readonly number[]): ProofOf {
  return { ...(proofsAt([positions], [0, 1])[0] as ProofOf), key: 'link', link: true };
}

/** Proofs of one epoch, under keys of their own. */
function proofsOf(epoch: 0 | 1, positions: readonly (readonly number[])[]): ProofOf[] {
  return proofsAt(positions, [epoch]).map((proof, i) => ({
    ...proof,
    key: `epoch ${epoch} ${i}`,
    claimSeed: 10 * epoch + i,
  }));
}

const OLD = [[3, 9], [0, 31], [17, 5]] as const; // prettier-ignore
const NEW = [[9, 3], [30, 1], [12, 7]] as const; // prettier-ignore
const scenario = (proofs: readonly ProofOf[]): Scenario => ({
  kernels: F97,
  code: WIDE,
  groups: EPOCHS,
  proofs,
});

describe('a link', () => {
  test.each([
    ['F_97', F97],
    ['KoalaBear', KOALA],
  ])('by itself reveals nothing: no claim, no functional, %s', (_, kernels) => {
    expect(revealedFunctionals({ kernels, code: SMALL, groups: EPOCHS, proofs: [linkAt([3, 9])] })).toBe(0);
  });

  test('fills both budgets: three proofs and the link of each epoch', () => {
    const proofs = [...proofsOf(0, OLD), linkAt([6, 24]), ...proofsOf(1, NEW)];
    expect(leakedFunctionals(scenario(proofs))).toBe(0);
  });

  test('is counted: a proof more of either epoch leaks', () => {
    const used = [...proofsOf(0, OLD), linkAt([6, 24])];
    const again: ProofOf = { ...(proofsOf(0, [[6, 2]])[0] as ProofOf), key: 'one more', claimSeed: 7 };
    expect(leakedFunctionals(scenario([...used, again]))).toBe(2);
    const next: ProofOf = { ...(proofsOf(1, [[8, 2]])[0] as ProofOf), key: 'one more', claimSeed: 7 };
    expect(leakedFunctionals(scenario([linkAt([6, 24]), ...proofsOf(1, NEW), next]))).toBe(4);
  });

  test('over the pads of the old epoch leaks: positions of both add up', () => {
    const oldPads: Scenario['plant'] = (words) => (at) =>
      words(at.source === 'key W@1' && at.label === 'pads' ? { ...at, source: 'key W@0' } : at);
    const proofs = [...proofsOf(0, OLD), linkAt([6, 24]), ...proofsOf(1, [[9, 3], [30, 1]])]; // prettier-ignore
    expect(leakedFunctionals({ ...scenario(proofs), plant: oldPads })).toBe(4);
  });
});

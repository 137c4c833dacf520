/**
 * ZKP-1 for links: an epoch is used up, linked to the next over the same cells, and that one is used. Each epoch has its own
 * budget, and the link takes q0 positions of both; what it sends says nothing about the cells at all. ZKP-6 for links: leaks
 * planted in a link, which verifies all the same.
 */
import { describe, expect, test } from 'vitest';
import { leakedFunctionals, revealedFunctionals, type ProofOf, type Scenario } from '../support/hiding.ts';
import { F97, groupOf, KOALA, proofsAt, SMALL, WIDE } from '../support/scenarios.ts';
import type { Coordinate, Words } from '../support/tape.ts';
import { proveAndVerify } from '../support/verified.ts';

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

describe('beside proofs with columns of their own', () => {
  const OWN = 1;
  const proofs = (positions: number[][], epoch: 0 | 1): ProofOf[] =>
    proofsAt(positions, [epoch], OWN).map((proof, i) => ({
      ...proof,
      key: `epoch ${epoch} ${i}`,
      claimSeed: 10 * epoch + i,
    }));
  const history = [...proofs([[3, 9]], 0), linkAt([6, 24]), ...proofs([[9, 30]], 1)]; // prettier-ignore

  test('nothing leaks, of the groups or of the own columns', () => {
    expect(leakedFunctionals(scenario(history))).toBe(0);
  });

  test('the mask of the link used again by a proof shows the difference of the two combinations', () => {
    const again: Scenario['plant'] = (words) => (at) =>
      words(isMask(at) && at.source === 'epoch 1 0' ? { ...at, source: 'link' } : at);
    expect(leakedFunctionals({ ...scenario(history), plant: again })).toBe(15);
  });
});

const isMask = ({ label }: Coordinate): boolean => label === 'maskcell' || label === 'maskpads';
const blank =
  (fits: (at: Coordinate) => boolean) =>
  (words: Words): Words =>
  (at) =>
    fits(at) ? 0 : words(at);
const ofLink =
  (label: string, fits: (word: number) => boolean = () => true) =>
  (at: Coordinate): boolean =>
    at.source === 'link' && at.label === label && fits(at.word);

describe('leaks planted in a link, two columns of four cells', () => {
  const alone: Scenario = { kernels: F97, code: SMALL, groups: EPOCHS, proofs: [linkAt([3, 9])] };

  function expectSilentLeak(leaky: Scenario, leaked: number): void {
    expect(revealedFunctionals(leaky)).toBe(leaked);
    for (const proof of leaky.proofs) expect(proveAndVerify(leaky, proof, 1).verdict).toEqual({ ok: true });
  }

  test('none planted', () => expectSilentLeak(alone, 0));

  test.each<[string, number, NonNullable<Scenario['plant']>]>([
    ['no mask', 8, blank(isMask)],
    ['a mask in the base field alone', 4, blank((at) => isMask(at) && at.id > 0)],
    ['a mask on cells alone', 4, blank(({ label }) => label === 'maskpads')],
    ['y_0 bare', 2, blank(ofLink('pad', (word) => word < 2))],
    ['one limb of y_1 bare', 1, blank(ofLink('pad', (word) => word === 3))],
    ['r zero', 4, blank(ofLink('padr'))],
    ['no extensions', 4, blank(ofLink('padx'))],
    ['no pads of the newer epoch', 4, blank((at) => at.source === 'key W@1' && at.label === 'pads')],
  ])('%s', (_, leaked, plant) => expectSilentLeak({ ...alone, plant }, leaked));
});

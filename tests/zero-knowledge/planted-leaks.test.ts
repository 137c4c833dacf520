/**
 * ZKP-6: leaks planted one at a time, by changing words that the prover draws. The proofs verify all the same, so nothing
 * but the tests of hiding sees them; each line says how many functionals of the cells then leak. Planted leaks of the
 * product check are in `pad-proof.test.ts`, of salts in `salts.test.ts`, in links in `link.test.ts`. A lookup's root has its pad
 * like any other message: here 'all bare'.
 *
 *     mask zero, or random on a part only    'the mask'            bare final value        'pads'
 *     dependent coefficients of the mask     'the mask'            pad shorter by one      'pads of columns'
 *     cloned stream                          'the mask'            star                    pad-proof.test.ts
 *     repeated mask                          'two proofs'          unsalted leaf           salts.test.ts
 *     carried column in the proof's group    rank.test.ts, 'a group of a proof, opened by two proofs of a chain'
 */
import { describe, expect, test } from 'vitest';
import type { Kernels } from '../../src/kernels/index.ts';
import { leakedFunctionals, type Scenario } from '../support/hiding.ts';
import { oneGroup } from '../support/scenarios.ts';
import type { Coordinate, Words } from '../support/tape.ts';
import { proveAndVerify } from '../support/verified.ts';

type Plant = NonNullable<Scenario['plant']>;
type Fits = (at: Coordinate) => boolean;

/** The words that fit are zero. */
function blank(fits: Fits): Plant {
  return (words: Words) => (at) => (fits(at) ? 0 : words(at));
}

/** The words that fit are those of another place. */
function redirect(fits: Fits, to: Partial<Coordinate>): Plant {
  return (words: Words) => (at) => words(fits(at) ? { ...at, ...to } : at);
}

const isMask: Fits = ({ label }) => label === 'maskcell' || label === 'maskpads';
/** Three columns of a static group, two of the proof's own, four cells and four pads each. */
const ONE = oneGroup([[3, 9]]);
const TWO = oneGroup([[3, 9], [0, 14]]); // prettier-ignore

/** The leak is there, and a verifier does not see it in either proof. */
function expectSilentLeak(scenario: Scenario, leaked: number): void {
  expect(leakedFunctionals(scenario)).toBe(leaked);
  for (const proof of scenario.proofs)
    expect(proveAndVerify(scenario, proof, 1).verdict).toEqual({ ok: true });
}

test('nothing planted, nothing leaks', () => {
  expectSilentLeak(ONE, 0);
  expectSilentLeak(TWO, 0);
});

describe('the mask', () => {
  test.each<[string, number, Plant]>([
    ['zero', 8, blank(isMask)],
    ['random on cells alone, a zero tail', 4, blank(({ label }) => label === 'maskpads')],
    ['random on pads alone', 8, blank(({ label }) => label === 'maskcell')],
    ['in the base field alone', 4, blank((at) => isMask(at) && at.id > 0)],
    [
      'base columns from one stream, as of two workers with one counter',
      4,
      redirect((at) => isMask(at) && at.id === 1, { id: 0 }),
    ],
  ])('%s', (_, leaked, plant) => expectSilentLeak({ ...ONE, plant }, leaked));

  test('one coefficient zero: seen once the budget is used up', () => {
    const plant = blank(({ label, word }) => label === 'maskpads' && word === 3);
    expectSilentLeak({ ...TWO, plant }, 3);
  });

  test('dependent coefficients of the base columns', () => {
    const dependent = (kernels: Kernels): Kernels => {
      const { ext } = kernels;
      const isUnit = (limbs: ArrayLike<number>): boolean =>
        Array.from(limbs).reduce((sum, limb) => sum + limb, 0) === 1;
      return {
        ...kernels,
        ext: { ...ext, fromLimbs: (limbs) => (isUnit(limbs) ? ext.one : ext.fromLimbs(limbs)) },
      };
    };
    // The verifier has coefficients of its own, so this one is not silent.
    expect(leakedFunctionals({ ...ONE, plantKernels: dependent })).toBe(4);
  });
});

describe('two proofs', () => {
  const second =
    (label: string): Fits =>
    (at) =>
      at.source === 'proof 1' && at.label === label;
  const first = { source: 'proof 0' };

  test('of one key', () => {
    const proofs = TWO.proofs.map((proof) => ({ ...proof, key: 'one' }));
    expectSilentLeak({ ...TWO, proofs }, 16);
  });

  test.each<[string, number, Fits]>([
    ['mask', 16, (at) => at.source === 'proof 1' && isMask(at)],
    ['pads', 20, second('pad')],
    ['r', 20, second('padr')],
    ['extensions of h and r', 8, second('padx')],
    ['pads of own columns', 4, second('ownpads')],
  ])('with the same %s', (_, leaked, fits) =>
    expectSilentLeak({ ...TWO, plant: redirect(fits, first) }, leaked),
  );
});

describe('pads', () => {
  const padOf =
    (index: number): Fits =>
    ({ label, word }) =>
      label === 'pad' && word >> 1 === index;
  test.each<[string, number, Plant]>([
    ['the first message of the merge bare', 2, blank(padOf(0))],
    ['y_0 bare', 2, blank(padOf(4))],
    ['one limb of y_4 bare', 1, blank(({ label, word }) => label === 'pad' && word === 2 * 8)],
    [
      'one limb of two messages under one pad',
      1,
      redirect(({ label, word }) => label === 'pad' && word === 9, { word: 11 }),
    ],
    ['all bare', 12, blank(({ label }) => label === 'pad')],
    ['r zero', 12, blank(({ label }) => label === 'padr')],
    ['r zero in one limb', 1, blank(({ label, word }) => label === 'padr' && word === 1)],
    ['no extensions', 4, blank(({ label }) => label === 'padx')],
  ])('%s', (_, leaked, plant) => expectSilentLeak({ ...ONE, plant }, leaked));

  test('a bare y_M says nothing by itself: a is public, y_M = a - sum rho_l y_l is one functional', () => {
    expectSilentLeak({ ...ONE, plant: blank(padOf(9)) }, 2);
  });
});

describe('pads of columns', () => {
  test.each<[string, number, Plant, Scenario]>([
    ['own, shorter by one', 2, blank(({ label, word }) => label === 'ownpads' && word === 1), ONE],
    ['own, none', 4, blank(({ label }) => label === 'ownpads'), ONE],
    ['own, one stream for both', 2, redirect(({ label }) => label === 'ownpads', { id: 0 }), ONE],
    ['static, none', 6, blank(({ label }) => label === 'pads'), ONE],
    [
      'static, shorter by one, at the budget',
      3,
      blank(({ label, word }) => label === 'pads' && word === 3),
      TWO,
    ],
    [
      'static, one stream for two columns, at the budget',
      4,
      redirect(({ label, id }) => label === 'pads' && id === 1, { id: 0 }),
      TWO,
    ],
  ])('%s', (_, leaked, plant, scenario) => expectSilentLeak({ ...scenario, plant }, leaked));
});

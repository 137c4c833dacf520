/**
 * ZKP-1: the exact rank test. Everything that an opening sends beyond digests, with fixed challenges, as columns of R (what
 * each random word does to it) and of S (what each committed cell does): hiding is rank[R | S] = rank[R] on the cells that
 * leave the claims alone, and the excess is the exact number of functionals that leak. The prover is the real one.
 *
 * A proof that leaks verifies like one that does not: `planted-leaks.test.ts` has the leaks that this test is for.
 */
import { describe, expect, test } from 'vitest';
import {
  affineView,
  leakedFunctionals,
  revealedFunctionals,
  runProof,
  type ProofOf,
  type Scenario,
} from '../support/hiding.ts';
import { rankOf } from '../support/rank.ts';
import { F257, F97, groupOf, KOALA, oneGroup, proofsAt, SMALL, WIDE } from '../support/scenarios.ts';
import { coordinateName } from '../support/tape.ts';
import { viewChannel } from '../support/view.ts';
import { generator } from '../support/words.ts';

/** What is sent without a pad of its own: g' and all that follows from it, and opened rows. */
const IN_THE_CLEAR = (label: string): boolean => /^(open\/a|whir\/|rows\/(?!PAD))/.test(label);

describe('one proof shows nothing but its claim', () => {
  test.each([
    ['F_97', F97, 3, 2],
    ['F_97, no columns of its own', F97, 3, 0],
    ['F_257', F257, 2, 1],
    ['KoalaBear', KOALA, 2, 1],
  ])('%s', (_, kernels, columns, ownColumns) => {
    const proofs = proofsAt([[3, 9]], [0], ownColumns);
    expect(leakedFunctionals({ kernels, code: SMALL, groups: [groupOf('W', columns)], proofs })).toBe(0);
  });

  test.each([
    ['eighteen columns of a group', 18, 0],
    ['fifteen columns of its own: the mask lies in two batches', 1, 15],
  ])('columns are read in batches of sixteen: %s', (_, columns, ownColumns) => {
    const proofs = proofsAt([[3, 9]], [0], ownColumns);
    const groups = [groupOf('W', columns)];
    expect(leakedFunctionals({ kernels: F97, code: SMALL, groups, proofs })).toBe(0);
  });

  test('the part in the clear shows not even the claim', () => {
    expect(revealedFunctionals(oneGroup([[3, 9]], { part: IN_THE_CLEAR }))).toBe(0);
  });

  test('the whole shows the claim, both limbs: the verifier would accept no other', () => {
    expect(revealedFunctionals(oneGroup([[3, 9]]))).toBe(2);
  });
});

describe('proofs of one static group', () => {
  test('full up to the budget: four positions for four pads', () => {
    const scenario = oneGroup([
      [3, 9],
      [0, 14],
    ]);
    expect(leakedFunctionals(scenario)).toBe(0);
    expect(revealedFunctionals({ ...scenario, part: IN_THE_CLEAR })).toBe(0);
  });

  test('positions that repeat cost nothing', () => {
    expect(
      leakedFunctionals(
        oneGroup([
          [3, 9],
          [0, 14],
          [9, 0],
          [14, 3],
        ]),
      ),
    ).toBe(0);
  });

  test.each([
    [1, [[3, 9], [0, 14], [5, 9]]], // prettier-ignore
    [2, [[3, 9], [0, 14], [5, 7]]], // prettier-ignore
    [3, [[3, 9], [0, 14], [5, 7], [12, 0]]], // prettier-ignore
  ])('%i positions beyond: as many functionals of each column', (beyond, positions) => {
    expect(leakedFunctionals(oneGroup(positions))).toBe(3 * beyond);
  });

  test('KoalaBear: full at the budget, one functional a column beyond', () => {
    const scenario = (positions: number[][]): Scenario => ({
      kernels: KOALA,
      code: SMALL,
      groups: [groupOf('W', 1)],
      proofs: proofsAt(positions, [0]),
      part: IN_THE_CLEAR, // the claims, five limbs each, would show all four cells
    });
    const full = [[3, 9], [0, 14]]; // prettier-ignore
    expect(revealedFunctionals(scenario(full))).toBe(0);
    expect(revealedFunctionals(scenario([...full, [9, 6]]))).toBe(1);
  });

  test('a longer code: four proofs fill eight pads, the ninth position leaks', () => {
    const scenario = (positions: number[][]): Scenario => ({
      kernels: F97,
      code: WIDE,
      groups: [groupOf('W', 2)],
      proofs: proofsAt(positions, [0]),
    });
    const full = [[3, 9], [0, 31], [17, 5], [6, 24]]; // prettier-ignore
    expect(leakedFunctionals(scenario(full))).toBe(0);
    expect(leakedFunctionals(scenario([...full, [24, 30]]))).toBe(2);
  });
});

describe("a proof's own columns, over several proofs", () => {
  const own = (change: Partial<ProofOf>): ProofOf[] =>
    proofsAt([[3, 9], [0, 14]], [0], 2).map((proof) => ({ ...proof, ...change })); // prettier-ignore
  const groups = [groupOf('W', 1)];
  const base = { kernels: F97, code: SMALL, groups };

  test('four proofs at common positions: each has pads of its own', () => {
    const proofs = proofsAt([[3, 9], [0, 14], [9, 0], [14, 3]], [0], 2); // prettier-ignore
    expect(leakedFunctionals({ ...base, proofs })).toBe(0);
    expect(revealedFunctionals({ ...base, proofs, part: IN_THE_CLEAR })).toBe(0);
  });

  test('no group at all', () => {
    const proofs = proofsAt([[3, 9], [0, 14], [5, 6]], [], 2); // prettier-ignore
    expect(leakedFunctionals({ ...base, groups: [], proofs })).toBe(0);
  });

  test('KoalaBear: the part in the clear shows nothing', () => {
    const proofs = proofsAt([[3, 9], [9, 14]], [0], 1); // prettier-ignore
    const scenario: Scenario = { ...base, kernels: KOALA, proofs, part: IN_THE_CLEAR };
    expect(revealedFunctionals(scenario)).toBe(0);
  });

  test('the same cells again, committed anew: nothing but the claims', () => {
    expect(leakedFunctionals({ ...base, proofs: own({ ownCells: 'state' }) })).toBe(0);
  });

  test('the same tree opened by a second proof: q0 functionals of each column', () => {
    const again: Scenario['plant'] = (words) => (at) =>
      words(at.label === 'ownpads' ? { ...at, source: 'proof 0' } : at);
    expect(leakedFunctionals({ ...base, proofs: own({ ownCells: 'state' }), plant: again })).toBe(4);
  });
});

describe('several groups', () => {
  test('two static groups and own columns under common positions', () => {
    const groups = [groupOf('W', 2), groupOf('D', 1)];
    const proofs = proofsAt([[3, 9], [0, 14]], [0, 1], 1); // prettier-ignore
    expect(leakedFunctionals({ kernels: F97, code: SMALL, groups, proofs })).toBe(0);
  });

  test('proofs of different groups spend the budgets of what they open', () => {
    const groups = [groupOf('W', 2), groupOf('D', 1)];
    const proofs = [
      ...proofsAt([[3, 9]], [0, 1]),
      { ...proofsAt([[0, 14]], [0])[0]!, key: 'second' },
      { ...proofsAt([[1, 5]], [1])[0]!, key: 'third' },
    ];
    expect(leakedFunctionals({ kernels: F97, code: SMALL, groups, proofs })).toBe(0);
    const more = [...proofs, { ...proofsAt([[6, 7]], [1])[0]!, key: 'fourth' }]; // D: six positions, four pads
    expect(leakedFunctionals({ kernels: F97, code: SMALL, groups, proofs: more })).toBe(2);
  });

  test.each([
    ['carried, two uses', { lifetime: 'carried' as const, uses: 2 }, 0],
    ['carried, one use', { lifetime: 'carried' as const, uses: 1 }, 4],
    ['of a proof', { lifetime: 'proof' as const }, 4],
  ])('a group %s, opened by two proofs of a chain', (_, change, leaked) => {
    const groups = [groupOf('W', 1), groupOf('S', 2, change)];
    const proofs = proofsAt([[3, 9], [0, 31]], [0, 1]); // prettier-ignore
    expect(leakedFunctionals({ kernels: F97, code: WIDE, groups, proofs })).toBe(leaked);
  });

  test('two epochs of one set of cells: rows of both, at common and at other positions', () => {
    const groups = [groupOf('W@0', 2), groupOf('W@1', 2, { epoch: 1 })];
    const old = proofsAt([[3, 9], [0, 14]], [0]); // prettier-ignore
    const next = proofsAt([[3, 9], [1, 15]], [1]).map((p) => ({ ...p, key: `next ${p.key}` })); // prettier-ignore
    const scenario: Scenario = { kernels: F97, code: SMALL, groups, proofs: [...old, ...next] };
    expect(leakedFunctionals(scenario)).toBe(0);
    // The liar: a new tree over the old pads. Six distinct positions against four pads.
    const oldPads: Scenario['plant'] = (words) => (at) =>
      words(at.source === 'key W@1' && at.label === 'pads' ? { ...at, source: 'key W@0' } : at);
    expect(leakedFunctionals({ ...scenario, plant: oldPads })).toBe(4);
  });
});

describe('the test itself', () => {
  test('the view is affine: R and S foretell a run with random words and cells', () => {
    const scenario = oneGroup([[3, 9]]);
    const F = F97.ext.base;
    const [proof] = scenario.proofs as [(typeof scenario.proofs)[0]];
    const { random, witness, coordinates } = affineView(scenario);
    const next = generator(5);
    const values = new Map<string, number>();
    const valueOf = (name: string): number => {
      if (!values.has(name)) values.set(name, next() % 97);
      return values.get(name) as number;
    };
    const run = (words: (name: string) => number): number[] => {
      const ch = viewChannel(F97.ext, proof.challenges);
      const cell = (owner: string, i: number): number => words(`cell/${owner}/${i}`);
      runProof(scenario, proof, (at) => words(coordinateName(at)), cell, ch);
      return ch.written.flatMap(({ words: sent }) => [...sent]);
    };
    const actual = run(valueOf);
    const foretold = run(() => 0).map((x) => F.fe(x));
    const addColumns = (columns: readonly (readonly number[])[], names: readonly string[]): void =>
      columns.forEach((column, c) => {
        const x = F.fe(valueOf(names[c] as string));
        column.forEach((y, i) => (foretold[i] = F.add(foretold[i]!, F.mul(x, F.fe(y)))));
      });
    addColumns(random, coordinates);
    const cells = [...Array.from({ length: 12 }, (_, i) => `cell/W/${i}`)];
    cells.push(...Array.from({ length: 8 }, (_, i) => `cell/proof 0/${i}`));
    addColumns(witness, cells);
    expect(actual).toEqual(foretold);
  });

  test('every random word that is drawn reaches the view, and every part of a proof is looked at', () => {
    const { random, coordinates, labels } = affineView(oneGroup([[3, 9]]));
    const idle = coordinates.filter((_, i) => random[i]?.every((x) => x === 0));
    expect(idle).toEqual([]);
    // Static pads beyond what the proof opened show in g' alone; one proof leaves the randomness of later ones.
    expect(rankOf(F97.ext.base, random)).toBeLessThan(coordinates.length);
    expect([...new Set(labels)]).toEqual([
      'merge/round',
      'open/y',
      'open/y-mask',
      'open/a',
      'rows/W',
      'rows/AM',
      'whir/round',
      'rows/G1',
      'whir/final',
      'rows/G2',
      'pads/sums',
      'pads/revealed',
      'rows/PAD',
    ]);
  });
});

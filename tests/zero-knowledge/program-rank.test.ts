/**
 * ZKP-1, ZKP-6, ZKP-7 for programs: with fixed challenges, what a proof with lookups, products, vanishing relations and columns of its own sends
 * has the same distribution for all witnesses of the program, exactly; with a pad left out it has not.
 */
import { describe, expect, test } from 'vitest';
import { hiddenCells, hiddenProgram } from '../support/hidden-program.ts';
import { leaked, programView, programViews, type ProgramScenario } from '../support/program-hiding.ts';
import { F257, SMALL } from '../support/scenarios.ts';
import { coordinateName } from '../support/tape.ts';
import { generator } from '../support/words.ts';

/** Messages that are one value or more, each under a pad of its own. */
const MESSAGES = ['lookup/roots', 'lookup/round', 'lookup/nodes', 'product/sum', 'product/round', 'product/values', 'merge/round', 'open/y']; // prettier-ignore

/** Witnesses of one or more proofs under common static cells. */
function witnesses(count: number, proofs: number): ProgramScenario['witnesses'] {
  const next = generator(9);
  return Array.from({ length: count }, () => {
    const w = [0, 1, 2].map(() => next() % 257);
    return Array.from({ length: proofs }, () => hiddenCells(257, w, [0, 1, 2].map(() => next() % 3))); // prettier-ignore
  });
}

/** Three proofs of one static group of a budget of two. */
const POSITIONS = [[3, 9], [0, 14], [5, 9]]; // prettier-ignore
const scenario: ProgramScenario = {
  kernels: F257,
  code: SMALL,
  program: hiddenProgram,
  proofs: POSITIONS.map((at, i) => ({ seed: 20 + i, positions: { 'open/positions': at } })),
  witnesses: witnesses(12, POSITIONS.length),
};
const F = F257.ext.base;
const views = programViews(scenario);

describe('one proof', () => {
  test('shows nothing of the witness, and the witnesses differ', () => {
    expect(leaked(F, views, 1)).toBe(0);
    expect(leaked(F, views, 1, () => true)).toBe(11);
  });
  test('every message of the argument is looked at', () => {
    for (const label of MESSAGES) expect([label, views.labels.includes(label)]).toEqual([label, true]);
    for (const label of ['open/y-mask', 'open/a', 'whir/final', 'rows/W0', 'rows/AM']) {
      expect([label, views.labels.includes(label)]).toEqual([label, true]);
    }
  });
  test('the view is affine in the randomness, whatever the witness: R foretells a run with other words', () => {
    const next = generator(4);
    const values = new Map(views.coordinates.map((name) => [name, next() % 257]));
    for (const [cells] of scenario.witnesses.slice(0, 3)) {
      const run = (words: (name: string) => number): number[] =>
        programView(scenario, 0, (at) => words(coordinateName(at)), cells!).flatMap(({ words: sent }) => [
          ...sent,
        ]);
      const foretold = run(() => 0).map((x) => F.fe(x));
      views.random.forEach((column, c) => {
        const x = F.fe(values.get(views.coordinates[c]!)!);
        foretold.forEach((y, i) => (foretold[i] = F.add(y, F.mul(x, F.fe(column[i]!)))));
      });
      // Words of the pad proof, which R leaves out, are at random too: they reach nothing that is looked at.
      expect(run((name) => values.get(name) ?? next() % 257)).toEqual(foretold);
    }
  });
});

test('up to the budget of a static group nothing shows; a position beyond shows something', () => {
  expect(leaked(F, views, 2)).toBe(0);
  expect(leaked(F, views, 3)).toBe(1);
});

test('ZKP-7: messages, their order and their sizes are the same for all witnesses', () => {
  const shape = (cells: ReadonlyMap<string, readonly number[]>): unknown[] =>
    programView(scenario, 0, () => 0, cells).map(({ label, words }) => [label, words.length]);
  const shapes = new Set(scenario.witnesses.map(([cells]) => JSON.stringify(shape(cells!))));
  expect(shapes.size).toBe(1);
});

describe('ZKP-6: planted leaks', () => {
  const sent = programView(scenario, 0, () => 0, scenario.witnesses[0]![0]!);
  /** The index of the pad under the first value of a message. */
  const padOf = (label: string): number => {
    const before = sent.slice(
      0,
      sent.findIndex((one) => one.label === label),
    );
    return before.reduce((pads, { words }) => pads + words.length / F257.ext.degree, 0);
  };
  test.each(MESSAGES)('the first value of %s without a pad', (label) => {
    const pad = padOf(label);
    const isIts = (name: string): boolean => {
      const [key, stream, , word] = name.split('/');
      return key === 'proof 0' && stream === 'pad' && Math.floor(Number(word) / F257.ext.degree) === pad;
    };
    expect(views.coordinates.filter(isIts).length).toBe(F257.ext.degree);
    expect(leaked(F, views, 1, isIts)).toBeGreaterThan(0);
  });
  test.each(['ownpads', 'pads', 'maskcell'])('no words of %s', (stream) => {
    expect(leaked(F, views, 1, (name) => name.split('/')[1] === stream)).toBeGreaterThan(0);
  });
});

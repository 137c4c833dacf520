/**
 * A chain of two proofs shows nothing of the weights between them, though both open their commitment: exactly, over all randomness, for fixed
 * challenges. With pads for one proof alone it would. With momentum three proofs open them, and one of three does not show what two hid.
 * (What a proof sends by itself is zero-knowledge/program-rank.)
 */
import { describe, expect, test } from 'vitest';
import type { Program } from '../../src/relation/program.ts';
import { lookupOf, rangeTable, read, times } from '../support/example-programs.ts';
import { leaked, programViews, type ProgramScenario } from '../support/program-hiding.ts';
import { F257, SMALL } from '../support/scenarios.ts';
import { generator } from '../support/words.ts';

const I = { name: 'i', size: 3 };

/** A step of its own kind: v = w + x d, x looked up, d the data. */
const program: Program = {
  tensors: [
    { kind: 'static', name: 'd', shape: [3], group: 0 },
    { kind: 'static', name: 'w', shape: [3], group: 1 },
    { kind: 'static', name: 'v', shape: [3], group: 2 },
    { kind: 'witness', name: 'x', shape: [3] },
  ],
  tables: [rangeTable('t', 3)],
  virtuals: [],
  relations: [
    lookupOf('x', [I], 't', [times(1, [read('x', 'i')])]),
    {
      kind: 'zero',
      name: 'update',
      indices: [I],
      terms: [
        times(1, [read('x', 'i'), read('d', 'i')]),
        times(1, [read('w', 'i')]),
        times(-1, [read('v', 'i')]),
      ],
    },
  ],
};

/** Data, and weights that go on from proof to proof. */
function witnesses(count: number, proofs: number): ProgramScenario['witnesses'] {
  const next = generator(31);
  const draw = (below: number): number[] => [0, 1, 2].map(() => next() % below);
  return Array.from({ length: count }, () => {
    const d = draw(257);
    let w = draw(257);
    return Array.from({ length: proofs }, () => {
      const x = draw(3);
      const v = w.map((value, i) => (value + x[i]! * d[i]!) % 257);
      const cells = new Map([['d', d], ['w', w], ['v', v], ['x', x]]); // prettier-ignore
      w = v;
      return cells;
    });
  });
}

/** Two proofs: every group opened at positions of its own, two a proof. */
function chain(uses: number): ProgramScenario {
  return {
    kernels: F257,
    code: SMALL,
    program,
    proofs: [
      [3, 9],
      [0, 14],
    ].map((at, i) => ({ seed: 60 + i, positions: { 'open/positions': at } })),
    group: (proof, g) =>
      g === 0
        ? { label: 'D', lifetime: 'static', uses: 1 }
        : { label: `S${proof + g - 1}`, lifetime: 'carried', uses },
    witnesses: witnesses(16, 2),
  };
}
const F = F257.ext.base;

describe('weights between two proofs', () => {
  test('with pads for two openings nothing is shown, and the witnesses differ', () => {
    const views = programViews(chain(2));
    expect(leaked(F, views, 2)).toBe(0);
    expect(leaked(F, views, 2, () => true)).toBe(15);
    for (const label of ['rows/D', 'rows/S0', 'rows/S1', 'rows/S2']) {
      expect([label, views.labels.includes(label)]).toEqual([label, true]);
    }
  });
  test('with pads for one opening the second proof shows what the first one hid', () => {
    const views = programViews(chain(1));
    expect(leaked(F, views, 1)).toBe(0);
    expect(leaked(F, views, 2)).toBeGreaterThan(0);
  });
});

/** With momentum: w goes on as it came from u. */
const moving: Program = {
  ...program,
  tensors: [
    { kind: 'static', name: 'd', shape: [3], group: 0 },
    { kind: 'static', name: 'u', shape: [3], group: 1 },
    { kind: 'static', name: 'w', shape: [3], group: 2 },
    { kind: 'static', name: 'v', shape: [3], group: 3 },
    { kind: 'witness', name: 'x', shape: [3] },
  ],
  relations: [
    lookupOf('x', [I], 't', [times(1, [read('x', 'i')])]),
    {
      kind: 'zero',
      name: 'update',
      indices: [I],
      terms: [
        times(1, [read('x', 'i'), read('d', 'i')]),
        times(2, [read('w', 'i')]),
        times(-1, [read('u', 'i')]),
        times(-1, [read('v', 'i')]),
      ],
    },
  ],
};

/** Three proofs: the weights behind the first step are written by the first, read by the second, and read as the earlier ones by the third. */
function movingChain(uses: number): ProgramScenario {
  const next = generator(32);
  const draw = (below: number): number[] => [0, 1, 2].map(() => next() % below);
  return {
    ...chain(uses),
    program: moving,
    // Codewords have room for four pads: one position a proof.
    code: { ...SMALL, queries: 1 },
    proofs: [[3], [0], [5]].map((at, i) => ({ seed: 70 + i, positions: { 'open/positions': at } })),
    group: (proof, g) =>
      g === 0
        ? { label: 'D', lifetime: 'static', uses: 1 }
        : { label: `S${proof + g - 1}`, lifetime: 'carried', uses },
    witnesses: Array.from({ length: 16 }, () => {
      const d = draw(257);
      let [u, w] = [draw(257), draw(257)];
      return [0, 1, 2].map(() => {
        const x = draw(3);
        const v = w.map((value, i) => (2 * value - u[i]! + 257 + x[i]! * d[i]!) % 257);
        const cells = new Map([['d', d], ['u', u], ['w', w], ['v', v], ['x', x]]); // prettier-ignore
        [u, w] = [w, v];
        return cells;
      });
    }),
  };
}

describe('weights that three proofs open', () => {
  test('with pads for three openings nothing is shown', () => {
    const views = programViews(movingChain(3));
    expect(leaked(F, views, 3)).toBe(0);
    expect(leaked(F, views, 3, () => true)).toBe(15);
  });
  test('with pads for two the third proof shows what two hid', () => {
    const views = programViews(movingChain(2));
    expect(leaked(F, views, 2)).toBe(0);
    expect(leaked(F, views, 3)).toBeGreaterThan(0);
  });
});

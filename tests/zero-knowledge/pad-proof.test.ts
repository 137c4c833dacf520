/**
 * The padded part. ZKP-2: over F_5 the pad proof is run for every value of its randomness and for two witnesses of one
 * statement; the views are the same multiset. Over larger fields, for fixed pads, (x, V, opened h-rows) is onto as a
 * function of r, star and extensions, so it is uniform whatever the pads are; U, beta and the r-rows follow from the
 * verifier's equations, and the masked values are uniform by the pads. Both fail for each leak of the product check.
 */
import { describe, expect, test } from 'vitest';
import type { Ext, ExtensionField, Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { referenceKernels } from '../../src/kernels/index.ts';
import { padCount, productIndex, starIndex, type PadPlan } from '../../src/pads/plan.ts';
import { productSums } from '../../src/pads/relations.ts';
import { affineView } from '../support/hiding.ts';
import { randomPoint } from '../support/linear.ts';
import { F5, runPads } from '../support/pad-runs.ts';
import { rankOf } from '../support/rank.ts';
import { F97, oneGroup, toyField } from '../support/scenarios.ts';
import { coordinateName, createTape, withoutHashing, type Coordinate, type Words } from '../support/tape.ts';
import { viewChannel, type Challenges } from '../support/view.ts';

/** A planted leak: the words that fit are zero. */
type Blank = (at: Coordinate) => boolean;
const HONEST: Blank = () => false;

describe('F_5, a^2 = 4: the views of a = 2 and a = 3', () => {
  const kernels = withoutHashing(referenceKernels(F5));
  const plan: PadPlan = { exposures: 1, products: [[0, 0]] };
  const e = (x: number): Ext => [x as Fe];
  /** Every word that the proof draws: the pad, star, r, the extensions. */
  const names: Coordinate[] = [];
  const note: Words = (at) => (names.push(at), 0);
  runPads({ kernels, plan, queries: 1, values: [e(2)], words: note }, viewChannel(F5, { seed: 1 }));

  /** How often each view occurs, over all randomness; a view is a number in base 5. */
  function viewCounts(a: number, challenges: Challenges, blank: Blank): Uint16Array {
    const counts = new Uint16Array(5 ** 10); // ten words; a liar has at most 5^6 runs
    const values = new Map<string, number[]>(names.map(({ label }) => [label, []]));
    const free = names.filter((at) => !blank(at));
    const words: Words = ({ label, word }) => (values.get(label) as number[])[word] ?? 0;
    const tape = createTape(kernels, words);
    const ch = viewChannel(F5, challenges);
    for (let run = 0; run < 5 ** free.length; run++) {
      let rest = run;
      for (const { label, word } of free) {
        (values.get(label) as number[])[word] = rest % 5;
        rest = Math.floor(rest / 5);
      }
      ch.written.length = 0;
      runPads({ kernels, plan, queries: 1, values: [e(a)], words: tape }, ch);
      let key = 0;
      for (const { words: sent } of ch.written) for (const x of sent) key = 5 * key + x;
      counts[key]!++;
    }
    return counts;
  }

  const challenges = (delta: number): Challenges => ({
    seed: 1,
    exts: { 'pads/gamma': [e(2)], 'pads/chi': [e(3)], 'pads/delta': [e(delta)] },
    positions: { 'pads/positions': [2] },
  });

  /** Whether the two witnesses give one multiset, and of how many views. */
  function compare(delta: number, blank: Blank): { alike: boolean; views: number } {
    const two = viewCounts(2, challenges(delta), blank);
    const three = viewCounts(3, challenges(delta), blank);
    return {
      alike: two.every((count, view) => three[view] === count),
      views: two.reduce((n, count) => n + Math.sign(count), 0),
    };
  }

  test('seven words: the pad, star, three of r, one of each extension', () => {
    expect(names.length).toBe(7);
  });

  test('identical', () => {
    // Ten words sent, three equations between them (linear, product, row): each of the 5^7 others once.
    expect(compare(2, HONEST)).toEqual({ alike: true, views: 5 ** 7 });
  }, 600_000);

  test.each<[string, Blank]>([
    ['star is zero', ({ label }) => label === 'star'],
    ['r is zero on the product pad', ({ label, word }) => label === 'padr' && word === 1],
    ['no extension of h', ({ label, word }) => label === 'padx' && word === 0],
  ])(
    'different: %s',
    (_, blank) => {
      expect(compare(2, blank).alike).toBe(false);
    },
    600_000,
  );
});

describe('for fixed pads, x, V and the h-rows are uniform', () => {
  const plan: PadPlan = {
    exposures: 4,
    products: [
      [0, 1],
      [2, 2],
      [1, 3],
    ],
  };
  const queries = 3;

  /** Rank over F of the view's free part as a function of everything but the pads, and its length. */
  function freePart(
    field: ExtensionField,
    blank: Blank,
    exts: Challenges['exts'] = {},
  ): { rank: number; length: number } {
    const kernels = withoutHashing(referenceKernels(field));
    const F = field.base;
    const d = field.degree;
    const pad = randomPoint(field, plan.exposures, 5).flat();
    const values = randomPoint(field, plan.exposures, 6);
    const drawn = new Map<string, Coordinate>();
    const run = (unit: string): number[] => {
      const ch = viewChannel(field, { seed: 3, exts });
      const words: Words = (at) => {
        if (at.label === 'pad') return pad[at.word] as number;
        drawn.set(coordinateName(at), at);
        return coordinateName(at) === unit && !blank(at) ? 1 : 0;
      };
      runPads({ kernels, plan, queries, values, words }, ch);
      return ch.written.flatMap(({ label, words: sent }) => {
        if (label === 'pads/sums') return sent.slice(2 * d);
        if (label === 'pads/revealed') return sent;
        if (label === 'rows/PAD') return sent.filter((_, i) => i % (2 * d) < d);
        return [];
      });
    };
    const base = run('');
    const columns = [...drawn.keys()].map((name) =>
      run(name).map((x, i) => F.sub(F.fe(x), F.fe(base[i] as number))),
    );
    return { rank: rankOf(F, columns), length: base.length };
  }

  test.each([toyField('F_97^2'), toyField('F_257^2'), quintic])('$name', (field) => {
    const { rank, length } = freePart(field, HONEST);
    expect(length).toBe(field.degree * (padCount(plan) + queries + 1 + queries));
    expect(rank).toBe(length);
  });

  test('also for Delta = 0 and for chi = 0', () => {
    const { zero } = F97.ext;
    const delta = freePart(F97.ext, HONEST, { 'pads/delta': [zero] });
    expect(delta.rank).toBe(delta.length);
    const chi = freePart(F97.ext, HONEST, { 'pads/chi': [zero, zero, zero] });
    expect(chi.rank).toBe(chi.length);
  });

  test.each<[string, number, Blank]>([
    ['star is zero', 2, ({ label }) => label === 'star'],
    ['star in F only', 1, ({ label, word }) => label === 'star' && word === 1],
    [
      'r is zero on one product pad',
      2,
      ({ label, word }) => label === 'padr' && word >> 1 === productIndex(plan, 1),
    ],
    ['r is zero on all product pads', 6, ({ label, word }) => label === 'padr' && word >= 8 && word < 14],
    ['r is zero on star', 2, ({ label, word }) => label === 'padr' && word >> 1 === starIndex(plan)],
    ['an extension shorter by one', 2, ({ label, word }) => label === 'padx' && word >> 1 === queries - 1],
    ['no extension of r', 6, ({ label, word }) => label === 'padx' && word >> 1 >= queries],
  ])('deficient: %s', (_, deficit, blank) => {
    const { rank, length } = freePart(F97.ext, blank);
    expect(length - rank).toBe(deficit);
  });

  test('V is onto K through star, once: a second batch of products under one star would show', () => {
    const field = F97.ext;
    const F = field.base;
    const s = padCount(plan);
    const h = randomPoint(field, s, 9);
    const r = randomPoint(field, s, 10);
    const chi = [randomPoint(field, 3, 11), randomPoint(field, 3, 12)];
    /** V of a batch as in the prover, with star as given. */
    const v = (star: Ext, batch: number): Ext => {
      const sums = productSums(field, plan, chi[batch] as Ext[]);
      const padded = h.map((x, i) => (i === starIndex(plan) ? star : x));
      return field.add(field.sub(sums.cross(r, padded), sums.products(r)), sums.star(padded));
    };
    const onto = (batches: readonly number[]): number => {
      const all = (star: Ext): Fe[] => batches.flatMap((k) => [...v(star, k)]);
      const base = all(field.zero);
      const units = [0, 1].map((limb) => all(field.zero.map((z, i) => (i === limb ? F.one : z))));
      return rankOf(F, units.map((unit) => unit.map((x, i) => F.sub(x, base[i] as Fe)))); // prettier-ignore
    };
    expect(onto([0])).toBe(2);
    expect(onto([1])).toBe(2);
    expect(onto([0, 1])).toBe(2); // of four: V_1 - V_2 would be a function of pads alone
  });
});

describe('each pad hides one message', () => {
  test('pads to sent values is the identity: a bijection on the pads in use', () => {
    const part = (label: string): boolean => /^(merge\/round|open\/y|open\/y-mask)$/.test(label);
    const { random, coordinates } = affineView(oneGroup([[3, 9]], { part }));
    const pads = coordinates.flatMap((name, i) => (name.includes('/pad/') ? [i] : []));
    const matrix = pads.map((i) => random[i] as readonly number[]);
    expect(matrix.length).toBe(2 * (2 * 2 + 5 + 1)); // two limbs: two messages a round, five y, y_M
    matrix.forEach((column, i) => expect(column).toEqual(matrix.map((_, j) => (i === j ? 1 : 0))));
  });
});

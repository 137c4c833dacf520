/** OPS-3: attention by liars. Each fills in all that follows from one lie; the relations named are all that stop it. */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { violated } from '../support/clear.ts';
import {
  attentionCells,
  changed,
  pairCells,
  scoreOf,
  type Choices,
  type Pair,
} from '../support/attention-liars.ts';
import type { Lowered } from '../support/lowered.ts';
import { attentionCase } from '../support/lowered-cases.ts';

const F = koalaBear;
const s = 3;
const G = 64 * 2 ** s;
const SHAPE = { rows: 7, starts: [0, 3], heads: 2, headDim: 2, shift: s, window: 3, bits: 8 };
/** Two sequences, two heads that share keys; rows see at most three rows. Some pairs are near, some far. */
const made = firstOf(
  (seed) => attentionCase({ seed, ...SHAPE }),
  (of) => find(of, 0) !== undefined && find(of, 1) !== undefined,
);
const zeros = attentionCase({ seed: 1, rows: 2, shift: s, bits: 2, valueBits: 4 });
/** Scores of 0: the one visible numerator of row 0 is 2^14, the two of row 1 are 2^13. */
const even = {
  ...zeros,
  cells: changed(
    changed(zeros.cells, 'q', (q) => q.fill(0)),
    'v',
    (v) => ([v[0], v[1]] = [3, -2]),
  ),
};
const p = F.modulus;

const stops = (of: typeof made, choices: Choices): string[] =>
  violated(of.program, attentionCells(of, choices));
const is = (t: number, h: number, j: number) => (pair: Pair) => pair.t === t && pair.h === h && pair.j === j;

/** a / b in F. */
const divided = (a: number, b: number): number => F.mul(F.fromInt(a), F.inverse(F.fromInt(b)));

function firstOf<T>(make: (seed: number) => T, fits: (of: T) => boolean): T {
  for (let seed = 1; ; seed++) {
    const of = make(seed);
    if (fits(of)) return of;
  }
}

/** A visible pair that is near, respectively far, with steps and room for one more. */
function find(of: Lowered, isFar: 0 | 1): (Pair & { readonly distance: number }) | undefined {
  const shifts = of.cells.get('o:shift')!;
  for (let t = 1; t < 7; t++) {
    for (let h = 0; h < 2; h++) {
      for (let j = Math.max(t < 3 ? 0 : 3, t - 2); j < t; j++) {
        const distance = shifts[t * 2 + h]! * G - scoreOf(of, { t, h, j });
        const { far: own, step, numerator } = pairCells(distance, s);
        const fits = isFar === 1 || (step > 0 && numerator > 0 && numerator < 2 ** 14);
        if (own === isFar && fits) return { t, h, j, distance };
      }
    }
  }
  return undefined;
}
const [near, far] = [find(made, 0)!, find(made, 1)!];

/** Relations that stood alone against some liar. */
const alone = new Set<string>();
function onlyStop(name: string, lie: readonly string[]): void {
  expect(lie).toEqual([name]);
  alone.add(name);
}

describe('OPS-3: attention', () => {
  it('fills in what the executor computes', () => {
    expect(stops(made, {})).toEqual([]);
    const filled = attentionCells(made);
    for (const [name, cells] of made.cells)
      expect(Array.from(filled.get(name)!), name).toEqual(Array.from(cells));
  });

  it('a shift one larger', () => {
    for (let cell = 0; cell < 14; cell++) {
      const shift = (t: number, h: number, k: number): number => (2 * t + h === cell ? k + 1 : k);
      onlyStop('o:next', stops(made, { shift }));
    }
  });
  it('a shift one smaller', () => {
    for (let cell = 0; cell < 14; cell++) {
      const shift = (t: number, h: number, k: number): number => (2 * t + h === cell ? k - 1 : k);
      const by = stops(made, { shift });
      expect(by.some((name) => ['o:sum', 'o:digits-0'].includes(name))).toBe(true); // some distances are negative
    }
    // S = 2^15 and S' = 2^16: in reach of all other lookups.
    expect(stops(even, { shift: (t) => 1 + t })).toEqual([]);
    onlyStop('o:sum', stops(even, { shift: (t) => 2 * t }));
  });
  it('a shift that is no small integer', () => {
    // k G = honest + 2^s steps, k in F: one step further down, S is still above 2^14.
    const lie = attentionCells(made, {
      pair: (pair, honest, distance) =>
        pair.t === 0 && pair.j === 0 ? pairCells(distance - 2 ** s, s) : honest,
    });
    const moved = changed(lie, 'o:shift', (shift) => {
      for (const h of [0, 1]) shift[h] = divided(shift[h]! * G - 2 ** s, G);
    });
    onlyStop('o:shift', violated(made.program, moved));
  });

  it('a row of another sequence is seen', () => {
    expect(stops(made, { visible: (pair, seen) => seen || is(3, 0, 2)(pair) })).toContain('o:digits-0');
  });
  it('a row behind the window, or a later row is seen', () => {
    for (const [t, j] of [
      [6, 3],
      [4, 5],
    ] as const) {
      const shift = (row: number, h: number, k: number): number => (row === t && h === 1 ? k + 40 : k);
      expect(stops(made, { visible: (pair, seen) => seen || is(t, 1, j)(pair), shift })).toContain(
        'o:digits-0',
      );
    }
  });
  it('an unseen row gets a numerator, all else as it follows', () => {
    // Small enough for S to stay below 2^15: only the pinned distance is against it.
    const pair: Choices['pair'] = (of, honest) => (is(3, 0, 2)(of) ? pairCells(1000 * 2 ** s, s) : honest);
    onlyStop('o:digits-0', stops(made, { pair }));
  });
  it('a visible row is left out', () => {
    const hidden = is(near.t, near.h, near.j);
    expect(stops(made, { visible: (pair, seen) => seen && !hidden(pair) })).toContain('o:digits-0');
  });

  it('a step more, a step less', () => {
    for (const by of [-1, 1]) {
      const pair: Choices['pair'] = (of, honest) =>
        is(near.t, near.h, near.j)(of) ? pairCells(near.distance + by * 2 ** s, s) : honest;
      expect(stops(made, { pair })).toContain('o:digits-0');
    }
  });
  it('a far pair passes for a near one', () => {
    const pair: Choices['pair'] = (of, honest) =>
      is(far.t, far.h, far.j)(of) ? pairCells(honest.step * 2 ** s, s) : honest;
    const lie = stops(made, { pair });
    expect(lie).toContain('o:digits-0');
    expect(lie).not.toContain('o:numerator-0');
  });
  it('a near pair passes for a far one by a step below zero', () => {
    // u = r + 2^s (t - 2^11) + 2^(s+11): the digits are content.
    const pair: Choices['pair'] = (of, honest) =>
      is(near.t, near.h, near.j)(of) ? { step: honest.step - 2048, far: 1, numerator: 0, carry: 0 } : honest;
    const lie = stops(made, { pair });
    expect(lie).toContain('o:numerator-0');
    expect(lie).not.toContain('o:digits-0');
  });
  it('a step in F that turns a distance into any digit', () => {
    const pair: Choices['pair'] = (of, honest) =>
      is(near.t, near.h, near.j)(of)
        ? { step: divided(near.distance - 5 * 2 ** (s + 11), 2 ** s), far: 1, numerator: 0, carry: 0 }
        : honest;
    const lie = stops(made, { pair });
    expect(lie).toContain('o:numerator-0');
    expect(lie).not.toContain('o:digits-0');
  });
  it('a numerator or its carry is wrong by one', () => {
    const by = (what: 'numerator' | 'carry', amount: number): NonNullable<Choices['pair']> => {
      return (of, honest) =>
        is(near.t, near.h, near.j)(of) ? { ...honest, [what]: honest[what] + amount } : honest;
    };
    onlyStop('o:numerator-0', stops(made, { pair: by('numerator', -1) }));
    expect(stops(made, { pair: by('carry', -1) })).toContain('o:numerator-0');
    expect(stops(made, { pair: by('carry', 1) })).toContain('o:numerator-0');
  });

  it('sums that are none', () => {
    onlyStop('o:sum-0', stops(made, { sum: (_, __, S) => S + 1 }));
    expect(stops(made, { sum: (_, __, S) => S - 1 })).toContain('o:sum-0');
    const next = changed(made.cells, 'o:next', (cells) => (cells[3]! += 1));
    onlyStop('o:next-0', violated(made.program, next));
  });
  it('a quotient one larger, one smaller', () => {
    for (let cell = 0; cell < 28; cell++) {
      const by = (amount: number): Choices => ({ result: (o, at) => (at === cell ? o + amount : o) });
      for (const [amount, first] of [
        [1, 'o:rest'],
        [-1, 'o:room-0'],
      ] as const) {
        const lie = stops(made, by(amount));
        expect(lie).toContain(first);
        expect(lie.every((name) => ['o:room-0', 'o:rest'].includes(name))).toBe(true);
      }
    }
    // With a sum of 2^14 each lookup is the only one.
    const shift = (t: number): number => 1 + t;
    const first = (by: number): Choices => ({ shift, result: (o, at) => (at === 0 ? o + by : o) });
    expect(stops(even, first(0))).toEqual([]);
    onlyStop('o:rest', stops(even, first(1)));
    onlyStop('o:room-0', stops(even, first(-1)));
  });
  it('any remainder, and the quotient in F that goes with it', () => {
    const S = made.cells.get('o:sum')![0]!;
    const rest = made.cells.get('o:rest')![0]!;
    const o = made.cells.get('o')![0]!;
    const other = (rest + 1) % S;
    const lie = changed(
      changed(made.cells, 'o:rest', (cells) => (cells[0] = other)),
      'o',
      (cells) => (cells[0] = F.add(F.fromInt(o), F.fromInt(divided(rest - other, S)))),
    );
    onlyStop('o:result', violated(made.program, lie));
  });
  it('quotient or remainder alone', () => {
    for (const name of ['o', 'o:rest']) {
      const lie = violated(
        made.program,
        changed(made.cells, name, (cells) => (cells[5]! -= 1)),
      );
      expect(lie).toContain('o:division-0');
    }
  });
  it('a remainder that is another number below the sum', () => {
    const lie = changed(attentionCells(even, { shift: (t) => 1 + t }), 'o:rest', (cells) => (cells[0] = 1));
    onlyStop('o:division-0', violated(even.program, lie));
  });
  it('integers modulo p are the same cells: nothing is decided by how they are written', () => {
    const same = changed(made.cells, 'o:step-0', (cells) => (cells[0]! -= p));
    expect(violated(made.program, same)).toEqual([]);
  });
  it('OPS-4: every relation was the only one against somebody', () => {
    const own = made.program.relations.map(({ name }) => name).filter((name) => name.startsWith('o'));
    expect([...alone].sort()).toEqual(own.sort());
  });
});

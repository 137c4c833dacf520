/** The two gates: every third listed parameter set, its neighbours, and programs that are larger than it allows. */
import { expect, test } from 'vitest';
import { checkParameters as twinCheck, checkToyParameters, type Demand } from '../../reference/gate.ts';
import * as twinSets from '../../reference/parameter-set.ts';
import { verdictOf as twinVerdictOf } from '../../reference/refusal.ts';
import { checkParameters, unsafeCheckToyParameters } from '../../src/params/check.ts';
import { decodeParameters, encodeParameters } from '../../src/params/encoding.ts';
import { completeInstance } from '../../src/params/choose.ts';
import type { Instance, Lifetime } from '../../src/params/instance.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { S128, unsafeToyProfile, type Profile } from '../../src/params/profile.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { checkSet } from '../../reference/gate.ts';
import { codeOf } from '../support/linear.ts';
import { linkChoice, LISTED, MAIN, toyChoice, withCode, withGroup, withLevel } from '../support/params.ts';
import { parameterChanges } from '../support/twin-statements.ts';
import { wordOf } from '../support/twin.ts';
import { generator } from '../support/words.ts';

function demandOf({ terms, ...instance }: Instance): Demand {
  const numerators = terms.map(({ kind, size }) => (kind === 'batch' ? Math.max(size - 1, 0) : size));
  return { ...instance, terms: numerators };
}

function agree(name: string, parameters: Parameters, instance: Instance): string {
  const ours = wordOf(() => verdictOf(() => checkParameters(parameters, instance)));
  const twin = wordOf(() => twinVerdictOf(() => twinCheck(parameters, demandOf(instance))));
  expect([name, twin]).toEqual([name, ours]);
  return ours;
}

const CHOICES = [
  ...LISTED.filter((_, i) => i % 3 === 0),
  { name: 'the worked example', choice: MAIN },
  { name: 'its link', choice: linkChoice() },
];

test('listed sets and their neighbours', () => {
  for (const { name, choice } of CHOICES) {
    expect(agree(name, choice.parameters, choice.instance)).toBe('accepted');
    for (const { name: change, statement } of parameterChanges(choice.parameters)) {
      agree(`${name}, ${change}`, statement, choice.instance);
    }
  }
});

test('programs at the bound of a challenge and beyond', () => {
  const { parameters, instance } = MAIN;
  const { terms } = instance;
  const verdicts = [25, 26, 27, 30].flatMap((log) => {
    const n = 2 ** log;
    const changes: Partial<Instance>[] = [
      { balances: [n] },
      { balances: [1, n, 5] },
      { claims: n },
      { claims: n + 1 },
      { constraints: n },
      { constraints: n - 1 },
      { terms: [...terms, { name: 'x', kind: 'round', size: n }] },
      { terms: [...terms, { name: 'x', kind: 'batch', size: n }] },
      { terms: [...terms, { name: 'x', kind: 'batch', size: n + 1 }] },
      { terms: [...terms, { name: 'x', kind: 'point', size: n }] },
    ];
    return changes.map((change) => agree(`2^${log}`, parameters, { ...instance, ...change }));
  });
  expect(new Set(verdicts)).toEqual(new Set(['accepted', 'WEAK_PARAMS']));
  for (const n of [2130706432, 2130706433]) {
    agree('p lookups', parameters, { ...instance, balances: [n] });
    const toy = toyChoice();
    const run = { ...toy.instance, balances: [n % 2 === 0 ? 96 : 97] };
    const ours = wordOf(() => verdictOf(() => void unsafeCheckToyParameters(toy.parameters, run)));
    const twin = wordOf(() => twinVerdictOf(() => checkToyParameters(toy.parameters, demandOf(run))));
    expect([n, twin]).toEqual([n, ours]);
    expect(ours).toBe(n % 2 === 0 ? 'accepted' : 'WEAK_PARAMS');
  }
});

test('a toy, whatever it is called', () => {
  const toy = toyChoice();
  expect(agree('toy', toy.parameters, toy.instance)).toBe('WEAK_PARAMS');
  const { parameters, instance } = MAIN;
  const profile = unsafeToyProfile(128, S128.field);
  expect(agree('toy with the numbers of S128', { ...parameters, profile }, instance)).toBe('WEAK_PARAMS');
});

/** A program of one group and a set for it, by a profile and a code that nobody has to like. */
function setOf(
  profile: Profile,
  m: number,
  t: number,
  lifetime: Lifetime = 'static',
): [Parameters, Instance] {
  const group = { name: 'W', lifetime, columns: 2, uses: 1 };
  const own = { name: 'AM', lifetime: 'proof' as const, columns: 1, uses: 1 };
  const none = { balances: [], exposed: 0, products: 0, terms: [] };
  const instance: Instance = { kind: 'program', groups: [group, own], claims: 2, constraints: 2, ...none };
  const draft = completeInstance(instance, codeOf(profile, m, t), profile);
  if (draft === undefined) throw new Error('no parameters');
  return [draft.parameters, instance];
}

function agreeToy(name: string, parameters: Parameters, instance: Instance): string {
  const ours = wordOf(() => verdictOf(() => void unsafeCheckToyParameters(parameters, instance)));
  const twin = wordOf(() => twinVerdictOf(() => checkToyParameters(parameters, demandOf(instance))));
  expect([name, twin]).toEqual([name, ours]);
  return ours;
}

test('liars that one check stops', () => {
  const [base, instance] = setOf(S128, 10, 1024);
  expect(agree('base', base, instance)).toBe('accepted');
  const toy = (lambda: number, modulus: number, degree: number): Profile => ({
    ...unsafeToyProfile(1, S128.field),
    lambda,
    field: { modulus, degree },
  });
  const p = S128.field.modulus;
  const oneLevel = { logFold: 1, logInverseRate: 3, queries: 155 };
  const sets: [string, Parameters, Instance][] = [
    ['no room for links', ...setOf(S128, 10, 512)],
    ['t beyond 2^m', withCode(base, { padLength: 2048, queries: 665 }), instance],
    ['no levels', { ...base, levels: [], logFinal: 11 }, instance],
    ['no rounds', { ...base, levels: [...base.levels, { ...oneLevel, logFold: 0 }] }, instance],
    [
      'halves of rounds',
      {
        ...base,
        levels: [
          { ...oneLevel, logFold: 1.5 },
          { ...oneLevel, logFold: 1.5 },
        ],
        logFinal: 8,
      },
      instance,
    ],
    [
      'halves of rounds behind a whole one',
      {
        ...base,
        levels: [oneLevel, { ...oneLevel, logFold: 1.5 }, { ...oneLevel, logFold: 1.5 }],
        logFinal: 7,
      },
      instance,
    ],
    ['a fraction of a position', withCode(base, { queries: base.code.queries + 0.5 }), instance],
    ['m that is none', withCode(base, { logData: Number.NaN }), instance],
    ['t below zero', withCode(base, { padLength: -1024 }), instance],
    ['rate 1', withLevel(base, 0, { logInverseRate: 0 }), instance],
    ['a long final vector', { ...setOf(S128, 13, 8192)[0], levels: [oneLevel], logFinal: 13 }, instance],
  ];
  for (const [name, parameters, program] of sets) {
    expect([name, agree(name, parameters, program)]).toEqual([name, 'WEAK_PARAMS']);
  }
  expect(agree('the same, carried', ...setOf(S128, 10, 512, 'carried'))).toBe('accepted');
  const toys: [string, Profile][] = [
    ['lambda 257', toy(257, p, 5)],
    ['degree 17', toy(128, p, 17)],
    ['a modulus beyond 2^31', toy(128, 3 * 2 ** 30 + 1, 5)],
  ];
  for (const [name, profile] of toys) {
    const [parameters, program] = setOf(profile, 10, 1024);
    expect([name, agreeToy(name, parameters, program)]).toEqual([name, 'WEAK_PARAMS']);
  }
  expect(agreeToy('lambda 256', ...setOf(toy(256, p, 16), 10, 1024))).toBe('accepted');
});

test('lengths beyond the two-adicity', () => {
  const F97 = unsafeToyProfile(1, { modulus: 97, degree: 2 }); // 2^5 | 96
  const [base, instance] = setOf(F97, 3, 8);
  expect(agreeToy('base', base, instance)).toBe('accepted');
  const long = setOf(unsafeToyProfile(1, { modulus: 193, degree: 2 }), 4, 16)[0]; // 2^6 | 192
  expect(agreeToy('n0', { ...long, profile: F97 }, instance)).toBe('WEAK_PARAMS');
  const { queries, logCodeword } = base.pads;
  for (const step of [1, 2, 3]) {
    const pads = { ...base.pads, logCodeword: logCodeword + step };
    for (const q of [queries - 2, queries - 1, queries]) {
      agreeToy(`n_H by ${step}`, { ...base, pads: { ...pads, queries: q } }, instance);
    }
    const level = { ...base.levels[0]!, logInverseRate: base.levels[0]!.logInverseRate + step };
    for (const q of [1, 2, 3]) {
      agreeToy(`n_1 by ${step}`, withLevel(base, 0, { ...level, queries: q }), instance);
    }
  }
});

test('groups that live longer than their pads', () => {
  const { parameters, instance } = MAIN;
  const group = instance.groups[0]!.name;
  const uses = Math.floor(parameters.code.padLength / parameters.code.queries);
  const carried = (n: number): Instance => withGroup(instance, group, { lifetime: 'carried', uses: n });
  expect(agree('as many uses as fit', parameters, carried(uses))).toBe('accepted');
  expect(agree('one more', parameters, carried(uses + 1))).toBe('WEAK_PARAMS');
  expect(agree('none', parameters, carried(0))).toBe('WEAK_PARAMS');
  expect(agree('two own trees', parameters, withGroup(instance, group, { lifetime: 'proof' }))).toBe(
    'WEAK_PARAMS',
  );
});

test('bytes: the same in both, and 500 changed ones decode or are refused alike', () => {
  const next = generator(3);
  for (const { parameters } of CHOICES.slice(0, 5).map(({ choice }) => choice)) {
    const bytes = encodeParameters(parameters);
    expect(twinSets.encodeParameters(parameters)).toEqual(new Uint8Array(bytes));
    for (let i = 0; i < 100; i++) {
      const at = next() % bytes.length;
      const cut = i % 10 === 9 ? next() % (bytes.length + 1) : bytes.length;
      const changed = Uint8Array.from(bytes, (byte, j) => (j === at ? byte ^ (1 << (i % 8)) : byte)).slice(
        0,
        cut,
      );
      const ours = wordOf(() => verdictOf(() => void decodeParameters(changed)));
      const twin = wordOf(() => twinVerdictOf(() => checkSet(twinSets.decodeParameters(changed))));
      expect([i, twin]).toEqual([i, ours]);
    }
  }
});

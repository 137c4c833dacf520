/** PRM-2, PRM-3: the gate refuses whatever is weaker, malformed or not listed, and each check is the only one that stops some liar. */
import { describe, expect, test } from 'vitest';
import { checkParameters, checkStructure, unsafeCheckToyParameters } from '../../src/params/check.ts';
import { completeInstance, describe as describeSet } from '../../src/params/choose.ts';
import { encodeParameters } from '../../src/params/encoding.ts';
import { leastPadQueries, leastQueries } from '../../src/params/queries.ts';
import { columnCode, type Parameters } from '../../src/params/parameters.ts';
import { linkInstance, padSize, type Instance } from '../../src/params/instance.ts';
import { S128, unsafeToyProfile } from '../../src/params/profile.ts';
import {
  codeOf,
  designChoice,
  linkChoice,
  LISTED,
  MAIN,
  toyChoice,
  withCode,
  withGroup,
  withLevel,
} from '../support/params.ts';
import { withPads } from '../support/params.ts';

const WEAK = 'WEAK_PARAMS';
const { parameters, instance } = MAIN;
const verdict = (p: Parameters, i: Instance = instance) => codeOf(() => checkParameters(p, i));

/** The set with m or t replaced and everything that follows from them recomputed. */
function recomputed(p: Parameters, code: Partial<Parameters['code']>, i: Instance = instance): Parameters {
  const changed = withCode(p, code);
  const queries = leastQueries(columnCode(changed.code), 128) ?? 0;
  const size = padSize(i, changed.code.logData);
  const pads = { ...p.pads, size, queries: leastPadQueries(size, p.pads.logCodeword, 128) ?? 0 };
  const folds = p.levels.reduce((sum, level) => sum + level.logFold, 0);
  return { ...withCode(changed, { queries }), pads, logFinal: changed.code.logData + 1 - folds };
}

describe('PRM-2', () => {
  test.each(LISTED)('$name: accepted, all neighbours refused', ({ choice }) => {
    const { parameters: p, instance: i } = choice;
    expect(verdict(p, i)).toBe('accepted');
    for (const step of [1, -1]) {
      const neighbours: Parameters[] = [
        ...(['logData', 'padLength', 'queries'] as const).map((k) => withCode(p, { [k]: p.code[k] + step })),
        ...(['size', 'logCodeword', 'queries'] as const).map((k) => withPads(p, { [k]: p.pads[k] + step })),
        ...p.levels.flatMap((level, j) =>
          (['logFold', 'logInverseRate', 'queries'] as const).map((k) =>
            withLevel(p, j, { [k]: level[k] + step }),
          ),
        ),
        withCode(p, { padLength: p.code.padLength * 2 ** step }),
        { ...p, logFinal: p.logFinal + step },
        { ...p, levels: step > 0 ? [...p.levels, ...p.levels.slice(-1)] : p.levels.slice(0, -1) },
        { ...p, profile: { ...p.profile, lambda: 128 + step } },
        { ...p, profile: { ...p.profile, id: p.profile.id + step } },
        { ...p, profile: { ...p.profile, field: { ...p.profile.field, degree: 5 + step } } },
        { ...p, profile: { ...p.profile, field: { ...p.profile.field, modulus: 2130706433 + step } } },
      ];
      for (const neighbour of neighbours) expect(verdict(neighbour, i), JSON.stringify(neighbour)).toBe(WEAK);
    }
  });

  test('the schedule of the design is accepted too', () => {
    const design = designChoice();
    expect(verdict(design.parameters, design.instance)).toBe('accepted');
  });

  test('a toy is refused, whatever it is called', () => {
    const toy = toyChoice();
    expect(codeOf(() => unsafeCheckToyParameters(toy.parameters, toy.instance))).toBe('accepted');
    expect(verdict(toy.parameters, toy.instance)).toBe(WEAK);
    const profile = { ...unsafeToyProfile(128, S128.field), name: 'S128' };
    expect(verdict({ ...parameters, profile })).toBe(WEAK);
    expect(codeOf(() => unsafeCheckToyParameters({ ...parameters, profile }, instance))).toBe('accepted');
  });
});

describe('PRM-3', () => {
  test.each<[string, Parameters]>([
    ['zero q0', withCode(parameters, { queries: 0 })],
    ['zero q1', withLevel(parameters, 0, { queries: 0 })],
    ['zero q_H', withPads(parameters, { queries: 0 })],
    ['no levels', { ...parameters, levels: [], logFinal: 21 }],
    [
      'a level of no rounds',
      { ...parameters, levels: [...parameters.levels, { logFold: 0, logInverseRate: 3, queries: 155 }] },
    ],
    ['rate 1 in a level', withLevel(parameters, 0, { logInverseRate: 0 })],
    ['rate 1 of the pads', withPads(parameters, { logCodeword: 12 })],
    ['rate 1 of the columns', withCode(parameters, { padLength: 3 * 2 ** 20, queries: 1 })],
    ['proof of work', { ...parameters, profile: { ...S128, powBits: 20 } }],
    ['oversize proof of work', { ...parameters, profile: { ...S128, powBits: 200 } }],
    ['lambda 100', { ...parameters, profile: { ...S128, lambda: 100 } }],
    ['degree 4', { ...parameters, profile: { ...S128, field: { ...S128.field, degree: 4 } } }],
    ['no pads in columns', recomputed(parameters, { padLength: 0 })],
  ])('%s', (_, liar) => expect(verdict(liar)).toBe(WEAK));
});

describe('liars that one check stops', () => {
  test('the name of S128 over other numbers, with all that follows from them', () => {
    const code = { length: 2 ** 12, dimension: 2 ** 11 };
    const babyBear = 15 * 2 ** 27 + 1;
    for (const change of [
      { lambda: 100 },
      { field: { ...S128.field, modulus: babyBear } },
      { field: { ...S128.field, degree: 6 } },
    ]) {
      const profile = { ...S128, ...change };
      const queries = leastQueries(code, profile.lambda) as number;
      const columns = { logData: 10, padLength: 1024, queries };
      const draft = completeInstance(linkInstance(2), columns, profile)!;
      expect(draft.parameters.profile.id).toBe(S128.id);
      expect(() => checkStructure(draft.parameters)).toThrow('profile S128: expected lambda 128');
      expect(() => encodeParameters(draft.parameters)).toThrow('profile S128: expected lambda 128');
    }
  });
  test('a link whose proof commits columns of its own, or opens no mask', () => {
    const queries = leastQueries({ length: 2 ** 12, dimension: 2 ** 11 }, 128) as number;
    const columns = { logData: 10, padLength: 1024, queries };
    const of = (own: number): Instance => {
      const { groups, ...rest } = linkInstance(2);
      return { ...rest, groups: groups.map((g) => (g.lifetime === 'proof' ? { ...g, columns: own } : g)) };
    };
    for (const own of [0, 2]) {
      const { parameters: p, instance: i } = completeInstance(of(own), columns)!;
      expect([own, verdict(p, i)]).toEqual([own, own === 0 ? 'accepted' : WEAK]);
    }
  });
  test('fractions and negative numbers', () => {
    expect(verdict(withCode(parameters, { logData: 20.5 }))).toBe(WEAK);
    expect(verdict(withCode(parameters, { padLength: Number.NaN }))).toBe(WEAK);
    expect(verdict(withLevel(parameters, 2, { logFold: -1 }))).toBe(WEAK);
    const halves = withLevel(withLevel(parameters, 1, { logFold: 3.5 }), 2, { logFold: 3.5 });
    expect(verdict(halves)).toBe(WEAK);
    expect(verdict(parameters, { ...instance, claims: -1 })).toBe(WEAK);
    expect(verdict(parameters, { ...instance, exposed: instance.exposed + 0.5 })).toBe(WEAK);
  });

  test('n0 beyond the two-adicity', () => {
    const last = LISTED.find(({ choice }) => choice.parameters.code.logData === 22);
    if (last === undefined) throw new Error('no listed set with m = 22');
    const { parameters: p, instance: i } = last.choice;
    const liar = recomputed(p, { logData: 23, padLength: 2 * p.code.padLength }, i);
    expect(verdict(liar, i)).toBe(WEAK);
    // Even where the field would allow it: 2^25 points over a toy field of two-adicity 24.
    const profile = unsafeToyProfile(128, S128.field);
    expect(codeOf(() => unsafeCheckToyParameters({ ...liar, profile }, i))).toBe(WEAK);
  });

  test('t above 2^m', () => {
    expect(verdict(recomputed(parameters, { padLength: 2 ** 20 + 2 ** 17 }))).toBe(WEAK);
    expect(verdict(recomputed(parameters, { padLength: 2 ** 20 }))).toBe('accepted');
  });

  test('t that the column length of level 1 does not divide', () => {
    expect(verdict(recomputed(parameters, { padLength: 2 ** 18 + 2 ** 17 }))).toBe('accepted');
    expect(verdict(recomputed(parameters, { padLength: 2 ** 18 + 2 ** 16 }))).toBe(WEAK);
  });

  test('codewords of a level or of the pads beyond the two-adicity', () => {
    const wide = describeAt(22, 2 ** 20);
    const liar = withLevel(wide, 0, { logFold: 1, logInverseRate: 3 });
    const later = wide.levels.slice(1);
    const folds = later.reduce((sum, level) => sum + level.logFold, 1);
    const long = {
      ...liar,
      levels: [...liar.levels, { logFold: 23 - folds - wide.logFinal, logInverseRate: 1, queries: 309 }],
    };
    expect(verdict(long, instance22())).toBe(WEAK);
    const queries = leastPadQueries(parameters.pads.size, 25, 128) ?? 0;
    expect(verdict(withPads(parameters, { logCodeword: 25, queries }))).toBe(WEAK);
    const queries24 = leastPadQueries(parameters.pads.size, 24, 128) ?? 0;
    expect(verdict(withPads(parameters, { logCodeword: 24, queries: queries24 }))).toBe('accepted');
  });

  test('a final vector that is long, or not what the folds leave', () => {
    const short = { ...parameters, levels: parameters.levels.slice(0, 2), logFinal: 13 };
    expect(verdict(short)).toBe(WEAK);
    expect(verdict({ ...parameters, logFinal: 9 })).toBe(WEAK);
    const twelve = { ...short, levels: [short.levels[0], { ...short.levels[1], logFold: 5 }], logFinal: 12 };
    expect(verdict(twelve as Parameters)).toBe('accepted');
  });

  test('no levels, where the whole message would be a short final vector', () => {
    const { parameters: p, instance: i } = toyChoice();
    const liar = { ...p, levels: [], logFinal: p.code.logData + 1 };
    expect(codeOf(() => unsafeCheckToyParameters(liar, i))).toBe(WEAK);
  });

  test('pads that the program does not count', () => {
    const size = parameters.pads.size - 1;
    const queries = leastPadQueries(size, parameters.pads.logCodeword, 128) ?? 0;
    expect(verdict(withPads(parameters, { size, queries }))).toBe(WEAK);
    const more = { ...instance, exposed: instance.exposed - 1 };
    expect(verdict(withPads(parameters, { size, queries }), more)).toBe('accepted');
  });

  test('a group opened at more positions than it has random coefficients', () => {
    const carried = withGroup(instance, 'static', { lifetime: 'carried', uses: 1242 });
    expect(verdict(parameters, carried)).toBe('accepted');
    expect(verdict(parameters, withGroup(carried, 'static', { uses: 1243 }))).toBe(WEAK);
  });

  test('a static group without room for one proof and the link reserve', () => {
    const small = LISTED.find(({ choice }) => choice.parameters.code.logData === 16);
    if (small === undefined) throw new Error('no listed set with m = 16');
    const { parameters: p, instance: i } = small.choice;
    const level = (logFold: number) => ({ logFold, logInverseRate: 1, queries: 309 });
    const base = { ...p, levels: [level(8), level(1)] };
    const liar = recomputed(base, { padLength: 2 ** 9 }, i);
    expect(verdict(liar, i)).toBe(WEAK);
    const one = {
      ...i,
      groups: i.groups.map((group) => ({ ...group, lifetime: 'carried' as const, uses: 1 })),
    };
    const alone = withGroup(one, 'witness', { lifetime: 'proof' });
    expect(verdict(liar, alone)).toBe('accepted');
  });

  test('no tree or two trees of a single proof', () => {
    expect(verdict(parameters, withGroup(instance, 'witness', { lifetime: 'carried', uses: 1 }))).toBe(WEAK);
    expect(verdict(parameters, withGroup(instance, 'static', { lifetime: 'proof' }))).toBe(WEAK);
  });

  test('a carried group of no uses, which would have no random coefficients', () => {
    expect(verdict(parameters, withGroup(instance, 'static', { lifetime: 'carried', uses: 0 }))).toBe(WEAK);
  });

  test('a link between other columns, or of more than columns', () => {
    const { parameters: p, instance: i } = linkChoice();
    expect(verdict(p, i)).toBe('accepted');
    const uneven = withGroup(withGroup(i, 'old epoch', { columns: 255 }), 'new epoch', { columns: 1 });
    expect(verdict(p, uneven)).toBe(WEAK);
    const crossed = withGroup(withGroup(i, 'old epoch', { columns: 127 }), 'mask', { columns: 1 });
    expect(verdict(p, crossed)).toBe(WEAK);
    const carried = withGroup(i, 'old epoch', { lifetime: 'carried' });
    expect(verdict(p, withGroup(carried, 'new epoch', { lifetime: 'carried' }))).toBe(WEAK);
    expect(verdict(p, { ...i, balances: [4] })).toBe(WEAK);
    const empty = { name: 'more', lifetime: 'static' as const, columns: 0, uses: 1 };
    expect(verdict(p, { ...i, groups: [...i.groups, empty] })).toBe(WEAK);
  });

  test('a balance of p leaves or more, which p copies of a wrong tuple pass', () => {
    const toy = toyChoice();
    const toyVerdict = (leaves: number) =>
      codeOf(() => unsafeCheckToyParameters(toy.parameters, { ...toy.instance, balances: [leaves] }));
    expect([toyVerdict(96), toyVerdict(97)]).toEqual(['accepted', WEAK]);
  });

  test('a program whose lookups, claims or terms cost too much', () => {
    expect(verdict(parameters, { ...instance, balances: [2 ** 26] })).toBe(WEAK);
    expect(verdict(parameters, { ...instance, claims: 2 ** 27 })).toBe(WEAK);
    expect(verdict(parameters, { ...instance, constraints: 2 ** 27 })).toBe(WEAK);
    const terms = [{ name: 'round', kind: 'round', size: 2 ** 27 } as const];
    expect(verdict(parameters, { ...instance, terms })).toBe(WEAK);
  });
});

function instance22(): Instance {
  return { ...instance, exposed: instance.exposed - 4 };
}

/** A set at m = 22 with the program's other numbers kept: two more merge rounds, four elements fewer. */
function describeAt(logData: number, padLength: number): Parameters {
  const levels = [5, 4, 4].map((logFold) => ({ logFold, logInverseRate: 3, queries: 155 }));
  const p = recomputed({ ...parameters, levels }, { logData, padLength }, instance22());
  describeSet(p, instance22());
  return p;
}

test('a number that is missing is refused, and hides no bad one behind it', () => {
  const missing = undefined as unknown as number;
  expect(verdict({ ...parameters, code: { ...parameters.code, logData: missing } })).toBe(WEAK);
  expect(verdict({ ...parameters, logFinal: missing })).toBe(WEAK);
  expect(verdict(parameters, { ...instance, claims: missing, constraints: -5 })).toBe(WEAK);
  expect(verdict(parameters, { ...instance, balances: [missing, -7] })).toBe(WEAK);
});

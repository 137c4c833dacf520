/** The two gates: every third listed parameter set, its neighbours, and programs that are larger than it allows. */
import { expect, test } from 'vitest';
import { checkParameters as twinCheck, checkToyParameters, type Demand } from '../../reference/gate.ts';
import * as twinSets from '../../reference/parameter-set.ts';
import { verdictOf as twinVerdictOf } from '../../reference/refusal.ts';
import { checkParameters, unsafeCheckToyParameters } from '../../src/params/check.ts';
import { decodeParameters, encodeParameters } from '../../src/params/encoding.ts';
import type { Instance } from '../../src/params/instance.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { S128, unsafeToyProfile } from '../../src/params/profile.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { checkSet } from '../../reference/gate.ts';
import { linkChoice, LISTED, MAIN, toyChoice, withGroup } from '../support/params.ts';
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

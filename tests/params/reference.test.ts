/** PRM-1: the exact ledger against a calculator that shares no code with it. */
import { expect, test } from 'vitest';
import {
  referenceLedger,
  referencePadQueries,
  referenceQueries,
  referenceSize,
} from '../../reference/parameters.ts';
import type { ReferenceInput } from '../../reference/parameters.ts';
import { maskedElements } from '../../src/params/instance.ts';
import { tenthsOfBits } from '../../src/params/rational.ts';
import type { Choice } from '../../src/params/choose.ts';
import { designChoice, linkChoice, LISTED, MAIN, toyChoice } from '../support/params.ts';

function inputOf({ parameters, instance }: Choice): ReferenceInput {
  const { profile, code, levels, pads } = parameters;
  return {
    p: profile.field.modulus,
    d: profile.field.degree,
    lambda: profile.lambda,
    m: code.logData,
    t: code.padLength,
    q0: code.queries,
    levels: levels.map((level) => ({ k: level.logFold, r: level.logInverseRate, q: level.queries })),
    s: pads.size,
    logNH: pads.logCodeword,
    qH: pads.queries,
    balances: instance.balances,
    claims: instance.claims,
    constraints: instance.constraints,
    products: instance.products,
    terms: instance.terms,
    trees: instance.groups,
    transcript: maskedElements(instance, code.logData),
    kind: instance.kind,
  };
}

const SETS = [
  ...LISTED,
  { name: 'design', choice: designChoice() },
  { name: 'link', choice: linkChoice() },
  { name: 'toy', choice: toyChoice() },
];

test.each(SETS)('$name: every row within half a bit', ({ choice }) => {
  const expected = referenceLedger(inputOf(choice));
  const { rows } = choice.ledger;
  expect(rows.map((row) => row.name)).toEqual([...expected.keys()]);
  for (const { name, error } of rows) {
    const reference = expected.get(name) ?? Number.NaN;
    const tenths = tenthsOfBits(error);
    if (tenths === undefined) expect(reference, name).toBe(Number.POSITIVE_INFINITY);
    else expect(Math.abs(tenths / 10 - Math.max(0, reference)), name).toBeLessThan(0.11); // rounding down only
  }
});

test.each(SETS)('$name: query counts and size', ({ choice }) => {
  const { profile, code, levels, pads } = choice.parameters;
  expect(referenceQueries(profile.lambda, (1 + code.padLength / 2 ** code.logData) / 4)).toBe(code.queries);
  for (const level of levels) {
    expect(referenceQueries(profile.lambda, 2 ** -level.logInverseRate)).toBe(level.queries);
  }
  expect(referencePadQueries(profile.lambda, pads.size, 2 ** pads.logCodeword)).toBe(pads.queries);
  const bytes = referenceSize(inputOf(choice));
  expect(Math.abs(choice.size.expected - bytes)).toBeLessThan(20); // each part is rounded up
});

test('the comparison sees a changed term', () => {
  const input = inputOf(MAIN);
  const lookup = (balances: readonly number[]) =>
    referenceLedger({ ...input, balances }).get('lookup: fingerprint') ?? 0;
  expect(lookup([2 ** 25])).toBeCloseTo(128.94, 1);
  expect(lookup([2 ** 26])).toBeLessThan(128);
});

/**
 * What a caller says about groups, claims and weights, refused by the argument's name: one liar for each check, so that no malformed
 * statement reaches the transcript.
 */
import { describe, expect, test } from 'vitest';
import type { Ext } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { exactLog2, treeShape } from '../../src/merkle/shape.ts';
import { S128 } from '../../src/params/profile.ts';
import { encodeClaims } from '../../src/pcs/claim-encoding.ts';
import { checkLinearStatement, type LinearStatement } from '../../src/pcs/linear-statement.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { checkIdentity, type GroupIdentity } from '../../src/pcs/opening.ts';
import { checkWeight, type Factor } from '../../src/pcs/weight.ts';
import { codeOf, linearParameters, staticIdentity } from '../support/linear.ts';

const identity = staticIdentity(2);
const M = 10;

describe('a group', () => {
  test('in order', () => expect(() => checkIdentity(identity)).not.toThrow());
  const LIARS: [string, object, RegExp][] = [
    ['a label of an own tree', { label: 'PAD' }, /label: expected a label that is not one of a proof's own/],
    ['a label that is not ASCII', { label: 'é' }, /printable ASCII/],
    ['a name of seven bytes', { group: new Uint8Array(7) }, /group: expected 8 bytes, got 7/],
    ['an epoch before the first', { epoch: -1 }, /epoch: .*got -1/],
    ['half an epoch', { epoch: 0.5 }, /epoch: .*got 0.5/],
    ['another lifetime', { lifetime: 'eternal' }, /lifetime: .*got eternal/],
    ['no columns', { columns: 0 }, /columns: .*got 0/],
    ['half a column', { columns: 1.5 }, /columns: .*got 1.5/],
    ['columns beyond the most', { columns: 2 ** 31 }, /columns: .*got 2147483648/],
    ['no uses', { uses: 0 }, /uses: .*got 0/],
    ['half a use', { uses: 0.5 }, /uses: .*got 0.5/],
  ];
  test.each(LIARS)('%s', (_, change, message) => {
    expect(() => checkIdentity({ ...identity, ...change } as GroupIdentity)).toThrow(message);
  });
});

describe('a weight', () => {
  const point = Array.from({ length: M }, () => quintic.one);
  const check = (factors: readonly Factor[], column = 0) =>
    checkWeight(quintic, [{ column, coefficient: quintic.one, factors }], 2, M);
  const dense = (count: number): Factor => ({
    kind: 'dense',
    values: new Array<Ext>(count).fill(quintic.one),
  });
  const sparse = (bits: number, ...indices: number[]): Factor => ({
    kind: 'sparse',
    bits,
    entries: indices.map((index) => [index, quintic.one] as const),
  });
  const fixed = (index: number, bits = M): Factor => ({ kind: 'fixed', bits, index });
  test('in order, of every kind', () => {
    const pairs: Factor = { kind: 'pairs', pairs: point.map((x) => [x, x] as const) };
    const kinds = [[pairs], [{ kind: 'eq', point } as const], [dense(2 ** M)], [sparse(M, 0, 5)], [fixed(3)]];
    for (const factors of kinds) expect(() => check(factors)).not.toThrow();
  });
  const LIARS: [string, readonly Factor[], RegExp][] = [
    ['three values', [dense(3)], /values: expected a power of two, got 3/],
    ['a bit less', [{ kind: 'eq', point: point.slice(1) }], /expected 10 bits in all, got 9/],
    ['bits of -1 and m + 1', [sparse(-1), sparse(M + 1)], /bits: expected an integer in \[0, 30\], got -1/],
    ['half a bit, twice', [sparse(0.5), sparse(M - 0.5)], /bits: .*got 0.5/],
    ['31 bits and -21', [sparse(31), sparse(M - 31)], /bits: .*got 31/],
    ['entries that descend', [sparse(M, 5, 4)], /index: .*got 4 after 5/],
    ['an entry beyond the last', [sparse(M, 2 ** M)], /index: .*got 1024/],
    ['half a place', [fixed(0.5)], /index: .*got 0.5/],
    ['a place of -1 bits', [fixed(0, -1), sparse(M + 1)], /index: .*below 2\^-1/],
    [
      'pairs beyond the field',
      [{ kind: 'pairs', pairs: point.map(() => [quintic.one, [1] as unknown as Ext] as const) }],
      /limbs/,
    ],
  ];
  test.each(LIARS)('%s', (_, factors, message) => expect(() => check(factors)).toThrow(message));
  test.each([-1, 2, 0.5])('of column %s among two', (column) => {
    expect(() => check([fixed(0)], column)).toThrow(`column: expected an integer below 2, got ${column}`);
  });
});

describe('a statement', () => {
  const parameters = linearParameters(S128, codeOf(S128, M, 1024), [identity], 1);
  const claims = [
    {
      weight: [
        { column: 0, coefficient: quintic.one, factors: [{ kind: 'fixed', bits: M, index: 0 } as const] },
      ],
      value: quintic.zero,
    },
  ];
  const statement: LinearStatement = {
    parameters,
    groups: [{ ...identity, cap: new Uint8Array(32) }],
    claims,
    context: new Uint8Array(0),
  };
  test('in order', () => expect(() => checkLinearStatement(quintic, statement)).not.toThrow());
  const LIARS: [string, Partial<LinearStatement>, RegExp][] = [
    ['no claims', { claims: [] }, /claims: expected at least one, got none/],
    ['own columns of -1', { ownColumns: -1 }, /ownColumns: .*got -1/],
    ['half an own column', { ownColumns: 0.5 }, /ownColumns: .*got 0.5/],
    ['own columns beyond the most', { ownColumns: 2 ** 31 }, /ownColumns: .*got 2147483648/],
    ['three digests', { groups: [{ ...identity, cap: new Uint8Array(96) }] }, /cap: .*got 96 bytes/],
    ['a bit more than a digest', { groups: [{ ...identity, cap: new Uint8Array(33) }] }, /cap: .*got 33/],
    [
      'more digests than points',
      { groups: [{ ...identity, cap: new Uint8Array(32 * 2 ** 16) }] },
      /cap: .*got 2097152 bytes/,
    ],
  ];
  test.each(LIARS)('%s', (_, change, message) => {
    expect(() => checkLinearStatement(quintic, { ...statement, ...change })).toThrow(message);
  });
});

test('every value of pairs is in the bytes of a claim, and as a point they are another claim', () => {
  const [zero, one, z] = [quintic.zero, quintic.one, quintic.fromLimbs([1, 2, 3, 4, 5])];
  const encoded = (...factors: Factor[]): string => {
    const claim = { weight: [{ column: 0, coefficient: one, factors }], value: zero };
    return Buffer.from(encodeClaims([claim])).toString('hex');
  };
  const pairs = (...of: (readonly [Ext, Ext])[]): Factor => ({ kind: 'pairs', pairs: of });
  const own = pairs([one, z], [zero, one]);
  const others = [
    pairs([z, z], [zero, one]),
    pairs([one, zero], [zero, one]),
    pairs([one, z], [one, one]),
    pairs([one, z], [zero, z]),
    pairs([zero, one], [one, z]),
    pairs([z, one], [one, zero]),
  ];
  const all = [own, ...others].map((factor) => encoded(factor));
  all.push(encoded(pairs([one, z]), pairs([zero, one])), encoded({ kind: 'eq', point: [one, z, zero, one] }));
  expect(new Set(all).size).toBe(all.length);
  // claims, value, terms, column, coefficient, factors; kind, length, four values
  expect(all[0]!.length / 2).toBe(4 + 20 + 4 + 4 + 20 + 4 + 8 + 4 * 20);
});

test('trees have powers of two of leaves and of roots', () => {
  expect([0, 1, 0.5, 3, 8, 2 ** 31, 2 ** 32].map(exactLog2)).toEqual([undefined, 0, undefined, undefined, 3, 31, undefined]); // prettier-ignore
  expect(() => treeShape(6, 2)).toThrow('leaves: expected a power of two');
  expect(() => treeShape(8, 3)).toThrow('cap: expected a power of two in [1, 8], got 3');
  expect(() => treeShape(8, 16)).toThrow('cap: expected a power of two in [1, 8], got 16');
});

test('an error that is no refusal becomes a verdict, without its message', () => {
  const verdict = verdictOf(() => {
    throw new Error('a secret');
  });
  expect(verdict).toMatchObject({ ok: false, code: 'INTERNAL' });
  expect(JSON.stringify(verdict)).not.toContain('secret');
});

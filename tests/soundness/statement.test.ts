/**
 * STM-1: a proof of a statement is refused for the statement with any leaf changed. STM-2: and for every other statement.
 * Malformed statements are the caller's mistake and raise RangeError before a proof is looked at.
 */
import { describe, expect, test } from 'vitest';
import type { Fe } from '../../src/field/field.ts';
import { quintic } from '../../src/field/quintic.ts';
import { encodeClaims } from '../../src/pcs/claim-encoding.ts';
import type { LinearStatement } from '../../src/pcs/linear-statement.ts';
import { verdictOf, verifyLinear } from '../../src/pcs/linear-verify.ts';
import { checkIdentity, type CommittedGroup } from '../../src/pcs/opening.ts';
import { checkWeight, type Factor } from '../../src/pcs/weight.ts';
import { domainDigest, type Domain } from '../../src/transcript/statement.ts';
import { verifierChannel } from '../../src/transcript/verifier.ts';
import { otherFields } from '../support/fields.ts';
import { corpus } from '../support/soundness/corpus.ts';
import { leavesOf } from '../support/soundness/leaves.ts';
import {
  codeOfVerdict,
  domainOf,
  isLink,
  verifyBody,
  verifyStatement,
  type AnyStatement,
} from '../support/soundness/statements.ts';

const { fixtures, lies } = await corpus();

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const codeOf = (statement: AnyStatement, proof: Uint8Array): string =>
  codeOfVerdict(verifyStatement(quintic, statement, proof));

describe.each(fixtures)('STM-1: $name', ({ statement, proofs }) => {
  const leaves = leavesOf(statement);

  test.each(leaves)('$name', ({ statement: other }) => {
    const code = codeOf(other, proofs[0]);
    expect(['WEAK_PARAMS', 'MERKLE_ROOT', 'NON_CANONICAL', 'TRUNCATED']).toContain(code);
  });

  test('no two of these statements, nor the statement itself, have one digest', () => {
    const all = [statement, ...leaves.map((leaf) => leaf.statement)];
    const digests = all.map((one) => hex(domainDigest(domainOf(quintic, one))));
    expect(new Set(digests).size).toBe(all.length);
  });

  test('protocol, kind, version, field', () => {
    const domain = domainOf(quintic, statement);
    const verdict = (change: Partial<Domain>): string => {
      const result = verdictOf(() => {
        const ch = verifierChannel({ ...domain, ...change }, proofs[0]);
        verifyBody(ch, statement);
        ch.finish();
      });
      return codeOfVerdict(result);
    };
    expect(verdict({})).toBe('accepted');
    const changes: Partial<Domain>[] = [
      { protocol: 'zkdm' },
      { kind: 'linear-openinh' },
      { kind: 'link' },
      { kind: isLink(statement) ? 'linear-opening' : 'epoch-link' },
      { formatVersion: domain.formatVersion + 1 },
      { field: { ...quintic, modulusLow: [...quintic.modulusLow].reverse() } },
    ];
    for (const change of changes) expect(['MERKLE_ROOT', 'NON_CANONICAL']).toContain(verdict(change));
  });
});

test('STM-2: every stored proof against every other statement', () => {
  const all = [
    ...fixtures.map(({ name, statement, proofs }) => ({ name, statement, proof: proofs[0] })),
    ...lies.filter(({ alone }) => alone).slice(0, 6),
  ];
  for (const a of all) {
    for (const b of all) {
      if (JSON.stringify(a.statement) === JSON.stringify(b.statement)) continue;
      expect([a.name, b.name, codeOf(a.statement, b.proof)]).not.toContain('accepted');
      expect([a.name, b.name, codeOf(a.statement, b.proof)]).not.toContain('INTERNAL');
    }
  }
});

describe('malformed statements', () => {
  const { proofs } = fixtures[0]!;
  const statement = fixtures[0]!.statement as LinearStatement;
  const raises = (change: Partial<LinearStatement>): void => {
    expect(() => verifyLinear(quintic, { ...statement, ...change }, proofs[0])).toThrow(RangeError);
  };
  const group = (change: Partial<CommittedGroup>): Partial<LinearStatement> => ({
    groups: [{ ...(statement.groups[0] as CommittedGroup), ...change }],
  });
  const factors = (...list: Factor[]): Partial<LinearStatement> => ({
    claims: [{ value: quintic.zero, weight: [{ column: 0, coefficient: quintic.one, factors: list }] }],
  });
  const eq = (n: number): Factor => ({ kind: 'eq', point: new Array(n).fill(quintic.one) });
  const m = statement.parameters.code.logData;

  test.each<[string, Partial<CommittedGroup>]>([
    ['label of nine letters', { label: 'ninechars' }],
    ['label outside ASCII', { label: 'gröup' }],
    ['empty label', { label: '' }],
    ["label of a proof's own trees", { label: 'AM' }],
    ["label of a proof's own trees", { label: 'PAD' }],
    ["label of a proof's own trees", { label: 'G1' }],
    ['id of seven bytes', { group: new Uint8Array(7) }],
    ['id of nine bytes', { group: new Uint8Array(9) }],
    ['negative epoch', { epoch: -1 }],
    ['epoch 2^53', { epoch: 2 ** 53 }],
    ['unknown lifetime', { lifetime: 'eternal' as 'static' }],
    ['no columns', { columns: 0 }],
    ['half a column', { columns: 1.5 }],
    ['no uses', { uses: 0 }],
    ['no cap', { cap: new Uint8Array(0) }],
    ['cap of three digests', { cap: new Uint8Array(96) }],
    ['cap of a part of a digest', { cap: new Uint8Array(33) }],
    ['cap of more digests than leaves', { cap: new Uint8Array(32 * 2 ** (m + 3)) }],
  ])('group: %s', (_, change) => raises(group(change)));

  test.each<[string, Factor[]]>([
    ['no factors', []],
    ['one bit too few', [eq(m - 1)]],
    ['one bit too many', [eq(m + 1)]],
    ['bits that only add up', [{ kind: 'sparse', bits: -1, entries: [] }, eq(m + 1)]],
    [
      'bits that are no integers',
      [{ kind: 'sparse', bits: 0.5, entries: [] }, { kind: 'sparse', bits: 0.5, entries: [] }, eq(m - 1)],
    ],
    ['dense of three', [{ kind: 'dense', values: [quintic.one, quintic.one, quintic.one] }, eq(m - 1)]],
    ['index out of range', [{ kind: 'fixed', bits: m, index: 2 ** m }]],
    ['negative index', [{ kind: 'fixed', bits: m, index: -1 }]],
    [
      'indices that fall',
      [
        {
          kind: 'sparse',
          bits: m,
          entries: [
            [1, quintic.one],
            [0, quintic.one],
          ],
        },
      ],
    ],
    [
      'an index twice',
      [
        {
          kind: 'sparse',
          bits: m,
          entries: [
            [1, quintic.one],
            [1, quintic.one],
          ],
        },
      ],
    ],
    ['an element of four limbs', [{ kind: 'eq', point: new Array(m).fill(quintic.one.slice(1)) }]],
    [
      'a limb of p',
      [{ kind: 'eq', point: new Array(m).fill(new Array<Fe>(5).fill(quintic.base.modulus as Fe)) }],
    ],
  ])('weight: %s', (_, list) => raises(factors(...list)));

  test('identities and indices by themselves: whatever else a statement gets wrong', () => {
    const identity = statement.groups[0]!;
    for (const columns of [0, -1, 1.5, 2 ** 24 + 1, Number.NaN]) {
      expect(() => checkIdentity({ ...identity, columns })).toThrow('columns: expected');
    }
    for (const uses of [0, 1.5, 2 ** 53, Number.NaN]) {
      expect(() => checkIdentity({ ...identity, uses })).toThrow('uses: expected');
    }
    const of = (...list: Factor[]) => [{ column: 0, coefficient: quintic.one, factors: list }];
    const fixed = (bits: number, index: number): Factor => ({ kind: 'fixed', bits, index });
    for (const list of [
      [fixed(0.5, 0), fixed(0.5, 0), fixed(m - 1, 0)],
      [fixed(-1, 0), fixed(m + 1, 0)],
      [fixed(m, 0.5)],
      [{ kind: 'sparse', bits: m, entries: [[0.5, quintic.one]] } as const],
    ]) {
      expect(() => checkWeight(quintic, of(...list), 1, m)).toThrow('index: expected');
    }
  });

  test('no claims; a column that is not there; a value of p', () => {
    raises({ claims: [] });
    const claim = statement.claims[0]!;
    const term = claim.weight[0]!;
    for (const column of [-1, 2, 0.5]) raises({ claims: [{ ...claim, weight: [{ ...term, column }] }] });
    raises({
      claims: [{ ...claim, value: new Array<Fe>(5).fill(quintic.base.modulus as Fe) }],
    });
  });

  test('own columns that are no count, and a column behind them', () => {
    const own = fixtures.find(({ name }) => name === 'own columns')!;
    const base = own.statement as LinearStatement;
    for (const ownColumns of [-1, 0.5, Number.NaN, 2 ** 24 - 4, 2 ** 32]) {
      expect(() => verifyLinear(quintic, { ...base, ownColumns }, own.proofs[0])).toThrow('ownColumns');
    }
    const { ownColumns: _, ...without } = base; // the claims still speak of them
    expect(() => verifyLinear(quintic, without, own.proofs[0])).toThrow('column: expected');
  });

  test("a field that is not the profile's: its error bounds would be another field's", () => {
    for (const field of otherFields) {
      expect(() => verifyLinear(field, statement, proofs[0])).toThrow('field: expected');
    }
  });

  test('something that is no proof', () => {
    for (const proof of [undefined, null, 7, 'proof', [1, 2], new Uint16Array(4), new ArrayBuffer(8)]) {
      expect(() => verifyLinear(quintic, statement, proof as unknown as Uint8Array)).toThrow(TypeError);
    }
  });

  test('a sparse weight of more entries than an engine takes arguments', () => {
    const bits = 19;
    const entries = Array.from({ length: 2 ** 18 }, (_, i) => [2 * i, quintic.one] as const);
    const weight = [
      { column: 0, coefficient: quintic.one, factors: [{ kind: 'sparse', bits, entries } as const] },
    ];
    expect(encodeClaims([{ weight, value: quintic.zero }]).length).toBe(
      4 + 20 + 4 + 4 + 20 + 4 + 12 + 24 * entries.length,
    );
  });
});

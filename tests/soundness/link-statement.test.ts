/** Statements of links that are none: the caller's mistake, raised before a proof is looked at. */
import { describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import type { LinkStatement } from '../../src/pcs/link-statement.ts';
import { verifyLink } from '../../src/pcs/link-verify.ts';
import type { CommittedGroup } from '../../src/pcs/opening.ts';
import { otherFields } from '../support/fields.ts';
import { corpus } from '../support/soundness/corpus.ts';

const { fixtures } = await corpus();

describe('malformed links', () => {
  const link = fixtures.find(({ name }) => name === 'link')!;
  const statement = link.statement as LinkStatement;
  const { older, newer } = statement;
  const raises = (change: Partial<LinkStatement>, message: string): void => {
    expect(() => verifyLink(quintic, { ...statement, ...change }, link.proofs[0])).toThrow(RangeError);
    expect(() => verifyLink(quintic, { ...statement, ...change }, link.proofs[0])).toThrow(message);
  };
  const other = newer.group.map((byte, i) => (i === 7 ? byte ^ 1 : byte));

  test.each<[string, Partial<CommittedGroup>]>([
    ['another label', { label: 'V' }],
    ['another group', { group: other }],
    ['another number of columns', { columns: newer.columns + 1 }],
    ['the same epoch', { epoch: older.epoch }],
    ['two epochs on', { epoch: older.epoch + 2 }],
    ['a carried group', { lifetime: 'carried' }],
    ['a group of a proof', { lifetime: 'proof' }],
  ])('newer: %s', (_, change) => raises({ newer: { ...newer, ...change } }, 'link: newer: expected epoch'));

  test('the older one carried', () => {
    raises({ older: { ...older, lifetime: 'carried' } }, 'link: newer: expected epoch');
    const both = { lifetime: 'carried' } as const;
    raises({ older: { ...older, ...both }, newer: { ...newer, ...both } }, 'link: newer: expected epoch');
  });

  test.each<[string, Partial<CommittedGroup>, string]>([
    ['label', { label: 'AM' }, 'label: expected'],
    ['group', { group: new Uint8Array(7) }, 'group: expected'],
    ['columns', { columns: 0 }, 'columns: expected'],
    ['uses', { uses: 0 }, 'uses: expected'],
  ])('%s that no group has, in both', (_, change, message) => {
    raises({ older: { ...older, ...change }, newer: { ...newer, ...change } }, message);
  });

  test('a number of uses or a cap that no group has, in either', () => {
    raises({ older: { ...older, uses: 0 } }, 'uses: expected');
    raises({ newer: { ...newer, uses: 0.5 } }, 'uses: expected');
    raises({ older: { ...older, cap: new Uint8Array(96) } }, 'cap: expected');
    raises({ newer: { ...newer, cap: new Uint8Array(0) } }, 'cap: expected');
  });

  test("something that is no proof, a field that is not the profile's", () => {
    expect(() => verifyLink(quintic, statement, 'x' as unknown as Uint8Array)).toThrow(TypeError);
    for (const field of otherFields) {
      expect(() => verifyLink(field, statement, link.proofs[0])).toThrow('field: expected');
    }
  });
});

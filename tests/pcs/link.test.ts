/** Links between epochs: honest links verify, and the same values under other cells do not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { commitGroup, type OwnedGroup } from '../../src/pcs/group-prove.ts';
import { proveLink, proveLinkBody } from '../../src/pcs/link-prove.ts';
import { linkDomain, type LinkStatement } from '../../src/pcs/link-statement.ts';
import { verifyLink } from '../../src/pcs/link-verify.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { S128 } from '../../src/params/profile.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { codeOf, randomCells, staticIdentity, testSource } from '../support/linear.ts';

let k: Kernels;
beforeAll(async () => {
  k = await wasmKernels({ threads: 2 });
});
afterAll(() => k.close());

const M = 11;
const COLUMNS = 18;

function epochs(change?: (cells: Int16Array) => void): {
  statement: LinkStatement;
  groups: readonly [OwnedGroup, OwnedGroup];
} {
  const draft = completeInstance(linkInstance(COLUMNS), codeOf(S128, M, 2 ** M), S128);
  if (draft === undefined) throw new Error('no parameters');
  const { parameters } = draft;
  const n = 2 ** M;
  const commit = (epoch: number, cells: Int16Array): OwnedGroup =>
    commitGroup(
      k,
      testSource(quintic, 10 + epoch),
      parameters,
      { ...staticIdentity(COLUMNS), epoch },
      (first, count) => cells.subarray(first * n, (first + count) * n),
      2,
    );
  const cells = randomCells(COLUMNS * n, 5);
  const changed = cells.slice();
  change?.(changed);
  const groups = [commit(3, cells), commit(4, changed)] as const;
  const [older, newer] = groups.map((group) => ({ ...group.identity, cap: group.cap }));
  return { statement: { parameters, older: older!, newer: newer!, context: new Uint8Array(0) }, groups };
}

test('an honest link verifies, and only for its two epochs', () => {
  const { statement, groups } = epochs();
  const proof = proveLink(k, statement, groups, testSource(quintic, 2));
  expect(verifyLink(quintic, statement, proof)).toEqual({ ok: true });
  const other = { ...statement, newer: { ...statement.newer, cap: statement.older.cap } };
  expect(verifyLink(quintic, other, proof).ok).toBe(false);
  const swapped = { ...statement, older: statement.newer, newer: statement.older };
  expect(() => verifyLink(quintic, swapped, proof)).toThrow('expected epoch 5 of static group W');
});

test('one changed cell is refused: its value is false for one of the two epochs', () => {
  const { statement, groups } = epochs((cells) => (cells[7 * 2 ** M + 9]! += 1));
  expect(() => proveLink(k, statement, groups, testSource(quintic, 2))).toThrow('SELF_CHECK');
  // And by a prover that does not look.
  const ch = proverChannel(linkDomain(quintic, statement));
  proveLinkBody(k, ch, statement, groups, testSource(quintic, 3), false);
  expect(verifyLink(quintic, statement, ch.finish())).toMatchObject({ ok: false, code: 'PAD_LINEAR' });
});

/** Proofs and links from stored groups: what they cost, what they bind, what never leaves. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { PublicClaim } from '../../src/pcs/claim-encoding.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import { verifyLink } from '../../src/pcs/link-verify.ts';
import type { Weight } from '../../src/pcs/weight.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { S128 } from '../../src/params/profile.ts';
import { budgetStatus } from '../../src/store/budget.ts';
import { openGroup, storeGroup, type StoredGroup } from '../../src/store/group.ts';
import type { GroupPlan } from '../../src/store/group-plan.ts';
import { openHome, type Home } from '../../src/store/home.ts';
import { linkStored, storeNextEpoch } from '../../src/store/prove-link.ts';
import { proveStored, type LinearRequest } from '../../src/store/prove-linear.ts';
import {
  applyWeight,
  codeOf as columnCodeOf,
  linearParameters,
  randomCells,
  randomPoint,
  staticIdentity,
} from '../support/linear.ts';
import { memoryFiles, type MemoryFiles } from '../support/memory-files.ts';
import { codeOf } from '../support/params.ts';

const M = 11;
const ROWS = 2 ** M;
const COLUMNS = 3;
const code = columnCodeOf(S128, M, ROWS);
const parameters = linearParameters(S128, code, [staticIdentity(COLUMNS)], 1);
const cells = randomCells(COLUMNS * ROWS, 51);
const plan: GroupPlan = {
  label: 'W',
  group: new Uint8Array(8).fill(7),
  lifetime: 'static',
  columns: COLUMNS,
  parameters,
  layout: new Uint8Array(32).fill(9),
  logCap: 2,
};
const read = (first: number, count: number): Int16Array =>
  cells.subarray(first * ROWS, (first + count) * ROWS);
const weight: Weight = [
  { column: 1, coefficient: quintic.one, factors: [{ kind: 'eq', point: randomPoint(quintic, M, 5) }] },
];
const claim: PublicClaim = { weight, value: applyWeight(quintic, weight, cells, M) };

let k: Kernels;
let files: MemoryFiles;
let home: Home;
let group: StoredGroup;
beforeAll(async () => {
  k = await wasmKernels({ threads: 2 });
});
afterAll(() => k.close());
beforeEach(() => {
  files = memoryFiles();
  home = openHome('/home', files);
  group = storeGroup(k, home, '/W', plan, { kind: 'copy', read });
});

const request = (change: Partial<LinearRequest> = {}): LinearRequest => ({
  parameters,
  groups: [group],
  claims: [claim],
  context: new Uint8Array([1]),
  ...change,
});

test('a proof from a directory verifies from its public parts alone, before and after it is opened again', () => {
  const first = proveStored(k, home, request());
  expect(verifyLinear(quintic, first.statement, first.proof)).toEqual({ ok: true });
  expect(first.reservations).toMatchObject([{ used: code.queries, generation: 1, positions: code.queries }]);
  const again = openGroup(k, openHome('/home', files), '/W');
  const second = proveStored(k, home, request({ groups: [again] }));
  expect(verifyLinear(quintic, second.statement, second.proof)).toEqual({ ok: true });
  expect(second.statement).toEqual(first.statement);
  expect(second.proof).not.toEqual(first.proof); // RNG-2: fresh masks for one statement
  expect(budgetStatus(home, group).used).toBe(2 * code.queries);
});

test('two groups at once, each with its own budget; the emptier one decides', () => {
  const other = storeGroup(
    k,
    home,
    '/V',
    { ...plan, label: 'V', group: new Uint8Array(8).fill(8) },
    { kind: 'copy', read },
  );
  const both = linearParameters(S128, code, [staticIdentity(COLUMNS), staticIdentity(COLUMNS)], 1);
  const { statement, proof, reservations } = proveStored(
    k,
    home,
    request({ groups: [group, other], parameters: both }),
  );
  expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
  expect(reservations.map((r) => r.used)).toEqual([code.queries, code.queries]);
  while (budgetStatus(home, other).proofsLeft > 0) proveStored(k, home, request({ groups: [other] }));
  const before = budgetStatus(home, group).used;
  const run = () => proveStored(k, home, request({ groups: [group, other], parameters: both }));
  expect(codeOf(run)).toBe('BUDGET_SPENT');
  expect(budgetStatus(home, group).used).toBe(before);
});

describe('nothing is spent for what is no statement', () => {
  const spent = (): number => budgetStatus(home, group).used;
  test.each<[string, () => Partial<LinearRequest>]>([
    ['no claim', () => ({ claims: [] })],
    ['no group', () => ({ groups: [] })],
    ['one group twice', () => ({ groups: [group, group] })],
    [
      'a column that is not there',
      () => ({ claims: [{ ...claim, weight: [{ ...weight[0]!, column: 3 }] }] }),
    ],
    [
      'parameters of another program',
      () => ({ claims: [claim], parameters: linearParameters(S128, code, [staticIdentity(4)], 1) }),
    ],
    [
      'another column code',
      () => ({
        parameters: linearParameters(S128, columnCodeOf(S128, M, ROWS / 2), [staticIdentity(COLUMNS)], 1),
      }),
    ],
  ])('%s', (_, change) => {
    expect(() => proveStored(k, home, request(change()))).toThrow();
    expect(spent()).toBe(0);
  });
});

describe('SELF_CHECK: spent, and no byte leaves', () => {
  test('a false claim', () => {
    const value = quintic.add(claim.value, quintic.one);
    expect(codeOf(() => proveStored(k, home, request({ claims: [{ weight, value }] })))).toBe('SELF_CHECK');
    expect(budgetStatus(home, group).used).toBe(code.queries);
  });

  test('cells that changed behind the tree', () => {
    const changed = cells.slice();
    changed[ROWS + 3]! += 1;
    files.overwrite('/W/data', new Uint8Array(changed.buffer));
    const opened = openGroup(k, home, '/W');
    expect(codeOf(() => proveStored(k, home, request({ groups: [opened] })))).toBe('SELF_CHECK');
    expect(budgetStatus(home, opened).used).toBe(code.queries);
  });
});

test('BUD-2: a proof that dies anywhere behind its reservation has spent it', () => {
  proveStored(k, home, request());
  const before = files.steps;
  proveStored(k, home, request());
  const calls = files.steps - before;
  let used = budgetStatus(home, group).used;
  for (const step of [calls, calls - 1, calls - 2]) {
    const stop = files.steps + step;
    files.hook = () => {
      if (files.steps >= stop) throw new Error('dead');
    };
    expect(() => proveStored(k, home, request())).toThrow('dead');
    files.hook = undefined;
    expect(budgetStatus(home, group).used).toBe(used + code.queries);
    used += code.queries;
    if (budgetStatus(home, group).proofsLeft === 0) break;
  }
});

test('an epoch to its end, then the next: budget, link, new name, old record', () => {
  const link = completeInstance(linkInstance(COLUMNS), code, S128)!.parameters;
  let proofs = 0;
  while (budgetStatus(home, group).proofsLeft > 0) {
    proveStored(k, home, request());
    proofs++;
  }
  expect(proofs).toBe(Math.floor(ROWS / code.queries) - 2);
  expect(() => proveStored(k, home, request())).toThrow('refresh the commitment');
  const newer = storeNextEpoch(k, home, group, '/W.1');
  const { statement, proof, reservations } = linkStored(k, home, {
    older: group,
    newer,
    parameters: link,
    context: new Uint8Array(0),
  });
  expect(verifyLink(quintic, statement, proof)).toEqual({ ok: true });
  expect(reservations.map(({ used, purpose }) => [used, purpose])).toEqual([
    [(proofs + 1) * code.queries, 'link'],
    [code.queries, 'link'],
  ]);
  expect(newer.key.group).toMatchObject({ epoch: 1, label: 'W', group: plan.group! });
  expect(newer.key.group.cap).not.toEqual(group.key.group.cap);
  expect(newer.owned.source.pads(0, 1)).not.toEqual(group.owned.source.pads(0, 1));
  expect(budgetStatus(home, newer).proofsLeft).toBe(proofs - 1);
  const next = proveStored(k, home, request({ groups: [newer] }));
  expect(verifyLinear(quintic, next.statement, next.proof)).toEqual({ ok: true });
  // The second link of the reserve, and then the older epoch is at its end for good.
  linkStored(k, home, { older: group, newer, parameters: link, context: new Uint8Array([1]) });
  const again = () =>
    linkStored(k, home, { older: group, newer, parameters: link, context: new Uint8Array([2]) });
  const usedByNewer = budgetStatus(home, newer).used;
  expect(codeOf(again)).toBe('BUDGET_SPENT');
  expect(budgetStatus(home, newer).used).toBe(usedByNewer);
  expect(codeOf(() => storeNextEpoch(k, home, group, '/W.2'))).toBe('BUDGET_SPENT');
  expect([...files.all().keys()].filter((path) => path.startsWith('/W/budget-')).length).toBe(proofs + 3);
});

test('links only between an epoch and the next, with one layout', () => {
  const link = completeInstance(linkInstance(COLUMNS), code, S128)!.parameters;
  const newer = storeGroup(
    k,
    home,
    '/N',
    { ...plan, epoch: 1, layout: new Uint8Array(32) },
    { kind: 'copy', read },
  );
  const context = new Uint8Array(0);
  expect(() => linkStored(k, home, { older: group, newer, parameters: link, context })).toThrow('layout');
  expect(() => linkStored(k, home, { older: newer, newer: group, parameters: link, context })).toThrow(
    'epoch',
  );
  const other = cells.slice();
  other[0]! += 1;
  const false_ = storeNextEpoch(k, home, group, '/F', {
    kind: 'copy',
    read: (first, count) => other.subarray(first * ROWS, (first + count) * ROWS),
  });
  expect(codeOf(() => linkStored(k, home, { older: group, newer: false_, parameters: link, context }))).toBe(
    'SELF_CHECK',
  );
  const carried = storeGroup(
    k,
    home,
    '/C',
    { ...plan, lifetime: 'carried', uses: 2 },
    { kind: 'copy', read },
  );
  expect(() => storeNextEpoch(k, home, carried, '/D')).toThrow('expected a static group');
});

test('a carried group is opened as often as was said, and not once more', () => {
  const identity = { ...staticIdentity(COLUMNS), lifetime: 'carried' as const, uses: 2 };
  const own = linearParameters(S128, code, [identity], 1);
  const carried = storeGroup(
    k,
    home,
    '/C',
    { ...plan, lifetime: 'carried', uses: 2, parameters: own },
    { kind: 'copy', read },
  );
  for (let i = 0; i < 2; i++) {
    const { statement, proof } = proveStored(k, home, request({ groups: [carried], parameters: own }));
    expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
  }
  expect(() => proveStored(k, home, request({ groups: [carried], parameters: own }))).toThrow('commit anew');
});

/** Small groups over the production profile, for tests of the store. */
import { linearInstance } from '../../src/pcs/linear-statement.ts';
import { completeInstance } from '../../src/params/choose.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { leastQueries } from '../../src/params/queries.ts';
import { columnCode } from '../../src/params/parameters.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../src/pcs/key.ts';
import { counterName, encodeCounter, firstRecord } from '../../src/store/counter.ts';
import { budgetLimits, type BudgetPlace } from '../../src/store/budget.ts';
import { ensureDirectory, writeSynced } from '../../src/store/durable.ts';
import type { Home } from '../../src/store/home.ts';

const IDENTITY = {
  label: 'W',
  group: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  epoch: 0,
  lifetime: 'static' as const,
  uses: 1,
};

/** Parameters for one static group of some columns and some claims: m = 11, t = 2^11, 128 bits like any other set. */
export function smallParameters(columns: number, claims: number, logData = 11, padLength = 2048): Parameters {
  const shape = { logData, padLength, queries: 0 };
  const queries = leastQueries(columnCode(shape), 128);
  if (queries === undefined) throw new Error('no query count for this code');
  const instance = linearInstance({
    groups: [{ ...IDENTITY, columns, cap: new Uint8Array(32) }],
    claims: Array.from({ length: claims }, () => ({ weight: [], value: [] })),
    context: new Uint8Array(0),
  });
  const draft = completeInstance(instance, { ...shape, queries });
  if (draft === undefined) throw new Error('no schedule for this code');
  return draft.parameters;
}

const PARAMETERS = smallParameters(3, 2);
const KEY = smallKey();
const DIGEST = keyDigest(encodeKey(KEY));

/** A key that decodes, over a cap of which nobody knows the tree. */
export function smallKey(change: Partial<GroupKey['group']> = {}, parameters = PARAMETERS): GroupKey {
  const cap = Uint8Array.from({ length: 64 }, (_, i) => i);
  return {
    parameters,
    group: { ...IDENTITY, columns: 3, cap, ...change },
    layout: new Uint8Array(32).fill(7),
  };
}

/** A directory with a counter and nothing else: all that a budget needs. */
export function makePlace(home: Home, path: string, key: GroupKey = KEY): BudgetPlace {
  const digest = key === KEY ? DIGEST : keyDigest(encodeKey(key));
  ensureDirectory(home.files, path);
  writeSynced(home.files, `${path}/${counterName(0)}`, [encodeCounter(firstRecord(digest))]);
  home.files.syncDirectory(path);
  return { path, keyDigest: digest, limits: budgetLimits(key) };
}

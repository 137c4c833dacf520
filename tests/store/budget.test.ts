/** BUD-1, BUD-4 and what happens in between: budgets on a file system in memory. */
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  budgetLimits,
  budgetStatus,
  recoverBudget,
  reserve,
  type BudgetPlace,
  type Reservation,
} from '../../src/store/budget.ts';
import { counterName } from '../../src/store/counter.ts';
import { openHome, type Home } from '../../src/store/home.ts';
import { memoryFiles, platformError, type MemoryFiles } from '../support/memory-files.ts';
import { codeOf } from '../support/params.ts';
import { makePlace, smallKey } from '../support/store.ts';

let files: MemoryFiles;
let home: Home;
beforeEach(() => {
  files = memoryFiles();
  home = openHome('/home/zkdl', files);
});

/** A place with round numbers: 100 positions, 20 of them for links. */
const LIMITS = { total: 100, links: 20, queries: 10 };
const small = (path = '/w'): BudgetPlace => ({ ...makePlace(home, path), limits: LIMITS });
const take = (place: BudgetPlace, purpose: 'proof' | 'link' = 'proof', under = home): Reservation =>
  reserve(under, place, 10, purpose);

/** Positions of a reservation, as numbers that no other may have. */
function positionsOf({ used, positions }: Reservation): number[] {
  return Array.from({ length: positions }, (_, i) => used - positions + i);
}

test('limits by lifetime', () => {
  const { queries } = smallKey().parameters.code;
  expect(budgetLimits(smallKey())).toEqual({ total: 2048, links: 2 * queries, queries });
  expect(budgetLimits(smallKey({ lifetime: 'carried', uses: 3 }))).toEqual({
    total: 3 * queries,
    links: 0,
    queries,
  });
});

test('an epoch to its end: proofs up to the reserve, then links, then nothing', () => {
  const place = small();
  expect(budgetStatus(home, place)).toEqual({
    used: 0,
    total: 100,
    generation: 0,
    proofsLeft: 8,
    linksLeft: 10,
    warnings: [],
  });
  for (let i = 1; i <= 8; i++) {
    const { used, generation, group, purpose } = take(place);
    expect([used, generation, group.length, purpose]).toEqual([10 * i, i, 64, 'proof']);
    const { warnings, proofsLeft } = budgetStatus(home, place);
    expect(proofsLeft).toBe(8 - i);
    expect(warnings.length).toBe(10 * i >= 72 ? 1 : 0); // 90 % of 80
    if (warnings.length > 0) expect(warnings[0]).toContain('refresh');
  }
  expect(() => take(place)).toThrow(
    'BUDGET_SPENT at /w: expected at most 80 positions, got 80 + 10: refresh',
  );
  expect(take(place, 'link').used).toBe(90);
  expect(take(place, 'link').used).toBe(100);
  expect(codeOf(() => take(place, 'link'))).toBe('BUDGET_SPENT');
  expect(codeOf(() => reserve(home, place, 1, 'link'))).toBe('BUDGET_SPENT');
});

test('what was refused is not spent', () => {
  const place = small();
  reserve(home, place, 75, 'proof');
  expect(codeOf(() => reserve(home, place, 6, 'proof'))).toBe('BUDGET_SPENT');
  expect(reserve(home, place, 5, 'proof').used).toBe(80);
  expect([0, -1, 0.5, NaN, 2 ** 31].map((n) => raises(() => reserve(home, place, n, 'link')))).toEqual(
    Array(5).fill('RangeError'),
  );
  expect(budgetStatus(home, place).used).toBe(80);
});

test('BUD-1: in 10,000 histories no position twice, never more than the pads', { timeout: 600_000 }, () => {
  const commands = fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('reserve' as const),
        positions: fc.integer({ min: 1, max: 40 }),
        link: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('die' as const),
        step: fc.integer({ min: 0, max: 25 }),
        link: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('power' as const),
        step: fc.integer({ min: 0, max: 25 }),
        link: fc.boolean(),
      }),
      fc.record({
        kind: fc.constant('race' as const),
        step: fc.integer({ min: 0, max: 25 }),
        link: fc.boolean(),
      }),
    ),
    { minLength: 1, maxLength: 6 },
  );
  fc.assert(
    fc.property(commands, fc.infiniteStream(fc.boolean()), (history, coins) => {
      const disk = memoryFiles();
      const mine = openHome('/h', disk);
      const place = { ...makePlace(mine, '/w'), limits: LIMITS };
      const opened = new Set<number>();
      const note = (reservation: Reservation): void => {
        const before = opened.size;
        for (const position of positionsOf(reservation)) opened.add(position);
        expect(opened.size).toBe(before + reservation.positions);
        const limit = reservation.purpose === 'link' ? LIMITS.total : LIMITS.total - LIMITS.links;
        expect(reservation.used).toBeLessThanOrEqual(limit);
      };
      const tryReserve = (positions: number, link: boolean): void => {
        const before = budgetStatus(mine, place).used;
        const purpose = link ? 'link' : 'proof';
        const room = (link ? LIMITS.total : LIMITS.total - LIMITS.links) - before;
        const code = codeOf(() => note(reserve(mine, place, positions, purpose)));
        expect(code).toBe(positions <= room ? 'accepted' : 'BUDGET_SPENT');
      };
      for (const command of history) {
        if (command.kind === 'reserve') {
          tryReserve(command.positions, command.link);
          continue;
        }
        const stop = disk.steps + command.step;
        disk.hook = () => {
          if (disk.steps <= stop) return;
          if (command.kind !== 'race') throw new Error('dead');
          disk.hook = undefined;
          tryReserve(7, command.link);
        };
        try {
          note(reserve(mine, place, 5, command.link ? 'link' : 'proof'));
        } catch {
          // Dead or spent: what it reserved may be lost, and nobody opened it.
        }
        disk.hook = undefined;
        if (command.kind === 'power') disk.losePower(() => coins.next().value as boolean);
      }
      expect(opened.size).toBeLessThanOrEqual(budgetStatus(mine, place).used);
      expect(budgetStatus(mine, place).used).toBeLessThanOrEqual(LIMITS.total);
    }),
    { seed: 33, numRuns: 10_000 },
  );
});

describe('BUD-4: a directory that is not the newest state of its group', () => {
  test('restored from a backup', () => {
    const place = small();
    take(place);
    files.copy('/w', '/backup');
    take(place);
    files.remove('/w');
    files.copy('/backup', '/w');
    expect(codeOf(() => take(place))).toBe('BUDGET_BEHIND');
    expect(codeOf(() => budgetStatus(home, place))).toBe('BUDGET_BEHIND');
    expect(codeOf(() => take(place, 'link'))).toBe('BUDGET_BEHIND');
    // The home remembers two reservations; after taking them over the third begins behind them.
    expect(recoverBudget(home, place)).toMatchObject({ used: 20, generation: 3 });
    expect(take(place)).toMatchObject({ used: 30, generation: 4, warnings: [] });
  });

  test('two copies, one after the other', () => {
    const place = small();
    take(place);
    files.copy('/w', '/v');
    const copy = { ...place, path: '/v' };
    const moved = take(copy);
    expect(moved.used).toBe(20);
    expect(moved.warnings.join()).toContain('was used at /w before');
    expect(codeOf(() => take(place))).toBe('BUDGET_BEHIND');
  });

  test('two copies under different homes, then one home: forked', () => {
    const place = small();
    const other = openHome('/home/other', files);
    files.copy('/w', '/v');
    const copy = { ...place, path: '/v' };
    take(copy, 'proof', other);
    take(copy, 'proof', other); // generations 1 and 2, other records than those below
    take(place);
    expect(codeOf(() => take(copy))).toBe('BUDGET_FORKED');
    expect(codeOf(() => budgetStatus(home, copy))).toBe('BUDGET_FORKED');
    expect(recoverBudget(home, copy)).toMatchObject({ used: 20, generation: 3 });
  });

  test('two copies at the same moment: one reservation is returned', () => {
    const place = small();
    files.copy('/w', '/v');
    const copy = { ...place, path: '/v' };
    for (let step = 1; ; step++) {
      files = memoryFiles();
      home = openHome('/home/zkdl', files);
      small();
      files.copy('/w', '/v');
      const fresh = { ...place, keyDigest: small2(files) };
      const stop = files.steps + step;
      const returned: Reservation[] = [];
      let reached = false;
      files.hook = () => {
        if (files.steps < stop) return;
        files.hook = undefined;
        reached = true;
        codeOf(() => returned.push(take({ ...copy, keyDigest: fresh.keyDigest })));
      };
      const code = codeOf(() => returned.push(take(fresh)));
      files.hook = undefined;
      if (!reached) break;
      expect(returned.length).toBe(1);
      expect(['BUDGET_FORKED', 'BUDGET_BEHIND', 'accepted']).toContain(code);
      if (step > 200) throw new Error('endless');
    }
  });

  test('a home that knows nothing warns and remembers from then on', () => {
    const place = small();
    take(place);
    const other = openHome('/home/other', files);
    const { warnings, used } = take(place, 'proof', other);
    expect(used).toBe(20);
    expect(warnings.join()).toContain('cannot be detected');
    expect(take(place, 'proof', other).warnings).toEqual([]);
    // The first home is behind now; its next reservation agrees with the directory and moves on.
    expect(take(place).used).toBe(40);
  });

  test('home and directory restored together: the documented limit', () => {
    const place = small();
    files.copy('/w', '/backup-w');
    files.copy('/home', '/backup-home');
    take(place);
    files.remove('/w');
    files.remove('/home');
    files.copy('/backup-w', '/w');
    files.copy('/backup-home', '/home');
    expect(take(place).used).toBe(10); // twice: nothing in the world remembers
  });

  test('a lost witness record of a reservation that died is no disagreement', () => {
    const place = small();
    take(place);
    files.hook = (action, path) => {
      if (action === 'link' && path.startsWith('/home')) throw platformError('EIO');
    };
    expect(codeOf(() => take(place))).toBe('FILE_ERROR');
    files.hook = undefined;
    expect(take(place)).toMatchObject({ used: 30, warnings: [] }); // the second is spent for nothing
  });
});

describe('damaged state stops, and never counts backwards', () => {
  test('every bit of the newest record, and every cut', () => {
    const place = small();
    take(place);
    take(place);
    const path = `/w/${counterName(2)}`;
    const good = files.all().get(path)!.slice();
    for (let bit = 0; bit < 8 * good.length; bit += 3) {
      const flipped = good.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      files.overwrite(path, flipped);
      expect(codeOf(() => take(place))).toMatch(/^STATE_/);
    }
    for (let length = 0; length < good.length; length++) {
      files.overwrite(path, good.slice(0, length));
      expect(codeOf(() => take(place))).toBe('STATE_LENGTH');
    }
    files.overwrite(path, good);
    expect(take(place).used).toBe(30);
    files.overwrite(`/w/${counterName(3)}`, new Uint8Array(0));
    expect(recoverBudget(home, place)).toMatchObject({ used: 30, generation: 4 });
  });

  test('records in the wrong place, of another tree, of another kind; no record at all', () => {
    const place = small();
    const second = { ...makePlace(home, '/x', smallKey({ epoch: 1 })), limits: LIMITS };
    take(place);
    take(second);
    const [mine, other] = ['/w', '/x'].map((d) =>
      files
        .all()
        .get(`${d}/${counterName(1)}`)!
        .slice(),
    );
    const at = `/w/${counterName(1)}`;
    files.overwrite(at, other!);
    expect(codeOf(() => take(place))).toBe('COUNTER_KEY');
    files.overwrite(at, files.all().get(`/w/${counterName(0)}`)!);
    expect(codeOf(() => take(place))).toBe('COUNTER_NAME');
    files.overwrite(at, files.all().get('/home/zkdl/long-term')!);
    expect(codeOf(() => take(place))).toBe('STATE_KIND');
    const version = mine!.slice();
    version[8] = 2;
    files.overwrite(at, version);
    expect(codeOf(() => take(place))).toBe('STATE_VERSION');
    files.overwrite(at, mine!);
    expect(take(place).used).toBe(20);
    for (const g of [0, 1, 2]) files.remove(`/w/${counterName(g)}`);
    expect(codeOf(() => take(place))).toBe('COUNTER_MISSING');
  });

  test('nothing is known any more: recovery refuses', () => {
    const place = small();
    take(place);
    for (const path of files.all().keys()) if (path.startsWith('/home/zkdl/spent')) files.remove(path);
    files.overwrite(`/w/${counterName(1)}`, new Uint8Array(100));
    expect(codeOf(() => recoverBudget(home, place))).toBe('BUDGET_UNKNOWN');
    expect(codeOf(() => take(place))).toMatch(/^STATE_/);
  });
});

test('the long-term secret: made once, kept, shared by whoever opens the home', () => {
  const again = openHome('/home/zkdl', files);
  expect(again.secretId).toEqual(home.secretId);
  expect(openHome('/home/other', files).secretId).not.toEqual(home.secretId);
  const path = '/home/zkdl/long-term';
  const good = files.all().get(path)!.slice();
  for (let length = 0; length < good.length; length++) {
    files.overwrite(path, good.slice(0, length));
    expect(codeOf(() => openHome('/home/zkdl', files))).toBe('STATE_LENGTH'); // never replaced by a new one
  }
  files.overwrite(path, good);
  expect(openHome('/home/zkdl', files).secretId).toEqual(home.secretId);
});

/** Digest of the key behind a place that stands in `/w` of the given files. */
function small2(_: MemoryFiles): Uint8Array {
  return makePlace(openHome('/scratch', memoryFiles()), '/w').keyDigest;
}

function raises(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as Error).name;
  }
  return 'accepted';
}

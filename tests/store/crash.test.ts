/**
 * BUD-2: the process dies, the machine loses power, the disk is full or another process steps in, at every call of the file
 * system that a reservation, a home or a commitment makes.
 */
import { describe, expect, test } from 'vitest';
import { budgetStatus, reserve, type BudgetPlace, type Reservation } from '../../src/store/budget.ts';
import { openHome, type Home } from '../../src/store/home.ts';
import { memoryFiles, platformError, type MemoryFiles } from '../support/memory-files.ts';
import { codeOf } from '../support/params.ts';
import { makePlace } from '../support/store.ts';
import { generator } from '../support/words.ts';

const LIMITS = { total: 100, links: 20, queries: 10 };

interface World {
  readonly files: MemoryFiles;
  readonly home: Home;
  readonly place: BudgetPlace;
  readonly returned: Reservation[];
  take(): void;
}

/** A group with one reservation behind it. */
function world(): World {
  const files = memoryFiles();
  const home = openHome('/h', files);
  const place = { ...makePlace(home, '/w'), limits: LIMITS };
  const returned: Reservation[] = [];
  const take = (): void => void returned.push(reserve(home, place, 10, 'proof'));
  take();
  return { files, home, place, returned, take };
}

/** Calls of the file system in one reservation. */
function callsOf(run: (w: World) => void): number {
  const w = world();
  const before = w.files.steps;
  run(w);
  return w.files.steps - before;
}

/** Reopens the home, uses up the budget, and holds everything ever returned against it. */
function checkAfterwards({ files, place, returned }: World): void {
  files.hook = undefined;
  const home = openHome('/h', files);
  for (;;) {
    const code = codeOf(() => returned.push(reserve(home, place, 10, 'proof')));
    if (code === 'BUDGET_SPENT') break;
    expect(code).toBe('accepted');
  }
  const positions = returned.flatMap(({ used, positions: n }) =>
    Array.from({ length: n }, (_, i) => used - n + i),
  );
  expect(new Set(positions).size).toBe(positions.length);
  expect(Math.max(...positions)).toBeLessThan(LIMITS.total - LIMITS.links);
  expect(returned.length).toBeGreaterThanOrEqual(7); // one reservation may be spent for nothing, no more
  expect(budgetStatus(home, place).used).toBe(80);
}

const CALLS = callsOf((w) => w.take());
const STEPS = Array.from({ length: CALLS }, (_, i) => i + 1);

test('a reservation makes a few calls', () => {
  expect(CALLS).toBeGreaterThan(20);
  expect(CALLS).toBeLessThan(60);
});

function outcome(run: () => unknown): string {
  try {
    run();
    return 'returned';
  } catch (error) {
    return (error as Error).message;
  }
}

/** From this call on nothing works: the process is dead. */
function dieAt(files: MemoryFiles, step: number): void {
  const stop = files.steps + step;
  files.hook = () => {
    if (files.steps >= stop) throw new Error('dead');
  };
}

describe.each([
  ['the process dies', undefined],
  ['power fails, nothing undurable survives', () => false],
  ['power fails, everything survives', () => true],
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((seed): [string, () => boolean] => {
    const next = generator(seed);
    return [`power fails, coins ${seed}`, () => next() % 2 === 0];
  }),
])('%s', (_, survives) => {
  test.each(STEPS)('at call %i', (step) => {
    const w = world();
    dieAt(w.files, step);
    // The last call removes an unfinished name; what it says does not matter any more.
    expect(outcome(() => w.take())).toBe(step === CALLS ? 'returned' : 'dead');
    w.files.hook = undefined;
    if (survives !== undefined) w.files.losePower(survives);
    checkAfterwards(w);
  });
});

describe('another process reserves', () => {
  test.each(STEPS)('at call %i, and a third at each call of the second', (step) => {
    const calls = callsOf((w) => {
      interrupt(w, step, () => w.take());
      w.take();
    });
    for (let inner = 0; inner <= calls; inner++) {
      const w = world();
      interrupt(w, step, () => {
        if (inner > 0) interrupt(w, inner, () => w.take());
        w.take();
        w.files.hook = undefined;
      });
      w.take();
      checkAfterwards(w);
    }
  });

  test.each(STEPS)('at call %i, and then the first dies and power fails', (step) => {
    const w = world();
    interrupt(w, step, () => {
      w.take();
      dieAt(w.files, 1);
    });
    const first = outcome(() => w.take());
    w.files.hook = undefined;
    w.files.losePower(() => false);
    expect(w.returned.length).toBe(first === 'dead' ? 2 : 3);
    checkAfterwards(w);
  });
});

/** Runs something at one call from now, with the hook away meanwhile. */
function interrupt({ files }: World, step: number, run: () => void): void {
  const stop = files.steps + step;
  files.hook = () => {
    if (files.steps < stop) return;
    files.hook = undefined;
    run();
  };
}

describe.each(['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS', 'EACCES', 'EWHATEVER'])('%s', (platform) => {
  test.each(STEPS)('at call %i: named, and nothing reserved is lost', (step) => {
    const w = world();
    const stop = w.files.steps + step;
    w.files.hook = () => {
      if (w.files.steps === stop) throw platformError(platform);
    };
    const codes: Record<string, string> = {
      ENOSPC: 'DISK_FULL',
      EDQUOT: 'DISK_FULL',
      EFBIG: 'DISK_FULL',
      EIO: 'FILE_ERROR',
      EROFS: 'FILE_ACCESS',
      EACCES: 'FILE_ACCESS',
    };
    // Removing the unfinished name is the one call that may fail unseen.
    expect([codes[platform] ?? 'FILE_ERROR', 'accepted']).toContain(codeOf(() => w.take()));
    checkAfterwards(w);
  });
});

test('messages name path, cause and the code of the platform', () => {
  const w = world();
  w.files.hook = (action) => {
    if (action === 'write') throw platformError('ENOSPC');
  };
  expect(() => w.take()).toThrow(
    /^DISK_FULL at \/w\/\.unfinished-[0-9a-f]{16}: write: expected free space, got a full disk.*ENOSPC/,
  );
});

describe('a home that is made', () => {
  const calls = (() => {
    const files = memoryFiles();
    openHome('/deep/down/h', files);
    return files.steps;
  })();

  test.each(Array.from({ length: calls }, (_, i) => i + 1))(
    'and stopped at call %i is whole afterwards',
    (step) => {
      for (const survives of [undefined, () => false, () => true]) {
        const files = memoryFiles();
        dieAt(files, step);
        outcome(() => openHome('/deep/down/h', files));
        files.hook = undefined;
        if (survives !== undefined) files.losePower(survives);
        const home = openHome('/deep/down/h', files);
        files.losePower(() => false);
        expect(openHome('/deep/down/h', files).secretId).toEqual(home.secretId);
      }
    },
  );

  test.each(Array.from({ length: calls }, (_, i) => i + 1))('by two at call %i has one secret', (step) => {
    const files = memoryFiles();
    const ids: Uint8Array[] = [];
    files.hook = () => {
      if (files.steps < step) return;
      files.hook = undefined;
      ids.push(openHome('/h', files).secretId);
    };
    ids.push(openHome('/h', files).secretId);
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect(id).toEqual(openHome('/h', files).secretId);
  });
});

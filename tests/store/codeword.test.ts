/** STO-1: codewords on disk, the same rows as recomputed ones, and never trusted further than the tree. */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ProofError } from '../../src/errors/proof-error.ts';
import { quintic } from '../../src/field/quintic.ts';
import { pieceEnd } from '../../src/kernels/contract/hash.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { codewordBytes, codewordShape, panelWriter, rowPieces } from '../../src/pcs/codeword-commit.ts';
import { verifyLinear } from '../../src/pcs/linear-verify.ts';
import { verifyLink } from '../../src/pcs/link-verify.ts';
import type { Weight } from '../../src/pcs/weight.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { S128 } from '../../src/params/profile.ts';
import { auditGroup, dropCodeword, keepCodeword } from '../../src/store/audit.ts';
import { budgetStatus } from '../../src/store/budget.ts';
import { openGroup, storeGroup, type OpenOptions, type StoredGroup } from '../../src/store/group.ts';
import type { GroupPlan } from '../../src/store/group-plan.ts';
import { openHome, type Home } from '../../src/store/home.ts';
import { linkStored, storeNextEpoch } from '../../src/store/prove-link.ts';
import { proveStored } from '../../src/store/prove-linear.ts';
import {
  applyWeight,
  codeOf as columnCodeOf,
  linearParameters,
  randomCells,
  randomPoint,
  staticIdentity,
} from '../support/linear.ts';
import { memoryFiles, platformError, type MemoryFiles } from '../support/memory-files.ts';
import { codeOf } from '../support/params.ts';

const M = 11;
const ROWS = 2 ** M;
const COLUMNS = 18; // two batches
const code = columnCodeOf(S128, M, ROWS);
const parameters = linearParameters(S128, code, [staticIdentity(COLUMNS)], 1);
const cells = randomCells(COLUMNS * ROWS, 61);
const plan: GroupPlan = {
  label: 'W',
  group: new Uint8Array(8).fill(7),
  lifetime: 'static',
  columns: COLUMNS,
  parameters,
  layout: new Uint8Array(32).fill(9),
  logCap: 2,
  codeword: 'keep',
};
const read = (first: number, count: number): Int16Array =>
  cells.subarray(first * ROWS, (first + count) * ROWS);
const weight: Weight = [
  { column: 17, coefficient: quintic.one, factors: [{ kind: 'eq', point: randomPoint(quintic, M, 5) }] },
];
const claim = { weight, value: applyWeight(quintic, weight, cells, M) };
const POSITIONS = [0, 1, 5, 2047, 2048, 4095, 6000, 8191];
const FILE = '/W/codeword';
/** A frame around a digest. */
const TRAILER = 88;

let k: Kernels;
let files: MemoryFiles;
let home: Home;
/** Kernels that count how often rows are recomputed. */
let counted: Kernels;
let recomputed = 0;
beforeAll(async () => {
  k = await wasmKernels({ threads: 2 });
  counted = {
    ...k,
    evaluateAt(...args) {
      recomputed++;
      k.evaluateAt(...args);
    },
  };
});
afterAll(() => k.close());
beforeEach(() => {
  files = memoryFiles();
  home = openHome('/home', files);
  recomputed = 0;
});

const store = (change: Partial<GroupPlan> = {}, path = '/W'): StoredGroup =>
  storeGroup(counted, home, path, { ...plan, ...change }, { kind: 'copy', read });
const open = (options: OpenOptions = {}): StoredGroup => openGroup(counted, home, '/W', options);
const prove = (group: StoredGroup) => {
  const request = { parameters, groups: [group], claims: [claim], context: new Uint8Array([1]) };
  return proveStored(counted, home, request);
};
const rowsOf = (group: StoredGroup) => {
  const { values, salts } = group.owned.open(POSITIONS);
  return { values, salts };
};

describe('the order of the words', () => {
  test.each([1, 11, 12, 13, 28, 40, 61])('%i columns, panels of every size: each row is found', (columns) => {
    const logData = 5;
    const rows = 2 ** logData;
    for (const panelBytes of [1, 4 * rows * 12, 4 * rows * 28, 4 * rows * 30, 4 * rows * 44, 2 ** 29]) {
      const shape = codewordShape({ logData }, columns, panelBytes);
      expect(shape.panels.reduce((sum, panel) => sum + panel.columns, 0)).toBe(columns);
      for (const panel of shape.panels) {
        // More than one batch only within the bound.
        const one = pieceEnd({ columns, salted: true }, panel.first, 16) - panel.first;
        expect(panel.columns === one || 4 * rows * panel.columns <= panelBytes).toBe(true);
      }
      const word = (row: number, column: number): number => 1000 * row + column;
      const written: number[] = [];
      k.memory.scope(() => {
        const writer = panelWriter(k, shape, (words) => written.push(...words));
        for (let coset = 0; coset < 4; coset++) {
          for (let column = 0, end: number; column < columns; column = end) {
            end = pieceEnd({ columns, salted: true }, column, 16);
            const room = writer.room(end - column);
            for (let i = 0; i < room.length; i++) {
              const row = coset * rows + Math.floor(i / (end - column));
              room[i] = word(row, column + (i % (end - column)));
            }
            writer.done();
          }
        }
      });
      expect(4 * written.length).toBe(codewordBytes({ logData }, columns));
      for (let row = 0; row < 4 * rows; row++) {
        const got = rowPieces(shape, row).flatMap(({ at, words }) => written.slice(at, at + words));
        expect(got).toEqual(Array.from({ length: columns }, (_, column) => word(row, column)));
      }
    }
  });

  test('the sizes that the documents name', () => {
    expect(codewordBytes({ logData: 20 }, 119)).toBe(1_996_488_704);
    expect(codewordShape({ logData: 20 }, 119).panels).toEqual([{ first: 0, columns: 119 }]);
    expect(codewordShape({ logData: 22 }, 100).panels.map((panel) => panel.columns)).toEqual([28, 32, 32, 8]);
  });
});

test.each([0, 4])('kept rows are the recomputed rows; %i absent layers', (absentLayers) => {
  const group = store({ absentLayers });
  expect(files.all().get(FILE)!.length).toBe(16 * COLUMNS * ROWS + TRAILER);
  expect(group.codeword).toBe('keep');
  const kept = rowsOf(group);
  expect(recomputed).toBe(0);
  const without = open({ codeword: 'recompute' });
  expect(rowsOf(without)).toEqual(kept);
  expect(recomputed).toBeGreaterThan(0);
  expect(without.codeword).toBe('keep');
  auditGroup(k, home, open());
});

test('a proof from kept rows verifies and recomputes nothing', () => {
  const group = store();
  const { statement, proof } = prove(group);
  expect(recomputed).toBe(0);
  expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
});

test('recompute is the default, and what it leaves behind', () => {
  const group = store({ codeword: 'recompute' });
  const other = store({}, '/V');
  expect(files.list('/W').includes('codeword')).toBe(false);
  expect(
    files
      .list('/V')
      .filter((name) => !files.list('/W').includes(name))
      .sort(),
  ).toEqual(['codeword', 'keep-codeword']);
  expect(group.codeword).toBe('recompute');
  prove(group);
  expect(recomputed).toBeGreaterThan(0);
  other.close();
});

test('on the real file system it is for its owner alone', () => {
  const root = mkdtempSync(join(tmpdir(), 'zkdl-codeword-'));
  try {
    const real = openHome(join(root, 'home'));
    const group = storeGroup(k, real, join(root, 'W'), plan, { kind: 'copy', read });
    for (const name of ['codeword', 'keep-codeword']) {
      expect(statSync(join(root, 'W', name)).mode & 0o777).toBe(0o600);
    }
    const without = openGroup(k, real, join(root, 'W'), { codeword: 'recompute' });
    expect(rowsOf(group)).toEqual(rowsOf(without));
    auditGroup(k, real, group);
    group.close();
    without.close();
  } finally {
    rmSync(root, { recursive: true });
  }
});

/** What can happen to the file while nobody looks, and what it is called. */
const FAULTS: readonly (readonly [string, string, () => void])[] = [
  ['missing', 'CODEWORD_MISSING', () => files.remove(FILE)],
  ['empty', 'CODEWORD_LENGTH', () => files.overwrite(FILE, new Uint8Array(0))],
  ['cut short', 'CODEWORD_LENGTH', () => files.overwrite(FILE, files.all().get(FILE)!.slice(0, -1))],
  [
    'goes on',
    'CODEWORD_LENGTH',
    () => files.overwrite(FILE, Uint8Array.from([...files.all().get(FILE)!, 0])),
  ],
  ['end damaged', 'CODEWORD_KEY', () => flip(files.all().get(FILE)!.length - 1)],
  ['name damaged', 'CODEWORD_KEY', () => flip(files.all().get(FILE)!.length - TRAILER + 30)],
  ['end of nothing', 'CODEWORD_KEY', () => flip(files.all().get(FILE)!.length - TRAILER)],
  ["another group's", 'CODEWORD_KEY', () => files.overwrite(FILE, otherCodeword())],
];

function flip(at: number): void {
  const bytes = files.all().get(FILE)!.slice();
  bytes[at]! ^= 1;
  files.overwrite(FILE, bytes);
}

function otherCodeword(): Uint8Array {
  store({ group: new Uint8Array(8).fill(8) }, '/V').close();
  return files.all().get('/V/codeword')!;
}

describe.each(FAULTS)('%s', (_, expected, damage) => {
  test('refused by name before anything is spent, unless its owner says otherwise', () => {
    store().close();
    damage();
    const run = () => open();
    expect(codeOf(run)).toBe(expected);
    expect(run).toThrow(FILE);
    expect(run).toThrow("codeword: 'recompute'");
    const faults: ProofError[] = [];
    const told = open({ onCodewordLost: (fault) => faults.push(fault) });
    expect(faults.map((fault) => [fault.code, fault.stage])).toEqual([[expected, FILE]]);
    const { statement, proof } = prove(told);
    expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
    expect(recomputed).toBeGreaterThan(0);
    expect(faults.length).toBe(1); // once, at opening
    prove(open({ codeword: 'recompute' }));
    keepCodeword(k, home, open({ codeword: 'recompute' }));
    recomputed = 0;
    prove(open());
    expect(recomputed).toBe(0);
  });
});

describe.each([0, 4])('rows that changed in the file, %i absent layers', (absentLayers) => {
  const damageAll = (): void => {
    const bytes = files.all().get(FILE)!.slice();
    // Word 17 of every row: whatever rows are opened, they are wrong in one column.
    for (let row = 0; row < 4 * ROWS; row++) bytes[4 * (row * COLUMNS + 17)]! ^= 1;
    files.overwrite(FILE, bytes);
  };

  test('refused by name: no byte of a proof leaves', () => {
    store({ absentLayers }).close();
    damageAll();
    const group = open();
    expect(codeOf(() => rowsOf(group))).toBe('CODEWORD_ROWS');
    expect(() => prove(group)).toThrow(FILE);
    expect(recomputed).toBe(0); // nothing is made good in silence
    expect(budgetStatus(home, group).used).toBe(code.queries);
    expect(codeOf(() => auditGroup(k, home, group))).toBe('CODEWORD_ROWS');
  });

  test('told and recomputed where its owner wants that', () => {
    const right = rowsOf(store({ absentLayers }));
    damageAll();
    const faults: ProofError[] = [];
    const group = open({ onCodewordLost: (fault) => faults.push(fault) });
    expect(faults).toEqual([]);
    expect(rowsOf(group)).toEqual(right);
    const { statement, proof } = prove(group);
    expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
    expect(faults.map((fault) => fault.code)).toEqual(['CODEWORD_ROWS', 'CODEWORD_ROWS']);
  });

  test('one bit of one opened row is enough', () => {
    store({ absentLayers }).close();
    const good = files.all().get(FILE)!.slice();
    for (const row of POSITIONS) {
      for (const byte of [0, 3, 4 * COLUMNS - 1]) {
        files.overwrite(FILE, good);
        flip(4 * COLUMNS * row + byte);
        expect(codeOf(() => rowsOf(open()))).toBe('CODEWORD_ROWS');
      }
    }
  });
});

test('the rows of another group under the name of this one', () => {
  store().close();
  const other = otherCodeword();
  const mine = files.all().get(FILE)!;
  files.overwrite(FILE, Uint8Array.from([...other.slice(0, -TRAILER), ...mine.slice(-TRAILER)]));
  expect(codeOf(() => rowsOf(open()))).toBe('CODEWORD_ROWS');
});

test('a file that cannot be read any more, in the middle of a proof', () => {
  const faults: ProofError[] = [];
  store().close();
  const strict = open();
  const told = open({ onCodewordLost: (fault) => faults.push(fault) });
  files.hook = (action, path) => {
    if (action === 'read' && path === FILE) throw platformError('EIO');
  };
  expect(codeOf(() => prove(strict))).toBe('FILE_ERROR');
  const { statement, proof } = prove(told);
  expect(verifyLinear(quintic, statement, proof)).toEqual({ ok: true });
  expect(faults.map((fault) => [fault.code, fault.stage])).toEqual([['FILE_ERROR', FILE]]);
});

test('kept later, dropped, kept again; an audit reads every word', () => {
  const group = store({ codeword: 'recompute' });
  keepCodeword(k, home, group);
  const kept = open();
  expect(kept.codeword).toBe('keep');
  const bytes = files.all().get(FILE)!.slice();
  for (const at of [0, 4 * COLUMNS * ROWS, bytes.length - TRAILER - 1]) {
    flip(at);
    expect(codeOf(() => auditGroup(k, home, open()))).toBe('CODEWORD_ROWS');
    files.overwrite(FILE, bytes);
  }
  auditGroup(k, home, open());
  dropCodeword(home, kept);
  dropCodeword(home, kept); // nothing to do is no error
  expect(files.list('/W').filter((name) => name.includes('codeword'))).toEqual([]);
  expect(open().codeword).toBe('recompute');
  keepCodeword(k, home, open());
  expect(files.all().get(FILE)).toEqual(bytes); // the same words for the same cells
});

test('changed cells make no codeword, and do not cost the one that is there', () => {
  store().close();
  const bytes = files.all().get(FILE)!.slice();
  const changed = cells.slice();
  changed[5]! += 1;
  files.overwrite('/W/data', new Uint8Array(changed.buffer));
  expect(codeOf(() => keepCodeword(k, home, open()))).toBe('DATA_CHANGED');
  expect(files.all().get(FILE)).toEqual(bytes);
  expect(codeOf(() => auditGroup(k, home, open()))).toBe('DATA_CHANGED');
  expect([...files.all().keys()].filter((path) => path.includes('unfinished'))).toEqual([]);
});

test('the next epoch is kept as the one before; links read both', () => {
  const older = store();
  const newer = storeNextEpoch(counted, home, older, '/W.1');
  expect(newer.codeword).toBe('keep');
  const link = completeInstance(linkInstance(COLUMNS), code, S128)!.parameters;
  const request = { older, newer, parameters: link, context: new Uint8Array(0) };
  const { statement, proof } = linkStored(counted, home, request);
  expect(verifyLink(quintic, statement, proof)).toEqual({ ok: true });
  expect(recomputed).toBe(0);
});

describe('BUD-2: at every call of the file system', () => {
  const tiny = linearParameters(S128, code, [staticIdentity(1)], 1);
  const tinyRead = (): Int16Array => cells.subarray(0, ROWS);
  const commit = (choice: GroupPlan['codeword']): StoredGroup => {
    const change = { ...plan, columns: 1, parameters: tiny, codeword: choice } as GroupPlan;
    return storeGroup(k, home, '/W', change, { kind: 'copy', read: tinyRead });
  };
  const stops = (prepare: () => void, run: () => void, fail: (action: string) => Error) => {
    prepare();
    const before = files.steps;
    run();
    const calls = files.steps - before;
    return Array.from({ length: calls }, (_, step) => () => {
      files = memoryFiles();
      home = openHome('/home', files);
      prepare();
      const stop = files.steps + step + 1;
      files.hook = (action) => {
        if (files.steps >= stop) throw fail(action);
      };
      let done = true;
      try {
        run();
      } catch {
        done = false;
      }
      files.hook = undefined;
      return done;
    });
  };

  test('a commitment with its codeword is whole or absent', () => {
    const seen = { whole: 0, absent: 0 };
    for (const attempt of stops(
      () => undefined,
      () => commit('keep').close(),
      () => new Error('dead'),
    )) {
      for (const survives of [() => false, () => true]) {
        const done = attempt();
        files.losePower(survives);
        home = openHome('/home', files);
        const result = codeOf(() => {
          const group = openGroup(k, home, '/W');
          expect(group.codeword).toBe('keep');
          auditGroup(k, home, group);
        });
        expect(['accepted', 'FILE_MISSING']).toContain(result);
        if (done) expect(result).toBe('accepted');
        seen[result === 'accepted' ? 'whole' : 'absent']++;
      }
    }
    expect(seen.whole).toBeGreaterThan(5);
    expect(seen.absent).toBeGreaterThan(5);
  });

  test('a codeword that is kept later is there, whole, or not', () => {
    const seen = { keep: 0, recompute: 0 };
    for (const attempt of stops(
      () => commit('recompute').close(),
      () => keepCodeword(k, home, openGroup(k, home, '/W')),
      () => new Error('dead'),
    )) {
      for (const survives of [() => false, () => true]) {
        const done = attempt();
        files.losePower(survives);
        home = openHome('/home', files);
        const group = openGroup(k, home, '/W');
        auditGroup(k, home, group);
        if (done) expect(group.codeword).toBe('keep');
        seen[group.codeword]++;
      }
    }
    expect(seen.keep).toBeGreaterThan(1);
    expect(seen.recompute).toBeGreaterThan(5);
  });

  test('a full disk leaves nothing unfinished and the group as it was', () => {
    for (const attempt of stops(
      () => commit('recompute').close(),
      () => keepCodeword(k, home, openGroup(k, home, '/W')),
      (action) =>
        ['create', 'write', 'sync'].includes(action) ? platformError('ENOSPC') : new Error('later'),
    )) {
      attempt();
      auditGroup(k, home, openGroup(k, home, '/W', { codeword: 'recompute' }));
    }
    let failed = 0;
    files = memoryFiles();
    home = openHome('/home', files);
    const group = commit('recompute');
    for (const action of ['create', 'write', 'sync']) {
      files.hook = (name, path) => {
        if (name === action && path.includes('unfinished')) throw platformError('ENOSPC');
      };
      expect(codeOf(() => keepCodeword(k, home, group))).toBe('DISK_FULL');
      files.hook = undefined;
      failed++;
      expect([...files.all().keys()].filter((path) => path.includes('unfinished'))).toEqual([]);
      expect(openGroup(k, home, '/W').codeword).toBe('recompute');
    }
    expect(failed).toBe(3);
  });
});

test("a programmer's mistakes", () => {
  expect(() => store({ codeword: 'always' as 'keep' })).toThrow('codeword: expected keep or recompute');
  store().close();
  expect(() => open({ codeword: 'keep' as 'recompute' })).toThrow('codeword: expected recompute or nothing');
});

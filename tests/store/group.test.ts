/** Groups in directories: committed, opened again, refused when anything does not fit. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { proveMultiproof } from '../../src/merkle/prove.ts';
import { decodeKey } from '../../src/pcs/key.ts';
import { S128 } from '../../src/params/profile.ts';
import { auditGroup } from '../../src/store/audit.ts';
import { openGroup, storeGroup } from '../../src/store/group.ts';
import type { GroupPlan } from '../../src/store/group-plan.ts';
import { reserve } from '../../src/store/budget.ts';
import type { FileSystem } from '../../src/store/files.ts';
import { frame } from '../../src/store/frame.ts';
import { openHome, type Home } from '../../src/store/home.ts';
import { nodeFiles } from '../../src/store/node-files.ts';
import { codeOf as columnCodeOf, linearParameters, randomCells, staticIdentity } from '../support/linear.ts';
import { memoryFiles, platformError } from '../support/memory-files.ts';
import { codeOf } from '../support/params.ts';

const M = 11;
const COLUMNS = 18; // one batch and a part of one
const ROWS = 2 ** M;
const parameters = linearParameters(S128, columnCodeOf(S128, M, ROWS), [staticIdentity(COLUMNS)], 2);
const cells = randomCells(COLUMNS * ROWS, 41);
const read = (first: number, count: number): Int16Array =>
  cells.subarray(first * ROWS, (first + count) * ROWS);
const plan: GroupPlan = {
  label: 'W',
  lifetime: 'static',
  columns: COLUMNS,
  parameters,
  layout: new Uint8Array(32).fill(9),
  logCap: 2,
};

let k: Kernels;
const root = mkdtempSync(join(tmpdir(), 'zkdl-group-'));
beforeAll(async () => {
  k = await wasmKernels({ threads: 2 });
});
afterAll(async () => {
  rmSync(root, { recursive: true, force: true });
  await k.close();
});

describe('on the real file system', () => {
  const at = (name: string): string => join(root, name);
  const home = openHome(at('home'));

  test('committed, opened again, the same group', () => {
    const group = storeGroup(k, home, at('a/W'), plan, { kind: 'copy', read });
    const again = openGroup(k, home, at('a/W'));
    expect(again.keyBytes).toEqual(group.keyBytes);
    expect(again.keyDigest).toEqual(group.keyDigest);
    expect(again.key).toEqual(group.key);
    expect(decodeKey(readFileSync(at('a/W/group.key')))).toEqual(group.key);
    expect(group.key.group).toMatchObject({
      label: 'W',
      epoch: 0,
      columns: COLUMNS,
      uses: 1,
      lifetime: 'static',
    });
    expect([...again.owned.source.data(3, 15)]).toEqual([...read(3, 15)]);
    expect(again.owned.source.pads(0, 18)).toEqual(group.owned.source.pads(0, 18));
    expect(again.owned.open([0, 5, 4096])).toEqual({
      ...group.owned.open([0, 5, 4096]),
    });
    // What is left in memory of a tree that was just written is what its file says.
    const [kept, loaded] = [group.owned.rows.stored, again.owned.rows.stored];
    expect({ ...kept, lower: kept.lower?.heldLayer }).toEqual({ ...loaded, lower: loaded.lower?.heldLayer });
    expect(kept.lower?.digests(1)).toEqual(loaded.lower?.digests(1));
    auditGroup(k, home, again);
    expect(readdirSync(at('a'))).toEqual(['W']);
    expect(readdirSync(at('a/W')).sort()).toEqual([
      'budget-0000000000000000',
      'data',
      'group.key',
      'secret',
      'tree',
    ]);
    for (const name of readdirSync(at('a/W'))) expect(statSync(at(`a/W/${name}`)).mode & 0o777).toBe(0o600);
    expect(statSync(at('a/W/data')).size).toBe(2 * COLUMNS * ROWS);
    group.close();
    again.close();
  });

  test('cells that are held in kernel memory: the file holds them, and the tree is theirs', () => {
    k.memory.secretScope(() => {
      const cells = k.memory.i16(COLUMNS * ROWS);
      cells.set(read(0, COLUMNS));
      const held = (first: number, count: number): Int16Array =>
        cells.subarray(first * ROWS, (first + count) * ROWS);
      storeGroup(k, home, at('b/W'), plan, { kind: 'copy', read: held, held: true }).close();
    });
    const group = openGroup(k, home, at('b/W'));
    expect([...group.owned.source.data(3, 15)]).toEqual([...read(3, 15)]);
    auditGroup(k, home, group);
    group.close();
  });

  test('two commitments of the same cells have nothing in common', () => {
    const [one, two] = ['b1', 'b2'].map((name) =>
      storeGroup(k, home, at(name), plan, { kind: 'copy', read }),
    );
    expect(one!.key.group.cap).not.toEqual(two!.key.group.cap);
    expect(one!.key.group.group).not.toEqual(two!.key.group.group);
    expect(one!.owned.source.pads(0, 1)).not.toEqual(two!.owned.source.pads(0, 1));
  });

  test.each([0, 4, 11])('%i absent layers: the same cap, a smaller file', (absentLayers) => {
    const path = at(`layers-${absentLayers}`);
    const group = storeGroup(k, home, path, { ...plan, absentLayers }, { kind: 'copy', read });
    expect(statSync(join(path, 'tree')).size).toBe(60 + 32 * 2 ** (13 - absentLayers));
    auditGroup(k, home, group);
    expect(openGroup(k, home, path).owned.rows.stored.firstLayer).toBe(absentLayers);
  });

  test('a tree that changes, or goes, when it was opened: no path out of it', () => {
    const path = at('tree-changed');
    const group = storeGroup(k, home, path, plan, { kind: 'copy', read });
    const { rows } = group.owned;
    const honest = proveMultiproof(k, rows.stored, [0, 5, 4096]);
    const file = join(path, 'tree');
    const before = readFileSync(file);
    const changed = Uint8Array.from(before);
    changed[60 + 32 * 7]! ^= 1;
    writeFileSync(file, changed);
    expect(() => proveMultiproof(k, rows.stored, [0, 5, 4096])).toThrow('do not hash to its stored root');
    expect(proveMultiproof(k, rows.stored, [4096]).length).toBeGreaterThan(0); // another part of it
    expect(codeOf(() => openGroup(k, home, path))).toBe('TREE_CAP');
    rmSync(file);
    expect(codeOf(() => proveMultiproof(k, rows.stored, [4096]))).toBe('FILE_MISSING');
    writeFileSync(file, before);
    expect(proveMultiproof(k, rows.stored, [0, 5, 4096])).toEqual(honest);
  });

  test('cells that stay in the file of their owner', () => {
    writeFileSync(at('weights.bin'), new Uint8Array(cells.buffer));
    const group = storeGroup(k, home, at('r'), plan, { kind: 'reference', path: at('weights.bin') });
    expect(readdirSync(at('r')).sort()).toContain('data-at');
    expect(readdirSync(at('r'))).not.toContain('data');
    auditGroup(k, home, group);
    const changed = cells.slice();
    changed[17 * ROWS + 5]! += 1;
    writeFileSync(at('weights.bin'), new Uint8Array(changed.buffer));
    const again = openGroup(k, home, at('r'));
    expect(codeOf(() => auditGroup(k, home, again))).toBe('DATA_CHANGED');
    writeFileSync(at('weights.bin'), new Uint8Array(changed.buffer, 0, 100));
    expect(codeOf(() => openGroup(k, home, at('r')))).toBe('DATA_LENGTH');
    rmSync(at('weights.bin'));
    expect(codeOf(() => openGroup(k, home, at('r')))).toBe('FILE_MISSING');
  });

  test('names that are taken', () => {
    expect(codeOf(() => storeGroup(k, home, at('a/W'), plan, { kind: 'copy', read }))).toBe('FILE_EXISTS');
    expect(codeOf(() => openGroup(k, home, at('nothing')))).toBe('FILE_MISSING');
  });
});

describe('in memory', () => {
  let files = memoryFiles();
  let home: Home;
  beforeEach(() => {
    files = memoryFiles();
    home = openHome('/home', files);
  });
  /** The smallest group: commitments by the hundred. */
  const tinyColumns = 1;
  const tinyParameters = linearParameters(
    S128,
    columnCodeOf(S128, 10, 1024),
    [staticIdentity(tinyColumns)],
    1,
  );
  const tinyPlan: GroupPlan = { ...plan, columns: tinyColumns, parameters: tinyParameters };
  const tinyRead = (): Int16Array => cells.subarray(0, 1024);
  const commit = (): Uint8Array => {
    const group = storeGroup(k, home, '/W', tinyPlan, { kind: 'copy', read: tinyRead });
    group.close();
    return group.keyBytes;
  };

  test('BUD-2: stopped at every call, a commitment is whole or absent', () => {
    commit();
    const calls = files.steps;
    const seen = { whole: 0, absent: 0 };
    for (let step = 1; step <= calls; step++) {
      for (const survives of [undefined, () => false, () => true]) {
        files = memoryFiles();
        home = openHome('/home', files);
        const stop = files.steps + step;
        files.hook = () => {
          if (files.steps >= stop) throw new Error('dead');
        };
        let done = true;
        try {
          commit();
        } catch {
          done = false;
        }
        files.hook = undefined;
        if (survives !== undefined) files.losePower(survives);
        home = openHome('/home', files);
        const code = codeOf(() => auditGroup(k, home, openGroup(k, home, '/W')));
        expect(['accepted', 'FILE_MISSING']).toContain(code);
        if (done) expect(code).toBe('accepted');
        seen[code === 'accepted' ? 'whole' : 'absent']++;
        if (code === 'FILE_MISSING')
          commit(); // what is left behind is in nobody's way
        else expect(reserve(home, openGroup(k, home, '/W'), 10, 'link').used).toBe(10);
      }
    }
    expect(seen.whole).toBeGreaterThan(10);
    expect(seen.absent).toBeGreaterThan(10);
  });

  test('a full disk at every call: named, and nothing is left behind', () => {
    commit();
    const calls = files.steps;
    for (let step = 1; step <= calls; step++) {
      files = memoryFiles();
      home = openHome('/home', files);
      const stop = files.steps + step;
      let action = '';
      files.hook = (name) => {
        if (files.steps !== stop) return;
        action = name;
        throw platformError('ENOSPC');
      };
      const code = codeOf(commit);
      files.hook = undefined;
      if (action === '') continue;
      if (code === 'DISK_FULL') {
        const left = [...files.all().keys()].filter((path) => path.includes('unfinished'));
        expect([action, left]).toEqual([action, []]);
      }
      // Asking whether the name is taken, removing and making names durable that are durable may fail unseen.
      else expect([code, ['list', 'unlink', 'syncDirectory'].includes(action)]).toEqual(['accepted', true]);
    }
  });

  test('two commit to one name at once: one is refused, the other whole', () => {
    commit();
    const calls = files.steps;
    for (let step = 1; step <= calls; step += 3) {
      files = memoryFiles();
      home = openHome('/home', files);
      const stop = files.steps + step;
      const codes: string[] = [];
      files.hook = () => {
        if (files.steps < stop) return;
        files.hook = undefined;
        codes.push(codeOf(commit));
      };
      codes.push(codeOf(commit));
      if (codes.length < 2) break;
      expect(codes.sort()).toEqual(['FILE_EXISTS', 'accepted'].sort());
      auditGroup(k, home, openGroup(k, home, '/W'));
    }
  });

  test('an empty directory is a name that is taken, too', () => {
    home.files.makeDirectory('/W');
    expect(codeOf(commit)).toBe('FILE_EXISTS');
    expect(home.files.list('/W')).toEqual([]);
  });

  test('every file cut short or damaged, by name', () => {
    commit();
    const expected: Record<string, RegExp> = {
      '/W/group.key': /^(KEY_[A-Z]+|LENGTH|VERSION|WEAK_PARAMS|COUNTER_KEY)$/,
      '/W/secret': /^(STATE_[A-Z]+)$/,
      '/W/tree': /^(STATE_[A-Z]+|TREE_CAP|TREE_LAYER)$/,
      '/W/data': /^(DATA_LENGTH|DATA_CHANGED)$/,
      '/home/long-term': /^STATE_[A-Z]+$/,
    };
    const tryAll = (): string =>
      codeOf(() => {
        const opened = openHome('/home', files);
        auditGroup(k, opened, openGroup(k, opened, '/W'));
      });
    expect(tryAll()).toBe('accepted');
    for (const [path, codes] of Object.entries(expected)) {
      const good = files.all().get(path)!.slice();
      const lengths = [0, 1, 7, 8, 11, 12, 23, 24, 55, 59, 60, 61, 100, good.length - 1].filter(
        (n) => n < good.length,
      );
      for (const length of lengths) {
        files.overwrite(path, good.slice(0, length));
        expect([path, length, tryAll()]).toEqual([path, length, expect.stringMatching(codes) as unknown]);
        expect(tryAll()).not.toBe('accepted');
      }
      files.overwrite(path, Uint8Array.from([...good, 0]));
      expect(tryAll()).not.toBe('accepted');
      for (let i = 0; i < 60; i++) {
        const flipped = good.slice();
        const at = Math.floor((i * good.length) / 60);
        flipped[at]! ^= 1 << (i % 8);
        files.overwrite(path, flipped);
        expect([path, at, tryAll()]).toEqual([path, at, expect.stringMatching(codes) as unknown]);
      }
      files.overwrite(path, good);
    }
    expect(tryAll()).toBe('accepted');
  });

  test('files of another group, another home, another version', () => {
    commit();
    storeGroup(k, home, '/V', { ...tinyPlan, label: 'V' }, { kind: 'copy', read: tinyRead }).close();
    const open = (path = '/W', under = home): string => codeOf(() => openGroup(k, under, path).close());
    const swap = (name: string, run: () => void): void => {
      const good = files.all().get(`/W/${name}`)!.slice();
      files.overwrite(`/W/${name}`, files.all().get(`/V/${name}`)!);
      run();
      files.overwrite(`/W/${name}`, good);
    };
    swap('tree', () => expect(open()).toBe('TREE_CAP'));
    swap('group.key', () => expect(open()).toBe('COUNTER_KEY'));
    swap('budget-0000000000000000', () => expect(open()).toBe('COUNTER_KEY'));
    swap('secret', () => {
      // The right form, other pads: the audit sees it, and so does every opening, row by row.
      const group = openGroup(k, home, '/W');
      expect(codeOf(() => auditGroup(k, home, group))).toBe('DATA_CHANGED');
    });
    expect(open('/W', openHome('/other', files))).toBe('SECRET_OWNER');
    expect(open()).toBe('accepted');
  });

  test('TREE_LAYER and bodies of another length', () => {
    commit();
    const open = (): string => codeOf(() => openGroup(k, home, '/W').close());
    const tree = files.all().get('/W/tree')!.slice();
    const withLayer = (layer: number, bytes = 4): Uint8Array => {
      const body = new Uint8Array(bytes);
      body[0] = layer;
      return Uint8Array.from([...frame('tree', body), ...tree.subarray(60)]);
    };
    expect(withLayer(0)).toEqual(tree);
    files.overwrite('/W/tree', withLayer(11));
    expect(open()).toBe('TREE_LAYER'); // the cap is layer 10 of 12
    files.overwrite('/W/tree', withLayer(1));
    expect(open()).toBe('STATE_LENGTH');
    files.overwrite('/W/tree', withLayer(0, 5));
    expect(open()).toMatch(/^STATE_/);
    files.overwrite('/W/tree', Uint8Array.from([...frame('tree', new Uint8Array(3)), ...tree.subarray(59)]));
    expect(open()).toMatch(/^STATE_/);
    files.overwrite('/W/tree', tree);
    expect(open()).toBe('accepted');
    files.overwrite('/W/secret', frame('treeseed', new Uint8Array(47)));
    expect(open()).toBe('STATE_LENGTH');
  });

  test('no secret and no cell in any message', () => {
    commit();
    const secret = files.all().get('/W/secret')!;
    const hex = Buffer.from(secret.subarray(24, 56)).toString('hex');
    const group = openGroup(k, home, '/W');
    expect(JSON.stringify({ path: group.path, key: [...group.keyBytes] })).not.toContain(hex);
    expect(() => JSON.stringify(group.treeSecret)).toThrow('no conversion');
    expect(() => JSON.stringify(home.longTerm)).toThrow('no conversion');
  });

  test("a programmer's mistakes", () => {
    const bad = (change: Partial<GroupPlan>) => () =>
      storeGroup(k, home, '/X', { ...tinyPlan, ...change }, { kind: 'copy', read: tinyRead });
    expect(bad({ lifetime: 'carried', uses: 9 })).toThrow('uses: expected at most 1024 pads');
    expect(bad({ layout: new Uint8Array(3) })).toThrow('layout');
    expect(bad({ label: '' })).toThrow('label');
    expect(bad({ group: new Uint8Array(2) })).toThrow('group');
    expect(() =>
      storeGroup(k, home, '/X', tinyPlan, { kind: 'copy', read: () => new Int16Array(7) }),
    ).toThrow('expected 1024 cells');
    expect(() =>
      storeGroup(k, home, '/X', tinyPlan, { kind: 'copy', read: () => new Int8Array(1024) }),
    ).toThrow('type int16');
    expect([...files.all().keys()].filter((path) => !path.startsWith('/home'))).toEqual([]);
    const carried = storeGroup(
      k,
      home,
      '/C',
      { ...tinyPlan, lifetime: 'carried', uses: 2 },
      { kind: 'copy', read: tinyRead },
    );
    expect(carried.limits.total).toBe(2 * tinyParameters.code.queries);
    expect(carried.owned.source.padLength).toBe(2 * tinyParameters.code.queries);
  });
});

/** For the type checker: the interface of tests is the interface of the platform. */
export const SAME: FileSystem = nodeFiles;

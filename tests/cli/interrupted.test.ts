/**
 * Commits that are killed: the next one takes away what they left, or finishes it, and what it makes is proven and verified. What is not
 * provably theirs stays as it is, to the byte.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeTree } from '../../src/verbs/files.ts';
import { BINARY, FAST, mustSucceed, writeTiny, zkdl, type Run } from '../support/cli.ts';

const SLOW = 600_000;
let folder: string;
const path = (name: string): string => join(folder, name);
const run = (...args: string[]): Run => zkdl(folder, args);
const done = mustSucceed(run);
const COMMIT = ['--tokens', '8', '--proofs', '3'];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-killed-'));
  mkdirSync(path('state'));
  await writeTiny(folder);
  done('import', 'tiny', '-o', 'm.zkq', '--profile', 'P12', ...FAST);
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a commit and kills it as soon as `is` holds. @returns whether it was killed at work */
async function killed(out: string, is: (names: readonly string[]) => boolean): Promise<boolean> {
  const env = { ...process.env, XDG_STATE_HOME: path('state') };
  const args = [BINARY, 'commit', 'm.zkq', '-o', out, ...COMMIT, '--codeword', 'keep', '--quiet'];
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' });
  const ended = new Promise<boolean>((resolve) => {
    child.on('exit', (_, signal) => resolve(signal === 'SIGKILL'));
  });
  for (let i = 0; child.exitCode === null && child.signalCode === null; i++) {
    if (existsSync(path(out)) && is(readdirSync(path(out)))) child.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return ended;
}

/** All of a tree: names, and bytes of files. */
function snapshot(where: string): Record<string, string> {
  const entries = readdirSync(where).flatMap((name): [string, string][] => {
    const inner = join(where, name);
    if (!statSync(inner).isDirectory()) return [[inner, readFileSync(inner).toString('hex')]];
    return [[inner, 'directory'], ...Object.entries(snapshot(inner))];
  });
  return Object.fromEntries(entries);
}

const isDirectory = (out: string, name: string): boolean => statSync(path(join(out, name))).isDirectory();
const POINTS: [string, (out: string) => (names: readonly string[]) => boolean][] = [
  ['as soon as the directory is marked', () => (names) => names.includes('committing')],
  ['once the model is copied', () => (names) => names.includes('model.zkq')],
  [
    'among the files of the group',
    (out) => (names) =>
      names.some(
        (name) =>
          name.startsWith('.unfinished-') &&
          isDirectory(out, name) &&
          readdirSync(path(join(out, name))).includes('codeword'),
      ),
  ],
  ['when the group is complete', () => (names) => names.includes('epoch-0')],
];

test.each(POINTS)(
  'killed %s: the next commit does it, and its proof verifies',
  async (point, is) => {
    const out = `k${POINTS.findIndex(([name]) => name === point)}`;
    let was = false;
    for (let attempt = 0; attempt < 10 && !was; attempt++) {
      rmSync(path(out), { recursive: true, force: true });
      rmSync(path(`${out}.key`), { force: true });
      const safe = (names: readonly string[]): boolean => {
        try {
          return is(out)(names);
        } catch {
          return false; // renamed in between
        }
      };
      was = (await killed(out, safe)) && existsSync(path(join(out, 'committing')));
    }
    expect(was).toBe(true);
    const prove = ['prove', out, '--prompt', 'x', '--tokens', '1', '-o', `${out}.zkp`];
    expect(run(...prove, '--json').json()['error']).toMatchObject({ code: 'FOLDER', stage: out });
    done('commit', 'm.zkq', '-o', out, ...COMMIT, '--codeword', 'keep');
    expect(readdirSync(path(out)).sort()).toEqual(['epoch-0', 'model.zkq', 'tokenizer.json']);
    done(...prove);
    done('verify', `${out}.zkp`, '--key', `${out}.key`);
    expect(
      readdirSync(folder).filter((name) => name.startsWith('.unfinished-') && isDirectory('', name)),
    ).toEqual([]);
  },
  SLOW,
);

/** A directory as a commit of some process leaves it. */
function left(out: string, worker: object, more: Readonly<Record<string, string>> = {}): void {
  mkdirSync(path(out));
  writeFileSync(path(join(out, 'committing')), JSON.stringify(worker));
  writeFileSync(path(join(out, 'model.zkq')), 'half');
  for (const [name, text] of Object.entries(more)) {
    mkdirSync(join(path(join(out, name)), '..'), { recursive: true });
    writeFileSync(path(join(out, name)), text);
  }
}
const DEAD = { pid: 2 ** 30, host: hostname() };

test(
  'what is not provably ours stays: foreign names, no mark, another mark, a live process, another host',
  () => {
    const unfinished = '.unfinished-0123456789abcdef';
    const cases: [name: string, make: (out: string) => void, says: string][] = [
      ['foreign', (out) => left(out, DEAD, { 'thesis.txt': 'mine' }), 'thesis.txt'],
      ['nested', (out) => left(out, DEAD, { [`${unfinished}/letters`]: 'mine' }), 'letters'],
      ['deeper', (out) => left(out, DEAD, { [`${unfinished}/tree/data`]: 'mine' }), 'tree'],
      ['folder', (out) => left(out, DEAD, { 'data/secret': 'mine' }), 'data'],
      ['near', (out) => left(out, DEAD, { '.unfinished-0123': 'mine' }), '.unfinished-0123'],
      ['live', (out) => left(out, { pid: process.pid, host: hostname() }), `process ${process.pid}`],
      ['host', (out) => left(out, { pid: 2 ** 30, host: 'elsewhere' }), 'elsewhere'],
      ['mark', (out) => left(out, { pid: 'x' }), 'committing'],
      ['unmarked', (out) => (mkdirSync(path(out)), writeFileSync(path(`${out}/model.zkq`), 'mine')), 'taken'],
    ];
    for (const [out, make, says] of cases) {
      make(out);
      const before = snapshot(path(out));
      const { code, json } = run('commit', 'm.zkq', '-o', out, ...COMMIT, '--json');
      expect(code).toBe(2);
      const { error } = json() as { error: { code: string; stage: string; detail: string } };
      expect(error).toMatchObject({ code: 'FILE_EXISTS', stage: out });
      expect(error.detail).toContain(says);
      expect(snapshot(path(out))).toEqual(before);
      expect(existsSync(path(`${out}.key`))).toBe(false);
    }
  },
  SLOW,
);

test(
  'links are none of a commit: what they lead to stays',
  () => {
    // A commitment of somebody's, whose files have the names that a commit makes.
    const files = ['secret', 'tree', 'data', 'budget-1'];
    mkdirSync(path('theirs'));
    for (const name of files) writeFileSync(path(`theirs/${name}`), 'mine');
    left('inner', DEAD);
    symlinkSync(path('theirs'), path('inner/.unfinished-0123456789abcdef'));
    left('epoch', DEAD);
    symlinkSync(path('theirs'), path('epoch/epoch-0'));
    left('file', DEAD);
    symlinkSync(path('theirs/secret'), path('file/.unfinished-0123456789abcdef'));
    left('deep', DEAD, { '.unfinished-0123456789abcdef/tree': 'half' });
    symlinkSync(path('theirs/secret'), path('deep/.unfinished-0123456789abcdef/secret'));
    left('real', DEAD);
    symlinkSync(path('real'), path('outer'));
    for (const out of ['inner', 'epoch', 'file', 'deep', 'outer']) {
      const before = snapshot(path(out));
      const { code, json } = run('commit', 'm.zkq', '-o', out, ...COMMIT, '--json');
      expect([out, code]).toEqual([out, 2]);
      expect(json()['error']).toMatchObject({ code: 'FILE_EXISTS', stage: out });
      expect(snapshot(path(out))).toEqual(before);
    }
    expect(readdirSync(path('theirs')).sort()).toEqual([...files].sort());
    // What takes a directory away takes the link, and not what it leads to.
    mkdirSync(path('gone'));
    symlinkSync(path('theirs'), path('gone/link'));
    removeTree(path('gone'));
    expect(existsSync(path('gone'))).toBe(false);
    expect(readdirSync(path('theirs')).sort()).toEqual([...files].sort());
  },
  SLOW,
);

test(
  'a complete commitment is finished by the same options alone, and never taken away',
  () => {
    done('commit', 'm.zkq', '-o', 'c', ...COMMIT);
    const key = readFileSync(path('c.key'));
    rmSync(path('c.key'));
    writeFileSync(path('c/committing'), JSON.stringify(DEAD));
    const before = snapshot(path('c'));
    const others = run('commit', 'm.zkq', '-o', 'c', '--tokens', '8', '--proofs', '300', '--json');
    expect(others.json()['error']).toMatchObject({ code: 'FILE_EXISTS', stage: 'c' });
    expect(snapshot(path('c'))).toEqual(before);
    done('commit', 'm.zkq', '-o', 'c', ...COMMIT);
    expect(readFileSync(path('c.key'))).toEqual(key);
    // Killed between the key and the end.
    writeFileSync(path('c/committing'), JSON.stringify(DEAD));
    done('commit', 'm.zkq', '-o', 'c', ...COMMIT);
    expect(readFileSync(path('c.key'))).toEqual(key);
    expect(run('commit', 'm.zkq', '-o', 'c', ...COMMIT).code).toBe(2);
  },
  SLOW,
);

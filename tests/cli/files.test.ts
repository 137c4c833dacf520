/**
 * Files as users mix them up, and places that take none: exit code 2, an error that names file and cause, no stack, nothing half-written.
 * Damaged commitments, names that are empty, and readers that go away.
 */
import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAST, writeTiny, zkdl, zkdlAlone, type Run, type User } from '../support/cli.ts';

const SLOW = 600_000; // the machine may be busy: nothing here is about time
let folder: string;
const path = (name: string): string => join(folder, name);
const run = (...args: string[]): Run => zkdl(folder, args);

/** All names below a folder. */
const names = (where: string): string[] => readdirSync(where, { recursive: true }).map(String).sort();

/** What a run that failed says. Nothing has changed but the state of the prover. */
function failure(...args: string[]): { code: string; stage: string; detail: string } {
  const before = names(folder).filter((name) => !name.startsWith('state'));
  const { code, stdout, stderr, json } = run(...args, '--json', '--quiet');
  expect(code, `${args.join(' ')}: ${stdout}${stderr}`).toBe(2);
  expect(names(folder).filter((name) => !name.startsWith('state'))).toEqual(before);
  expect(stderr).not.toMatch(/\n\s+at /);
  return (json() as { error: { code: string; stage: string; detail: string } }).error;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-files-'));
  mkdirSync(path('state'));
  await writeTiny(folder);
  for (const args of [
    ['import', 'tiny', '-o', 'm.zkq', '--profile', 'P12', ...FAST],
    ['commit', 'm.zkq', '-o', 'm', '--tokens', '8', '--proofs', '3'],
  ]) {
    const { code, stderr } = run(...args);
    expect(code, stderr).toBe(0);
  }
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a file of another kind is named as what it is', () => {
  test('a folder of a float model, a key, an answer where a model file belongs', () => {
    const directory = {
      code: 'FILE_KIND',
      stage: 'tiny',
      detail: expect.stringContaining('got a directory'),
    };
    expect(failure('commit', 'tiny', '-o', 'x')).toMatchObject(directory as object);
    expect(failure('commit', 'm.key', '-o', 'x')).toMatchObject({ code: 'MODEL_MAGIC', stage: 'm.key' });
    expect(failure('estimate', 'm.key')).toMatchObject({ code: 'MODEL_MAGIC', stage: 'm.key' });
  });

  test('a key where a tokenizer belongs; a tokenizer that is cut short, empty, or has more tokens than its model', () => {
    const kind = { code: 'FILE_KIND', stage: 'm.key', detail: 'expected a tokenizer, got a model key' };
    expect(failure('commit', 'm.zkq', '-o', 'x', '--tokenizer', 'm.key')).toEqual({ exit: 2, ...kind });
    expect(failure('import', 'tiny', '-o', 'x.zkq', '--tokenizer', 'm.key')).toMatchObject(kind);
    writeFileSync(path('cut.json'), readFileSync(path('m.tokenizer.json')).subarray(0, 1000));
    writeFileSync(path('empty.json'), '');
    for (const file of ['cut.json', 'empty.json']) {
      const json = { code: 'JSON_SYNTAX', stage: file };
      expect(failure('import', 'tiny', '-o', 'x.zkq', '--tokenizer', file)).toMatchObject(json);
    }
    const more = JSON.parse(readFileSync(path('m.tokenizer.json'), 'utf8')) as { added_tokens: object[] };
    more.added_tokens.push({ ...more.added_tokens[0], id: 300, content: '<far>' });
    writeFileSync(path('more.json'), JSON.stringify(more));
    const fit = { code: 'TOKENIZER_FIT', stage: 'more.json' };
    expect(failure('import', 'tiny', '-o', 'x.zkq', '--tokenizer', 'more.json')).toMatchObject(fit);
  });

  test('inspect: an empty file, one of somebody else', () => {
    expect(failure('inspect', 'empty.json').detail).toMatch(/got an empty file$/);
    expect(failure('inspect', 'm.tokenizer.json').detail).toMatch(/got another file$/);
  });
});

describe('what cannot be asked for, before any work', () => {
  test('names that are empty', () => {
    for (const args of [
      ['import', 'tiny', '-o', ''],
      ['commit', 'm.zkq', '-o', ''],
      ['commit', 'm.zkq', '-o', 'x', '--key', ''],
      ['prove', 'm', '--prompt', 'x', '-o', ''],
      ['budget', 'm', '--home', ''],
    ]) {
      expect(failure(...args)).toMatchObject({ code: 'USAGE', stage: 'command line' });
    }
    expect(run('inspect', '').stderr).toMatch(/^zkdl: FILE_MISSING: '': /);
  });

  test('more proofs than any commitment allows', () => {
    const { stage, detail } = failure('commit', 'm.zkq', '-o', 'x', '--proofs', '999999999');
    expect(stage).toBe('proofs');
    expect(detail).toContain('999999999');
    expect(failure('estimate', 'm.zkq', '--proofs', '999999999').stage).toBe('proofs');
  });

  test('a reason that no report holds, before the model is read', () => {
    for (const reason of ['', 'x'.repeat(201), 'a\nb']) {
      const usage = { code: 'USAGE', stage: 'allowMiss' };
      expect(failure('import', 'nothing', '-o', 'x.zkq', '--allow-miss', reason)).toMatchObject(usage);
    }
  });

  test('an estimate is about the key that commit makes', () => {
    const estimated = run('estimate', 'm.zkq', '--json').json()['proofsPerEpoch'];
    expect(estimated).toBe(run('estimate', 'm.zkq', '--proofs', '500', '--json').json()['proofsPerEpoch']);
  });
});

describe('a damaged commitment', () => {
  test.each(['group.key', 'secret', 'tree', 'data'])(
    '%s cut short, or gone: named, and no budget is spent',
    (name) => {
      const file = path(`m/epoch-0/${name}`);
      const bytes = readFileSync(file);
      const prove = ['prove', 'm', '--prompt', 'Hello', '--tokens', '1', '-o', 'b.zkp'];
      const before = run('budget', 'm', '--json').json();
      try {
        writeFileSync(file, bytes.subarray(0, bytes.length / 2));
        const cut = failure(...prove);
        expect(cut.code).toMatch(/_LENGTH$/);
        expect(cut.stage).toBe(file);
        rmSync(file);
        expect(failure(...prove)).toMatchObject({ code: 'FILE_MISSING', stage: file });
      } finally {
        writeFileSync(file, bytes, { mode: 0o600 });
      }
      expect(run('budget', 'm', '--json').json()).toEqual(before);
    },
  );

  test('a key that budget and estimate read', () => {
    cpSync(path('m'), path('half'), { recursive: true });
    const key = readFileSync(path('m/epoch-0/group.key'));
    writeFileSync(path('half/epoch-0/group.key'), key.subarray(0, key.length / 2));
    for (const verb of ['budget', 'estimate']) {
      const { code, stage } = failure(verb, 'half');
      expect(code).toBe('KEY_LENGTH');
      expect(stage).toMatch(/half\/epoch-0\/group\.key: key$/);
    }
    rmSync(path('half'), { recursive: true });
  });
});

describe('places that take no files', () => {
  test('a home that is a file, or below one, or where no directory can be made', () => {
    const prove = ['prove', 'm', '--prompt', 'x', '-o', 'b.zkp', '--home'];
    expect(failure(...prove, 'm.zkq').stage).toBe(path('m.zkq'));
    expect(failure(...prove, 'm.zkq/home').stage).toBe(path('m.zkq'));
    // A directory that is there and has no room for names: creating in it says that it is missing.
    expect(failure(...prove, '/proc/zkdl').stage).toBe('/proc/zkdl');
  });

  // Root may write anywhere: there another user runs the command, who must be able to read it.
  const root = process.getuid?.() === 0;
  const user: User | undefined = root ? { uid: 65534, gid: 65534 } : undefined;
  const readable = zkdlAlone(tmpdir(), ['--help'], undefined, user).code === 0;
  test.runIf(readable)('a directory that is read-only', () => {
    const [theirs, locked] = [mkdtempSync(join(tmpdir(), 'zkdl-locked-')), 'locked'];
    try {
      for (const name of ['state', locked]) mkdirSync(join(theirs, name));
      for (const name of ['m.zkq', 'm.tokenizer.json']) copyFileSync(path(name), join(theirs, name));
      cpSync(path('tiny'), join(theirs, 'tiny'), { recursive: true });
      chmodSync(join(theirs, locked), 0o500);
      for (const name of ['.', ...names(theirs)]) {
        if (user !== undefined) chownSync(join(theirs, name), user.uid, user.gid);
      }
      for (const [args, stage] of [
        [['import', 'tiny', '-o', `${locked}/x.zkq`], `${locked}/x.zkq`],
        [['commit', 'm.zkq', '-o', `${locked}/x`, '--key', 'x.key'], `${locked}/x`],
        [['commit', 'm.zkq', '-o', 'x', '--key', `${locked}/x.key`], `${locked}/x.key`],
        [['prove', 'tiny', '--prompt', 'x', '-o', `${locked}/x.zkp`], `${locked}/x.zkp`],
        [['budget', 'tiny', '--home', `${locked}/home`], join(theirs, locked, 'home')],
      ] as const) {
        const { code, stderr, json } = zkdlAlone(theirs, [...args, '--json', '--quiet'], undefined, user);
        expect(code, stderr).toBe(2);
        expect(json()['error']).toMatchObject({ code: 'FILE_ACCESS', stage });
        expect(stderr).not.toMatch(/\n\s+at /);
      }
      expect(readdirSync(theirs).sort()).toEqual([locked, 'm.tokenizer.json', 'm.zkq', 'state', 'tiny']);
    } finally {
      chmodSync(join(theirs, locked), 0o700);
      rmSync(theirs, { recursive: true });
    }
  });

  test('a proof on a disk that takes no more: no file, and none that is unfinished', () => {
    const before = readdirSync(folder).sort();
    const args = ['prove', 'm', '--prompt', 'Hello', '--tokens', '1', '-o', 'full.zkp'];
    const { code, stderr } = zkdlAlone(folder, args, 'ulimit -f 100');
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/zkdl: DISK_FULL: full\.zkp: .*EFBIG/);
    expect(readdirSync(folder).sort()).toEqual(before);
  });
});

describe('what is printed', () => {
  const inspect = '"$@" --json';
  test('a reader that has gone is no fault', () => {
    const { code, stderr } = zkdlAlone(
      folder,
      ['inspect', 'm.key'],
      `{ ${inspect}; echo "exit $?" >&2; } | true; exit`,
    );
    expect(code).toBe(0);
    expect(stderr).toBe('exit 0\n');
  });
  test('a full disk is one that is named', () => {
    const { stderr } = zkdlAlone(
      folder,
      ['inspect', 'm.key'],
      `${inspect} > /dev/full; echo "exit $?" >&2; exit`,
    );
    expect(stderr).toBe(
      'zkdl: OUTPUT: standard output: expected to be written to, got an error (ENOSPC)\nexit 2\n',
    );
  });
  test('the version is the one of the package', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(run('--version')).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

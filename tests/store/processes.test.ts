/** BUD-3: processes at the same time on one store, on the real file system. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { budgetStatus, reserve } from '../../src/store/budget.ts';
import { readWhole, writeSynced } from '../../src/store/durable.ts';
import { openHome } from '../../src/store/home.ts';
import { codeOf } from '../support/params.ts';
import { makePlace } from '../support/store.ts';

const root = mkdtempSync(join(tmpdir(), 'zkdl-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const PROCESSES = 4;
const RESERVERS = 16;
/** Room for three quarters of what all reservers want. */
const LIMITS = { total: 500, links: 20, queries: 10 };
const ROUNDS = 3;

/** Compiled by `npm test` and `npm run setup`: Node 20 runs no TypeScript. */
const CHILD = join(import.meta.dirname, '../../dist-tools/tests/support/reserve-child.js');

interface Line {
  readonly code: string;
  readonly used: number;
  readonly secretId: string;
}

function child(home: string, path: string, keyDigest: Uint8Array, go: number): Promise<Line[]> {
  const job = JSON.stringify({ home, path, key: [...keyDigest], limits: LIMITS, times: RESERVERS, go });
  const running = spawn(process.execPath, [CHILD, job], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  running.stdout.on('data', (data: Buffer) => (out += data.toString()));
  running.stderr.on('data', (data: Buffer) => (err += data.toString()));
  return new Promise((resolve, reject) => {
    running.on('error', reject);
    running.on('close', (code) => {
      if (code !== 0) reject(new Error(`child: ${code}: ${err}`));
      else
        resolve(
          out
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Line),
        );
    });
  });
}

test.each(Array.from({ length: ROUNDS }, (_, i) => i))(
  `BUD-3: ${PROCESSES} processes with ${RESERVERS} reservations each, round %i`,
  async (round) => {
    expect(existsSync(CHILD), 'run `npm run setup` first').toBe(true);
    const homePath = join(root, `home-${round}`);
    const path = join(root, `group-${round}`);
    const home = openHome(homePath);
    const { keyDigest } = makePlace(home, path);
    const go = Date.now() + 1500;
    const jobs = Array.from({ length: PROCESSES }, () => child(homePath, path, keyDigest, go));
    const lines = (await Promise.all(jobs)).flat();
    expect(lines.length).toBe(PROCESSES * RESERVERS);
    const used = lines.filter(({ code }) => code === 'accepted').map((line) => line.used);
    // Each count once, none skipped, none beyond the reserve; the rest were told why.
    expect(used.sort((a, b) => a - b)).toEqual(Array.from({ length: 48 }, (_, i) => 10 * (i + 1)));
    expect(lines.filter(({ code }) => code === 'BUDGET_SPENT').length).toBe(lines.length - 48);
    const place = { path, keyDigest, limits: LIMITS };
    expect(budgetStatus(home, place)).toMatchObject({
      used: 480,
      generation: 48,
      proofsLeft: 0,
      linksLeft: 2,
    });
    expect(reserve(home, place, 10, 'link').used).toBe(490);
    const left = readdirSync(path).filter((name) => !/^budget-\d{16}$/.test(name));
    expect(left).toEqual([]); // nothing unfinished stays behind
  },
);

test('BUD-3: processes that make one home at the same moment share its secret', async () => {
  const homePath = join(root, 'deep', 'home');
  const go = Date.now() + 1500;
  const seed = openHome(join(root, 'home-seed'));
  const place = makePlace(seed, join(root, 'group-seed'));
  const jobs = Array.from({ length: PROCESSES }, () => child(homePath, place.path, place.keyDigest, go));
  const lines = (await Promise.all(jobs)).flat();
  expect(new Set(lines.map(({ secretId }) => secretId))).toEqual(
    new Set([openHome(homePath).secretId.join()]),
  );
});

test('everything is for its owner alone', () => {
  if (process.platform === 'win32') return;
  const home = openHome(join(root, 'home-modes'));
  const place = makePlace(home, join(root, 'group-modes'));
  reserve(home, { ...place, limits: LIMITS }, 10, 'proof');
  for (const top of ['home-modes', 'group-modes']) {
    const names = readdirSync(join(root, top), { recursive: true, encoding: 'utf8' });
    expect(names.length).toBeGreaterThan(1);
    for (const name of ['', ...names]) {
      const status = statSync(join(root, top, name));
      expect([name, status.mode & 0o777]).toEqual([name, status.isDirectory() ? 0o700 : 0o600]);
    }
  }
});

test('the real file system reports what the store understands', () => {
  const home = openHome(join(root, 'home-errors'));
  const { files } = home;
  const at = (name: string): string => join(root, 'home-errors', name);
  expect(codeOf(() => files.open(at('absent')))).toBe('FILE_MISSING');
  expect(codeOf(() => files.list(at('absent')))).toBe('FILE_MISSING');
  expect(codeOf(() => files.create(at('long-term')))).toBe('FILE_EXISTS');
  expect(codeOf(() => files.makeDirectory(root))).toBe('FILE_EXISTS');
  files.makeDirectory(at('full'));
  files.create(at('full/file')).close();
  files.makeDirectory(at('other'));
  expect(codeOf(() => files.rename(at('other'), at('full')))).toBe('FILE_EXISTS');
  expect(codeOf(() => files.link(at('full/file'), at('long-term')))).toBe('FILE_EXISTS');
  expect(codeOf(() => files.removeDirectory(at('full')))).toBe('FILE_EXISTS');
  const reader = files.open(at('long-term'));
  expect(codeOf(() => reader.read(new Uint8Array(reader.size + 1), 0))).toBe('FILE_SHORT');
  reader.close();
  files.unlink(at('full/file'));
  files.removeDirectory(at('full'));
});

test("a programmer's mistake stays one, and shared memory can be written", () => {
  const home = openHome(join(root, 'home-shared'));
  expect(() => home.files.list(null as unknown as string)).toThrow(TypeError);
  const shared = new Uint8Array(new SharedArrayBuffer(5)).fill(3);
  writeSynced(home.files, join(root, 'shared'), [shared]);
  expect([...readWhole(home.files, join(root, 'shared'))]).toEqual([3, 3, 3, 3, 3]);
});

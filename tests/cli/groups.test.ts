/** Weights in several committed groups, the whole way through the real binary, and what an owner has to know of them. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { weightGroups } from '../../src/graph/static-tensors.ts';
import { loadModel } from '../../src/quantize/node.ts';
import { FAST, mustSucceed, writeTiny, zkdl, type Run } from '../support/cli.ts';

const SLOW = 600_000;
let folder: string;
let digest: string;
const path = (name: string): string => join(folder, name);
const run = (...args: string[]): Run => zkdl(folder, args);
const done = mustSucceed(run);
function wrong(...args: string[]): { code: string; stage: string; detail: string } {
  const { code, stdout, json } = run(...args, '--json');
  expect(code, stdout).toBe(2);
  return (json() as { error: { code: string; stage: string; detail: string } }).error;
}
const SIZE = ['--tokens', '8', '--proofs', '3'];
/** Of the 20-odd thousand cells of the tiny model. */
const CUT = ['--group-cells', '9000'];
const epochs = (): Record<string, unknown>[] =>
  (done('budget', 'm', '--json').json() as { epochs: Record<string, unknown>[] }).epochs;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-groups-'));
  mkdirSync(path('state'));
  await writeTiny(folder);
  done('import', 'tiny', '-o', 'm.zkq', '--profile', 'P12', ...FAST);
  digest = done('commit', 'm.zkq', '-o', 'm', ...SIZE, ...CUT, '--json').json()['digest'] as string;
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a commitment of groups is proven from and verified, and every group pays', { timeout: SLOW }, () => {
  const groups = readdirSync(path('m/epoch-0')).sort();
  expect(groups.length).toBeGreaterThan(1);
  expect(groups).toEqual(groups.map((_, g) => `W${g}`));
  expect(readFileSync(path('m/groups'), 'utf8')).toMatch(
    new RegExp(`^9000 ${groups.length} [0-9a-f]{64}\n$`),
  );
  const before = groups.map((name) => readdirSync(path(`m/epoch-0/${name}`)).length);
  const [{ proofsLeft }] = epochs() as [{ proofsLeft: number }];
  done('prove', 'm', '--prompt', 'Hi', '--tokens', '2', '-o', 'a.zkp');
  done('verify', 'a.zkp', '--key', 'm.key', '--model', digest);
  expect(groups.map((name) => readdirSync(path(`m/epoch-0/${name}`)).length)).toEqual(
    before.map((n) => n + 1),
  );
  expect(epochs()).toMatchObject([{ groups: groups.length, proofsLeft: proofsLeft - 1 }]);
});

test('inspect and estimate say how many groups there are', { timeout: SLOW }, () => {
  const groups = readdirSync(path('m/epoch-0')).length;
  const key = done('inspect', 'm.key', '--json').json() as { weightsKeys: unknown[]; groupCells: number };
  expect([key.weightsKeys.length, key.groupCells]).toEqual([groups, 9000]);
  expect(done('inspect', 'm.key').stdout.match(/commitment /g)?.length).toBeGreaterThan(groups - 1);
  expect(done('estimate', 'm', '--tokens', '2', '--json').json()).toMatchObject({ groups });
  expect(done('estimate', 'm', '--tokens', '2').stdout).toContain(`${groups} committed groups`);
  expect(done('estimate', 'm.zkq', '--tokens', '2', '--json').json()).toMatchObject({ groups: 1 });
});

test('a refresh links all groups, and one that is interrupted goes on', { timeout: SLOW }, () => {
  const made = done('refresh', 'm', '--json').json();
  expect(made).toMatchObject({ epoch: 1 });
  done('prove', 'm', '--prompt', 'Hi', '--tokens', '2', '-o', 'late.zkp');
  done('verify', 'late.zkp', '--key', 'm.key', '--link', 'm.1.link', '--model', digest);
  const key = readFileSync(path('m.1.key'));
  for (const name of ['m/epoch-1.link', 'm.1.key', 'm.1.link']) rmSync(path(name));
  rmSync(path('m/epoch-1/W1'), { recursive: true });
  expect(epochs()).toHaveLength(1);
  done('refresh', 'm');
  expect(readFileSync(path('m.1.key'))).not.toEqual(key); // one group is new
  done('prove', 'm', '--prompt', 'Hi', '--tokens', '2', '-o', 'later.zkp');
  done('verify', 'later.zkp', '--key', 'm.key', '--link', 'm.1.link');
  expect(run('verify', 'late.zkp', '--key', 'm.key', '--link', 'm.1.link').code).toBe(1);
  const { newer } = done('inspect', 'm.1.link', '--json').json() as { newer: { epoch: number }[] };
  expect(newer.map(({ epoch }) => epoch)).toEqual(readdirSync(path('m/epoch-0')).map(() => 1));
});

test(
  'an interrupted commit of groups is taken away or finished, and no half of it opened',
  { timeout: SLOW },
  () => {
    const mark = JSON.stringify({ pid: 2 ** 30, host: hostname() });
    const commit = (...more: string[]): Run => run('commit', 'm.zkq', '-o', 'k', ...SIZE, ...more);
    const prove = ['prove', 'k', '--prompt', 'x', '--tokens', '1', '-o', 'k.zkp'];
    expect(commit(...CUT).code).toBe(0);
    const key = readFileSync(path('k.key'));
    const groups = readdirSync(path('k/epoch-0')).sort();
    // Killed between two groups, and in the midst of one.
    const kill = (): void => {
      writeFileSync(path('k/committing'), mark);
      rmSync(path('k.key'));
      rmSync(path(`k/epoch-0/${groups.at(-1)}`), { recursive: true });
      mkdirSync(path('k/epoch-0/.unfinished-0123456789abcdef'));
      writeFileSync(path('k/epoch-0/.unfinished-0123456789abcdef/data'), 'half');
    };
    kill();
    expect(wrong(...prove).code).toBe('FOLDER');
    writeFileSync(path('k/epoch-0/W0/letters'), 'mine');
    expect((commit(...CUT, '--json').json()['error'] as { detail: string }).detail).toContain('letters');
    rmSync(path('k/epoch-0/W0/letters'));
    expect(commit(...CUT).code).toBe(0);
    expect(readdirSync(path('k/epoch-0')).sort()).toEqual(groups);
    const again = readFileSync(path('k.key'));
    expect(again).not.toEqual(key);
    // Killed behind the last group: finished by the same options alone.
    writeFileSync(path('k/committing'), mark);
    rmSync(path('k.key'));
    expect(commit('--group-cells', '9001').code).toBe(2);
    expect(commit().code).toBe(2);
    expect(commit(...CUT).code).toBe(0);
    expect(readFileSync(path('k.key'))).toEqual(again);
    done(...prove);
    done('verify', 'k.zkp', '--key', 'k.key');
  },
);

test('options that make no groups, and a directory that says something else', { timeout: SLOW }, () => {
  for (const cells of ['0', 'x'])
    expect(run('commit', 'm.zkq', '-o', 'n', '--group-cells', cells).code).toBe(2);
  expect(wrong('commit', 'm.zkq', '-o', 'n', ...SIZE, '--group-cells', '4294967296').detail).toContain(
    '2^32',
  );
  const honest = readFileSync(path('m/groups'), 'utf8');
  const [, count, head] = honest.trim().split(' ') as [string, string, string];
  const left = epochs();
  // Refused before any group pays, with these words.
  const refused = (words: string): void => {
    for (const verb of [['prove', 'm', '--prompt', 'x', '-o', 'n.zkp'], ['refresh', 'm']])
      expect(wrong(...verb)).toMatchObject({ code: 'FOLDER', detail: expect.stringContaining(words) as unknown }); // prettier-ignore
  };
  writeFileSync(path('m/groups'), `9000 ${count}\n`);
  refused('something else');
  // Another cut into as many groups, the same cut by another number, the same number of groups too many.
  const { graph } = loadModel(path('m.zkq'));
  const first = (cells: number): number => weightGroups(graph, cells)[0]!.length;
  let cells = 9000;
  while (first(cells) === first(9000)) cells++;
  expect(String(weightGroups(graph, cells).length)).toBe(count);
  for (const other of [cells, 9001]) {
    writeFileSync(path('m/groups'), `${other} ${count} ${head}\n`);
    refused('the model and the cut');
  }
  writeFileSync(path('m/groups'), `9000 ${Number(count) - 1} ${head}\n`);
  refused(`expected ${count} groups`);
  // Groups that changed places.
  writeFileSync(path('m/groups'), honest);
  const swap = (): void => {
    for (const [from, to] of [
      ['W0', 'W'],
      ['W1', 'W0'],
      ['W', 'W1'],
    ] as const)
      // prettier-ignore
      renameSync(path(`m/epoch-1/${from}`), path(`m/epoch-1/${to}`));
  };
  swap();
  refused('expected weights of the model');
  swap();
  expect(epochs()).toEqual(left);
});

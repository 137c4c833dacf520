/** Bad input to the commands of training: exit code 2, a message that names thing and cause, nothing half-written, nothing lost. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { commitDatasetToFolder, train } from '../../src/verbs/training/index.ts';
import { failureOf, type Failure } from '../../src/cli/failure.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { openHome } from '../../src/store/index.ts';
import { zkdl, zkdlAlone, type Run } from '../support/cli.ts';
import { idx, npy, planJson, writeTraining } from '../support/training-inputs.ts';

const SLOW = 600_000; // the machine may be busy: nothing here is about time
vi.setConfig({ testTimeout: SLOW, hookTimeout: SLOW });
let folder: string;
let kernels: Kernels;
const path = (name: string): string => join(folder, name);
const run = (...args: string[]): Run => zkdl(folder, args);

/** A failed run: its code, one line that says why, the same as JSON, and no file that was not there before. */
function failure(args: readonly string[], shell?: string): { code: string; stage: string; detail: string } {
  const before = readdirSync(folder).sort();
  const { code, stdout, stderr, json } = (shell === undefined ? zkdl : zkdlAlone)(
    folder,
    [...args, '--json', '--quiet'],
    shell,
  );
  expect(code, stderr).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(before);
  const { error } = json() as { error: { exit: number; code: string; stage: string; detail: string } };
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(`zkdl: ${error.code}: ${error.stage}: ${error.detail}`);
  expect(stderr).not.toMatch(/\n\s+at /);
  return error;
}
const commit = (inputs = 'x.npy', labels = 'y.idx', plan = 'plan.json', out = 'new'): readonly string[] => [
  'dataset',
  'commit',
  inputs,
  labels,
  '--plan',
  plan,
  '-o',
  out,
  '--proofs',
  '10',
];
function write(name: string, bytes: Uint8Array | string): string {
  writeFileSync(path(name), bytes);
  return name;
}
/** The number of a process that has ended. */
function gone(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}
const worker = (pid: number, host = hostname()): string => `${JSON.stringify({ pid, host })}\n`;

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-cli-'));
  mkdirSync(path('state'));
  writeTraining(folder);
  for (const args of [
    commit(...['x.npy', 'y.idx', 'plan.json', 'd']),
    ['train', 'd', '--plan', 'plan.json', '-o', 'r'],
  ]) {
    const { code, stderr } = run(...args);
    expect(code, stderr).toBe(0);
  }
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await kernels.close();
});

describe('dataset commit', () => {
  /** What the command would say: the verb in this process. */
  const told = (inputs: string, labels: string, plan = 'plan.json', more: object = {}): Failure => {
    const files = { inputs: path(inputs), labels: path(labels), plan: path(plan), out: path('new') };
    const before = readdirSync(folder).sort();
    let failed: Failure | undefined;
    try {
      commitDatasetToFolder(kernels, openHome(path('state/zkdl')), { ...files, ...more });
    } catch (error) {
      failed = failureOf(error);
    }
    expect(failed?.exit).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(before);
    return failed as Failure;
  };
  test('files that are missing, cut short, of other rows, beyond their bounds', () => {
    expect(failure(commit('no.npy'))).toMatchObject({ code: 'FILE_MISSING', stage: 'no.npy' });
    expect(told('x.npy', 'd')).toMatchObject({ code: 'FILE_KIND', stage: path('d') });
    const short = write('short.npy', readFileSync(path('x.npy')).subarray(0, -9));
    expect(failure(commit(short))).toMatchObject({ code: 'ARRAY', stage: short });
    const few = write('few.idx', idx([12], new Uint8Array(12)));
    expect(told('x.npy', few)).toMatchObject({ code: 'DATASET', stage: path(few) });
    const square = write('square.idx', idx([13, 1], new Uint8Array(13)));
    expect(told('x.npy', square).detail).toMatch(/one label for each of 13 rows.*\[13, 1\]/);
    const label = write('label.idx', idx([13], new Uint8Array(13).fill(4, 7, 8)));
    const wrong = failure(commit('x.npy', label));
    expect(wrong).toMatchObject({ code: 'DATASET', stage: label });
    expect(wrong.detail).toBe('labels: row 7: expected a class below 4');
    const bright = write('bright.npy', npy([13, 6], new Uint8Array(78).fill(16, 40, 41)));
    expect(told(bright, 'y.idx')).toMatchObject({ code: 'DATASET', stage: path(bright) });
    const wide = write('wide.npy', npy([13, 7], new Uint8Array(91)));
    expect(told(wide, 'y.idx')).toMatchObject({ code: 'PLAN', stage: path('plan.json') });
  });
  test('a plan that is none, a name that is taken', () => {
    const none = write('no.json', '{');
    expect(failure(commit('x.npy', 'y.idx', none))).toMatchObject({ code: 'PLAN', stage: 'no.json: plan' });
    const unknown = write('odd.json', planJson({ rate: 4 }));
    expect(told('x.npy', 'y.idx', unknown).detail).toContain('"rate"');
    const taken = { code: 'FILE_EXISTS', stage: path('d') };
    expect(told('x.npy', 'y.idx', 'plan.json', { out: path('d') })).toMatchObject(taken);
    const key = { key: path('d.key') };
    expect(told('x.npy', 'y.idx', 'plan.json', key)).toMatchObject({ code: 'FILE_EXISTS', stage: key.key });
    expect(failure([...commit(), '--proofs', '0'])).toMatchObject({ code: 'USAGE' });
    expect(run('dataset')).toMatchObject({ code: 2, stdout: '' });
    expect(run('dataset').stderr).toContain('expected a command, got none');
  });
  test('a disk that takes no more leaves nothing', () => {
    expect(failure(commit(), 'ulimit -f 8')).toMatchObject({ code: 'DISK_FULL' });
  });
  test(
    'killed half-way it is taken away, or finished, by the next one',
    () => {
      mkdirSync(path('half'));
      write('half/committing', worker(gone()));
      write('half/dataset.json', '{"rows":');
      expect(run(...commit('x.npy', 'y.idx', 'plan.json', 'half')).code).toBe(0);
      const key = readFileSync(path('half.key'));
      rmSync(path('half.key'));
      write('half/committing', worker(gone()));
      const others = write('zero.idx', idx([13], new Uint8Array(13)));
      expect(failure(commit('x.npy', others, 'plan.json', 'half')).detail).toContain('another dataset');
      expect(run('train', 'half', '--plan', 'plan.json', '-o', 'none').stderr).toContain(
        'zkdl: FOLDER: half',
      );
      expect(run(...commit('x.npy', 'y.idx', 'plan.json', 'half')).code).toBe(0);
      expect(readFileSync(path('half.key'))).toEqual(key);
      write('half/committing', worker(process.pid));
      expect(failure(commit('x.npy', 'y.idx', 'plan.json', 'half')).detail).toContain(
        `process ${process.pid}`,
      );
      write('half/committing', worker(gone()));
      write('half/mine.txt', 'mine');
      expect(failure(commit('x.npy', 'y.idx', 'plan.json', 'half')).detail).toContain('mine.txt');
      expect(readFileSync(path('half/mine.txt'), 'utf8')).toBe('mine');
    },
    SLOW,
  );
});

describe('train', () => {
  /** What the command would say: the verb in this process. */
  const told = (dataset: string, out: string, more: object = {}): Failure => {
    const before = readdirSync(folder).sort();
    let failed: Failure | undefined;
    try {
      train(kernels, openHome(path('state/zkdl')), { dataset: path(dataset), out: path(out), ...more });
    } catch (error) {
      failed = failureOf(error);
    }
    expect(failed?.exit).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(before);
    return failed as Failure;
  };
  test('wrong use', () => {
    expect(failure(['train', 'd', '-o', 'new'])).toMatchObject({ code: 'USAGE', stage: 'plan' });
    expect(told('nothing', 'r')).toMatchObject({ code: 'FILE_MISSING', stage: path('nothing') });
    expect(told('r', 'r')).toMatchObject({ code: 'FOLDER', stage: path('r') });
    expect(told('d', 'd')).toMatchObject({ code: 'FOLDER', stage: path('d') });
    expect(told('d', 'x.npy')).toMatchObject({ code: 'FILE_KIND', stage: path('x.npy') });
    expect(told('d', 'r', { seed: 'abc' })).toMatchObject({ code: 'USAGE', stage: 'seed' });
    expect(told('d', 'r', { until: 0 })).toMatchObject({ code: 'USAGE', stage: 'until' });
    expect(failure(['train', 'd', '-o', 'r', '--test-inputs', 'x.npy'])).toMatchObject({
      stage: 'test-inputs',
    });
    const y = path('y.idx');
    expect(told('d', 'r', { heldOut: { inputs: y, labels: y } })).toMatchObject({
      code: 'DATASET',
      stage: y,
    });
    const bright = path(write('far.npy', npy([1, 6], new Uint8Array(6).fill(16))));
    const labels = path(write('one.idx', idx([1], [0])));
    expect(told('d', 'r', { heldOut: { inputs: bright, labels } })).toMatchObject({
      code: 'DATASET',
      stage: bright,
    });
  });
  test('a directory that holds another run', () => {
    expect(failure(['train', 'd', '-o', 'r', '--seed', '00'.repeat(32)])).toMatchObject({
      code: 'RUN',
      stage: 'r',
    });
    const plan = write('ten.json', planJson({ steps: 10 }));
    expect(failure(['train', 'd', '-o', 'r', '--plan', plan])).toMatchObject({ code: 'RUN', stage: 'r' });
  });
  test('a value beyond its bits stops it with its step, exit code 1; the last checkpoint stays', () => {
    const rates = [
      { from: 0, rate: 1 },
      { from: 6, rate: 2 ** 14 },
    ];
    const plan = write('wild.json', planJson({ rates, steps: 40 }));
    const args = [
      'train',
      'd',
      '--plan',
      plan,
      '-o',
      'wild',
      '--seed',
      '00'.repeat(32),
      '--checkpoint-every',
      '3',
    ];
    const { code, stderr } = run(...args);
    expect(code, stderr).toBe(1);
    expect(stderr).toMatch(/zkdl: UNPROVABLE: step \d+: layer \d: .*: .*row \d+, column \d+/);
    expect(readdirSync(path('wild'))).toEqual(expect.arrayContaining(['checkpoint-6', 'loss.csv']));
    expect(readdirSync(path('wild'))).not.toContain('at-work');
  });
  test(
    'a checkpoint that was changed or cut short; without it the one before',
    () => {
      const args = ['train', 'd', '--plan', 'plan.json', '-o', 'cut', '--checkpoint-every', '3'];
      expect(run(...args).code).toBe(0);
      const last = readFileSync(path('cut/checkpoint-9'));
      for (const bytes of [
        last.subarray(0, -1),
        last.subarray(0, 20),
        last.map((x, i) => (i === 99 ? x ^ 1 : x)),
      ]) {
        write('cut/checkpoint-9', bytes);
        const told = failure(['train', 'd', '-o', 'cut']);
        expect(told).toMatchObject({
          code: 'CHECKPOINT',
          stage: expect.stringContaining('checkpoint-9') as string,
        });
        expect(told.detail).toContain('remove it to go on from the one before');
      }
      rmSync(path('cut/checkpoint-9'));
      expect(JSON.parse(run('train', 'd', '-o', 'cut', '--json').stdout)).toMatchObject({ step: 9, made: 3 });
      expect(readFileSync(path('cut/checkpoint-9'))).toEqual(last);
      writeFileSync(path('cut/checkpoint-6'), last);
      rmSync(path('cut/checkpoint-9'));
      expect(failure(['train', 'd', '-o', 'cut']).detail).toBe('expected step 6, got 9');
    },
    SLOW,
  );
  test(
    'a disk that takes no more: the last checkpoint and the log stay',
    () => {
      const args = [
        'train',
        'd',
        '--plan',
        'plan.json',
        '-o',
        'tight',
        '--until',
        '4',
        '--checkpoint-every',
        '4',
      ];
      expect(run(...args).code).toBe(0);
      const log = readFileSync(path('tight/loss.csv'));
      expect(failure(['train', 'd', '-o', 'tight'], 'ulimit -f 0')).toMatchObject({ code: 'DISK_FULL' });
      expect(readFileSync(path('tight/loss.csv'))).toEqual(log);
      expect(run('train', 'd', '-o', 'tight').code).toBe(0);
    },
    SLOW,
  );
  test(
    'two processes in one directory',
    () => {
      write('r/at-work', worker(process.pid));
      for (const args of [
        ['train', 'd', '-o', 'r'],
        ['prove-training', 'r', '--dataset', 'd'],
      ]) {
        expect(failure(args)).toMatchObject({ code: 'BUSY', stage: 'r' });
      }
      write('r/at-work', worker(gone(), 'elsewhere'));
      expect(failure(['train', 'd', '-o', 'r']).detail).toContain('of host elsewhere');
      write('r/at-work', 'nobody');
      expect(failure(['train', 'd', '-o', 'r']).detail).toContain('names no process');
      write('r/at-work', worker(gone()));
      expect(run('train', 'd', '-o', 'r').code).toBe(0);
      expect(readdirSync(path('r'))).not.toContain('at-work');
    },
    SLOW,
  );
  test('a public file of the same name is not replaced', () => {
    const own = readFileSync(path('r.run'));
    write('r.run', 'mine');
    expect(failure(['train', 'd', '-o', 'r'])).toMatchObject({ code: 'FILE_EXISTS' });
    expect(readFileSync(path('r.run'), 'utf8')).toBe('mine');
    write('r.run', own);
  });
});

describe('prove-training, predict, verify-training', () => {
  test(
    'wrong use',
    () => {
      const prove = (...args: string[]) => failure(['prove-training', ...args, '--dataset', 'd']);
      expect(prove('nothing')).toMatchObject({ code: 'FILE_MISSING', stage: 'nothing' });
      expect(prove('d')).toMatchObject({ code: 'FOLDER', stage: 'd' });
      expect(prove('r', '--predictions', '1000')).toMatchObject({ code: 'USAGE', stage: 'predictions' });
      rmSync(path('fresh'), { recursive: true, force: true });
      expect(run('train', 'd', '--plan', 'plan.json', '-o', 'fresh', '--until', '1').code).toBe(0);
      rmSync(path('fresh/checkpoint-1'));
      expect(prove('fresh')).toMatchObject({ code: 'CHECKPOINT', stage: 'fresh' });
      expect(failure(['predict', 'r', '--inputs', 'x.npy', '-o', 'a.zkp'])).toMatchObject({
        code: 'CHAIN',
        stage: 'r',
      });
      expect(failure(['predict', 'r', '--inputs', 'x.npy', '-o', 'a.zkp', '--rows', '3-1']).detail).toMatch(
        /rows such as/,
      );
      expect(failure(['verify-training', 'no.run'])).toMatchObject({ code: 'FILE_MISSING', stage: 'no.run' });
      expect(failure(['verify-training', 'r.run', '--digest', 'abc'])).toMatchObject({
        code: 'USAGE',
        stage: 'digest',
      });
    },
    SLOW,
  );
});

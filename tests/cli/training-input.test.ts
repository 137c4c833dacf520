/** Bad input to the commands of training: exit code 2, a message that names thing and cause, nothing half-written, nothing lost. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readArray } from '../../src/verbs/training/arrays.ts';
import { planOf } from '../../src/verbs/training/plan-file.ts';
import { segmentsOf } from '../../src/verbs/training/segments.ts';
import { DEFAULT_FORMATS, DEFAULT_MOMENTUM } from '../../src/training/plan.ts';
import { zkdl, type Run } from '../support/cli.ts';
import { proofError } from '../support/refusal.ts';
import { idx, npy, npyOf, planJson, writeTraining } from '../support/training-files.ts';
import { NARROW } from '../training/small.ts';

const SLOW = 600_000;
let folder: string;
const path = (name: string): string => join(folder, name);
const run = (...args: string[]): Run => zkdl(folder, args);

/** A failed run: its code, one line that says why, the same as JSON, and no file that was not there before. */
function failure(args: readonly string[], shell?: string): { code: string; stage: string; detail: string } {
  const before = readdirSync(folder).sort();
  const { code, stdout, stderr, json } = zkdl(folder, [...args, '--json', '--quiet'], shell);
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

beforeAll(() => {
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
}, SLOW);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('arrays', () => {
  const bytes = [1, 2, 3, 4, 5, 6];
  const read = (file: Uint8Array): ReturnType<typeof readArray> => readArray(path(write('array', file)));
  const header = (text: string, version?: 1 | 2) => npyOf(text, bytes, version);
  const own = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }";

  test('both formats, all numbers of dimensions', () => {
    for (const shape of [[6], [2, 3], [3, 1, 2], [1, 1, 6, 1]]) {
      const expected = { shape, data: Uint8Array.from(bytes) };
      expect(read(npy(shape, bytes))).toEqual(expected);
      expect(read(idx(shape, bytes))).toEqual(expected);
    }
    expect(read(header(own, 2)).shape).toEqual([2, 3]);
    expect(read(header("{'shape': (6,),  'fortran_order': False,'descr':'|u1'}")).shape).toEqual([6]);
  });

  const whole = npy([2, 3], bytes);
  const cut = idx([2, 3], bytes);
  test.each<[string, Uint8Array, RegExp]>([
    ['no bytes', new Uint8Array(0), /\.npy file of uint8 or an IDX file/],
    ['text', Buffer.from('1,2,3'), /\.npy file of uint8 or an IDX file/],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0), /gzip file: unpack it/],
    ['npy: cut in the magic', whole.subarray(0, 5), /magic/],
    ['npy: cut in the version', whole.subarray(0, 7), /version/],
    [
      'npy: another version',
      Uint8Array.from(whole, (x, i) => (i === 6 ? 4 : x)),
      /version 1.0, 2.0 or 3.0, got 4.0/,
    ],
    ['npy: cut before the length', whole.subarray(0, 9), /10 bytes at least, got 9: it is cut short/],
    ['npy: cut in the header', whole.subarray(0, 60), /header of 118 bytes, got 50: it is cut short/],
    [
      'npy: a header that is too long',
      Uint8Array.from(whole, (x, i) => (i === 9 ? 0x40 : x)),
      /at most 10000 bytes/,
    ],
    ['npy: cut in the rows', whole.subarray(0, -1), /6 bytes of shape \[2, 3\], got 5: it is cut short/],
    ['npy: bytes behind', Buffer.concat([whole, Buffer.alloc(1)]), /6 bytes of shape \[2, 3\], got 7$/],
    ['npy: no braces', header('shape'), /braces/],
    ['npy: another type', header(own.replace('|u1', '<i8')), /expected uint8, '\|u1', got '<i8': convert it/],
    ['npy: columns first', header(own.replace('False', 'True')), /another order/],
    ['npy: no dimension', header(own.replace('2, 3', '')), /one dimension or more/],
    ['npy: a negative size', header(own.replace('2', '-2')), /descr, fortran_order and shape/],
    ['npy: a size of zero', header(own.replace('2', '0')), /dimension 0: expected a positive size/],
    ['npy: sizes beyond 2^31', header(own.replace('2', '4294967296')), /below 2\^31 cells/],
    ['npy: nine dimensions', header(own.replace('2, 3', '1,1,1,1,1,1,1,2,3')), /1 to 8 dimensions, got 9/],
    ['npy: a key missing', header("{'descr': '|u1', 'shape': (2, 3)}"), /another order/],
    ['npy: a key twice', header(own.replace('}', "'shape': (6,)}")), /shape once/],
    ['npy: another key', header(own.replace('}', "'x': False}")), /descr, fortran_order and shape/],
    [
      'npy: an expression',
      header(own.replace('(2, 3)', "__import__('os')")),
      /descr, fortran_order and shape/,
    ],
    ['idx: cut before the sizes', cut.subarray(0, 3), /4 bytes at least/],
    ['idx: cut in the sizes', cut.subarray(0, 8), /header of 12 bytes, got 8: it is cut short/],
    ['idx: cut in the rows', cut.subarray(0, -2), /6 bytes of shape \[2, 3\], got 4: it is cut short/],
    ['idx: bytes behind', Buffer.concat([cut, Buffer.alloc(2)]), /got 8$/],
    ['idx: floats', idx([2, 3], bytes, 13), /unsigned bytes, type 8, got type 13/],
    ['idx: no dimension', idx([], []), /1 to 8 dimensions, got 0/],
    ['idx: a size of zero', idx([0, 3], []), /dimension 0: expected a positive size/],
    ['idx: sizes beyond 2^31', idx([2 ** 31, 2], []), /below 2\^31 cells/],
  ])('%s', (_, file, message) => {
    const { code, stage, detail } = proofError(() => read(file));
    expect({ code, stage }).toEqual({ code: 'ARRAY', stage: path('array') });
    expect(detail).toMatch(message);
  });
});

describe('plans', () => {
  const own = { widths: [6, 4], batch: 3, rates: [{ from: 0, rate: 4 }] };
  test('what is left out', () => {
    expect(planOf({ ...own, epochs: 2 }, 13)).toEqual({
      ...own,
      rows: 13,
      steps: 8,
      formats: DEFAULT_FORMATS,
    });
    expect(planOf({ ...own, steps: 5, momentum: true }, 13).momentum).toEqual(DEFAULT_MOMENTUM);
    expect(planOf({ ...own, steps: 5, momentum: false }, 13).momentum).toBeUndefined();
    expect(planOf(JSON.parse(planJson({ rows: 13 })), 13)).toEqual(NARROW);
    const momentum = { shift: 2, high: 12, low: 15 };
    expect(planOf({ ...own, steps: 5, momentum }, 13).momentum).toEqual(momentum);
  });
  test.each<[string, object, RegExp]>([
    ['a key that is not known', { ...own, steps: 5, lerningRate: 1 }, /got "lerningRate"/],
    ['neither steps nor epochs', own, /steps or epochs, got neither/],
    ['both', { ...own, steps: 5, epochs: 1 }, /steps or epochs, got both/],
    [
      'other rows than the dataset has',
      { ...own, steps: 5, rows: 12 },
      /rows: expected those of the dataset, 13/,
    ],
    ['no batch', { ...own, batch: undefined, steps: 5 }, /batch: expected an integer from 0 on, got none/],
    ['a batch beyond the rows', { ...own, batch: 14, steps: 5 }, /batch: expected an integer in \[1, 13\]/],
    ['a fraction', { ...own, steps: 5.5 }, /steps: expected an integer/],
    ['text for a number', { ...own, widths: ['6', 4], steps: 5 }, /widths\[0\]: expected an integer/],
    ['no list', { ...own, widths: 6, steps: 5 }, /widths: expected a list/],
    ['a rate that is a number', { ...own, rates: [4], steps: 5 }, /rates\[0\]: expected an object/],
    [
      'a rate with another key',
      { ...own, rates: [{ from: 0, rate: 4, to: 5 }], steps: 5 },
      /rates\[0\].*got "to"/,
    ],
    ['no first rate', { ...own, rates: [{ from: 1, rate: 4 }], steps: 5 }, /rates\[0\]\.from/],
    ['another format', { ...own, steps: 5, formats: { output: 1 } }, /formats: expected input.*got "output"/],
    ['half a format', { ...own, steps: 5, formats: { input: { bits: 8 } } }, /formats\.input\.fraction/],
    [
      'bits beyond what is proven',
      { ...own, steps: 5, formats: { low: 16 } },
      /low: expected an integer in \[1, 15\]/,
    ],
    ['half a momentum', { ...own, steps: 5, momentum: { shift: 3 } }, /momentum\.high/],
    ['a list', [], /plan: expected an object/],
  ])('%s', (_, value, message) => {
    const { code, detail } = proofError(() => planOf(JSON.parse(JSON.stringify(value)), 13));
    expect(code).toBe('PLAN');
    expect(detail).toMatch(message);
  });
  test('segments end where a rate changes, at the end, and after so many steps', () => {
    expect(segmentsOf(NARROW, 4)).toEqual([4, 6, 9]);
    expect(segmentsOf(NARROW, 100)).toEqual([6, 9]);
    expect(segmentsOf(NARROW, 4, 2, 8)).toEqual([6, 8]);
    const wide = { ...NARROW, batch: 2 ** 12, rows: 2 ** 12, steps: 600, rates: [{ from: 0, rate: 1 }] };
    expect(segmentsOf(wide, 600)).toEqual([256, 512, 600]); // 2^20 rows
    expect(() => segmentsOf(NARROW, 0)).toThrow(/^steps per proof: expected/);
  });
});

describe('dataset commit', () => {
  test('files that are missing, cut short, of other rows, beyond their bounds', () => {
    expect(failure(commit('no.npy'))).toMatchObject({ code: 'FILE_MISSING', stage: 'no.npy' });
    expect(failure(commit('x.npy', 'd'))).toMatchObject({ code: 'FILE_KIND', stage: 'd' });
    const short = write('short.npy', readFileSync(path('x.npy')).subarray(0, -9));
    expect(failure(commit(short))).toMatchObject({ code: 'ARRAY', stage: short });
    const few = write('few.idx', idx([12], new Uint8Array(12)));
    expect(failure(commit('x.npy', few))).toMatchObject({ code: 'DATASET', stage: few });
    const square = write('square.idx', idx([13, 1], new Uint8Array(13)));
    expect(failure(commit('x.npy', square)).detail).toMatch(/one label for each of 13 rows.*\[13, 1\]/);
    const label = write('label.idx', idx([13], new Uint8Array(13).fill(4, 7, 8)));
    const told = failure(commit('x.npy', label));
    expect(told).toEqual(expect.objectContaining({ code: 'DATASET', stage: label }));
    expect(told.detail).toBe('labels: row 7: expected a class below 4');
    const bright = write('bright.npy', npy([13, 6], new Uint8Array(78).fill(16, 40, 41)));
    expect(failure(commit(bright))).toMatchObject({ code: 'DATASET', stage: bright });
    const wide = write('wide.npy', npy([13, 7], new Uint8Array(91)));
    expect(failure(commit(wide))).toMatchObject({ code: 'PLAN', stage: 'plan.json' });
  });
  test('a plan that is none, a name that is taken', () => {
    expect(failure(commit('x.npy', 'y.idx', write('no.json', '{')))).toMatchObject({
      code: 'PLAN',
      stage: 'no.json: plan',
    });
    const unknown = write('odd.json', planJson({ rate: 4 }));
    expect(failure(commit('x.npy', 'y.idx', unknown)).detail).toContain('"rate"');
    expect(failure(commit('x.npy', 'y.idx', 'plan.json', 'd'))).toMatchObject({
      code: 'FILE_EXISTS',
      stage: 'd',
    });
    expect(failure([...commit(), '--key', 'd.key'])).toMatchObject({ code: 'FILE_EXISTS', stage: 'd.key' });
    expect(failure([...commit(), '--proofs', '0'])).toMatchObject({ code: 'USAGE' });
    expect(failure(['dataset']).detail).toMatch(/expected a command/);
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
  test('wrong use', () => {
    expect(failure(['train', 'd', '-o', 'new'])).toMatchObject({ code: 'USAGE', stage: 'plan' });
    expect(failure(['train', 'nothing', '-o', 'r'])).toMatchObject({
      code: 'FILE_MISSING',
      stage: 'nothing',
    });
    expect(failure(['train', 'r', '-o', 'r'])).toMatchObject({ code: 'FOLDER', stage: 'r' });
    expect(failure(['train', 'd', '-o', 'd'])).toMatchObject({ code: 'FOLDER', stage: 'd' });
    expect(failure(['train', 'd', '-o', 'x.npy'])).toMatchObject({ code: 'FILE_KIND', stage: 'x.npy' });
    expect(failure(['train', 'd', '-o', 'r', '--seed', 'abc'])).toMatchObject({
      code: 'USAGE',
      stage: 'seed',
    });
    expect(failure(['train', 'd', '-o', 'r', '--test-inputs', 'x.npy'])).toMatchObject({
      stage: 'test-inputs',
    });
    const test = ['--test-inputs', 'y.idx', '--test-labels', 'y.idx'];
    expect(failure(['train', 'd', '-o', 'r', ...test])).toMatchObject({ code: 'DATASET', stage: 'y.idx' });
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

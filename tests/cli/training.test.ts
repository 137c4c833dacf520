/** Training through the real binary: dataset, run, proofs, predictions; interrupted and gone on; every lie about it refused. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Dataset } from '../../src/training/dataset.ts';
import { decodePrediction } from '../../src/training/prediction-file.ts';
import { BINARY, zkdl, zkdlAlone, type Run } from '../support/cli.ts';
import { npy, planJson, writeTraining } from '../support/training-inputs.ts';

const SLOW = 600_000; // the machine may be busy: nothing here is about time
const SEED = '5a'.repeat(32);
const SEGMENTS = ['r.3.seg', 'r.6.seg', 'r.9.seg'];
vi.setConfig({ testTimeout: SLOW, hookTimeout: SLOW });
let folder: string;
let data: Dataset;
let dataset: string;
let digest: string;
let weights: string;

const run = (...args: string[]): Run => zkdl(folder, args);
const path = (name: string): string => join(folder, name);
const read = (name: string): Buffer => readFileSync(path(name));

function done(...args: string[]): Record<string, unknown> {
  return succeeds(run, args);
}
/** The same in a process of its own. */
function alone(...args: string[]): Record<string, unknown> {
  return succeeds((...more) => zkdlAlone(folder, more), args);
}
function succeeds(run: (...args: string[]) => Run, args: readonly string[]): Record<string, unknown> {
  const result = run(...args, '--json', '--quiet');
  expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
  return result.json();
}
interface Told {
  readonly code: string;
  readonly stage: string;
  readonly detail: string;
}
/** A verdict against files: exit code 1, and nothing of what they say. */
function refused(...args: string[]): Told {
  const { code, stdout, json } = run(...args, '--json');
  expect(code, stdout).toBe(1);
  expect(Object.keys(json()).sort()).toEqual(['code', 'detail', 'stage', 'verified']);
  return json() as unknown as Told;
}
/** Refused before anything is made: the exit code, an error that names the thing. */
function wrong(exit: 1 | 2, ...args: string[]): Told {
  const before = readdirSync(folder).sort();
  const { code, stdout, stderr, json } = run(...args, '--json');
  expect(code, stdout).toBe(exit);
  expect(readdirSync(folder).sort()).toEqual(before);
  const { error } = json() as { error: Told };
  expect(stderr).toContain(`zkdl: ${error.code}: ${error.stage}: ${error.detail}`);
  return error;
}
const commit = (out: string, inputs = 'x.npy', labels = 'y.idx', ...more: string[]): string =>
  done('dataset', 'commit', inputs, labels, '--plan', 'plan.json', '-o', out, '--proofs', '30', ...more)[
    'digest'
  ] as string;
const prove = (...args: string[]) => done('prove-training', ...args, '--steps-per-proof', '3');

/** Starts a command, kills it as soon as something is there, and waits for its end. */
async function killed(args: readonly string[], there: () => boolean): Promise<void> {
  const env = { ...process.env, XDG_STATE_HOME: path('state') };
  const child = spawn(process.execPath, [BINARY, ...args, '--quiet'], { cwd: folder, env, stdio: 'ignore' });
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.on('exit', (_, signal) => resolve(signal)),
  );
  while (child.exitCode === null && !there()) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-cli-'));
  mkdirSync(path('state'));
  data = writeTraining(folder);
  dataset = commit('d');
  const train = alone('train', 'd', '--plan', 'plan.json', '-o', 'r', '--seed', SEED, '--until', '4');
  expect(train).toMatchObject({ step: 4, steps: 9, made: 4 });
  digest = train['run'] as string;
  expect(done('train', 'd', '-o', 'r')).toMatchObject({ run: digest, step: 9, made: 5 });
  expect(prove('r', '--dataset', 'd', '--until', '3')).toMatchObject({ step: 3, trained: 9 });
  // A machine that stops in the middle of the second proof: its weights are there, and no segment names them.
  const prover = ['prove-training', 'r', '--dataset', 'd', '--steps-per-proof', '3'];
  await killed(prover, () => existsSync(path('r/weights-6')));
  expect(existsSync(path('r/segment-6'))).toBe(false);
  expect(existsSync(path('r/at-work'))).toBe(true);
  const proven = alone('prove-training', 'r', '--dataset', 'd', '--steps-per-proof', '3');
  expect(proven).toMatchObject({ run: digest, step: 9, steps: 9 });
  expect(proven['made']).toHaveLength(2);
  weights = proven['weights'] as string;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the whole way', () => {
  test('what is private is readable by its owner only; what is public lies beside it', () => {
    const made = readdirSync(path('r')).sort();
    const numbered = ['segment-3', 'segment-6', 'segment-9', 'weights-3', 'weights-6', 'weights-9'];
    expect(made).toEqual(['checkpoint-4', 'checkpoint-9', 'loss.csv', 'loss.svg', 'run', ...numbered]);
    expect(readdirSync(path('d')).sort()).toEqual(['dataset.json', 'epoch-0']);
    for (const name of ['d', 'r', 'r/weights-9']) expect(statSync(path(name)).mode & 0o777).toBe(0o700);
    for (const name of ['r/run', 'r/checkpoint-9', 'r/loss.csv', 'r/weights-9/secret', 'd/epoch-0/data']) {
      expect(statSync(path(name)).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('.unfinished-'))).toEqual([]);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(['d.key', 'r.run', ...SEGMENTS]));
  });

  test('all steps are verified, and any first ones', () => {
    const agreed = ['--digest', digest.toUpperCase(), '--dataset', dataset, '--seed', SEED, '--steps', '9'];
    const verdict = alone('verify-training', 'r.run', ...SEGMENTS, ...agreed);
    const shown = { verified: true, run: digest, dataset, seed: SEED, steps: 9, complete: true, weights };
    expect(verdict).toMatchObject(shown);
    const part = done('verify-training', 'r.run', SEGMENTS[0] as string);
    expect(part).toMatchObject({ verified: true, steps: 3, complete: false });
    expect(part['weights']).not.toBe(weights);
    // A list of files that came out empty shows nothing.
    expect(refused('verify-training', 'r.run')).toMatchObject({ code: 'STEPS' });
    const { stdout, stderr } = run('verify-training', 'r.run', '--steps', '0');
    expect(stdout).toMatch(/^nothing is proven: a run, and no step of it/);
    expect(stderr).toContain('verifying');
  });

  test('a run that was interrupted is the run that was not: the same checkpoint, byte for byte', () => {
    const whole = done('train', 'd', '--plan', 'plan.json', '-o', 'whole', '--seed', SEED);
    expect(whole).toMatchObject({ run: digest, made: 9 });
    expect(read('whole/checkpoint-9')).toEqual(read('r/checkpoint-9'));
    expect(read('whole.run')).toEqual(read('r.run'));
    expect(read('whole/loss.csv')).toEqual(read('r/loss.csv'));
    expect(done('train', 'd', '-o', 'whole')).toMatchObject({ step: 9, made: 0 });
  });

  test('losses stand in a table, a line a step, and in a picture', () => {
    const [head, ...lines] = read('r/loss.csv').toString().trim().split('\n');
    expect(head).toBe('step,epoch,rate,loss,right');
    expect(lines).toHaveLength(9);
    expect(lines[6]).toMatch(/^6,1,2,\d\.\d{6},[0-3]$/);
    const svg = read('r/loss.svg').toString();
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg.match(/<polyline/g)).toHaveLength(2);
    expect(svg).not.toContain('NaN');
  });

  test('periods: training and proofs stop at their ends, or behind the last step', () => {
    writeFileSync(path('pairs.json'), planJson({ period: 2 }));
    const train = ['train', 'd', '--plan', 'pairs.json', '-o', 'pairs', '--seed', SEED];
    expect(done(...train, '--until', '3', '--checkpoint-every', '1')).toMatchObject({ step: 4, made: 4 });
    const proofs = ['prove-training', 'pairs', '--dataset', 'd', '--steps-per-proof', '5'];
    expect(done(...proofs, '--until', '1')).toMatchObject({ step: 2, trained: 4 });
    expect(done(...train)).toMatchObject({ step: 9, made: 5 });
    expect(done(...proofs)).toMatchObject({ step: 9, made: [{ steps: 4 }, { steps: 2 }, { steps: 1 }] });
    const segments = [2, 6, 8, 9].map((step) => `pairs.${step}.seg`);
    expect(done('verify-training', 'pairs.run', ...segments)).toMatchObject({ steps: 9, complete: true });
    expect(run('inspect', 'pairs.run').stdout).toContain('2 a period');
    writeFileSync(path('odd.json'), planJson({ period: 4 }));
    const { code, detail } = wrong(2, 'train', 'd', '--plan', 'odd.json', '-o', 'odd');
    expect([code, detail]).toEqual(['PLAN', 'rates[1].from: expected a multiple of the period 4, got 6']);
  });

  test('a trainer that is killed goes on from its last checkpoint', async () => {
    writeFileSync(path('long.json'), planJson({ steps: 3000, rates: [{ from: 0, rate: 1 }] }));
    const args = ['d', '--plan', 'long.json', '--seed', SEED, '--checkpoint-every', '10'];
    await killed(['train', ...args, '-o', 'long'], () => existsSync(path('long/checkpoint-20')));
    const [last] = readdirSync(path('long'))
      .flatMap((name) => /^checkpoint-(\d+)$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a) as [number];
    expect(last).toBeLessThan(3000);
    const until = String(last + 20);
    const { made } = done('train', ...args, '-o', 'long', '--until', until) as { made: number };
    expect(made).toBeLessThanOrEqual(20);
    done('train', ...args, '-o', 'straight', '--until', until);
    expect(read(`straight/checkpoint-${until}`)).toEqual(read(`long/checkpoint-${until}`));
  });

  test('inspect shows key, run, segment without a secret; budget counts proofs', () => {
    expect(done('inspect', 'd.key')).toMatchObject({
      kind: 'group key',
      label: 'D',
      groupKey: { digest: dataset },
    });
    const plan = { rows: 13, steps: 9 };
    expect(done('inspect', 'r.run')).toMatchObject({
      kind: 'run',
      digest,
      plan,
      dataset: { digest: dataset },
    });
    const segment = done('inspect', 'r.9.seg') as { parts: { bytes: number }[]; bytes: number };
    expect(segment).toMatchObject({
      kind: 'segment',
      run: digest,
      first: 6,
      count: 3,
      outputs: [{ digest: weights }],
    });
    expect(segment.parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(segment.bytes);
    for (const [file, said] of [
      ['d.key', 'label'],
      ['r.run', 'announces'],
      ['r.9.seg', 'once verified'],
    ] as const) {
      expect(run('inspect', file).stdout).toContain(said);
    }
    expect(done('budget', 'r')['weights']).toMatchObject([{ step: 3 }, { step: 6 }, { step: 9 }]);
    const { epochs } = done('budget', 'd') as { epochs: { generation: number }[] };
    expect(epochs[0]?.generation).toBeGreaterThanOrEqual(3); // one a segment, and perhaps one that was killed
  });
});

describe('verify-training refuses, exit code 1', () => {
  const verify = (...files: string[]): Told => refused('verify-training', 'r.run', ...files);
  const [first, second, third] = SEGMENTS as [string, string, string];

  test('another order, a segment left out, one twice', () => {
    expect(verify(second, first)).toMatchObject({ code: 'STEP', stage: `${second}: segment file` });
    expect(verify(first, third, second)).toMatchObject({ code: 'STEP', stage: `${third}: segment file` });
    expect(verify(first, first)).toMatchObject({ code: 'STEP' });
  });
  test('a changed byte, a file cut short, a file that goes on, another file', () => {
    const bytes = read(first);
    const change = (changed: Uint8Array): Told => {
      writeFileSync(path('x.seg'), changed);
      return verify('x.seg');
    };
    expect(change(bytes.map((byte, i) => (i === bytes.length - 1000 ? byte ^ 1 : byte))).stage).toContain(
      'x.seg',
    );
    expect(change(bytes.subarray(0, -1))).toMatchObject({ code: 'LENGTH', stage: 'x.seg: segment file' });
    expect(change(bytes.subarray(0, 4))).toMatchObject({ code: 'FORMAT' });
    expect(change(Buffer.concat([bytes, Buffer.alloc(1)]))).toMatchObject({ code: 'LENGTH' });
    expect(verify('d.key')).toMatchObject({ code: 'FORMAT' });
    expect(refused('verify-training', first, first)).toMatchObject({
      code: 'FORMAT',
      stage: first,
      detail: 'expected a run of training, got a segment of training',
    });
    expect(refused('verify-training', 'r.run', 'r.run')).toMatchObject({
      stage: 'r.run',
      detail: 'expected a segment of training, got a run of training',
    });
  });
  test('another run, dataset or seed than the caller knows, fewer steps', () => {
    const other = '00'.repeat(32);
    expect(verify(first, '--digest', other)).toMatchObject({ code: 'RUN' });
    expect(verify(first, '--dataset', other)).toMatchObject({ code: 'DATASET' });
    expect(verify(first, '--seed', other)).toMatchObject({ code: 'SEED' });
    expect(verify(first, '--steps', '4')).toMatchObject({ code: 'STEPS' });
  });
});

describe('data with one other label, with one other pixel', () => {
  beforeAll(() => {
    const labels = Uint8Array.from(data.labels, (label, row) => (row === 5 ? (label + 1) % 4 : label));
    const inputs = Int16Array.from(data.inputs, (x, i) => (i === 31 ? x ^ 1 : x));
    writeFileSync(path('label.npy'), npy([13], labels));
    writeFileSync(path('pixel.npy'), npy([13, 6], inputs));
    commit('label', 'x.npy', 'label.npy');
    commit('pixel', 'pixel.npy', 'y.idx');
    for (const name of ['label', 'pixel']) {
      done('train', name, '--plan', 'plan.json', '-o', `${name}.r`, '--seed', SEED);
      prove(`${name}.r`, '--dataset', name, '--until', '3');
    }
  });

  test.each(['label', 'pixel'])('%s: its segments are none of the run', (name) => {
    const own = done('verify-training', `${name}.r.run`, `${name}.r.3.seg`);
    expect(own).toMatchObject({ verified: true, steps: 3 });
    expect(own['dataset']).not.toBe(dataset);
    expect(refused('verify-training', 'r.run', `${name}.r.3.seg`)).toMatchObject({ code: 'RUN' });
    const agreed = ['--dataset', dataset];
    expect(refused('verify-training', `${name}.r.run`, `${name}.r.3.seg`, ...agreed)).toMatchObject({
      code: 'DATASET',
    });
  });
  test.each(['label', 'pixel'])('%s: no run goes on over it', (name) => {
    expect(wrong(2, 'train', name, '-o', 'r')).toMatchObject({ code: 'DATASET', stage: 'r' });
    expect(wrong(2, 'prove-training', 'r', '--dataset', name)).toMatchObject({ code: 'DATASET', stage: 'r' });
  });
  test('a segment, a checkpoint, weights of another chain', () => {
    const prover = ['prove-training', 'mixed', '--dataset', 'd'];
    const restore = (): void => {
      rmSync(path('mixed'), { recursive: true, force: true });
      cpSync(path('r'), path('mixed'), { recursive: true });
    };
    cpSync(path('r.run'), path('mixed.run'));
    restore();
    cpSync(path('label.r/segment-3'), path('mixed/segment-3'));
    expect(wrong(2, ...prover)).toMatchObject({
      code: 'CHAIN',
      stage: expect.stringContaining('segment-3') as string,
    });
    restore();
    rmSync(path('mixed/segment-6'));
    expect(wrong(2, ...prover).detail).toMatch(/begins at step 3, got step 6/);
    restore();
    renameSync(path('mixed/segment-6'), path('mixed/segment-5'));
    expect(wrong(2, ...prover).detail).toMatch(/ends at step 5, got step 6/);
    restore();
    cpSync(path('label.r/checkpoint-9'), path('mixed/checkpoint-9'));
    const another = expect.stringContaining('one of another') as string;
    expect(wrong(2, ...prover)).toMatchObject({ code: 'CHECKPOINT', detail: another });
    expect(wrong(2, 'train', 'd', '-o', 'mixed')).toMatchObject({ code: 'CHECKPOINT', detail: another });
    restore();
    rmSync(path('mixed/weights-9'), { recursive: true });
    cpSync(path('mixed/weights-6'), path('mixed/weights-9'), { recursive: true });
    expect(wrong(2, ...prover)).toMatchObject({
      code: 'CHAIN',
      stage: expect.stringContaining('weights-9') as string,
    });
    rmSync(path('mixed'), { recursive: true });
  });
});

describe('predictions', () => {
  const agreed = ['--inputs', 'x.npy', '--rows', '0,3-5'];
  const verify = (...args: string[]): Told => refused('verify-prediction', ...args);
  const custody = ['--run', 'r.run', '--segments', ...SEGMENTS];
  let classes: number[];
  beforeAll(() => {
    const made = alone('predict', 'r', ...agreed, '-o', 'a.zkp', '--context', 'request 7');
    classes = made['classes'] as number[];
    expect(made).toMatchObject({ run: digest, step: 9, weights });
    done('predict', 'r', ...agreed, '-o', 'hidden.zkp', '--hide-inputs');
  });

  test('one line of custody from the dataset to the classes', () => {
    const expected = ['--context', 'request 7', '--dataset', dataset, '--digest', digest];
    const verdict = done('verify-prediction', 'a.zkp', ...custody, ...agreed, ...expected);
    expect(verdict).toMatchObject({ verified: true, run: digest, step: 9, weights, classes });
    expect(verdict['inputs']).toEqual(
      [0, 3, 4, 5].flatMap((row) => [...data.inputs.subarray(6 * row, 6 * row + 6)]),
    );
    const known = done('verify-prediction', 'a.zkp', '--run', 'r.run', '--weights', weights);
    expect(known).toMatchObject({ verified: true, classes });
    expect(known['step']).toBeUndefined();
    expect(run('verify-prediction', 'a.zkp', ...custody).stdout).toMatch(
      /^verified: the weights behind 9 proven steps name these classes/,
    );
    expect(done('inspect', 'a.zkp')).toMatchObject({
      kind: 'prediction',
      run: digest,
      classes,
      hidden: false,
    });
  });
  test('hidden inputs are in no file and no output', () => {
    const verdict = done('verify-prediction', 'hidden.zkp', '--run', 'r.run', '--weights', weights);
    expect(verdict).toMatchObject({ verified: true, classes });
    expect(verdict['inputs']).toBeUndefined();
    // Beside the proofs, to the byte: no block of inputs, and no context. Paths of random positions differ by thousands of bytes from proof to proof.
    const [shown, hidden] = ['a.zkp', 'hidden.zkp'].map((name) => {
      const { proof, inputs } = decodePrediction(read(name));
      return { inputs, proof: proof.length, beside: read(name).length - proof.length };
    });
    expect(hidden!.inputs).toBeUndefined();
    expect(hidden!.beside).toBe(shown!.beside - (4 + 2 * shown!.inputs!.length) - 'request 7'.length);
    expect(hidden!.proof).toBeLessThan(shown!.proof + 12_000);
    const spelled = Buffer.from(Uint16Array.from(data.inputs.subarray(18, 30)).buffer);
    expect(read('a.zkp').includes(spelled)).toBe(true);
    expect(read('hidden.zkp').includes(spelled)).toBe(false);
    expect(run('inspect', 'hidden.zkp').stdout).toMatch(/inputs +hidden/);
  });
  test('other inputs, context, weights; segments that do not reach the weights', () => {
    expect(verify('a.zkp', ...custody, '--inputs', 'x.npy', '--rows', '0,3-4,6').code).toBe('INPUTS');
    expect(verify('hidden.zkp', ...custody, ...agreed).code).toBe('INPUTS');
    expect(verify('a.zkp', ...custody, '--context', 'request 8').code).toBe('CONTEXT');
    expect(verify('a.zkp', '--run', 'r.run', '--weights', '00'.repeat(32)).code).toBe('WEIGHTS');
    expect(verify('a.zkp', '--run', 'r.run', '--segments', 'r.3.seg').code).toBe('WEIGHTS');
    expect(verify('a.zkp', '--run', 'label.r.run', '--weights', weights).code).toBe('RUN');
    expect(verify('a.zkp', ...custody, '--dataset', '00'.repeat(32)).code).toBe('DATASET');
    expect(verify('r.3.seg', '--run', 'r.run', '--weights', weights).code).toBe('FORMAT');
    const bytes = read('a.zkp');
    writeFileSync(path('x.zkp'), bytes.subarray(0, -1));
    expect(verify('x.zkp', '--run', 'r.run', '--weights', weights).code).toBe('LENGTH');
  });
  test('wrong use, before anything is spent', () => {
    const before = readdirSync(path('r/weights-9')); // a proof leaves a record
    const ask = (...args: string[]): Told => wrong(2, 'predict', 'r', '-o', 'b.zkp', ...args);
    expect(ask('--inputs', 'x.npy', '--rows', '13')).toMatchObject({ code: 'USAGE', stage: 'rows' });
    expect(ask('--inputs', 'y.idx')).toMatchObject({ code: 'ARRAY', stage: 'y.idx' });
    expect(ask('--inputs', 'x.npy', '--step', '4')).toMatchObject({ code: 'CHAIN' });
    expect(wrong(2, 'predict', 'r', '--inputs', 'x.npy', '-o', 'a.zkp').code).toBe('FILE_EXISTS');
    expect(wrong(2, 'verify-prediction', 'a.zkp', '--run', 'r.run')).toMatchObject({ stage: 'segments' });
    expect(readdirSync(path('r/weights-9'))).toEqual(before);
  });
  test('weights in the middle of a run keep the proofs that the run needs', () => {
    const made = done('predict', 'label.r', '--inputs', 'x.npy', '--rows', '1', '-o', 'm0.zkp');
    expect(made).toMatchObject({ step: 3 });
    for (let left = made['predictionsLeft'] as number, i = 1; left > 2; left--, i++) {
      done('predict', 'label.r', '--inputs', 'x.npy', '--rows', '1', '-o', `m${i}.zkp`);
    }
    const kept = wrong(1, 'predict', 'label.r', '--inputs', 'x.npy', '-o', 'b.zkp');
    expect(kept).toMatchObject({ code: 'BUDGET_KEPT' });
    expect(prove('label.r', '--dataset', 'label', '--until', '6')).toMatchObject({ step: 6 });
  });
  test('a run starts from weights that another one wrote', () => {
    writeFileSync(path('more.json'), planJson({ steps: 2, rates: [{ from: 0, rate: 1 }] }));
    const args = ['d', '--plan', 'more.json', '--seed', SEED];
    const made = done('train', ...args, '--start', 'r', '-o', 'more');
    expect(made['run']).not.toBe(digest);
    expect(wrong(2, 'train', 'd', '--start', 'label.r', '-o', 'more')).toMatchObject({ code: 'RUN' });
    prove('more', '--dataset', 'd', '--predictions', '1');
    const verdict = done('verify-training', 'more.run', 'more.2.seg');
    expect(verdict).toMatchObject({ verified: true, steps: 2, complete: true, start: weights });
    expect(wrong(2, 'train', ...args, '--start', 'whole', '-o', 'none')).toMatchObject({ code: 'CHAIN' });
  });
});

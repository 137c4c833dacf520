/** Training with momentum through the command line: every call finds the weights a period earlier again, wherever they lie. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { decodeSegment } from '../../src/training/segment-file.ts';
import { readInput } from '../../src/verbs/files.ts';
import { zkdl, type Run } from '../support/cli.ts';
import { planJson, writeTraining } from '../support/training-inputs.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
let folder: string;
const run = (...args: string[]): Run => zkdl(folder, args);
const path = (name: string): string => join(folder, name);

function done(...args: string[]): Record<string, unknown> {
  const result = run(...args, '--json', '--quiet');
  expect(result.code, `${args.join(' ')}: ${result.stderr}`).toBe(0);
  return result.json();
}
const prove = (of: string, until: number, steps: number, ...more: string[]): Record<string, unknown> =>
  done(
    'prove-training',
    of,
    '--dataset',
    'd',
    '--until',
    `${until}`,
    '--steps-per-proof',
    `${steps}`,
    ...more,
  );
const error = (...args: string[]): { readonly code: string; readonly stage: string } => {
  const result = run(...args, '--json');
  expect(result.code).toBeGreaterThan(0);
  return (result.json() as { error: { code: string; stage: string } }).error;
};
const ofWeights = (of: string): string[] => readdirSync(path(of)).filter((name) => name.startsWith('weights')).sort(); // prettier-ignore

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-cli-momentum-'));
  mkdirSync(path('state'));
  writeTraining(folder);
  writeFileSync(path('fast.json'), planJson({ momentum: { shift: 3 }, rates: [{ from: 0, rate: 1 }] }));
  done('dataset', 'commit', 'x.npy', 'y.idx', '--plan', 'fast.json', '-o', 'd', '--proofs', '40');
  const start = ['train', 'd', '--plan', 'fast.json', '-o', 'r', '--seed', '5a'.repeat(32)];
  // Interrupted twice: the checkpoint has the weights a step earlier.
  done(...start, '--until', '1');
  done('train', 'd', '-o', 'r', '--until', '4');
  expect(done('train', 'd', '-o', 'r')).toMatchObject({ step: 9, made: 5 });
  done(...start.with(5, 'whole'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a run that was interrupted is the run that was not', () => {
  expect(readInput(path('r/checkpoint-9'))).toEqual(readInput(path('whole/checkpoint-9')));
});

test('proven call by call, in segments of one step and of several', () => {
  // From the seed; from step 1 with the seed a step earlier; from step 4 with what the last segment wrote for it; one by one.
  for (const [until, steps] of [
    [1, 1],
    [4, 3],
    [5, 1],
    [6, 1],
    [9, 3],
  ] as const) {
    expect(prove('r', until, steps)).toMatchObject({ step: until });
  }
  expect(ofWeights('r')).toEqual(['weights-1', 'weights-4', 'weights-4-before', 'weights-5', 'weights-6', 'weights-9', 'weights-9-before']); // prettier-ignore
  const segments = ['r.1.seg', 'r.4.seg', 'r.5.seg', 'r.6.seg', 'r.9.seg'];
  const verdict = done('verify-training', 'r.run', ...segments, '--steps', '9');
  expect(verdict).toMatchObject({ verified: true, complete: true });
  const shown = run('inspect', 'r.9.seg').stdout;
  expect(shown.match(/^ {2}reads/gm)).toHaveLength(2);
  expect(shown.match(/^ {2}writes/gm)).toHaveLength(2);
  const { inputs, outputs } = done('inspect', 'r.9.seg') as {
    inputs: string[];
    outputs: { digest: string }[];
  };
  expect([inputs.length, outputs.length]).toEqual([2, 2]);
  expect(outputs[1]?.digest).toBe(verdict['weights']);
});

test('a proof that was interrupted leaves weights that are cleared; those that are gone are missed', () => {
  const half = ['prove-training', 'whole', '--dataset', 'd', '--steps-per-proof', '3'];
  prove('whole', 3, 3);
  renameSync(path('whole/weights-3-before'), path('elsewhere'));
  expect(error(...half)).toMatchObject({ code: 'FILE_MISSING', stage: expect.stringContaining('weights-3-before') as string }); // prettier-ignore
  // Other weights in their place.
  cpSync(path('whole/weights-3'), path('whole/weights-3-before'), { recursive: true });
  expect(error(...half).code).toBe('CHAIN');
  rmSync(path('whole/weights-3-before'), { recursive: true });
  renameSync(path('elsewhere'), path('whole/weights-3-before'));
  // A process that died between two commitments: no segment names the one.
  const bytes = decodeSegment(readInput(path('r.4.seg')));
  expect(bytes.outputs).toHaveLength(2);
  mkdirSync(path('whole/weights-6-before'), { mode: 0o700 });
  expect(prove('whole', 6, 3)).toMatchObject({ step: 6 });
  expect(existsSync(path('whole/weights-6-before/group.key'))).toBe(true);
});

test('a run from the weights of another: still at first, then moved', () => {
  const next = ['train', 'd', '--plan', 'fast.json', '-o', 's', '--start', 'r', '--seed', 'a5'.repeat(32)];
  expect(done(...next)).toMatchObject({ step: 9 });
  // Behind the first segment the weights a step earlier are those of the other run.
  for (const until of [1, 2, 3]) expect(prove('s', until, 1)).toMatchObject({ step: until });
  const verdict = done('verify-training', 's.run', 's.1.seg', 's.2.seg', 's.3.seg');
  expect(verdict).toMatchObject({ verified: true, steps: 3 });
});

test('predictions by weights in the middle leave the proofs that the next two segments need', () => {
  const predict = (out: string, ...more: string[]): Run =>
    run('predict', 's', '--inputs', 'x.npy', '--rows', '0', '-o', out, '--json', '--quiet', ...more);
  let made = 0;
  while (made < 20 && predict(`p${made}.zkp`).code === 0) made++;
  expect(made).toBeGreaterThan(0);
  expect(error('predict', 's', '--inputs', 'x.npy', '--rows', '0', '-o', 'no.zkp').code).toBe('BUDGET_KEPT');
  let earlier = 0;
  while (earlier < 20 && predict(`e${earlier}.zkp`, '--step', '2').code === 0) earlier++;
  const kept = error('predict', 's', '--inputs', 'x.npy', '--rows', '0', '-o', 'no.zkp', '--step', '2');
  expect(kept.code).toBe('BUDGET_KEPT');
  expect(prove('s', 4, 1)).toMatchObject({ step: 4 });
  expect(prove('s', 5, 1)).toMatchObject({ step: 5 });
  expect(done('verify-prediction', 'p0.zkp', '--run', 's.run', '--segments', 's.1.seg', 's.2.seg', 's.3.seg')).toMatchObject({ verified: true }); // prettier-ignore
});

/** Proofs of training that stop on the way: with momentum weights are read at two points of a chain, and each has room for as many accidents. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { openHome, type Home } from '../../src/store/index.ts';
import { readInput } from '../../src/verbs/files.ts';
import {
  commitDatasetToFolder,
  predict,
  proveTraining,
  train,
  type ProveTrainingOptions,
} from '../../src/verbs/training/index.ts';
import { ATTEMPTS } from '../../src/verbs/training/kept-weights.ts';
import { verifyTraining } from '../../src/training/verify.ts';
import { proofError } from '../support/refusal.ts';
import { planJson, writeTraining } from '../support/training-inputs.ts';

let kernels: Kernels;
let folder: string;
let home: Home;
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-accidents-'));
  home = openHome(path('home'));
  writeTraining(folder);
  writeFileSync(path('fast.json'), planJson({ momentum: { shift: 3 }, rates: [{ from: 0, rate: 1 }] }));
  const [inputs, labels, plan, out] = ['x.npy', 'y.idx', 'fast.json', 'd'].map(path) as [string, string, string, string]; // prettier-ignore
  commitDatasetToFolder(kernels, home, { inputs, labels, plan, out, proofs: 60 });
  train(kernels, home, { dataset: out, plan, out: path('r') });
}, 300_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await kernels.close();
});

/** As a process that is killed when it has spent positions of everything that it opens. */
function accident(options: ProveTrainingOptions): void {
  const onStep = (step: string): void => {
    if (step.endsWith('own verification')) throw new Error('killed');
  };
  expect(() => proveTraining(kernels, home, { ...options, onStep })).toThrow('killed');
}

test(
  'as many accidents at every point, behind segments of one period and of several',
  { timeout: 600_000 },
  () => {
    const segments: Uint8Array[] = [];
    // The second reads what the first wrote before its last step; the third and the fourth both read what the second and the third wrote.
    for (const [until, stepsPerProof, accidents] of [
      [2, 2, 0],
      [3, 1, ATTEMPTS],
      [4, 1, ATTEMPTS],
      [5, 1, ATTEMPTS],
    ] as const) {
      const options = { folder: path('r'), dataset: path('d'), until, stepsPerProof };
      for (let i = 0; i < accidents; i++) accident(options);
      const { made } = proveTraining(kernels, home, options);
      segments.push(...made.map(({ file }) => readInput(file)));
    }
    expect(verifyTraining(readInput(path('r.run')), segments)).toMatchObject({ ok: true, steps: 5 });
  },
);

test('weights that were being written when a process was killed are taken away', { timeout: 600_000 }, () => {
  const left = path('r/.unfinished-0123456789abcdef');
  mkdirSync(left, { mode: 0o700 });
  writeFileSync(join(left, 'secret'), 'half');
  writeFileSync(join(left, 'notes'), 'of somebody');
  const options = { folder: path('r'), dataset: path('d'), until: 5 };
  expect(() => proveTraining(kernels, home, options)).toThrow('notes');
  rmSync(join(left, 'notes'));
  expect(proveTraining(kernels, home, options).step).toBe(5);
  expect(existsSync(left)).toBe(false);
});

test('predictions leave one accident at every point', { timeout: 600_000 }, () => {
  const [run, dataset] = [path('r'), path('d')];
  const predictAll = (): void => {
    const inputs = path('x.npy');
    for (let i = 0; ; i++) {
      const out = path(`p${made++}.zkp`);
      if (i === 30) throw new Error('expected predictions to end');
      try {
        predict(kernels, home, { folder: run, inputs, rows: [0], out });
      } catch (error) {
        expect(error).toMatchObject({ code: 'BUDGET_KEPT' });
        return;
      }
    }
  };
  let made = 0;
  predictAll(); // by weights that two more segments read
  for (const until of [6, 7]) {
    const options = { folder: run, dataset, until, stepsPerProof: 1 };
    accident(options);
    expect(proveTraining(kernels, home, options).step).toBe(until);
  }
});

test(
  'weights of another run that have one proof left are read by a segment that reads them once',
  { timeout: 600_000 },
  () => {
    const [of, dataset, plan, out] = ['r', 'd', 'fast.json', 's'].map(path) as [
      string,
      string,
      string,
      string,
    ];
    let { predictionsLeft } = proveTraining(kernels, home, { folder: of, dataset, predictions: 0 });
    for (let i = 0; predictionsLeft > 1; i++) {
      const options = { folder: of, inputs: path('x.npy'), rows: [0], out: path(`q${i}.zkp`) };
      ({ predictionsLeft } = predict(kernels, home, options));
    }
    train(kernels, home, { dataset, plan, out, start: of });
    const prove = (stepsPerProof: number, until: number): number =>
      proveTraining(kernels, home, { folder: out, dataset, until, stepsPerProof }).step;
    expect(proofError(() => prove(1, 4)).code).toBe('BUDGET_KEPT');
    expect(prove(2, 2)).toBe(2);
    expect(prove(1, 4)).toBe(4);
  },
);

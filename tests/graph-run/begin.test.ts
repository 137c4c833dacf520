/** Directories of runs of graphs that are not announced yet: nothing is announced there that its owner did not ask for, or that could not be proven. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { openHome, type Home } from '../../src/store/index.ts';
import { commitCorpusToFolder, proveTuning, tune, type Tuned, type TuneOptions } from '../../src/verbs/tuning/index.ts'; // prettier-ignore
import { proofError } from '../support/refusal.ts';
import { TUNING_MODEL, writeTuning } from '../support/tuning-inputs.ts';

let kernels: Kernels;
let folder: string;
let home: Home;
const path = (name: string): string => join(folder, name);
const run = (out: string, more: Partial<TuneOptions> = {}): Tuned =>
  tune(kernels, home, { model: path('model.json'), plan: path('plan.json'), corpus: path('c'), out: path(out), ...more }); // prettier-ignore

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-begin-'));
  home = openHome(path('home'));
  writeTuning(folder);
  const model = { model: path('model.json'), plan: path('plan.json') };
  commitCorpusToFolder(kernels, home, { ...model, tokens: path('tokens.npy'), out: path('c'), proofs: 5 });
  run('a');
  proveTuning(kernels, home, { folder: path('a'), corpus: path('c') });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await kernels.close();
});

/** As a process leaves a directory that is killed before it announces. */
function begun(out: string, start?: string): void {
  run(out, start === undefined ? { until: 1 } : { until: 1, start: path(start) });
  for (const name of readdirSync(path(out))) {
    if (!['graph.json', 'start.json'].includes(name)) rmSync(path(`${out}/${name}`));
  }
  rmSync(path(`${out}.run`));
}

test('one that was begun from its seed is not announced where another start is asked for', () => {
  begun('b');
  const { code, detail } = proofError(() => run('b', { start: path('a') }));
  expect([code, detail]).toEqual(['RUN', 'expected the run of these options, got one of another start']);
  expect(readdirSync(path('b'))).toEqual(['graph.json']);
  expect(run('b').start).toBeUndefined();
});
test('one that was begun from another run goes on from there', () => {
  begun('d', 'a');
  expect(run('d').start).toBeDefined();
});
test('a model of more weights than are drawn: no directory is made, nor announced in one that is there', () => {
  const model = path('big.json');
  writeFileSync(model, JSON.stringify({ ...TUNING_MODEL, vocabulary: 8192, width: 2048, heads: 32 }));
  expect(proofError(() => run('e', { model })).detail).toMatch(/^start: expected at most 2\^24 entries/);
  expect(existsSync(path('e'))).toBe(false);
});

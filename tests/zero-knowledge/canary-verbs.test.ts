/**
 * ZKP-9 for verbs: a dataset and a corpus with patterns that occur nowhere else, weights that were trained on them, a model, and the keys behind their commitments
 * are committed, trained, proven, asked, refreshed, interrupted and mishandled. None of them stands in a public file, in what is printed, thrown
 * or returned, in a message to a worker or in a temporary file; in private folders they stand where the specification says, and nowhere else.
 */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { saveModel } from '../../src/quantize/node.ts';
import { openHome, type Home } from '../../src/store/index.ts';
import { decodeTrainingRun, runDigest } from '../../src/training/run.ts';
import { commitToFolder, refreshFolder } from '../../src/verbs/index.ts';
import { commitDatasetToFolder, predict, proveTraining, train } from '../../src/verbs/training/index.ts';
import { commitCorpusToFolder, proveTuned, proveTuning, tune } from '../../src/verbs/tuning/index.ts';
import { lastGraphCheckpoint, openTuningFolder } from '../../src/verbs/tuning/run-folder.ts';
import { decodeCheckpoint } from '../../src/verbs/training/checkpoint.ts';
import { unmeasured } from '../../tools/random-model/unmeasured.ts';
import { gated } from '../support/answer-models.ts';
import { allOf, cellCanary, inBytes, inFolder, inText, keyCanary, type Canary } from '../support/canaries.ts';
import { BINARY } from '../support/cli.ts';
import { npy, planJson } from '../support/training-inputs.ts';
import { NARROW, smallData } from '../training/small.ts';

const SLOW = 600_000;
/** A row of sixteen inputs of four bits. */
const ROW = [5, 14, 10, 7, 0, 9, 15, 3, 12, 6, 1, 13, 8, 2, 11, 4];
const WIDTHS = [16, 5, 4];

let kernels: Kernels;
let folder: string;
let home: Home;
/** All that was printed, told, returned and thrown. */
const said: string[] = [];
const path = (...names: string[]): string => join(folder, ...names);
const temporary = (): string => path('temporary');

const posted = vi.spyOn(Worker.prototype, 'postMessage');
const before = process.env['TMPDIR'];

/** Runs a verb and keeps what it says. @returns the code of its refusal, or `done` */
async function tell(run: (onStep: (text: string) => void) => unknown): Promise<string> {
  try {
    said.push(allOf(await run((text) => said.push(text))));
    return 'done';
  } catch (error) {
    said.push(allOf(error));
    return (error as { code?: string }).code ?? (error as Error).name;
  }
}

/** The 32 bytes of a secret in a framed file (spec/state.md section 2). */
const secretIn = (...names: string[]): Uint8Array =>
  new Uint8Array(readFileSync(path(...names)).subarray(24, 56));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zkdl-canary-'));
  mkdirSync(temporary());
  process.env['TMPDIR'] = temporary();
  kernels = await wasmKernels({ threads: 2 });
  home = openHome(path('home'));
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream);
    vi.spyOn(stream, 'write').mockImplementation((...args: Parameters<typeof write>) => {
      said.push(String(args[0]));
      return write(...args);
    });
  }
  const rows = Array.from({ length: NARROW.rows }, (_, i) => [...ROW.slice(i), ...ROW.slice(0, i)]).flat();
  writeFileSync(path('x.npy'), npy([NARROW.rows, 16], rows));
  writeFileSync(path('y.npy'), npy([NARROW.rows], smallData(NARROW).labels));
  writeFileSync(path('plan.json'), planJson({ widths: WIDTHS, steps: 4, rates: [{ from: 0, rate: 1 }] }));
}, SLOW);
afterAll(async () => {
  vi.restoreAllMocks();
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  await kernels.close();
  rmSync(folder, { recursive: true });
});

const dataset = (out: string) => ({ inputs: path('x.npy'), labels: path('y.npy'), plan: path('plan.json'), out: path(out), proofs: 12 }); // prettier-ignore
const data = [cellCanary('row', ROW)];
const canaries: Canary[] = [...data];

/** Nothing of them in what is public or was said, and in private folders nowhere but in these files. */
function expectHidden(all: readonly Canary[], where: readonly string[]): void {
  const own = inFolder(all, folder).filter((line) => !line.startsWith('x.npy'));
  expect(own).toEqual([...where].sort());
  expect(said.flatMap((text) => inText(all, text))).toEqual([]);
  expect(posted.mock.calls).toEqual([]);
  expect(readdirSync(temporary())).toEqual([]);
}

test('the search finds what is there, in every form', () => {
  const [row] = data as [Canary];
  for (const bytes of [
    ROW,
    [...Buffer.from(Uint32Array.from(ROW).buffer)],
    [...Buffer.from(ROW.join(', '))],
  ]) {
    expect(inBytes([row], Uint8Array.from([1, 2, ...bytes]))).toEqual(['row']);
  }
  expect(inFolder([row], folder)).toEqual(['x.npy: row']);
  expect(inText([row], allOf({ cells: Int16Array.from(ROW) }))).toEqual(['row']);
  expect(inText([row], allOf(new Error(`got ${ROW.join()}`)))).toEqual(['row']);
  const key = keyCanary(
    'key',
    Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 3),
  );
  expect(inText([key], allOf({ key: Uint8Array.from({ length: 32 }, (_, i) => 7 * i + 3) }))).toEqual([
    'key',
  ]);
});

test('datasets, training, its proofs, predictions', { timeout: SLOW }, async () => {
  expect(await tell((onStep) => commitDatasetToFolder(kernels, home, { ...dataset('d'), onStep }))).toBe(
    'done',
  );
  const run = { dataset: path('d'), plan: path('plan.json'), out: path('r'), seed: '5a'.repeat(32) };
  expect(await tell((onStep) => train(kernels, home, { ...run, until: 2, onStep }))).toBe('done');
  expect(await tell((onStep) => train(kernels, home, { ...run, onStep }))).toBe('done');
  const proving = { folder: path('r'), dataset: path('d'), stepsPerProof: 2 };
  expect(await tell((onStep) => proveTraining(kernels, home, { ...proving, onStep }))).toBe('done');
  const asked = { folder: path('r'), inputs: path('x.npy'), rows: [0, 2] };
  const hidden = { ...asked, hideInputs: true, out: path('hidden.zkp') };
  expect(await tell((onStep) => predict(kernels, home, { ...hidden, onStep }))).toBe('done');

  // Weights behind the last step, rows of each part; the keys of all trees.
  const bytes = new Uint8Array(readFileSync(path('r.run')));
  const { plan } = decodeTrainingRun(bytes);
  const { state } = decodeCheckpoint('', plan, runDigest(bytes), new Uint8Array(readFileSync(path('r', 'checkpoint-4')))); // prettier-ignore
  // A run of sixteen: the bias behind it lies in a block of its own.
  const row = (cells: Int16Array): number[] => [...cells.subarray(0, 16)];
  canaries.push(cellCanary('weights', row(state[0]!.weight)), cellCanary('rests', row(state[0]!.rest)));
  canaries.push(keyCanary('home', secretIn('home', 'long-term')));
  for (const tree of ['d/epoch-0', 'r/weights-2', 'r/weights-4']) {
    canaries.push(keyCanary(tree, secretIn(tree, 'secret')));
  }
  expectHidden(canaries, [
    'd/epoch-0/data: row',
    'd/epoch-0/secret: d/epoch-0',
    'home/long-term: home',
    'r/checkpoint-4: weights rests',
    'r/weights-2/secret: r/weights-2',
    'r/weights-4/data: weights rests',
    'r/weights-4/secret: r/weights-4',
  ]);
});

/** Sixteen ids in a row of a corpus, and a private prompt. */
const IDS = [3, 12, 7, 15, 0, 9, 14, 1, 10, 5, 8, 13, 2, 11, 6, 4];
const PROMPT = [13, 4, 11, 0, 14, 2, 9, 15, 6, 1];

test('corpora, training of a graph, its proofs, answers', { timeout: SLOW }, async () => {
  const model = { vocabulary: 16, context: 16, width: 16, heads: 2, layers: 1, hidden: 8 };
  const tokens = Array.from({ length: 97 }, (_, i) => IDS[(i + Math.floor(i / 16)) % 16] as number);
  writeFileSync(path('x.npy.tokens'), npy([97], tokens));
  writeFileSync(path('model.json'), JSON.stringify(model));
  writeFileSync(path('tuning.json'), JSON.stringify({ batch: 2, steps: 3, rate: 1, ratePlaces: 9 }));
  const files = { model: path('model.json'), plan: path('tuning.json') };
  const committing = { ...files, tokens: path('x.npy.tokens'), out: path('g'), proofs: 20 };
  expect(await tell((onStep) => commitCorpusToFolder(kernels, home, { ...committing, onStep }))).toBe('done');
  const run = { ...files, corpus: path('g'), out: path('t'), seed: '5a'.repeat(32) };
  expect(await tell((onStep) => tune(kernels, home, { ...run, until: 1, onStep }))).toBe('done');
  expect(await tell((onStep) => tune(kernels, home, { ...run, onStep }))).toBe('done');
  // Two steps in one proof, and one: weights between steps of a proof are nowhere.
  const proving = { folder: path('t'), corpus: path('g'), stepsPerProof: 2 };
  expect(await tell((onStep) => proveTuning(kernels, home, { ...proving, onStep }))).toBe('done');
  const asked = {
    folder: path('t'),
    prompts: [PROMPT],
    privatePrompt: true,
    tokens: 1,
    out: path('told.zkp'),
  };
  expect(await tell((onStep) => proveTuned(kernels, home, { ...asked, onStep }))).toBe('done');
  // Mishandled: a changed cell of the corpus, of weights; a prompt that does not fit.
  const changed = (name: string, at: number, verb: () => unknown): unknown => {
    const good = readFileSync(path(name));
    writeFileSync(
      path(name),
      good.map((byte, i) => (i === at ? byte ^ 1 : byte)),
    );
    try {
      return verb();
    } finally {
      writeFileSync(path(name), good);
    }
  };
  const again = { ...run, out: path('t2') };
  expect(await tell(() => tune(kernels, home, again))).toBe('done');
  const second = { folder: path('t2'), corpus: path('g') };
  expect(await tell(() => changed('g/epoch-0/data', 40, () => proveTuning(kernels, home, second)))).not.toBe(
    'done',
  );
  const more = { ...asked, out: path('no.zkp') };
  expect(await tell(() => changed('t/weights-3/data', 10, () => proveTuned(kernels, home, more)))).not.toBe(
    'done',
  );
  expect(await tell(() => proveTuned(kernels, home, { ...more, prompts: [[...PROMPT, ...PROMPT]] }))).toBe(
    'CONTEXT',
  );
  const taken = { ...committing, out: path('g2') };
  expect(await tell(() => changed('x.npy.tokens', 140, () => commitCorpusToFolder(kernels, home, { ...taken, model: path('no') })))).toBe('FILE_MISSING'); // prettier-ignore
  rmSync(path('t2'), { recursive: true });
  rmSync(path('t2.run'));

  const folder = openTuningFolder(path('t'));
  const { state } = lastGraphCheckpoint(folder)!;
  const row = (cells: ArrayLike<number>): number[] => Array.from(cells).slice(0, 16);
  const own = [
    cellCanary('ids', IDS),
    cellCanary('prompt', PROMPT),
    cellCanary('table', row(state.get('E')!.weight)),
    cellCanary('matrix', row(state.get('H')!.weight)),
    ...['g/epoch-0', 't/weights-2', 't/weights-3'].map((tree) => keyCanary(tree, secretIn(tree, 'secret'))), // prettier-ignore
  ];
  canaries.push(...own);
  expectHidden(own, [
    'g/epoch-0/data: ids',
    'g/epoch-0/secret: g/epoch-0',
    't/checkpoint-3: table matrix',
    't/weights-2/secret: t/weights-2',
    't/weights-3/data: table matrix',
    't/weights-3/secret: t/weights-3',
  ]);
});

describe('mishandled: what is refused says nothing either', () => {
  test.each<[string, string, (onStep: (text: string) => void) => unknown]>([
    [
      'a dataset over another',
      'FILE_EXISTS',
      (onStep) => commitDatasetToFolder(kernels, home, { ...dataset('d'), onStep }),
    ],
    [
      'inputs beyond their bits',
      'DATASET',
      (onStep) => {
        writeFileSync(
          path('big.npy'),
          npy([NARROW.rows, 16], [...ROW, 16, ...new Array<number>(NARROW.rows * 16 - 17).fill(0)]),
        );
        const options = { ...dataset('e'), inputs: path('big.npy'), onStep };
        try {
          return commitDatasetToFolder(kernels, home, options);
        } finally {
          rmSync(path('big.npy'));
        }
      },
    ],
    [
      'a changed cell of the dataset',
      'SELF_CHECK',
      () =>
        changed('d/epoch-0/data', 40, (onStep) =>
          proveTraining(kernels, home, { folder: path('r2'), dataset: path('d'), stepsPerProof: 2, onStep }),
        ),
    ],
    [
      'changed weights',
      'refused',
      () =>
        changed('r/weights-4/data', 10, (onStep) =>
          predict(kernels, home, {
            folder: path('r'),
            inputs: path('x.npy'),
            rows: [1],
            hideInputs: true,
            out: path('no.zkp'),
            onStep,
          }),
        ),
    ],
    [
      'a damaged checkpoint',
      'CHECKPOINT',
      () =>
        changed('r2/checkpoint-4', 60, (onStep) =>
          train(kernels, home, { dataset: path('d'), out: path('r2'), onStep }),
        ),
    ],
    [
      'a damaged secret',
      'STATE_DIGEST',
      () =>
        changed('d/epoch-0/secret', 30, (onStep) =>
          train(kernels, home, { dataset: path('d'), out: path('r2'), onStep }),
        ),
    ],
    [
      'a row that is not there',
      'RangeError',
      (onStep) =>
        predict(kernels, home, {
          folder: path('r'),
          inputs: path('x.npy'),
          rows: [99],
          out: path('no.zkp'),
          onStep,
        }),
    ],
  ])('%s', { timeout: SLOW }, async (_, code, run) => {
    if (!existsSync(path('r2'))) {
      const made = { dataset: path('d'), plan: path('plan.json'), out: path('r2'), seed: '6b'.repeat(32) };
      expect(await tell(() => train(kernels, home, made))).toBe('done');
    }
    const told = await tell(run);
    if (code === 'refused') expect(told).not.toBe('done');
    else expect(told).toBe(code);
    expect(existsSync(path('no.zkp'))).toBe(false);
    expect(said.flatMap((text) => inText(canaries, text))).toEqual([]);
  });

  /** Runs with one byte of a private file changed. */
  function changed(name: string, at: number, run: (onStep: (text: string) => void) => unknown): unknown {
    const good = readFileSync(path(name));
    const bad = Buffer.from(good);
    bad[at]! ^= 1;
    writeFileSync(path(name), bad);
    try {
      return run((text) => said.push(text));
    } finally {
      writeFileSync(path(name), good);
    }
  }
});

test('a model, refreshed', { timeout: SLOW }, async () => {
  const { graph, weights, vocabulary } = gated(3);
  saveModel(path('m.zkq'), { graph, weights, info: unmeasured(vocabulary, 'a test', [1]) });
  const options = { model: path('m.zkq'), out: path('m'), proofs: 3, tokens: 4 };
  expect(await tell((onStep) => commitToFolder(kernels, home, { ...options, onStep }))).toBe('done');
  expect(await tell((onStep) => refreshFolder(kernels, home, { folder: path('m'), onStep }))).toBe('done');
  expect(await tell((onStep) => refreshFolder(kernels, home, { folder: path('no'), onStep }))).not.toBe(
    'done',
  );
  const cells = [...weights.get('E')!.subarray(0, 12)];
  const model = [cellCanary('model', cells), ...[0, 1].map((e) => keyCanary(`epoch-${e}`, secretIn('m', `epoch-${e}`, 'secret')))]; // prettier-ignore
  expectHidden(model, [
    'm.zkq: model',
    'm/model.zkq: model',
    'm/epoch-0/data: model',
    'm/epoch-1/data: model',
    'm/epoch-0/secret: epoch-0',
    'm/epoch-1/secret: epoch-1',
  ]);
});

test('a commit that is killed, and the next one', { timeout: SLOW }, async () => {
  const arrays = ['x.npy', 'y.npy', '--plan', 'plan.json', '-o', 'k', '--proofs', '12'];
  const env = { ...process.env, XDG_STATE_HOME: path('state') };
  const child = spawn(process.execPath, [BINARY, 'dataset', 'commit', ...arrays], { cwd: folder, env });
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => said.push(String(part)));
  const ended = new Promise((resolve) => child.on('close', resolve));
  while (child.exitCode === null && !existsSync(path('k', 'committing')))
    await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill('SIGKILL');
  await ended;
  const lies = /^(d|k)\/(epoch-0|\.unfinished-[0-9a-f]+|epoch-0\/\.unfinished-[0-9a-f]+)\/data: row$/;
  const left = inFolder(data, folder).filter((line) => !line.startsWith('x.npy'));
  expect(left.filter((line) => !lies.test(line))).toEqual([]);
  const again = spawn(process.execPath, [BINARY, 'dataset', 'commit', ...arrays], { cwd: folder, env });
  for (const stream of [again.stdout, again.stderr]) stream.on('data', (part) => said.push(String(part)));
  expect(await new Promise((resolve) => again.on('close', resolve))).toBe(0);
  expectHidden(data, ['d/epoch-0/data: row', 'k/epoch-0/data: row']);
});

/**
 * Files outlive versions: what is kept under tests/vectors/ in the format of today is read and written back to the byte; what an earlier version
 * wrote, or a later one will, is refused by its version before anything else of it is looked at.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWER_VERSION, decodeAnswer, encodeAnswer } from '../../src/answer/envelope.ts';
import { decodeModelKey, encodeModelKey, MODEL_KEY_VERSIONS } from '../../src/answer/key.ts';
import {
  decodeModelLink,
  encodeModelLink,
  MODEL_LINK_VERSIONS,
  verifyModelLinks,
} from '../../src/answer/link.ts';
import { verifyAnswer } from '../../src/answer/verify.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { decodeKey, encodeKey, KEY_FORMAT_VERSION, type GroupKey } from '../../src/pcs/key.ts';
import { decodeModel, encodeModel, MODEL_FORMAT_VERSION } from '../../src/quantize/model-file.ts';
import { openGroup, openHome } from '../../src/store/index.ts';
import { STATE_FORMAT_VERSION } from '../../src/store/frame.ts';
import {
  decodePrediction,
  encodePrediction,
  PREDICTION_VERSION,
} from '../../src/training/prediction-file.ts';
import { decodeTrainingRun, encodeTrainingRun, TRAINING_RUN_VERSION } from '../../src/training/run.ts';
import { decodeSegment, encodeSegment, SEGMENT_VERSION } from '../../src/training/segment-file.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import { decodeGraphRun, encodeGraphRun, GRAPH_RUN_VERSION } from '../../src/training/graph-run/run.ts';
import {
  decodeGraphStep,
  encodeGraphStep,
  GRAPH_STEP_VERSION,
} from '../../src/training/graph-run/step-file.ts';
import { verifyGraphRun } from '../../src/training/graph-run/verify.ts';
import { verifyTraining } from '../../src/training/verify.ts';
import { kindOf, type FileKind } from '../../src/verbs/kinds.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../src/verbs/training/checkpoint.ts';
import { commitDatasetToFolder } from '../../src/verbs/training/dataset.ts';
import { codeOf } from '../support/params.ts';
import { tinyQuantized } from '../support/quantized.ts';
import { writeTraining } from '../support/training-inputs.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));

interface Kind {
  readonly bytes: Uint8Array;
  /** All that are read. */
  readonly versions: readonly number[];
  readonly code: string;
  /** Reads and writes it again. */
  again(bytes: Uint8Array): Uint8Array;
}

let kernels: Kernels;
let folder: string;
let kinds: Record<FileKind, Kind>;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-versions-'));
  const run = bytesOf('training.run');
  const { plan, seed } = decodeTrainingRun(run);
  const segment = decodeSegment(bytesOf('training-1.seg'));
  const { parameters, proof, outputs } = segment;
  const [output] = outputs as [GroupKey];
  const prediction = { run: segment.run, weights: output, inputs: undefined, classes: Uint16Array.of(1), context: new Uint8Array(0), parameters, proof }; // prettier-ignore
  const checkpoint = { step: 1, state: stateFromSeed(plan, seed), losses: [1], right: [2] };
  const of = (
    version: number | readonly number[],
    code: string,
    bytes: Uint8Array,
    again: Kind['again'],
  ): Kind => {
    return { versions: [version].flat(), code, bytes, again };
  };
  kinds = {
    model: of(MODEL_FORMAT_VERSION, 'MODEL_VERSION', encodeModel(await tinyQuantized('tiny-llama')), (b) => encodeModel(decodeModel(b))), // prettier-ignore
    key: of(MODEL_KEY_VERSIONS, 'VERSION', bytesOf('answer.key'), (b) => encodeModelKey(decodeModelKey(b))),
    answer: of(ANSWER_VERSION, 'VERSION', bytesOf('answer.zkp'), (b) => encodeAnswer(decodeAnswer(b))),
    link: of(MODEL_LINK_VERSIONS, 'VERSION', bytesOf('answer.link'), (b) =>
      encodeModelLink(decodeModelLink(b)),
    ),
    groupKey: of(KEY_FORMAT_VERSION, 'KEY_VERSION', encodeKey(output), (b) => encodeKey(decodeKey(b))),
    run: of(TRAINING_RUN_VERSION, 'VERSION', run, (b) => encodeTrainingRun(decodeTrainingRun(b))),
    segment: of(SEGMENT_VERSION, 'VERSION', bytesOf('training-1.seg'), (b) =>
      encodeSegment(decodeSegment(b)),
    ),
    prediction: of(PREDICTION_VERSION, 'VERSION', encodePrediction(prediction), (b) => encodePrediction(decodePrediction(b))), // prettier-ignore
    graphRun: of(GRAPH_RUN_VERSION, 'VERSION', bytesOf('tuning.run'), (b) =>
      encodeGraphRun(decodeGraphRun(b)),
    ),
    graphStep: of(GRAPH_STEP_VERSION, 'VERSION', bytesOf('tuning-1.step'), (b) => encodeGraphStep(decodeGraphStep(b))), // prettier-ignore
    checkpoint: of(1, 'VERSION', encodeCheckpoint(plan, segment.run, checkpoint), (b) => encodeCheckpoint(plan, segment.run, decodeCheckpoint('checkpoint', plan, segment.run, b))), // prettier-ignore
  };
}, 300_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await kernels.close();
});

/** The file as another version has it. A digest at the end of it fits. */
function ofVersion(kind: FileKind, { bytes }: Kind, version: number): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(8, version, true);
  const end = copy.length - 32;
  if (kind === 'checkpoint')
    copy.set(blake3(copy.subarray(0, end), { context: 'zkdl training checkpoint 1' }), end);
  return copy;
}

const KINDS: FileKind[] = ['model', 'key', 'answer', 'link', 'groupKey', 'run', 'segment', 'prediction', 'graphRun', 'graphStep', 'checkpoint']; // prettier-ignore

describe.each(KINDS)('%s', (name) => {
  test('the format of today: read and written back to the byte', () => {
    const { bytes, again } = kinds[name];
    expect(kindOf(bytes)).toBe(name);
    expect(Buffer.from(again(bytes)).equals(bytes)).toBe(true);
  });

  test('every other version is refused by its number, whatever stands behind it', () => {
    const kind = kinds[name];
    const others = [0, 1, 2, 3, 4, 7, 256, 2 ** 31, 2 ** 32 - 1].filter(
      (own) => !kind.versions.includes(own),
    );
    expect(others.length).toBe(9 - kind.versions.length);
    for (const version of others) {
      const other = ofVersion(name, kind, version);
      expect([version, codeOf(() => kind.again(other))]).toEqual([version, kind.code]);
      // A checkpoint and a model say so behind their digests and lengths alone: nobody but their owner reads them.
      if (name === 'checkpoint' || name === 'model') continue;
      const short = other.slice(0, name === 'groupKey' ? 88 : 12);
      expect([version, codeOf(() => kind.again(short))]).toEqual([version, kind.code]);
    }
  });
});

test('proofs that are kept verify', { timeout: 120_000 }, () => {
  expect(verifyAnswer(bytesOf('answer.key'), bytesOf('answer.zkp')).ok).toBe(true);
  expect(verifyAnswer(bytesOf('answer.key'), bytesOf('answer-private.zkp')).ok).toBe(true);
  expect(verifyModelLinks(bytesOf('answer.key'), [bytesOf('answer.link')]).ok).toBe(true);
  const segments = ['training-0.seg', 'training-1.seg', 'training-2.seg'].map(bytesOf);
  expect(verifyTraining(bytesOf('training.run'), segments)).toMatchObject({ ok: true, steps: 4 });
  const steps = ['tuning-0.step', 'tuning-1.step'].map(bytesOf);
  expect(verifyGraphRun(bytesOf('tuning.run'), steps)).toMatchObject({ ok: true, steps: 3 });
  const drawn = [bytesOf('tuning-drawn-0.step')];
  expect(verifyGraphRun(bytesOf('tuning-drawn.run'), drawn)).toMatchObject({ ok: true, steps: 2 });
  const periods = ['training-periods-0.seg', 'training-periods-1.seg'].map(bytesOf);
  expect(verifyTraining(bytesOf('training-periods.run'), periods)).toMatchObject({ ok: true, steps: 5 });
});

test('what version 1 wrote of answers and links (the first KiB of each) is refused as version 1', () => {
  const key = bytesOf('answer.key');
  expect(verifyAnswer(key, bytesOf('old/answer-1.zkp'))).toMatchObject({
    ok: false,
    code: 'VERSION',
    detail: 'expected version 2, got 1',
  });
  expect(verifyModelLinks(key, [bytesOf('old/answer-1.link')])).toMatchObject({
    ok: false,
    code: 'VERSION',
    detail: 'expected version 2 or 3, got 1',
  });
});

test.each([1, 2, 3])(
  'what version %i wrote of runs of training (the first KiB of one) is refused as that',
  (version) => {
    expect(verifyTraining(bytesOf(`old/training-${version}.run`), [])).toMatchObject({
      ok: false,
      code: 'VERSION',
      detail: `expected version 4, got ${version}`,
    });
  },
);

test.each([1, 2])(
  'what version %i wrote of runs of graphs (the first KiB of one) is refused as that',
  (version) => {
    expect(verifyGraphRun(bytesOf(`old/tuning-${version}.run`), [])).toMatchObject({
      ok: false,
      code: 'VERSION',
      detail: `expected version 3, got ${version}`,
    });
  },
);

test('what version 1 wrote of steps of graphs (the first KiB of one) is refused as version 1', () => {
  expect(verifyGraphRun(bytesOf('tuning.run'), [bytesOf('old/tuning-1.step')])).toMatchObject({
    ok: false,
    code: 'VERSION',
    detail: 'expected version 2, got 1',
  });
});

test('what version 1 wrote of segments (the first KiB of one) is refused as version 1', () => {
  expect(verifyTraining(bytesOf('training.run'), [bytesOf('old/training-1.seg')])).toMatchObject({
    ok: false,
    code: 'VERSION',
    detail: 'expected version 2, got 1',
  });
});

test('a folder of a dataset: every file that says which version it is of is refused by it', () => {
  writeTraining(folder);
  const path = (name: string): string => join(folder, name);
  const home = openHome(path('home'));
  const out = path('data');
  const options = { inputs: path('x.npy'), labels: path('y.idx'), plan: path('plan.json'), out };
  commitDatasetToFolder(kernels, home, { ...options, proofs: 2 });
  const group = join(out, 'epoch-0');
  expect(codeOf(() => openGroup(kernels, home, group).close())).toBe('accepted');
  const files = readdirSync(group).filter((name) => statSync(join(group, name)).isFile());
  const versioned = files.filter((name) => /^zkdl/.test(readFileSync(join(group, name), 'latin1')));
  expect(versioned.sort()).toEqual(['budget-0000000000000000', 'group.key', 'secret', 'tree']);
  for (const name of versioned) {
    const file = join(group, name);
    const good = readFileSync(file);
    for (const version of [0, STATE_FORMAT_VERSION + 1]) {
      const other = Buffer.from(good);
      other.writeUInt32LE(version, 8);
      rmSync(file);
      writeFileSync(file, other);
      const code = name === 'group.key' ? 'KEY_VERSION' : 'STATE_VERSION';
      expect([name, codeOf(() => openGroup(kernels, home, group).close())]).toEqual([name, code]);
    }
    writeFileSync(file, good);
  }
  expect(codeOf(() => openGroup(kernels, home, group).close())).toBe('accepted');
  expect(existsSync(join(out, 'dataset.json'))).toBe(true);
});

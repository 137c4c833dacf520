/** Chains with momentum: a segment reads the weights that it starts from and those a period earlier, and no others. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import type { GroupKey } from '../../src/pcs/key.ts';
import { budgetStatus, openGroup, openHome, type Home, type StoredGroup } from '../../src/store/index.ts';
import {
  chooseTrainingParameters,
  commitDataset,
  commitState,
  stateUses,
} from '../../src/training/commit.ts';
import type { TrainingPlan } from '../../src/training/plan.ts';
import { provePrediction } from '../../src/training/prove-prediction.ts';
import {
  announceRun,
  closePoint,
  pointFrom,
  proveSegment,
  startPoint,
  type OwnedPoint,
  type TrainingOwner,
} from '../../src/training/prove-segment.ts';
import { decodeSegment, encodeSegment, type SegmentFile } from '../../src/training/segment-file.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import { verifyTraining } from '../../src/training/verify.ts';
import { proofError } from '../support/refusal.ts';
import { bothPredictionWords } from '../support/twin-predictions.ts';
import { NARROW_MOMENTUM, SEED, smallData } from './small.ts';

const PLAN = NARROW_MOMENTUM;
const SLOW: TrainingPlan = { ...PLAN, period: 2 };

let kernels: Kernels;
let folder: string;
let home: Home;
let group: StoredGroup;
let made = 0;
const opened = new Set<StoredGroup>();
const path = (): string => join(folder, `group-${made++}`);
const groupsOf = ({ group: own, earlier }: OwnedPoint): StoredGroup[] =>
  [earlier, own].filter((one) => one !== undefined);

/** A run and its segments; the points before, between and behind them. */
interface Run {
  readonly owner: TrainingOwner;
  readonly segments: readonly Uint8Array[];
  readonly points: readonly OwnedPoint[];
}

function runOf(plan: TrainingPlan, counts: readonly number[], seed = SEED, start?: StoredGroup): Run {
  const owner = announceRun(plan, smallData(plan), group, seed, start);
  const points = [start === undefined ? startPoint(owner) : pointFrom(owner, 0, start)];
  const segments = counts.map((count) => {
    const { bytes, point } = proveSegment(kernels, home, owner, points.at(-1)!, count, path());
    points.push(point);
    groupsOf(point).forEach((one) => opened.add(one));
    return bytes;
  });
  return { owner, segments, points };
}

/** Segments of one step each. */
let ones: Run;
/** One, then three, then one: the third reads what the second wrote before its last step. */
let mixed: Run;

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-momentum-'));
  home = openHome(join(folder, 'home'));
  const { parameters } = chooseTrainingParameters(PLAN, { steps: 4, minProofs: 60 });
  group = commitDataset(kernels, home, path(), PLAN, smallData(PLAN), parameters);
  opened.add(group);
  ones = runOf(PLAN, [1, 1, 1, 1]);
  mixed = runOf(PLAN, [1, 3, 1]);
}, 300_000);
afterAll(async () => {
  for (const one of opened) one.close();
  rmSync(folder, { recursive: true });
  await kernels.close();
});

const refused = ({ owner }: Run, files: readonly Uint8Array[]): string => {
  const verdict = verifyTraining(owner.bytes, files);
  return verdict.ok ? 'ok' : `${verdict.code} ${verdict.stage}`;
};
const changed = (bytes: Uint8Array, change: (file: SegmentFile) => Partial<SegmentFile>): Uint8Array => {
  const file = decodeSegment(bytes);
  return encodeSegment({ ...file, ...change(file) });
};

describe('honest chains', () => {
  test('verify, every prefix, and come to the same weights however steps are cut into segments', () => {
    for (const run of [ones, mixed]) {
      run.segments.forEach((_, i) => expect(refused(run, run.segments.slice(0, i + 1))).toBe('ok'));
    }
    expect(mixed.points[2]!.state).toEqual(ones.points[4]!.state);
  });
  test('a segment reads two states and writes one, or two where it has several periods', () => {
    const sizes = ({ segments }: Run): number[][] =>
      segments.map(decodeSegment).map(({ inputs, outputs }) => [inputs.length, outputs.length]);
    expect(sizes(ones)).toEqual([[1, 1], [2, 1], [2, 1], [2, 1]]); // prettier-ignore
    expect(sizes(mixed)).toEqual([[1, 1], [2, 2], [2, 1]]); // prettier-ignore
    // The second one reads the weights of the seed as the earlier ones, named by the run.
    expect(decodeSegment(ones.segments[1]!).inputs[0]).toEqual(ones.owner.named.digest);
    expect(ones.points[1]!.earlier).toBeUndefined();
    expect(ones.points[2]!.earlier).toBe(ones.points[1]!.group);
  });
  test('weights are opened by the segment that writes them, the one that reads them, and the one behind it', () => {
    const { queries } = group.key.parameters.code;
    const used = ones.points.slice(1).map((point) => budgetStatus(home, point.group!).used / queries);
    expect(used).toEqual([3, 3, 2, 1]);
    expect(ones.points[1]!.group!.key.group.uses).toBe(stateUses(PLAN));
    // Those before the last step of a segment are written, and read once.
    expect(budgetStatus(home, mixed.points[2]!.earlier!).used).toBe(2 * queries);
  });
  test('periods of two steps, the last one shorter', () => {
    const run = runOf(SLOW, [2, 4, 2, 1]);
    expect(verifyTraining(run.owner.bytes, run.segments)).toMatchObject({
      ok: true,
      steps: 9,
      complete: true,
    });
  });
  test('from committed weights, which have not moved before', () => {
    const parameters = group.key.parameters;
    const start = commitState(kernels, home, path(), PLAN, stateFromSeed(PLAN, SEED), parameters);
    opened.add(start);
    const run = runOf(PLAN, [1, 1, 2], new Uint8Array(32).fill(7), start);
    expect(refused(run, run.segments)).toBe('ok');
    expect(run.points[1]!.earlier).toBe(start);
    // What another run wrote, with momentum or without, is weights: how it came there is no part of them.
    const on = runOf(PLAN, [2], new Uint8Array(32).fill(8), ones.points[4]!.group);
    expect(refused(on, on.segments)).toBe('ok');
  });
  test('after a restart', () => {
    const [, , two, three] = ones.points as [OwnedPoint, OwnedPoint, OwnedPoint, OwnedPoint];
    const groups = [two, three].map((point) => openGroup(kernels, home, point.group!.path));
    groups.forEach((one) => opened.add(one));
    const [earlier, own] = groups as [StoredGroup, StoredGroup];
    const point = pointFrom(ones.owner, 3, own, earlier);
    expect(point.state).toEqual(three.state);
    const next = proveSegment(kernels, home, ones.owner, point, 2, path());
    expect(refused(ones, [...ones.segments.slice(0, 3), next.bytes])).toBe('ok');
    closePoint(next.point, point);
    // Behind the first step the earlier weights are those of the seed, and later ones are committed.
    const first = pointFrom(ones.owner, 1, ones.points[1]!.group!);
    expect(first.state).toEqual(ones.points[1]!.state);
    expect(proofError(() => pointFrom(ones.owner, 3, own)).code).toBe('WEIGHTS');
    const moved = {
      ...ones.owner,
      named: { ...ones.owner.named, run: { ...ones.owner.named.run, start: own.key } },
    };
    expect(proofError(() => pointFrom(moved, 1, own)).code).toBe('WEIGHTS');
  });
});

describe('refused', () => {
  test('other weights a period earlier: older ones, the same twice, none, in another order', () => {
    const digest = (i: number): Uint8Array => ones.points[i]!.group!.keyDigest;
    const before = ones.segments.slice(0, 3);
    const last = ones.segments[3]!;
    const read = (...inputs: Uint8Array[]): string =>
      refused(ones, [...before, changed(last, () => ({ inputs }))]);
    expect(read(digest(2), digest(3))).toBe('ok');
    for (const inputs of [
      [digest(1), digest(3)],
      [digest(3), digest(3)],
      [digest(3)],
      [digest(3), digest(2)],
    ]) {
      expect(read(...inputs)).toBe('WEIGHTS segment 3: segment file');
    }
  });
  test('a prover who takes momentum from elsewhere cannot say that he did not', () => {
    // Another run of the same plan leads to the same point but for the weights a step earlier.
    const stale = { ...ones.points[3]!, earlier: ones.points[1]!.group };
    const state = ones.points[3]!.state.map((own, l) => {
      const { weight, rest } = ones.points[1]!.state[l]!;
      return { ...own, earlier: { weight, rest } };
    });
    const { bytes } = proveSegment(kernels, home, ones.owner, { ...stale, state }, 1, path());
    const before = ones.segments.slice(0, 3);
    expect(refused(ones, [...before, bytes])).toBe('WEIGHTS segment 3: segment file');
    const posed = changed(bytes, () => ({ inputs: decodeSegment(ones.segments[3]!).inputs }));
    expect(refused(ones, [...before, posed])).toMatch(/^[A-Z_]+ segment 3/);
    expect(refused(ones, [...before, posed])).not.toMatch(/^WEIGHTS/);
  });
  test('weights before the last step that are written by a segment of one, or by none of three', () => {
    const [first, three] = mixed.segments as [Uint8Array, Uint8Array];
    const cut = changed(three, ({ outputs }) => ({ outputs: outputs.slice(1) }));
    expect(refused(mixed, [first, cut])).toBe('SEGMENT segment 1: segment file');
    const more = changed(first, ({ outputs }) => ({ outputs: [...outputs, ...outputs] }));
    expect(refused(mixed, [more])).toBe('SEGMENT segment 0: segment file');
  });
  test('other weights before the last step than those that are proven', () => {
    const [first, three] = mixed.segments as [Uint8Array, Uint8Array];
    const [earlier, last] = decodeSegment(three).outputs as [GroupKey, GroupKey];
    const foreign = ones.points[3]!.group!.key;
    for (const outputs of [
      [foreign, last],
      [last, earlier],
      [last, last],
    ]) {
      expect(refused(mixed, [first, changed(three, () => ({ outputs }))])).toMatch(/^[A-Z_]+ segment 1/);
    }
    const wrong = { ...earlier, group: { ...earlier.group, label: 'T' } };
    expect(refused(mixed, [first, changed(three, () => ({ outputs: [wrong, last] }))])).toBe(
      'KEY_LAYOUT segment 1: segment file',
    );
  });
  test('a prediction by the weights before the last step: they are for the segment behind', () => {
    const { owner, points, segments } = mixed;
    const [{ earlier, group: last }, inputs] = [points[2]!, smallData(PLAN).inputs.slice(0, 6)];
    const words = [last!, earlier!].map((weights) => {
      const { bytes } = provePrediction(kernels, home, owner.named, weights, { inputs });
      return bothPredictionWords(owner.bytes, segments.slice(0, 2), bytes);
    });
    expect(words).toEqual([
      ['accepted', 'accepted'],
      ['WEIGHTS', 'WEIGHTS'],
    ]);
  });
  test('no states, and three', () => {
    const [first] = ones.segments as [Uint8Array];
    const of = (change: (file: SegmentFile) => Partial<SegmentFile>): string =>
      refused(ones, [changed(first, change)]);
    expect(of(() => ({ inputs: [] }))).toBe('FORMAT segment 0: segment file');
    expect(of(() => ({ outputs: [] }))).toBe('FORMAT segment 0: segment file');
    expect(of(({ outputs: [key] }) => ({ outputs: [key!, key!, key!] }))).toBe(
      'FORMAT segment 0: segment file',
    );
  });
  test('two chains spliced: the end of one and the momentum of another', () => {
    const other = runOf(PLAN, [1, 1], new Uint8Array(32).fill(9));
    const spliced = { ...ones.points[4]!, earlier: other.points[1]!.group };
    expect(proofError(() => proveSegment(kernels, home, ones.owner, spliced, 1, path())).code).toBe(
      'SELF_CHECK',
    );
    expect(refused(ones, [ones.segments[0]!, other.segments[1]!])).toBe('RUN segment 1: segment file');
  });
});

/** Training proven and followed: honest segments verify up to any of them; changed, skipped, repeated and spliced ones do not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { unsafeToyProfile } from '../../src/params/profile.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../src/pcs/key.ts';
import { proveProgramBody } from '../../src/relation/prove.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { proveStoredProgram } from '../../src/relation/stored-prove.ts';
import { budgetStatus, openGroup, openHome, type Home, type StoredGroup } from '../../src/store/index.ts';
import { chooseTrainingParameters, commitDataset, commitState } from '../../src/training/commit.ts';
import { checkPlan } from '../../src/training/check-plan.ts';
import { rateAt, type TrainingPlan } from '../../src/training/plan.ts';
import {
  announceRun,
  pointFrom,
  proveSegment,
  startPoint,
  type OwnedPoint,
  type TrainingOwner,
} from '../../src/training/prove-segment.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { encodeTrainingRun } from '../../src/training/run.ts';
import { decodeSegment, encodeSegment, segmentContext } from '../../src/training/segment-file.ts';
import { stateFromSeed, type TrainingState } from '../../src/training/state.ts';
import { inputDigests, segmentFrom, startOf } from '../../src/training/point.ts';
import { segmentStatement, verifyTraining } from '../../src/training/verify.ts';
import { executeSteps, trainingWitness } from '../../src/training/witness.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { testSource } from '../support/linear.ts';
import { proofError } from '../support/refusal.ts';
import type { Lie, Mutable } from './reference.ts';
import { SEED, NARROW, NARROW_MOMENTUM, smallData } from './small.ts';
import { about, honest, raised, tell, type Story } from './stories.ts';

let kernels: Kernels;
let folder: string;
let home: Home;
let group: StoredGroup;
let owner: TrainingOwner;
let segments: Uint8Array[];
const points: OwnedPoint[] = [];
const opened = new Set<StoredGroup>();
let made = 0;
const path = (): string => join(folder, `group-${made++}`);

/** Rates change at step 6. */
const COUNTS = [2, 4, 3];

function proveAll(
  of: TrainingOwner,
  counts: readonly number[],
): { segments: Uint8Array[]; points: OwnedPoint[] } {
  const all = [startPoint(of)];
  const files = counts.map((count, i) => {
    const { bytes, point } = proveSegment(kernels, home, of, all[i]!, count, path());
    all.push(point);
    [point.group!, point.earlier].forEach((own) => own && opened.add(own));
    return bytes;
  });
  return { segments: files, points: all };
}

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-training-'));
  home = openHome(join(folder, 'home'));
  const { parameters } = chooseTrainingParameters(NARROW, { steps: 4, minProofs: 40 });
  group = commitDataset(kernels, home, path(), NARROW, smallData(NARROW), parameters);
  opened.add(group);
  owner = announceRun(NARROW, smallData(NARROW), group, SEED);
  const proven = proveAll(owner, COUNTS);
  segments = proven.segments;
  points.push(...proven.points);
}, 300_000);
afterAll(async () => {
  for (const one of opened) one.close();
  rmSync(folder, { recursive: true });
  await kernels.close();
});

const refused = (files: readonly Uint8Array[], run = owner.bytes): string => {
  const verdict = verifyTraining(run, files);
  return verdict.ok ? 'ok' : `${verdict.code} ${verdict.stage}`;
};

test('every prefix verifies, and the whole is complete', () => {
  for (let n = 0; n <= COUNTS.length; n++) {
    const verdict = verifyTraining(owner.bytes, segments.slice(0, n));
    const steps = COUNTS.slice(0, n).reduce((a, b) => a + b, 0);
    expect(verdict).toMatchObject({ ok: true, steps, complete: n === COUNTS.length });
    const weights = verdict.ok && verdict.weights;
    expect(weights && keyDigest(encodeKey(weights))).toEqual(points[n]!.group?.keyDigest);
  }
});

test('a period of more cells than a proof has is refused before the first step', () => {
  const widths = [6, ...new Array<number>(63).fill(500), 4];
  const plan = { ...NARROW, widths, batch: 8, period: 1024, steps: 1024, rates: [{ from: 0, rate: 1 }] };
  checkPlan(plan);
  const { code } = proofError(() => announceRun(plan, smallData(NARROW), group, SEED));
  expect(code).toBe('PROGRAM_SHAPE');
});

test('a segment costs one opening of the dataset and of the weights at both ends', () => {
  const queries = group.key.parameters.code.queries;
  expect(budgetStatus(home, points[1]!.group!).used).toBe(2 * queries);
  expect(budgetStatus(home, points[3]!.group!).used).toBe(queries);
});

test('expectations', () => {
  const check = (expected: Parameters<typeof verifyTraining>[2]): string => {
    const verdict = verifyTraining(owner.bytes, segments.slice(0, 1), expected);
    return verdict.ok ? 'ok' : verdict.code;
  };
  const other = new Uint8Array(32);
  expect(check({ run: owner.named.digest, dataset: group.keyDigest, seed: SEED, steps: 2 })).toBe('ok');
  expect(check({ run: other })).toBe('RUN');
  expect(check({ dataset: other })).toBe('DATASET');
  expect(check({ seed: other })).toBe('SEED');
  expect(check({ steps: 3 })).toBe('STEPS');
});

test('an owner goes on after a restart, and from the weights of another run', () => {
  const { path: where } = points[1]!.group!;
  const again = openGroup(kernels, home, where);
  opened.add(again);
  const point = pointFrom(owner, 2, again);
  expect(point.state).toEqual(points[1]!.state);
  const next = proveSegment(kernels, home, owner, point, 1, path());
  opened.add(next.point.group!);
  expect(verifyTraining(owner.bytes, [segments[0]!, next.bytes])).toMatchObject({ ok: true, steps: 3 });

  // The budget of weights in between was for three proofs: written, read, read again.
  expect(proofError(() => proveSegment(kernels, home, owner, point, 1, path())).code).toBe('BUDGET_SPENT');

  const last = points[3]!.group!;
  const second = announceRun(NARROW, smallData(NARROW), group, new Uint8Array(32).fill(3), last);
  expect(() => startPoint(second)).toThrow(/from committed weights/);
  const more = proveSegment(kernels, home, second, pointFrom(second, 0, last), 2, path());
  opened.add(more.point.group!);
  expect(verifyTraining(second.bytes, [more.bytes])).toMatchObject({ ok: true, steps: 2 });
  // Weights that a run starts from are none that it has proven: whoever takes what he is told for written ones gets nothing.
  const none = verifyTraining(second.bytes, []);
  expect(none).toMatchObject({ ok: true, steps: 0 });
  expect(none.ok && none.weights).toBeUndefined();
  expect(refused([more.bytes])).toBe('RUN segment 0: segment file');
  // The second run says which weights it starts from: its proof is about these and no others.
  const elsewhere = announceRun(NARROW, smallData(NARROW), group, second.named.run.seed, points[1]!.group!);
  const posed = { ...decodeSegment(more.bytes), run: elsewhere.named.digest };
  expect(refused([encodeSegment(posed)], elsewhere.bytes)).toBe('WEIGHTS segment 0: segment file');
});

describe('the chain', () => {
  test('a skipped, a repeated and a moved segment', () => {
    const [a, b, c] = segments as [Uint8Array, Uint8Array, Uint8Array];
    expect(refused([a, c])).toBe('STEP segment 1: segment file');
    expect(refused([b])).toBe('STEP segment 0: segment file');
    expect(refused([a, a])).toBe('STEP segment 1: segment file');
    expect(refused([a, b, c, c])).toBe('STEP segment 3: segment file');
  });
  test('a segment that says that it is another one', () => {
    const moved = decodeSegment(segments[2]!);
    expect(refused([segments[0]!, encodeSegment({ ...moved, first: 2 })])).toBe(
      'WEIGHTS segment 1: segment file',
    );
    const input = points[1]!.group!.keyDigest;
    // Steps 2 to 4 read other rows: another program.
    expect(refused([segments[0]!, encodeSegment({ ...moved, first: 2, inputs: [input] })])).toMatch(
      /^PAD_|^[A-Z_]+ segment 1/,
    );
  });
  test('segments of another run: other seed, same plan and data', () => {
    const other = announceRun(NARROW, smallData(NARROW), group, new Uint8Array(32).fill(9));
    const { segments: foreign, points: foreignPoints } = proveAll(other, [2, 4]);
    expect(verifyTraining(other.bytes, foreign)).toMatchObject({ ok: true, steps: 6 });
    expect(refused(foreign)).toBe('RUN segment 0: segment file');
    const named = { ...decodeSegment(foreign[1]!), run: owner.named.digest };
    expect(refused([segments[0]!, encodeSegment(named)])).toBe('WEIGHTS segment 1: segment file');
    const posed = encodeSegment({ ...named, inputs: [points[1]!.group!.keyDigest] });
    expect(refused([segments[0]!, posed])).toMatch(/segment 1/);
    // Weights that another run wrote, behind this run's proof.
    const swapped = { ...decodeSegment(segments[0]!), outputs: [foreignPoints[1]!.group!.key] };
    expect(refused([encodeSegment(swapped)])).toMatch(/segment 0/);
  });
  test('a run that was changed afterwards', () => {
    const { plan, data } = owner.named.run;
    const change = (over: Partial<TrainingPlan>): string =>
      refused(segments, encodeTrainingRun({ plan: { ...plan, ...over }, data, start: 'seed', seed: SEED }));
    expect(change({ rates: [{ from: 0, rate: 2 }] })).toBe('RUN segment 0: segment file');
    expect(change({ steps: 12 })).toBe('RUN segment 0: segment file');
    expect(change({ formats: { ...plan.formats, sum: 11 } })).toBe('RUN segment 0: segment file');
    expect(proofError(() => change({ rows: 12 })).code).toBe('KEY_LAYOUT');
  });
  test('weights of another kind, label, code; parameters of another code', () => {
    const file = decodeSegment(segments[0]!);
    const written = (output: GroupKey): string => refused([encodeSegment({ ...file, outputs: [output] })]);
    expect(written(group.key)).toBe('KEY_LAYOUT segment 0: segment file');
    const [own] = file.outputs as [GroupKey];
    const { group: identity, ...key } = own;
    expect(written({ ...key, group: { ...identity, label: 'T' } })).toBe(
      'KEY_LAYOUT segment 0: segment file',
    );
    expect(written({ ...key, group: { ...identity, columns: identity.columns + 1 } })).toBe(
      'KEY_LAYOUT segment 0: segment file',
    );
    const stays = { ...own, group: { ...own.group, lifetime: 'static' as const, uses: 1 } };
    expect(refused([encodeSegment({ ...file, outputs: [stays] })])).toBe(
      'KEY_LAYOUT segment 0: segment file',
    );
    const { parameters } = chooseTrainingParameters(NARROW, { steps: 4, minProofs: 400 });
    expect(parameters.code).not.toEqual(file.parameters.code);
    expect(written({ ...own, parameters })).toBe('KEY_LAYOUT segment 0: segment file');
    expect(refused([encodeSegment({ ...file, parameters })])).toBe('STATEMENT segment 0: segment file');
  });
  test('a key of the written weights that is another one of the same commitment', () => {
    const file = decodeSegment(segments[0]!);
    const { parameters, outputs } = file;
    const [own] = outputs as [GroupKey];
    expect(parameters.code).toEqual(own.parameters.code);
    const other = { ...own, parameters };
    expect(keyDigest(encodeKey(other))).not.toEqual(points[1]!.group!.keyDigest);
    expect(refused([encodeSegment({ ...file, outputs: [other] })])).toMatch(/^[A-Z_]+ segment 0/);
  });
  test('a start that is none, and weights of another plan to start from', () => {
    const { plan, data } = owner.named.run;
    const bytes = owner.bytes.slice();
    bytes[bytes.length - 36] = 2;
    expect(refused([], bytes)).toBe('STATEMENT training run');
    const other = points[1]!.group!.key;
    const start = { ...other, layout: other.layout.map((byte) => byte ^ 1) };
    expect(proofError(() => encodeTrainingRun({ plan, data, start, seed: SEED })).code).toBe('KEY_LAYOUT');
    const dynamic = { ...data, group: { ...data.group, lifetime: 'carried' as const } };
    expect(proofError(() => encodeTrainingRun({ plan, data: dynamic, start: 'seed', seed: SEED })).code).toBe(
      'KEY_LAYOUT',
    );
    const columns = { ...data, group: { ...data.group, columns: 7 } };
    expect(proofError(() => encodeTrainingRun({ plan, data: columns, start: 'seed', seed: SEED })).code).toBe(
      'KEY_LAYOUT',
    );
    expect(refused(null as unknown as Uint8Array[])).toBe('FORMAT segments');
  });
  test('a list of a plan that says it is longer than any is not read', () => {
    // Behind magic and version: the length of `widths`.
    const bytes = owner.bytes.slice();
    new DataView(bytes.buffer).setUint32(12, 2 ** 12 + 1, true);
    expect(verifyTraining(bytes, [])).toMatchObject({
      code: 'PLAN',
      detail: 'widths: expected at most 4096, got 4097',
    });
  });
  test('a statement of groups that do not fit, and one of none', () => {
    const { named } = owner;
    const file = decodeSegment(segments[0]!);
    const stated = (group: Partial<GroupKey['group']> | undefined): unknown => {
      const [own] = file.outputs as [GroupKey];
      const output = { ...own, group: group && { ...own.group, ...group } } as GroupKey;
      return segmentStatement(named, startOf(named), { ...file, outputs: [output] }, file.parameters);
    };
    expect(stated({})).toBeDefined();
    const columns = file.outputs[0]!.group.columns + 1;
    expect(proofError(() => stated({ columns })).message).toMatch(/STATEMENT.*segment file.*columns/);
    // Not about the proof: a mistake of the program, which no refusal hides.
    expect(() => stated(undefined)).toThrow(TypeError);
  });
});

describe('bytes', () => {
  test('a changed byte anywhere is refused', () => {
    const bytes = segments[0]!;
    const at = [
      0,
      8,
      12,
      44,
      48,
      52,
      84,
      90,
      200,
      ...Array.from({ length: 6 }, (_, i) => Math.floor((bytes.length * (i + 1)) / 7)),
    ];
    for (const i of [...at, bytes.length - 1]) {
      const changed = bytes.slice();
      changed[i] = changed[i]! ^ 1;
      expect([i, refused([changed])]).not.toEqual([i, 'ok']);
    }
  });
  test('cut short, longer, and no bytes at all', () => {
    for (const length of [0, 7, 60, segments[0]!.length - 1]) {
      expect(refused([segments[0]!.slice(0, length)])).toMatch(/segment 0/);
    }
    expect(refused([Uint8Array.of(...segments[0]!.slice(0, 100), 0)])).toMatch(/segment 0/);
    expect(refused([null as unknown as Uint8Array])).toBe('FORMAT segment 0');
    expect(refused(segments, owner.bytes.slice(0, 50))).toMatch(/training run/);
    expect(refused(segments, 'run' as unknown as Uint8Array)).toBe('FORMAT run');
  });
});

describe('the statement of a segment', () => {
  test.each([0, -1, 1.5, 10, 2 ** 32 - 1])('%j steps are refused before rows are drawn for them', (count) => {
    const { code, detail } = proofError(() => segmentFrom(owner.named, startOf(owner.named), count));
    expect([code, detail]).toEqual(['SEGMENT', `count: expected 1 to 9, got ${count}`]);
  });
  test('parameters of another profile', () => {
    const { named } = owner;
    const { parameters } = group.key;
    const profile = unsafeToyProfile(128, parameters.profile.field);
    const file = { count: 2, outputs: [points[1]!.group!.key] };
    const { code, detail } = proofError(() =>
      segmentStatement(named, startOf(named), file, { ...parameters, profile }),
    );
    expect([code, detail]).toEqual([
      'STATEMENT',
      'parameters: expected profile and column code of the dataset, got others',
    ]);
  });
});

describe('an owner is refused before anything is spent', () => {
  const spent = (): number => budgetStatus(home, group).used;
  test.each<[string, () => unknown, string]>([
    ['steps beyond the plan', () => proveSegment(kernels, home, owner, points[2]!, 4, path()), 'SEGMENT'],
    [
      'steps across a change of rate',
      () => proveSegment(kernels, home, owner, points[1]!, 5, path()),
      'SEGMENT',
    ],
    [
      'weights without a commitment',
      () => proveSegment(kernels, home, owner, { ...points[1]!, group: undefined }, 1, path()),
      'WEIGHTS',
    ],
    [
      'a class that the plan does not have',
      () => announceRun(NARROW, { ...smallData(NARROW), labels: new Uint8Array(13).fill(4) }, group, SEED),
      'DATASET',
    ],
    [
      'data of another plan',
      () => announceRun({ ...NARROW, rows: 12 }, smallData(NARROW), group, SEED),
      'KEY_LAYOUT',
    ],
  ])('%s', (_, act, code) => {
    const before = spent();
    expect(proofError(act).code).toBe(code);
    expect(spent()).toBe(before);
  });
  test.each(['weight', 'rest'] as const)('a run from committed weights with a %s beyond its bits', (kind) => {
    const beyond = points[0]!.state.map((own) => structuredClone(own));
    beyond[1]![kind][8] = 2 ** (kind === 'weight' ? 11 : 8);
    const start = commitState(kernels, home, path(), NARROW, beyond, group.key.parameters);
    opened.add(start);
    const continued = announceRun(NARROW, smallData(NARROW), group, SEED, start);
    const before = spent();
    const { code, message } = proofError(() => proveSegment(kernels, home, continued, pointFrom(continued, 0, start), 2, path())); // prettier-ignore
    expect([code, message]).toEqual(['UNPROVABLE', expect.stringMatching(`layer 1: ${kind}: row 1, column 2: expected`)]); // prettier-ignore
    expect([spent(), budgetStatus(home, start).used]).toEqual([before, 0]);
  });
  test('weights that are not those of the commitment', () => {
    const wrong = { ...points[2]!, state: points[1]!.state };
    expect(proofError(() => proveSegment(kernels, home, owner, wrong, 2, path())).code).toBe('SELF_CHECK');
  });
});

describe('a prover who lies and proves it all the same', () => {
  /** A proof of the first segment by somebody who does not look at what he proves. */
  function forged(
    change: (story: Story) => Story,
    of: TrainingOwner = owner,
    model: Uint8Array = segments[0]!,
  ): string {
    const { named } = of;
    const { plan } = named.run;
    const segment = segmentFrom(named, startOf(named), 2);
    const truth = {
      ...honest(plan),
      initial: stateFromSeed(plan, SEED),
      rows: segment.rows,
      rate: BigInt(rateAt(plan, 0)),
    };
    const { tensors, written, earlier } = tell(change({ ...truth, rows: truth.rows.slice() }));
    const outputs = [...(plan.momentum === undefined ? [] : [earlier]), written].map((state) =>
      commitState(kernels, home, path(), plan, state, group.key.parameters),
    );
    outputs.forEach((own) => opened.add(own));
    const file = { ...decodeSegment(model), outputs: outputs.map(({ key }) => key) };
    const statement = segmentStatement(named, startOf(named), file, file.parameters);
    const ch = proverChannel(programDomain(statement));
    const groups = [group, ...outputs].map(({ owned }) => owned);
    kernels.memory.secretScope(() =>
      proveProgramBody(kernels, ch, statement, groups, testSource(kernels.ext, made), { tensors }, false),
    );
    return refused([encodeSegment({ ...file, proof: ch.finish() })], of.bytes);
  }
  const lying =
    (lie: Lie) =>
    (story: Story): Story => ({ ...story, lie });
  const before = new Map<string, bigint[]>();
  const still: Lie = (name, values, s) => {
    if (s === 0 && /^(weight|rest)/.test(name)) values.splice(0, values.length, ...before.get(name)!);
    if (s === -1) before.set(name, [...values]);
  };
  const written =
    (kind: 'weight' | 'rest') =>
    (last: Mutable): void =>
      raised(3)(last[kind][1]!);

  test('the same prover is believed when he says the truth', () =>
    expect(forged((story) => story)).toBe('ok'));
  test.each<[string, (story: Story) => Story]>([
    [
      'a row of another batch',
      (story) => ({ ...story, rows: story.rows.map((row, i) => (i === 1 ? story.rows[4]! : row)) }),
    ],
    ['the first batch twice', (story) => ({ ...story, rows: story.rows.copyWithin(3, 0, 3) })],
    [
      'batches in another order',
      (story) => ({
        ...story,
        rows: Uint32Array.of(...story.rows.subarray(3), ...story.rows.subarray(0, 3)),
      }),
    ],
    ['one pixel', lying(about('x/0', 0, (x) => (x[2] = x[2]! ^ 1n)))],
    ['one label', lying(about('target', 1, (h) => h.unshift(...h.splice(1, 3))))],
    ['another rate', (story) => ({ ...story, rate: story.rate + 1n })],
    ['a step that is not taken', lying(still)],
    ['a gradient off by one', lying(about('gradient/0', 1, raised(2)))],
    ['a gradient of the logits off by one', lying(about('gradient/2', 0, raised(2)))],
    ['a weight between steps off by one', lying(about('rest/0', 0, raised(5)))],
    ['a bias off by one', lying(about('rest/2', 1, raised(3)))],
    ['a first weight off by one', lying(about('weight/1', -1, raised(3)))],
    ['a written weight off by one', (story) => ({ ...story, last: written('weight') })],
    ['a written bit below off by one', (story) => ({ ...story, last: written('rest') })],
  ])('%s', (_, change) => {
    expect(forged(change)).toMatch(/^PAD_LINEAR segment 0/);
  });

  test('with momentum: weights off by one, the last ones and those before the last step', () => {
    const fast = announceRun(NARROW_MOMENTUM, smallData(NARROW), group, SEED);
    const { segments: own } = proveAll(fast, [2, 1]);
    expect(verifyTraining(fast.bytes, own)).toMatchObject({ ok: true, steps: 3 });
    expect(forged((story) => story, fast, own[0])).toBe('ok');
    const off = (state: Mutable): void => raised(4)(state.rest[0]!);
    for (const end of ['last', 'beforeLast']) {
      expect(forged((story) => ({ ...story, [end]: off }), fast, own[0])).toMatch(/^PAD_LINEAR segment 0/);
    }
  });
});

describe('a proof that leaves out a lookup of weights', () => {
  /** The weights of layer 1 with a rest beyond its bits: W is one less than V rounded. */
  function shifted(plan: TrainingPlan, state: TrainingState): TrainingState {
    const copy = structuredClone(state);
    const { weight, rest } = copy[1]!;
    weight[3] = weight[3]! - 1;
    rest[3] = rest[3]! + 2 ** plan.formats.low;
    return copy;
  }
  /** One step from or to such weights. */
  function posed(end: 'first' | 'last', skips: boolean): string {
    const { plan } = owner.named.run;
    const seeded = stateFromSeed(plan, SEED);
    const commit = (state: TrainingState): StoredGroup => {
      const own = commitState(kernels, home, path(), plan, state, group.key.parameters);
      opened.add(own);
      return own;
    };
    const initial = end === 'first' ? shifted(plan, seeded) : seeded;
    const start = end === 'first' ? commit(initial) : undefined;
    const of = start === undefined ? owner : announceRun(plan, smallData(plan), group, SEED, start);
    const from = { step: 0, weights: start?.key, earlier: undefined };
    const segment = segmentFrom(of.named, from, 1);
    const execution = executeSteps(plan, initial, smallData(plan), 0, segment.rows);
    const next = execution.states[1]!;
    const output = commit(end === 'last' ? shifted(plan, next) : next);
    const { named } = of;
    const place = {
      run: named.digest,
      first: 0,
      count: 1,
      inputs: inputDigests(named, from),
      outputs: [output.key],
    };
    const program = trainingProgram(segment);
    const relations = program.relations.filter(({ name }) => !skips || name !== `${end}/rest/1/range`);
    const { statement, proof } = proveStoredProgram(kernels, home, {
      program: { ...program, relations },
      groups: [group, ...(start === undefined ? [] : [start]), output],
      witness: trainingWitness(execution),
      context: segmentContext(place),
    });
    return refused([encodeSegment({ ...place, parameters: statement.parameters, proof })], of.bytes);
  }
  test.each(['first', 'last'] as const)('%s weights: proven, and not of the program of a segment', (end) => {
    expect(() => posed(end, false)).toThrow(`${end}/rest/1/range`);
    expect(posed(end, true)).toMatch(/^[A-Z_]+ segment 0/);
  });
});

/**
 * DIF-5: training. Both verifiers, each with its own decoder, order of rows, first weights and program, accept honest runs, from their
 * seed and from committed weights, with and without momentum, and give one code for changed runs and segments.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programDigest as twinDigest } from '../../reference/program.ts';
import { checkPlan as twinCheck, partsOf } from '../../reference/training-plan.ts';
import { trainingProgram as twinTraining } from '../../reference/training-program.ts';
import { firstPart, rowsOf } from '../../reference/training-run.ts';
import { verdictOf as twinVerdict } from '../../reference/refusal.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { keyDigest } from '../../src/pcs/key.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { checkPlan } from '../../src/training/check-plan.ts';
import { batchRows } from '../../src/training/order.ts';
import type { TrainingPlan } from '../../src/training/plan.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { chooseTrainingParameters } from '../../src/training/commit.ts';
import { encodeTrainingRun, runDigest } from '../../src/training/run.ts';
import { decodeSegment, encodeSegment } from '../../src/training/segment-file.ts';
import { readRun } from '../../src/training/verify.ts';
import { partOf, stateFromSeed } from '../../src/training/state.ts';
import { dice } from '../support/graphs.ts';
import { cases, tally } from '../support/long.ts';
import {
  changedField,
  fieldsOfRun,
  fieldsOfSegment,
  posed,
  trainingMutant,
  type Field,
} from '../support/training-fields.ts';
import { bothTrainingWords, trainer, twinPlan, type TrainedRun } from '../support/twin-training.ts';
import { randomPlan } from '../support/training-plans.ts';
import { wordOf } from '../support/twin.ts';
import { NARROW, NARROW_MOMENTUM, SEED } from '../training/small.ts';

const MUTANTS = cases(28, 1000);
const PLANS = cases(40, 400);
const BOUNDS = cases(2000, 40_000);

let kernels: Kernels;
let sgd: TrainedRun;
let momentum: TrainedRun;
let continued: TrainedRun;
let other: TrainedRun;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  const owner = trainer(kernels, NARROW);
  sgd = owner.train(NARROW, [2, 1]);
  continued = owner.continued({ ...NARROW, steps: 1, rates: [{ from: 0, rate: 3 }] }, [1]);
  momentum = owner.train(NARROW_MOMENTUM, [1, 1]);
  other = owner.train(NARROW, [1], new Uint8Array(32).fill(9));
  owner.close();
}, 300_000);
afterAll(() => kernels.close());

const BOTH = ['accepted', 'accepted'];

describe('both accept', { timeout: 300_000 }, () => {
  test('a run from its seed, and no step of it', () => {
    expect(bothTrainingWords(sgd.run, [])).toEqual(BOTH);
    expect(bothTrainingWords(sgd.run, sgd.segments)).toEqual(BOTH);
  });
  test('with momentum', () => expect(bothTrainingWords(momentum.run, momentum.segments)).toEqual(BOTH));
  test('from committed weights, to the end', () => {
    expect(bothTrainingWords(continued.run, continued.segments)).toEqual(BOTH);
    const more = [...continued.segments, ...continued.segments];
    expect(bothTrainingWords(continued.run, more)).toEqual(['STEP', 'STEP']);
  });
  test('what a caller expects', () => {
    const zeros = new Uint8Array(32);
    const data = fieldsOfRun(sgd.run).filter(({ name }) => name.startsWith('data/'));
    const dataset = keyDigest(sgd.run.slice(data[1]!.start, data.at(-1)!.end));
    const right = { run: runDigest(sgd.run), dataset, seed: SEED };
    expect(bothTrainingWords(sgd.run, [], right)).toEqual(BOTH);
    const wrong = [[{ run: zeros }, 'RUN'], [{ dataset: zeros }, 'DATASET'], [{ seed: zeros }, 'SEED'], [{ steps: 1 }, 'STEPS']] as const; // prettier-ignore
    for (const [expected, code] of wrong) {
      expect(bothTrainingWords(sgd.run, [], { ...right, ...expected })).toEqual([code, code]);
    }
  });
});

test(`${PLANS} random plans: one program, one order, one start`, () => {
  let publicStarts = 0;
  for (let seed = 0; seed < PLANS; seed++) {
    const plan = randomPlan(seed, 9);
    const d = dice(seed);
    // Rates change at step 4, if at all.
    const [first, count] = [d.pick([0, 1, 4]), d.int(1, 3)];
    const key = Uint8Array.from({ length: 32 }, () => d.int(0, 255));
    const rows = batchRows(plan, key, first, count);
    const initial = d.int(0, 1) === 0 ? stateFromSeed(plan, key) : undefined;
    const run = { plan: twinPlan(plan), order: key, seed: key };
    const twinRows = rowsOf(run, first, count);
    expect([seed, twinRows]).toEqual([seed, Array.from(rows)]);
    const seeded = initial === undefined ? undefined : key;
    const ours = trainingProgram({ plan, first, count, rows, ...(seeded !== undefined && { seed: seeded }) });
    const twin = twinTraining({ plan: run.plan, first, count, rows: twinRows, seed: seeded });
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    expect([seed, hex(twinDigest(2130706433n, twin))]).toEqual([seed, hex(programDigest(koalaBear, ours))]);
    if (initial === undefined) continue;
    publicStarts++;
    initial.forEach((state, layer) => {
      for (const part of partsOf(run.plan))
        expect(firstPart(run, layer, part)).toEqual(Array.from(partOf(state, part.kind)));
    });
  }
  expect(publicStarts).toBeGreaterThan(PLANS / 8);
  tally({ property: 'programs of random training plans', cases: PLANS, refused: 0, surprises: 0 });
});

test(`${BOUNDS} plans with a number at a bound: one verdict`, () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < BOUNDS; seed++) {
    const plan = changedPlan(randomPlan(seed, 16), seed);
    const ours = wordOf(() => verdictOf(() => checkPlan(plan)));
    const twin = wordOf(() => twinVerdict(() => twinCheck(twinPlan(plan))));
    expect([seed, twin]).toEqual([seed, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  // 16 bits of a sum that is rounded by 14: the most; by 15 a residue would have two quotients.
  const plain: TrainingPlan = { ...NARROW, widths: [6, 4], rates: [{ from: 0, rate: 1 }] };
  for (const [fraction, word] of [
    [6, 'accepted'],
    [7, 'PLAN'],
  ] as const) {
    const formats = {
      ...plain.formats,
      input: { bits: 8, fraction },
      weight: { bits: 12, fraction: 16 },
      sum: 16,
    };
    const plan = { ...plain, formats };
    expect(wordOf(() => verdictOf(() => checkPlan(plan)))).toBe(word);
    expect(wordOf(() => twinVerdict(() => twinCheck(twinPlan(plan))))).toBe(word);
  }
  const refused = seen.get('PLAN') ?? 0;
  tally({ property: 'bounds of training plans', cases: BOUNDS, refused, surprises: 0 });
  expect(refused).toBeGreaterThan(BOUNDS / 10);
  expect(seen.get('accepted')).toBeGreaterThan(BOUNDS / 10);
});

test('refused before the proof is looked at', { timeout: 300_000 }, () => {
  const [first] = sgd.segments as [Uint8Array];
  const number = (file: Uint8Array, fields: readonly Field[], name: string, value: number): Uint8Array => {
    const changed = file.slice();
    const { start } = fields.find((field) => field.name === name) as Field;
    new DataView(changed.buffer).setUint32(start, value, true);
    return changed;
  };
  const count = (value: number): Uint8Array => number(first, fieldsOfSegment(first), 'count', value);
  const { parameters } = chooseTrainingParameters(NARROW, { steps: 4, minProofs: 400 });
  const decoded = decodeSegment(first);
  const more = (plan: object): Uint8Array => {
    const { run } = readRun(sgd.run);
    return encodeTrainingRun({ ...run, plan: { ...run.plan, ...plan } });
  };
  const field = (file: Uint8Array, fields: readonly Field[], name: string): Uint8Array =>
    changedField(file, fields.find((own) => own.name === name) as Field, 0);
  const written = (name: string): Uint8Array => field(first, fieldsOfSegment(first), `output/group/${name}`);
  const dataset = (name: string): Uint8Array => field(sgd.run, fieldsOfRun(sgd.run), `data/group/${name}`);
  const many = more({ steps: 2 ** 30 });
  const longer = number(posed(many, first), fieldsOfSegment(first), 'count', Math.floor(2 ** 20 / 3) + 1);
  const cases: [string, Uint8Array, Uint8Array, string][] = [
    ['no step', sgd.run, count(0), 'SEGMENT'],
    ['more steps than there are', sgd.run, count(10), 'SEGMENT'],
    ['two rates', sgd.run, count(7), 'SEGMENT'],
    ['more than 2^20 rows', many, longer, 'SEGMENT'],
    ['a start of another kind', number(sgd.run, fieldsOfRun(sgd.run), 'start/kind', 2), first, 'STATEMENT'],
    ['parameters of another code', sgd.run, encodeSegment({ ...decoded, parameters }), 'STATEMENT'],
    [
      'weights that nobody wrote',
      sgd.run,
      encodeSegment({ ...decoded, input: new Uint8Array(32) }),
      'WEIGHTS',
    ],
    ['the dataset as weights', sgd.run, encodeSegment({ ...decoded, output: readRun(sgd.run).run.data }), 'KEY_LAYOUT'], // prettier-ignore
    ['weights of another label', sgd.run, written('label'), 'KEY_LAYOUT'],
    ['a column more of weights', sgd.run, written('columns'), 'KEY_LAYOUT'],
    ['a dataset of another label', dataset('label'), first, 'KEY_LAYOUT'],
    ['a column more of the dataset', dataset('columns'), first, 'KEY_LAYOUT'],
    ['a dataset that is opened so many times', dataset('lifetime'), first, 'KEY_LAYOUT'],
    ['a segment of another run', more({ steps: 8 }), first, 'RUN'],
  ];
  for (const [name, run, segment, code] of cases) {
    expect([name, bothTrainingWords(run, [segment])]).toEqual([name, [code, code]]);
  }
});

/** One number of a plan is another one, most often a power of two or next to one. */
function changedPlan(plan: TrainingPlan, seed: number): TrainingPlan {
  const d = dice(seed + 7);
  const edge = (): number => Math.max(0, 2 ** d.int(0, d.pick([4, 5, 13, 21, 32])) + d.int(-1, 1));
  const copy = structuredClone(plan) as unknown as Record<string, unknown>;
  const leaves: [Record<string, number>, string][] = [];
  const walk = (of: Record<string, unknown>): void => {
    for (const [name, value] of Object.entries(of)) {
      if (typeof value === 'number') leaves.push([of as Record<string, number>, name]);
      else if (value !== undefined) walk(value as Record<string, unknown>);
    }
  };
  walk(copy);
  const [of, name] = d.pick(leaves);
  of[name] = d.pick([edge(), of[name]! + 1, Math.max(0, of[name]! - 1), d.int(0, 31)]);
  return copy as unknown as TrainingPlan;
}

test(`${MUTANTS} changed runs and segments`, { timeout: 300_000 + 8000 * MUTANTS }, () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < MUTANTS; seed++) {
    const honest = [sgd, momentum, continued][seed % 3]!;
    const mutant = trainingMutant(honest.run, honest.segments, other.segments[0]!, seed, dice(seed));
    const [ours, twin] = bothTrainingWords(mutant.run, mutant.segments);
    expect([seed, mutant.name, twin]).toEqual([seed, mutant.name, ours]);
    const same =
      Buffer.from(mutant.run).equals(honest.run) &&
      mutant.segments.every((segment, i) => Buffer.from(segment).equals(honest.segments[i] ?? segment));
    const whole = same && mutant.segments.length <= honest.segments.length;
    expect([seed, mutant.name, ours === 'accepted']).toEqual([seed, mutant.name, whole]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  const refused = MUTANTS - (seen.get('accepted') ?? 0);
  tally({ property: 'verdicts of the twin on changed training', cases: MUTANTS, refused, surprises: 0 });
  expect(seen.size).toBeGreaterThan(6);
});

test('the map of fields ends where files do, and names each once', () => {
  for (const { run } of [sgd, momentum, continued]) {
    const names = fieldsOfRun(run).map(({ name }: Field) => name);
    expect(new Set(names).size).toBe(names.length);
  }
});

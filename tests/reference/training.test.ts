/**
 * DIF-5: training. Both verifiers, each with its own decoder, order of rows, first weights and program, accept honest runs, from their
 * seed and from committed weights, with and without momentum, and give one code for changed runs and segments.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeRun } from '../../reference/training-run.ts';
import { decodeSegment as twinSegment, follow } from '../../reference/training.ts';
import { verdictOf as twinVerdict } from '../../reference/refusal.ts';
import { quintic } from '../../src/field/quintic.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { keyDigest } from '../../src/pcs/key.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import type { TrainingPlan } from '../../src/training/plan.ts';
import { chooseTrainingParameters } from '../../src/training/commit.ts';
import { encodeTrainingRun, runDigest } from '../../src/training/run.ts';
import { decodeSegment, encodeSegment } from '../../src/training/segment-file.ts';
import { readRun } from '../../src/training/point.ts';
import { followSegment } from '../../src/training/verify.ts';
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
import { bothTrainingWords, trainer, type TrainedRun } from '../support/twin-training.ts';
import { twinField, wordOf } from '../support/twin.ts';
import { NARROW, NARROW_MOMENTUM, SEED } from '../training/small.ts';

const MUTANTS = cases(45, 1080);

let kernels: Kernels;
let sgd: TrainedRun;
let momentum: TrainedRun;
let continued: TrainedRun;
let paired: TrainedRun;
let slow: TrainedRun;
let other: TrainedRun;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  const owner = trainer(kernels, NARROW);
  sgd = owner.train(NARROW, [2, 1]);
  continued = owner.continued({ ...NARROW, steps: 1, rates: [{ from: 0, rate: 3 }] }, [1]);
  momentum = owner.train(NARROW_MOMENTUM, [1, 1]);
  paired = owner.train(NARROW_PAIRS, [2, 4, 1]);
  slow = owner.train({ ...NARROW_MOMENTUM, period: 2, steps: 5 }, [4, 1]);
  other = owner.train(NARROW, [1], new Uint8Array(32).fill(9));
  owner.close();
}, 300_000);
afterAll(() => kernels.close());

/** Two steps a period; the last one has one. */
const NARROW_PAIRS: TrainingPlan = { ...NARROW, period: 2, steps: 7 };

const BOTH = ['accepted', 'accepted'];

describe('both accept', { timeout: 300_000 }, () => {
  test('a run from its seed, and no step of it', () => {
    expect(bothTrainingWords(sgd.run, [])).toEqual(BOTH);
    expect(bothTrainingWords(sgd.run, sgd.segments)).toEqual(BOTH);
  });
  test('with momentum', () => expect(bothTrainingWords(momentum.run, momentum.segments)).toEqual(BOTH));
  test('with periods, one and two of them and a short one', () => {
    expect(bothTrainingWords(paired.run, paired.segments)).toEqual(BOTH);
  });
  test('with momentum from period to period', () => {
    expect(bothTrainingWords(slow.run, slow.segments)).toEqual(BOTH);
  });
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

test('refused before the proof is looked at', { timeout: 300_000 }, () => {
  const [first] = sgd.segments as [Uint8Array];
  const number = (file: Uint8Array, fields: readonly Field[], name: string, value: number): Uint8Array => {
    const changed = file.slice();
    const { start } = fields.find((field) => field.name === name) as Field;
    new DataView(changed.buffer).setUint32(start, value, true);
    return changed;
  };
  const count = (value: number, of = first): Uint8Array => number(of, fieldsOfSegment(of), 'count', value);
  const { parameters } = chooseTrainingParameters(NARROW, { steps: 4, minProofs: 400 });
  const decoded = decodeSegment(first);
  const more = (plan: object): Uint8Array => {
    const { run } = readRun(sgd.run);
    return encodeTrainingRun({ ...run, plan: { ...run.plan, ...plan } });
  };
  const field = (file: Uint8Array, fields: readonly Field[], name: string): Uint8Array =>
    changedField(file, fields.find((own) => own.name === name) as Field, 0);
  const written = (name: string): Uint8Array =>
    field(first, fieldsOfSegment(first), `outputs/0/group/${name}`);
  const dataset = (name: string): Uint8Array => field(sgd.run, fieldsOfRun(sgd.run), `data/group/${name}`);
  const [pairs] = paired.segments as [Uint8Array];
  const period = (run: Uint8Array, value: number): Uint8Array => number(run, fieldsOfRun(run), 'plan/period', value); // prettier-ignore
  const few = more({ period: 5, steps: 3, rates: [{ from: 0, rate: 4 }] });
  const long = more({ period: 2 ** 10, batch: 8, steps: 2 ** 17, rates: [{ from: 0, rate: 4 }] });
  const endless = { steps: 2 ** 30, rates: [{ from: 0, rate: 4 }] };
  const [many, wide, slow] = [more({ ...endless, batch: 1 }), more({ ...endless, batch: 13 }), more({ ...endless, batch: 1, period: 3 })]; // prettier-ignore
  const periods = Math.floor(2 ** 12 / 3);
  const cases: [string, Uint8Array, Uint8Array, string][] = [
    ['no step', sgd.run, count(0), 'SEGMENT'],
    ['more steps than there are', sgd.run, count(10), 'SEGMENT'],
    ['two rates', sgd.run, count(7), 'SEGMENT'],
    ['more than 2^15 rows, counted once for every layer', wide, count(Math.floor(2 ** 15 / 39) + 1, posed(wide, first)), 'SEGMENT'], // prettier-ignore
    ['more than 2^12 periods, counted once for every layer', many, count(periods + 1, posed(many, first)), 'SEGMENT'], // prettier-ignore
    ['periods of three steps', slow, count(3 * periods + 3, posed(slow, first)), 'SEGMENT'],
    ['half a period', paired.run, count(1, pairs), 'SEGMENT'],
    ['a period and a half', paired.run, count(3, pairs), 'SEGMENT'],
    ['whole periods and the short one', paired.run, count(7, pairs), 'SEGMENT'],
    ['a period of the steps that are left but one', few, count(2, posed(few, pairs)), 'SEGMENT'],
    ['two long periods, of more than 2^15 rows in three layers', long, count(2 ** 11, posed(long, pairs)), 'SEGMENT'], // prettier-ignore
    ['a period of none', period(sgd.run, 0), first, 'PLAN'],
    ['a rate from within a period', period(sgd.run, 4), first, 'PLAN'],
    ['a period that is too long', period(momentum.run, 2 ** 10 + 1), first, 'PLAN'],
    ['a start of another kind', number(sgd.run, fieldsOfRun(sgd.run), 'start/kind', 2), first, 'STATEMENT'],
    ['parameters of another code', sgd.run, encodeSegment({ ...decoded, parameters }), 'STATEMENT'],
    [
      'weights that nobody wrote',
      sgd.run,
      encodeSegment({ ...decoded, inputs: [new Uint8Array(32)] }),
      'WEIGHTS',
    ],
    ['the dataset as weights', sgd.run, encodeSegment({ ...decoded, outputs: [readRun(sgd.run).run.data] }), 'KEY_LAYOUT'], // prettier-ignore
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

test('from a point within a period, which no segments lead to', () => {
  const [pairs] = paired.segments as [Uint8Array];
  for (const count of [1, 2]) {
    const file = encodeSegment({ ...decodeSegment(pairs), first: 1, count });
    const ours = verdictOf(() => void followSegment(readRun(paired.run), { step: 1, weights: undefined, earlier: undefined }, file)); // prettier-ignore
    const twin = twinVerdict(() => void follow(twinField(quintic), decodeRun(paired.run), { step: 1 }, twinSegment(file))); // prettier-ignore
    expect([ours, twin].map((verdict) => wordOf(() => verdict))).toEqual(['SEGMENT', 'SEGMENT']);
  }
});

test(`${MUTANTS} changed runs and segments`, { timeout: 300_000 + 8000 * MUTANTS }, () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < MUTANTS; seed++) {
    const honest = [sgd, momentum, continued, paired, slow][seed % 5]!;
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
  for (const { run } of [sgd, momentum, continued, paired, slow]) {
    const names = fieldsOfRun(run).map(({ name }: Field) => name);
    expect(new Set(names).size).toBe(names.length);
  }
});

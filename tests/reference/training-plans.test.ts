/**
 * DIF-5, plans of training: both implementations make one program of a segment, one order of rows and one start, and agree on which
 * plans there are.
 */
import { expect, test } from 'vitest';
import { programDigest as twinDigest } from '../../reference/program.ts';
import { checkProgram as twinProgramCheck } from '../../reference/ranges.ts';
import { verdictOf as twinVerdict } from '../../reference/refusal.ts';
import { checkPlan as twinCheck } from '../../reference/training-plan.ts';
import { trainingProgram as twinTraining } from '../../reference/training-program.ts';
import { firstWeights, rowsOf } from '../../reference/training-run.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { checkPlan } from '../../src/training/check-plan.ts';
import { batchRows } from '../../src/training/order.ts';
import { periodOf, type TrainingPlan } from '../../src/training/plan.ts';
import { trainingProgram } from '../../src/training/program.ts';
import { stateFromSeed } from '../../src/training/state.ts';
import { dice } from '../support/graphs.ts';
import { cases, tally } from '../support/long.ts';
import { randomPlan, randomSegment } from '../support/training-plans.ts';
import { twinPlan } from '../support/twin-training.ts';
import { wordOf } from '../support/twin.ts';
import { NARROW, NARROW_MOMENTUM } from '../training/small.ts';

const PLANS = cases(80, 800);
const BOUNDS = cases(2000, 40_000);

test(`${PLANS} random plans: one program, one order, one start`, () => {
  let publicStarts = 0;
  const periods = { several: 0, one: 0, partial: 0, between: 0, slow: 0 };
  const moving = { drawn: 0, read: 0, written: 0 }; // the weights a period earlier
  for (let seed = 0; seed < PLANS; seed++) {
    const plan = randomPlan(seed, 9);
    const d = dice(seed);
    const { first, count } = randomSegment(plan, d);
    const period = periodOf(plan);
    if (period > 1) {
      periods.several++;
      if (count === 1) periods.one++;
      if (count < period) periods.partial++;
      if (count > period) periods.between++;
      if (plan.momentum !== undefined) periods.slow++;
    }
    const key = Uint8Array.from({ length: 32 }, () => d.int(0, 255));
    const rows = batchRows(plan, key, first, count);
    const readsSeed = first === 0 || (plan.momentum !== undefined && first === period);
    const initial = readsSeed && d.int(0, 1) === 0 ? stateFromSeed(plan, key) : undefined;
    const run = { plan: twinPlan(plan), order: key, seed: key };
    const twinRows = rowsOf(run, first, count);
    expect([seed, twinRows]).toEqual([seed, Array.from(rows)]);
    const seeded = initial === undefined ? undefined : key;
    if (plan.momentum !== undefined) {
      if (first > 0) moving[seeded === undefined ? 'read' : 'drawn']++;
      if (count > period) moving.written++;
    }
    const ours = trainingProgram({ plan, first, count, rows, ...(seeded !== undefined && { seed: seeded }) });
    const twin = twinTraining({ plan: run.plan, first, count, rows: twinRows, seed: seeded });
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    expect([seed, hex(twinDigest(2130706433n, twin))]).toEqual([seed, hex(programDigest(koalaBear, ours))]);
    const words = [
      wordOf(() => verdictOf(() => void checkProgram(koalaBear, ours))),
      wordOf(() => twinVerdict(() => twinProgramCheck(twin))),
    ];
    expect([seed, ...words]).toEqual([seed, 'accepted', 'accepted']); // every plan has programs
    if (initial === undefined) continue;
    publicStarts++;
    initial.forEach((state, layer) => {
      expect(firstWeights(run, layer)).toEqual(Array.from(state.weight));
      expect(state.rest.every((x) => x === 0)).toBe(true);
    });
  }
  expect(publicStarts).toBeGreaterThan(PLANS / 8);
  const { several, one, partial, between, slow } = periods;
  expect(several).toBeGreaterThan(PLANS / 5);
  expect(Math.min(...Object.values(moving))).toBeGreaterThan(0);
  expect(PLANS - several).toBeGreaterThan(PLANS / 2);
  expect(one).toBeGreaterThan(0); // a period of one step: nothing is corrected, sums have the places of the plan's
  expect(Math.min(partial, between, slow)).toBeGreaterThan(PLANS / 20);
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
  const refused = seen.get('PLAN') ?? 0;
  tally({ property: 'bounds of training plans', cases: BOUNDS, refused, surprises: 0 });
  expect(refused).toBeGreaterThan(BOUNDS / 10);
  expect(seen.get('accepted')).toBeGreaterThan(BOUNDS / 10);
});

test('bounds that few plans come near', () => {
  const plain: TrainingPlan = { ...NARROW, widths: [6, 4], rates: [{ from: 0, rate: 1 }] };
  // 16 bits of a sum that is rounded by 14: the most; by 15 a residue would have two quotients.
  const rounded = (fraction: number): TrainingPlan => {
    const own = { input: { bits: 8, fraction }, weight: { bits: 12, fraction: 16 }, sum: 16 };
    return { ...plain, formats: { ...plain.formats, ...own } };
  };
  // A period moves a weight by as many as 2^13 2^15 2^12 times the rate.
  const moved = (rate: number): TrainingPlan => {
    const own = { input: { bits: 15, fraction: 8 }, gradient: { bits: 16, fraction: 12 } };
    const sizes = { rows: 2 ** 12, batch: 2 ** 12, period: 2, rates: [{ from: 0, rate }] };
    return { ...plain, ...sizes, formats: { ...plain.formats, ...own } };
  };
  const rates = (period: number): TrainingPlan => ({ ...NARROW, period });
  for (const [plan, word] of [
    [rounded(6), 'accepted'],
    [rounded(7), 'PLAN'],
    [{ ...plain, batch: 8, period: 2 ** 10 }, 'accepted'],
    [{ ...plain, batch: 9, period: 2 ** 10 }, 'PLAN'],
    [{ ...plain, batch: 1, period: 2 ** 10 + 1 }, 'PLAN'],
    [{ ...plain, period: 0 }, 'PLAN'],
    [{ ...plain, rows: 4095, batch: 4095, period: 2 }, 'accepted'],
    [{ ...plain, rows: 4096, batch: 4096, period: 3 }, 'PLAN'],
    [moved(2 ** 12 - 1), 'accepted'],
    [moved(2 ** 12), 'PLAN'],
    [rates(3), 'accepted'],
    [rates(4), 'PLAN'],
    [{ ...NARROW_MOMENTUM, period: 1 }, 'accepted'],
    [{ ...NARROW_MOMENTUM, period: 2 }, 'accepted'],
    [{ ...NARROW_MOMENTUM, period: 2 ** 10 + 1 }, 'PLAN'],
  ] as const) {
    const words = [verdictOf(() => checkPlan(plan)), twinVerdict(() => twinCheck(twinPlan(plan)))];
    expect([plan, ...words.map((verdict) => wordOf(() => verdict))]).toEqual([plan, word, word]);
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

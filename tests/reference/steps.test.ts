/**
 * DIF-8: steps of training graphs. Both verifiers, each with its own places, program and slopes, accept honest ones, on public tokens and on
 * those of a committed corpus, one behind the other, with every operator that is trained, with momentum, with gradients that are cut off, and give
 * one code for changed ones.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkGraph as twinCheck } from '../../reference/graph-checks.ts';
import { parseGraph as twinParse } from '../../reference/graph-file.ts';
import { verdictOf as twinVerdict } from '../../reference/refusal.ts';
import { checkProgram as twinChecks } from '../../reference/ranges.ts';
import { slopes as twinSlopes } from '../../reference/slopes.ts';
import { checkStepPlan } from '../../reference/step-plan.ts';
import { parseTableId as twinId } from '../../reference/table-ids.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkGraph, parseGraph } from '../../src/graph/index.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { parseTableId } from '../../src/tables/index.ts';
import { slopeEntries } from '../../src/tables/slope.ts';
import { checkGraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { dice } from '../support/graphs.ts';
import { cases, LONG, tally } from '../support/long.ts';
import { randomTrained } from '../support/random-trained.ts';
import { changedBatch, changedPlan, stepMutant } from '../support/step-mutations.ts';
import {
  biasedTrained,
  CORPUS,
  everyTrained,
  PLACES,
  smallestTrained,
  TOKENS,
  turnedTrained,
} from '../support/trained-graphs.ts';
import { bothDigests, firstDifference } from '../support/twin-lowering.ts';
import { keptAnswer } from '../support/twin-graph-answers.ts';
import { bothStackedPrograms, bothStepPrograms, bothStepWords, provenSteps, stepCaseOf, twinStepPlan, twinStepProgram, type StepsCase, type Trained } from '../support/twin-steps.ts'; // prettier-ignore
import { wordOf } from '../support/twin.ts';

const MUTANTS = cases(96, 1500);
const GRAPHS = cases(20, 600);
const BOUNDS = cases(300, 20_000);
const BOTH = ['accepted', 'accepted'];

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
/** Two steps, one behind the other: on public tokens, on those of a corpus. `reference/vectors` has them accepted by both. */
const chain = stepCaseOf(Buffer.from(bytesOf('steps.json')).toString('utf8'), ['step-0.proof', 'step-1.proof'].map(bytesOf)); // prettier-ignore

const ROWS = { tokens: [1, 2, 3, 0], targets: [2, 1, 0, 1], starts: [0, 3] };
const MOMENTUM = { momentum: { shift: 2, high: 12, low: 10 }, ratePlaces: 7 };
const CUT = { gradient: { bits: 14, fraction: 9, guard: 1 } };
/** What a plan may add, one by one, and with every operator. All of it at once, and an answer: `reference/vectors`. */
const PLANS: readonly (readonly [string, () => Trained])[] = [
  ['momentum', () => smallestTrained(MOMENTUM)],
  ['gradients that are cut off', () => smallestTrained(CUT)],
  ['a norm', () => everyTrained(true)],
  ['rotary positions', () => everyTrained(true, 2)],
  ['biases', () => biasedTrained()],
  ['biases, cut off', () => biasedTrained(CUT)],
  ['rotary positions, momentum, a norm', () => everyTrained(true, 2, MOMENTUM)],
  ['rotary positions, momentum, a norm, cut off', () => everyTrained(true, 2, { ...MOMENTUM, ...CUT })],
];

let kernels: Kernels;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
}, 120_000);
afterAll(() => kernels.close());

/** A step with rotary positions, momentum and gradients that are cut off, and one with biases. */
const [turned, biased] = (['turned', 'biased'] as const).map((name): StepsCase => {
  const { file: _, ...steps } = keptAnswer(bytesOf, name);
  return steps;
}) as [StepsCase, StepsCase];

/** The first step of a chain alone, or its second. */
function stepOf({ steps, batches, corpus, ...known }: StepsCase, i: 0 | 1): StepsCase {
  const first = i === 0 ? known.first : steps[0]!.after;
  const own = { ...known, first, written: i === 1, batches: [batches[i]!], steps: [steps[i]!] };
  return i === 0 || corpus === undefined ? own : { ...own, corpus };
}

describe('both accept', { timeout: 300_000 }, () => {
  test('no step', () => {
    expect(bothStepWords({ ...chain, batches: [], steps: [] })).toEqual(BOTH);
    expect(bothStepWords({ ...chain, batches: [PLACES] })).toEqual(['STEPS', 'STEPS']);
  });
  test('a step whose weights another wrote, and who says which: a verifier', () => {
    for (const i of [0, 1] as const) {
      const own = stepOf(chain, i);
      expect(bothStepWords(own)).toEqual(BOTH);
      const [ours, twin] = bothStepWords({ ...own, written: !own.written });
      expect([i, ours === 'accepted', twin]).toEqual([i, false, ours]);
    }
  });
  test.each(LONG ? PLANS : [])('%s', (_, trained) => {
    expect(bothStepWords(provenSteps(kernels, trained(), [ROWS]))).toEqual(BOTH);
  });
  test('every operator that is trained but a norm, with momentum', () => {
    const made = provenSteps(kernels, everyTrained(false, 2, MOMENTUM), [ROWS]);
    expect(bothStepWords(made)).toEqual(BOTH);
  });
});

test('slopes of tables of every kind', () => {
  for (const id of [
    'silu-6-r2',
    'silu-9-r8',
    'gelu-tanh-7-r3',
    'gelu-tanh-9-r8',
    'gelu-erf-7-r3',
    'gelu-erf-9-r8',
    'relu-6',
  ]) {
    const parsed = parseTableId(id);
    const form = twinId(id);
    if (parsed?.kind !== 'activation' || form?.kind !== 'activation')
      throw new Error(`expected a table, got ${id}`);
    expect([id, ...twinSlopes(form)]).toEqual([id, ...slopeEntries(parsed.activation)]);
  }
});

test(
  `${GRAPHS} random graphs, plans and batches: one program, that ranges allow`,
  { timeout: 100_000 + 1000 * GRAPHS },
  () => {
    const seen = new Map<string, number>();
    const count = (name: string): void => void seen.set(name, (seen.get(name) ?? 0) + 1);
    for (let seed = 0; seed < GRAPHS; seed++) {
      const { graph, plan, batch } = randomTrained(seed);
      const both = bothStepPrograms(graph, plan, batch, seed % 3 === 0);
      const [ours, twin] = bothDigests(both);
      if (ours !== twin) expect([seed, firstDifference(both)]).toEqual([seed, undefined]);
      expect([seed, twin]).toEqual([seed, ours]);
      checkProgram(koalaBear, both.ours);
      twinChecks(both.twin); // throws
      for (const { op } of graph.nodes) count(op);
      for (const { shape, bits } of graph.weights)
        if (shape.length === 1) count(bits > 16 ? 'wide bias' : 'bias');
      for (const { name } of both.ours.relations)
        if (name.endsWith(':sum') && name.startsWith('back/')) count('sum');
      count('corpus' in batch ? 'corpus' : 'tokens');
      count(seed % 3 === 0 ? 'later' : 'first');
      if (plan.momentum !== undefined) count('momentum');
      if (plan.gradient.guard !== undefined) count('guard');
    }
    tally({ property: 'programs of steps of random graphs', cases: GRAPHS, refused: 0, surprises: 0 });
    for (const op of [
      'linear',
      'activation',
      'rmsnorm',
      'product',
      'add',
      'attention',
      'rope',
      'momentum',
      'guard',
      'sum',
      'bias',
      'wide bias',
      'corpus',
      'tokens',
      'first',
      'later',
    ]) {
      expect([op, (seen.get(op) ?? 0) >= GRAPHS / 8]).toEqual([op, true]);
    }
  },
);

test(
  `several steps of ${GRAPHS} random graphs in one program: one, that ranges allow`,
  { timeout: 100_000 + 3000 * GRAPHS },
  () => {
    let momentum = 0;
    for (let seed = 0; seed < GRAPHS; seed++) {
      const { graph, plan, batch } = randomTrained(seed);
      if (plan.momentum !== undefined) momentum++;
      const batches = Array.from({ length: 2 + (seed % 2) }, () => batch);
      const both = bothStackedPrograms(graph, plan, batches, seed % 3 === 0);
      const [ours, twin] = bothDigests(both);
      if (ours !== twin) expect([seed, firstDifference(both)]).toEqual([seed, undefined]);
      expect([seed, twin]).toEqual([seed, ours]);
      checkProgram(koalaBear, both.ours);
      twinChecks(both.twin); // throws
    }
    tally({ property: 'programs of several steps of graphs', cases: GRAPHS, refused: 0, surprises: 0 });
    expect(momentum).toBeGreaterThan(GRAPHS / 8);
  },
);

test(`${BOUNDS} plans with a number at a bound: one verdict`, () => {
  const seen = new Map<string, number>();
  const graphs = Array.from({ length: cases(12, 100) }, (_, seed) => randomTrained(seed));
  for (let seed = 0; seed < BOUNDS; seed++) {
    const { graph, plan } = graphs[seed % graphs.length]!;
    const changed = changedPlan(plan, dice(seed));
    const ours = wordOf(() => verdictOf(() => void checkGraphPlan(graph, checkGraph(graph), changed)));
    const text = Uint8Array.from(JSON.stringify(graph), (letter) => letter.charCodeAt(0));
    const twin = wordOf(() =>
      twinVerdict(() => void checkStepPlan(twinCheck(twinParse(text)), twinStepPlan(changed))),
    );
    expect([seed, changed, twin]).toEqual([seed, changed, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  const refused = seen.get('PLAN') ?? 0;
  tally({ property: 'bounds of plans of graphs', cases: BOUNDS, refused, surprises: 0 });
  expect(refused).toBeGreaterThan(BOUNDS / 5);
  expect(seen.get('accepted')).toBeGreaterThan(BOUNDS / 20);
});

test('batches that no step has: one code', () => {
  const seen = new Map<string, number>();
  const { graph, plan } = smallestTrained();
  for (let seed = 0; seed < 200; seed++) {
    const batch = changedBatch(seed % 2 === 0 ? TOKENS : PLACES, dice(seed));
    const ours = wordOf(() => verdictOf(() => void graphStepProgram(graph, plan, batch)));
    const twin = wordOf(() => twinVerdict(() => void twinStepProgram(graph, plan, batch)));
    expect([batch, twin]).toEqual([batch, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  expect([...seen.keys()].sort()).toEqual(['CONTEXT', 'PASS_ROWS', 'TOKEN', 'accepted']);
});

test(`${MUTANTS} changed steps`, { timeout: 300_000 + 6000 * MUTANTS }, () => {
  const seen = new Map<string, number>();
  const pair = (of: StepsCase): StepsCase[] => [stepOf(of, 0), stepOf(of, 1)];
  const longer = LONG ? pair(provenSteps(kernels, turnedTrained(), [TOKENS, PLACES], CORPUS)) : [];
  const all = [...pair(chain), ...longer, turned, biased];
  for (let seed = 0; seed < MUTANTS; seed++) {
    const i = Math.floor(seed / 16) % all.length;
    const mutant = stepMutant(all[i]!, all[i ^ 1] ?? all[0]!, seed, dice(seed));
    const [ours, twin] = bothStepWords(mutant);
    expect([seed, mutant.name, twin]).toEqual([seed, mutant.name, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
    if (ours === 'accepted') expect([seed, said(mutant)]).toEqual([seed, said(all[i]!)]);
  }
  const refused = MUTANTS - (seen.get('accepted') ?? 0);
  tally({
    property: 'verdicts of the twin on changed steps of graphs',
    cases: MUTANTS,
    refused,
    surprises: 0,
  });
  expect(seen.size).toBeGreaterThan(12);
});

/** What an accepted mutant must still be: all that its proof is about. Of a plan that is the program, which has no place for what no node uses. */
function said({ graph, plan, batches, first, written = false, corpus, steps }: StepsCase): string {
  const hex = (bytes?: Uint8Array): string => Buffer.from(bytes ?? []).toString('hex');
  const own = parseGraph(graph);
  const programs = batches.map((batch, i) => hex(programDigest(koalaBear, graphStepProgram(own, plan, batch, written || i > 0)))); // prettier-ignore
  const keys = [hex(first), hex(corpus), ...steps.flatMap(({ after, proof }) => [hex(after), hex(proof)])];
  return JSON.stringify([own, programs, keys]);
}

/**
 * DIF-9: answers of graphs by weights that steps wrote. Both verifiers, each with its own graph that answers, names of plans and weights and
 * program, accept honest ones and give one code for changed ones; a plan whose momentum moves no whole number is refused by both, and first.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { answeringGraph as twinAnswering } from '../../reference/answer-graph.ts';
import { checkGraph as twinCheck } from '../../reference/graph-checks.ts';
import { parseGraph as twinParse } from '../../reference/graph-file.ts';
import { lower as twinLower } from '../../reference/lower.ts';
import { checkProgram as twinChecks } from '../../reference/ranges.ts';
import { verdictOf as twinVerdict } from '../../reference/refusal.ts';
import { planDigest } from '../../reference/step-keys.ts';
import { checkStepPlan } from '../../reference/step-plan.ts';
import { readBeside } from '../../reference/step-update.ts';
import { passOf, type AnswerStatement } from '../../src/answer/statement.ts';
import {
  checkGraph,
  graphBuilder,
  type Graph,
  type GraphBuilder,
  type TensorHandle,
} from '../../src/graph/index.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { graphAnswerProgram } from '../../src/training/backward/answer.ts';
import { answeringGraph } from '../../src/training/backward/answer-graph.ts';
import { graphPlanDigest } from '../../src/training/backward/layouts.ts';
import { checkGraphPlan, type GraphPlan } from '../../src/training/backward/plan.ts';
import { dice, type Dice } from '../support/graphs.ts';
import { cases, tally } from '../support/long.ts';
import { randomTrained } from '../support/random-trained.ts';
import { bothGraphAnswerWords, byKnownWeights, graphAnswerMutant, keptAnswer } from '../support/twin-graph-answers.ts'; // prettier-ignore
import { bothDigests, firstDifference, twinPass } from '../support/twin-lowering.ts';
import { twinStepPlan } from '../support/twin-steps.ts';
import { wordOf } from '../support/twin.ts';

const MUTANTS = cases(24, 1000);
const GRAPHS = cases(8, 400);

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
/** One step, and an answer to two prompts; `reference/vectors` has both accepted. */
const kept = keptAnswer(bytesOf);
const known = byKnownWeights(kept);
const twinOf = (graph: Graph) => twinParse(Uint8Array.from(JSON.stringify(graph), (x) => x.charCodeAt(0)));

test('by weights that were followed before; what a caller expects', () => {
  expect(bothGraphAnswerWords(known, { prompts: [[1, 2], [3]] })).toEqual(['accepted', 'accepted']);
  const wrong = [
    [{ prompts: [[1, 2], [4]] }, 'PROMPT'],
    [{ prompts: [[1, 2]] }, 'PROMPT'],
    [{ completions: [[1], [2]] }, 'COMPLETION'],
    [{ context: new Uint8Array([1]) }, 'CONTEXT'],
  ] as const;
  for (const [expected, code] of wrong) expect(bothGraphAnswerWords(known, expected)).toEqual([code, code]);
});

test('other weights, steps that do not verify', () => {
  const of = (change: object): string[] => bothGraphAnswerWords({ ...known, ...change });
  expect(of({ known: { step: 0, weights: kept.steps[0]!.after } })).toEqual(['STEPS', 'STEPS']);
  expect(of({ known: { step: 2, weights: kept.steps[0]!.after } })).toEqual(['WEIGHTS', 'WEIGHTS']);
  expect(of({ known: { step: 1, weights: kept.first } })).toEqual(['WEIGHTS', 'WEIGHTS']);
  const whole = (change: object): string[] => bothGraphAnswerWords({ ...kept, ...change });
  expect(whole({ batches: [] })).toEqual(['STEPS', 'STEPS']);
  expect(whole({ batches: [{ ...kept.batches[0], starts: [1] }] })).toEqual(['PASS_ROWS', 'PASS_ROWS']);
  expect(whole({ first: kept.first.slice(1) })).toEqual(['KEY_MAGIC', 'KEY_MAGIC']);
});

test(`${GRAPHS} random graphs: one graph that answers, one name of the plan, one program`, () => {
  for (let seed = 0; seed < GRAPHS; seed++) {
    const { graph, plan } = randomTrained(seed);
    const own = answeringGraph(graph);
    const twin = twinAnswering(twinOf(graph));
    expect([seed, twin]).toEqual([seed, JSON.parse(JSON.stringify(own))]);
    expect(planDigest(twinOf(graph), twinStepPlan(plan))).toEqual(
      new Uint8Array(graphPlanDigest(graph, plan)),
    );
    const statement = statementFor(graph, dice(seed));
    const program = graphAnswerProgram({ graph, plan }, statement);
    const { tensors, ...pass } = twinLower(twin, twinPass(passOf(own, statement)));
    const both = { ours: program, twin: { ...pass, tensors: [...tensors, ...readBeside(twinOf(graph), twinStepPlan(plan))] } }; // prettier-ignore
    const [ours, theirs] = bothDigests(both);
    if (ours !== theirs) expect([seed, firstDifference(both)]).toEqual([seed, undefined]);
    expect([seed, theirs]).toEqual([seed, ours]);
    checkProgram(koalaBear, program);
    twinChecks(both.twin); // throws
  }
  tally({
    property: 'programs of answers of random trained graphs',
    cases: GRAPHS,
    refused: 0,
    surprises: 0,
  });
});

test.each<[string, string, (g: GraphBuilder, x: TensorHandle, rows: Rows) => TensorHandle]>([
  ['a chain that ends with the output', 'h', (_, x, rows) => rows('b', rows('a', x))],
  [
    'its last node alone, since another reads the one before',
    'a',
    (g, x, rows) => {
      const a = rows('a', x);
      g.add('s', a, x);
      return g.requantise('y', a, { shift: 1, bits: 8 });
    },
  ],
  [
    'none: the output is read',
    'a',
    (_, x, rows) => {
      const y = rows('a', x);
      rows('b', y);
      return y;
    },
  ],
  ['none: the output is a sum', 's', (g, x) => g.add('s', x, x)],
  [
    'names that are taken, and one of them twice',
    'h',
    (_, x, rows) => rows('emitted', rows('emitted.1', rows('next', x))),
  ],
])('where emission stands: %s', (_, at, end) => {
  const g = graphBuilder({ context: 4 });
  const x = g.requantise('x', g.embedding('h', g.weight('E', [5, 2], { bits: 12 }), { width: 2 }), {
    shift: 2,
    bits: 11,
  });
  const rows: Rows = (name, of) =>
    g.rounded(name, of, g.weight(`W${name}`, [2, 2], { bits: 12 }), { shift: 9, bits: 9 });
  const graph = g.build(end(g, x, rows));
  const own = answeringGraph(graph);
  expect(twinAnswering(twinOf(graph))).toEqual(JSON.parse(JSON.stringify(own)));
  expect(own.nodes.find(({ op }) => op === 'emit')).toMatchObject({ input: at });
  checkGraph(own);
});

type Rows = (name: string, x: TensorHandle) => TensorHandle;

/** Prompts of either kind, ids that the graph may choose. */
function statementFor(graph: Graph, d: Dice): AnswerStatement {
  const { tensors, weights } = checkGraph(graph);
  const tables = graph.nodes.flatMap((node) => (node.op === 'embedding' ? [node.table] : []));
  const most = Math.min(weights.get(tables[0] as string)?.shape[0] as number, tensors.get(graph.output)?.width as number); // prettier-ignore
  const ids = (count: number): number[] => Array.from({ length: count }, () => d.int(0, most - 1));
  const sequences = Array.from({ length: d.int(1, 2) }, () => ({
    prompt: d.int(0, 1) === 0 ? ids(d.int(1, 4)) : { privateTokens: d.int(1, 4) },
    completion: ids(d.int(1, 3)),
  }));
  return { model: new Uint8Array(32), sequences, choice: 'greedy', context: new Uint8Array(0) };
}

test('momenta: in units that move weights by whole numbers, whatever their gradient is in', () => {
  const momentum = { shift: 1, high: 8, low: 8 };
  const word = (graph: Graph, plan: GraphPlan): string[] => [
    wordOf(() => verdictOf(() => void checkGraphPlan(graph, checkGraph(graph), plan))),
    wordOf(() => twinVerdict(() => void checkStepPlan(twinCheck(twinOf(graph)), twinStepPlan(plan)))),
  ];
  // x has -2 places: its part of the gradient of H moves H by 2 in its lowest bit, a momentum in units of 2^-f_g by a half.
  const coarse = (unused: boolean): Graph => {
    const g = graphBuilder({ context: 4 });
    const E = g.weight('E', [5, 2], { bits: 12 });
    const x = g.requantise('x', g.embedding('h', E, { width: 2 }), { shift: 16, bits: 9 });
    const y = g.rounded('y', x, g.weight('H', [3, 2], { bits: 12 }), { shift: 1, bits: 16 });
    if (unused) g.rounded('u', y, g.weight('U', [3, 3], { bits: 12 }), { shift: 8, bits: 9 });
    return g.build(y);
  };
  const rates = { norms: 13, gradient: { bits: 10, fraction: 12 }, rate: 1 };
  const plan = { weights: { E: 14, H: 11 }, ...rates, low: 1, ratePlaces: 1 };
  expect(word(coarse(false), plan)).toEqual(['accepted', 'accepted']);
  expect(word(coarse(false), { ...plan, momentum })).toEqual(['PLAN', 'PLAN']);
  expect(word(coarse(false), { ...plan, low: 2, momentum })).toEqual(['accepted', 'accepted']);
  // To U no gradient comes: without momentum nothing moves it, with it the unit is that of no places.

  const fine = { ...plan, weights: { ...plan.weights, U: 15 }, gradient: { bits: 10, fraction: 5 }, low: 15 };
  expect(word(coarse(true), { ...fine, ratePlaces: 4 })).toEqual(['accepted', 'accepted']);
  expect(word(coarse(true), { ...fine, ratePlaces: 5, momentum })).toEqual(['accepted', 'accepted']);
  expect(word(coarse(true), { ...fine, ratePlaces: 4, momentum })).toEqual(['PLAN', 'PLAN']);
});

test(`${MUTANTS} changed answers`, { timeout: 120_000 + 4000 * MUTANTS }, () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < MUTANTS; seed++) {
    const mutant = graphAnswerMutant(known, seed, dice(seed));
    const [ours, twin] = bothGraphAnswerWords(mutant);
    expect([seed, mutant.name, twin]).toEqual([seed, mutant.name, ours]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
    const same = JSON.stringify([mutant.graph, mutant.plan, mutant.known!.step]) === JSON.stringify([known.graph, known.plan, known.known!.step]); // prettier-ignore
    if (ours === 'accepted') expect([seed, mutant.name, same]).toEqual([seed, mutant.name, true]);
  }
  const refused = MUTANTS - (seen.get('accepted') ?? 0);
  tally({
    property: 'verdicts of the twin on changed answers of graphs',
    cases: MUTANTS,
    refused,
    surprises: 0,
  });
  expect(seen.size).toBeGreaterThan(6);
});

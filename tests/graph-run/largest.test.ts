/**
 * The largest steps of graphs, and the most of them in one proof: whoever is sent a file that names them has a verdict, of a proof that is none.
 * spec/graph-runs.md section 3.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileBytes } from '../../src/answer/bytes.ts';
import { quintic } from '../../src/field/quintic.ts';
import { encodeGraph, graphBuilder, type Graph } from '../../src/graph/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../src/pcs/key.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { programInstance } from '../../src/relation/plan.ts';
import { corpusLayout, graphStateLayout, graphStateShapes } from '../../src/training/backward/layouts.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepsProgram } from '../../src/training/backward/program.ts';
import {
  checkRunPlan,
  decodeGraphRun,
  encodeGraphRun,
  graphRunDigest,
  mostStacked,
  type GraphSchedule,
} from '../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep } from '../../src/training/graph-run/step-file.ts';
import { batchesAt, readGraphRun, verifyGraphRun } from '../../src/training/graph-run/verify.ts';
import { groupColumnsOf } from '../../src/training/layouts.ts';
import { bothRunWords } from '../support/graph-runs.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const kept = { run: decodeGraphRun(bytesOf('tuning.run')), step: decodeGraphStep(bytesOf('tuning-0.step')) };

const PLAN = { norms: 13, gradient: { bits: 12, fraction: 8 }, low: 15, rate: 3, ratePlaces: 6 };

/** An embedding, and layers behind it. */
function chainOf(layers: number): { readonly graph: Graph; readonly plan: GraphPlan } {
  const g = graphBuilder({ context: 1 });
  const weights: Record<string, number> = { E: 9 };
  let x = g.embedding('h', g.weight('E', [7, 3], { bits: 12 }), { width: 3 });
  x = g.requantise('x', x, { shift: 3, bits: 9 });
  for (let i = 0; i < layers; i++) {
    const last = i === layers - 1;
    const own = last ? { shift: 8, bits: 16 } : { shift: 10, bits: 9 };
    x = g.rounded(`y${i}`, x, g.weight(`H${i}`, [3, 3], { bits: 12 }), own);
    weights[`H${i}`] = 10;
  }
  return { graph: g.build(x), plan: { ...PLAN, weights } };
}

/** A run, and its first file of so many steps: parameters that fit, and a proof of four megabytes that is none. */
function sent(
  of: ReturnType<typeof chainOf>,
  batch: number,
  count: number,
): { run: Uint8Array; step: Uint8Array } {
  const { graph, plan } = of;
  const tokens = batch + 1;
  const { logData } = kept.run.corpus.parameters.code;
  const keyOver = (key: GroupKey, layout: Uint8Array, shapes: readonly (readonly number[])[]): GroupKey => {
    return { ...key, layout, group: { ...key.group, columns: groupColumnsOf(shapes, logData) } };
  };
  const corpus = keyOver(kept.run.corpus, corpusLayout(tokens), [[tokens]]);
  const [start, output] = [kept.run.start as GroupKey, kept.step.output].map((key) =>
    keyOver(key, graphStateLayout(graph, plan), graphStateShapes(graph, plan)),
  ) as [GroupKey, GroupKey];
  const { rates: _, ...run } = kept.run;
  const bytes = encodeGraphRun({
    ...run,
    graph,
    plan,
    tokens,
    length: 1,
    batch,
    steps: count,
    corpus,
    start,
  });
  const named = readGraphRun(bytes);
  const program = compileProgram(quintic, graphStepsProgram(graph, plan, batchesAt(named, 0, count), false));
  const instance = programInstance(program, [start.group, output.group, corpus.group], logData);
  const { parameters } = completeInstance(instance, corpus.parameters.code)!;
  // Words below p: readers refuse others at once.
  const proof = Uint8Array.from({ length: 2 ** 22 }, (_byte, i) => (i % 4 === 3 ? 0 : i % 251));
  const place = { run: graphRunDigest(bytes), step: 0, count, input: keyDigest(encodeKey(start)) };
  return { run: bytes, step: encodeGraphStep({ ...place, output, parameters, proof }) };
}

test.each([
  ['one step', 1, 2 ** 16, 1],
  ['one step of rows in many pieces', 1, Math.floor(2 ** 18 / 4), 1],
  ['64 steps', 1, 2 ** 10, 64],
  ['64 steps of rows in many pieces', 1, 1023, 64],
  ['many nodes', 200, 1, 5],
  ['many nodes and steps', 14, 1, 64],
])('%s: %i layers, batches of %i', { timeout: 600_000 }, (_, layers, batch, count) => {
  const of = chainOf(layers);
  const { run, step } = sent(of, batch, count);
  expect(mostStacked({ graph: of.graph, batch, length: 1 })).toBe(count);
  expect(verifyGraphRun(run, [step])).toMatchObject({ ok: false, code: 'MERKLE_ROOT' });
});

test('the most rates of a graph of many nodes: a run names them in a few kilobytes, and its plan is looked at once', () => {
  const { graph, plan } = chainOf(200);
  let looks = 0;
  const counted: GraphPlan = {
    ...plan,
    get norms() {
      looks++;
      return plan.norms;
    },
  };
  const schedule = { tokens: 2, length: 1, batch: 1, steps: 2 ** 13 };
  const looksOf = (own: GraphSchedule): number => {
    looks = 0;
    checkRunPlan(graph, counted, own);
    return looks;
  };
  const rates = Array.from({ length: 2 ** 12 }, (_, i) => ({ from: i + 1, rate: 1 + (i % 1024) }));
  expect(looksOf({ ...schedule, rates })).toBe(looksOf(schedule));
  const strange = rates.map((own, i) => (i === 4095 ? { ...own, rate: 1025 } : own));
  expect(() => checkRunPlan(graph, plan, { ...schedule, rates: strange })).toThrow(/rate: expected/);
});

test.each([
  [2047, 'KEY_LAYOUT'],
  [2048, 'PLAN'],
])('a graph of two nodes and %i layers of two: %s', (layers, word) => {
  const { graph, plan } = chainOf(layers);
  const numbers = [
    plan.norms,
    plan.gradient.bits,
    plan.gradient.fraction,
    0,
    plan.low,
    plan.rate,
    plan.ratePlaces,
    0,
  ];
  const places = graph.weights.map(({ name }) => plan.weights[name] as number);
  const [corpus, start] = [kept.run.corpus, kept.run.start as GroupKey].map((key) => ({
    block: encodeKey(key),
  }));
  const sizes = [...numbers, ...places, 2, 1, 1, 2, 0];
  const run = fileBytes('zkdl-tun', 3, [
    { block: encodeGraph(graph) },
    ...sizes,
    ...[corpus!, 1, start!],
    new Uint8Array(32),
  ]);
  expect(bothRunWords({ run, steps: [] })).toEqual([word, word]);
});

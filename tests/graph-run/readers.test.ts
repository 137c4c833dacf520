/** Small files of runs that would keep a verifier busy: sums of sums, and drawn weights that are read again and again. Both verifiers refuse them in a moment. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkReads, fromDrawn } from '../../reference/drawn.ts';
import { verdictOf as twinVerdict } from '../../reference/refusal.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { fileBytes } from '../../src/answer/bytes.ts';
import { graphBuilder, type Graph, type TensorHandle } from '../../src/graph/index.ts';
import { encodeKey, type GroupKey } from '../../src/pcs/key.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { checkProgram } from '../../src/relation/check.ts';
import type { PublicBatch } from '../../src/training/backward/batch.ts';
import { checkDrawnReads } from '../../src/training/backward/drawn-reads.ts';
import { corpusLayout, graphStateLayout, graphStateShapes } from '../../src/training/backward/layouts.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { stepsProgramFrom } from '../../src/training/backward/verify.ts';
import { decodeGraphRun, encodeGraphRun, graphRunDigest } from '../../src/training/graph-run/run.ts';
import { decodeGraphStep, encodeGraphStep } from '../../src/training/graph-run/step-file.ts';
import { groupColumnsOf } from '../../src/training/layouts.ts';
import { bothRunWords, RUN_SEED, type RunCase } from '../support/graph-runs.ts';
import { proofError } from '../support/refusal.ts';
import { wordOf } from '../support/twin.ts';
import { bothStackedPrograms, twinStepPlan } from '../support/twin-steps.ts';

const bytesOf = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../vectors/${name}`, import.meta.url)));
const kept = { run: decodeGraphRun(bytesOf('tuning.run')), step: decodeGraphStep(bytesOf('tuning-0.step')) };

const NUMBERS = { norms: 13, gradient: { bits: 12, fraction: 8 }, low: 7, rate: 1, ratePlaces: 1 };

interface Case {
  readonly graph: Graph;
  readonly plan: GraphPlan;
}

/** A layer of so many outputs, what reads its sums, and a layer of two classes beside it. */
function layerReadBy(
  outputs: number,
  width: number,
  read: (g: ReturnType<typeof graphBuilder>, sums: TensorHandle) => void,
): Case {
  const g = graphBuilder({ context: 1 });
  let x = g.embedding('h', g.weight('E', [2, width], { bits: 12 }), { width });
  x = g.requantise('x', x, { shift: 3, bits: 9 });
  read(g, g.linear('a', x, g.weight('W', [outputs, width], { bits: 12 })));
  const y = g.rounded('z', x, g.weight('H', [2, width], { bits: 12 }), { shift: 8, bits: 16 });
  return { graph: g.build(y), plan: { ...NUMBERS, weights: { E: 9, W: 10, H: 10 } } };
}

const roundings =
  (count: number): Parameters<typeof layerReadBy>[2] =>
  (g, sums) => {
    for (let i = 0; i < count; i++) g.requantise(`y${i}`, sums, { shift: 10, bits: 9 });
  };

/** A run from its seed, and a file of its first step whose proof is none. */
function sent({ graph, plan }: Case, batch: number): RunCase {
  const { step } = kept;
  const { logData } = kept.run.corpus.parameters.code;
  const keyOver = (key: GroupKey, layout: Uint8Array, shapes: readonly (readonly number[])[]): GroupKey => {
    return { ...key, layout, group: { ...key.group, columns: groupColumnsOf(shapes, logData) } };
  };
  const tokens = batch + 1;
  const corpus = keyOver(kept.run.corpus, corpusLayout(tokens), [[tokens]]);
  const output = keyOver(step.output, graphStateLayout(graph, plan), graphStateShapes(graph, plan));
  const start = { bounds: graph.weights.map(() => 1) };
  const sizes = { tokens, length: 1, batch, steps: 1 };
  const run = encodeGraphRun({ graph, plan, ...sizes, corpus, start, seed: RUN_SEED });
  const input = graphRunDigest(run);
  const { parameters } = step;
  const file = { run: input, step: 0, count: 1, input, output, parameters, proof: new Uint8Array(64) };
  return { run, steps: [encodeGraphStep(file)] };
}

/** Whether either verifier goes through the program of a first step. */
function readsOf({ graph, plan }: Case, batches: readonly PublicBatch[]): [string, string] {
  const drawn = { seed: RUN_SEED, bounds: graph.weights.map(() => 1) };
  const ours = stepsProgramFrom({ graph, plan }, batches, { drawn });
  checkProgram(koalaBear, ours);
  const later = bothStackedPrograms(graph, plan, batches, true).twin;
  const twin = fromDrawn(later, JSON.parse(JSON.stringify(graph)), twinStepPlan(plan), drawn);
  return [
    wordOf(() => verdictOf(() => checkDrawnReads(ours, 'step'))),
    wordOf(() => twinVerdict(() => checkReads(twin))),
  ];
}

test('drawn weights that many nodes read, over many pieces of rows: both refuse at the same number of them', () => {
  const batches = [
    {
      corpus: 128,
      at: Array.from({ length: 127 }, (_, i) => i),
      starts: Array.from({ length: 127 }, (_, i) => i),
    },
  ];
  const of = (count: number): [string, string] => readsOf(layerReadBy(4096, 16, roundings(count)), batches);
  let [good, most] = [1, 300];
  expect(of(good)).toEqual(['accepted', 'accepted']);
  while (most - good > 1) {
    const middle = Math.floor((good + most) / 2);
    const [ours, twin] = of(middle);
    expect([middle, twin]).toEqual([middle, ours]);
    if (ours === 'accepted') good = middle;
    else most = middle;
  }
  expect(of(most)).toEqual(['PLAN', 'PLAN']);
});

test('a file of such a step, and one of fewer nodes', { timeout: 300_000 }, () => {
  expect(bothRunWords(sent(layerReadBy(4096, 16, roundings(300)), 127))).toEqual(['PLAN', 'PLAN']);
  const [ours, twin] = bothRunWords(sent(layerReadBy(1024, 4, roundings(3)), 3));
  expect([ours === 'accepted' || ours === 'PLAN', twin]).toEqual([false, ours]);
});

test('a sum of a sum with itself, again and again: 2^9 summands are the most', () => {
  const doubled = (times: number): Case =>
    layerReadBy(3, 3, (g, sums) => {
      let sum = sums;
      for (let i = 0; i < times; i++) sum = g.add(`s${i}`, sum, sum);
      g.requantise('r', sum, { shift: 10, bits: 9 });
    });
  const { detail, stage } = proofError(() => doubled(10));
  expect([stage, detail]).toEqual(['graph/s9', 'expected at most 512 summands, got 1024']);
  const { graph, plan } = doubled(9);
  const [ours, twin] = bothRunWords(sent({ graph, plan }, 1));
  expect([ours, twin]).toEqual([twin, ours]);
  expect(ours).not.toMatch(/GRAPH|INTERNAL/);
  // The builder refuses more: written by hand.
  const more = Array.from({ length: 28 }, (_, i) => {
    const before = i === 0 ? 'a' : `s${i - 1}`;
    return { name: `s${i}`, op: 'add' as const, left: before, right: before };
  });
  const nodes = [...graph.nodes.filter(({ op, name }) => op !== 'add' && name !== 'r'), ...more];
  const block = { block: encodeKey(kept.run.corpus) };
  const numbers = [13, 12, 8, 0, 7, 1, 1, 0, 9, 10, 10, 2, 1, 1, 1, 0];
  const bytes = fileBytes('zkdl-tun', 3, [{ block: new TextEncoder().encode(JSON.stringify({ ...graph, nodes })) }, ...numbers, block, 0, 1, 1, 1, RUN_SEED]); // prettier-ignore
  expect(bothRunWords({ run: bytes, steps: [] })).toEqual(['GRAPH_SHAPE', 'GRAPH_SHAPE']);
});

/** Steps of a transformer proven one after the other and followed; changed, skipped, exchanged ones are refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { encodeKey, type GroupKey } from '../../src/pcs/key.ts';
import { openHome, openGroup, type Home, type StoredGroup } from '../../src/store/index.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import {
  chooseStepParameters,
  commitCorpus,
  commitGraphState,
  readGraphState,
  type OwnedWeights,
} from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import { verifySteps, type ProvenStep } from '../../src/training/backward/verify.ts';
import { proofError } from '../support/refusal.ts';
import { batchOfText, firstState, planOf, TINY, transformer } from './transformer.ts';

const STEPS = 2;
const graph = transformer(TINY);
const training = { graph, plan: planOf(graph) };
const batches = Array.from({ length: STEPS }, (_, i) => batchOfText(TINY, 4, 100 + i));

let kernels: Kernels;
let folder: string;
let home: Home;
const opened: StoredGroup[] = [];
const weights: OwnedWeights[] = [];
const steps: ProvenStep[] = [];

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-graph-'));
  home = openHome(join(folder, 'home'));
  const { parameters } = chooseStepParameters(training, batches[0]!);
  weights.push(
    commitGraphState(kernels, home, join(folder, 'first'), training, firstState(graph), parameters),
  );
  batches.forEach((batch, i) => {
    const made = proveGraphStep(kernels, home, training, weights[i]!, batch, join(folder, `after-${i}`));
    steps.push(made.step);
    weights.push(made.next);
  });
  opened.push(...weights.map(({ group }) => group));
}, 300_000);
afterAll(async () => {
  for (const one of opened) one.close();
  rmSync(folder, { recursive: true });
  await kernels.close();
});

const verdictOf = (
  of = batches,
  proven: readonly ProvenStep[] = steps,
  first = weights[0]!.group.key,
  written = false,
): string => {
  const verdict = verifySteps(training, first, of, proven, written);
  return verdict.ok ? 'ok' : `${verdict.code} ${verdict.stage}`;
};

test('steps verify, all of them and the first alone', () => {
  expect(verdictOf()).toBe('ok');
  expect(verdictOf(batches.slice(0, 1), steps.slice(0, 1))).toBe('ok');
  expect(verdictOf(batches.slice(1), steps.slice(1), weights[1]!.group.key, true)).toBe('ok');
});

test('another batch, another order, a skipped step, a repeated one', () => {
  const other = { ...batches[1]!, tokens: batches[1]!.tokens.map((id, t) => (t === 5 ? (id + 1) % 12 : id)) };
  expect(verdictOf([batches[0]!, other])).toMatch(/step 1/);
  expect(verdictOf([...batches].reverse())).toMatch(/step 0/);
  expect(verdictOf(batches, [...steps].reverse())).toMatch(/step 0/);
  expect(verdictOf(batches.slice(1), steps.slice(1))).toMatch(/step 0/);
  expect(verdictOf([batches[0]!, batches[0]!], [steps[0]!, steps[0]!])).toMatch(/step 1/);
  expect(verdictOf(batches, steps.slice(1))).toMatch(/^STEPS/);
});

test('other weights behind a step, another plan, a changed byte', () => {
  const [first, second] = steps as [ProvenStep, ProvenStep];
  expect(verdictOf(batches, [{ ...first, after: second.after }, second])).toMatch(/step 0/);
  const verdict = verifySteps(
    { ...training, plan: { ...training.plan, rate: 2 } },
    weights[0]!.group.key,
    batches,
    steps,
  );
  expect(verdict.ok).toBe(false);
  const layout = verifySteps(
    { ...training, plan: { ...training.plan, low: 14, ratePlaces: 8 } },
    weights[0]!.group.key,
    batches,
    steps,
  );
  expect(layout).toMatchObject({ ok: false, code: 'KEY_LAYOUT' });
  for (const at of [0, 1000, first.proof.length - 1]) {
    const proof = first.proof.slice();
    proof[at]! ^= 1;
    expect(verdictOf(batches.slice(0, 1), [{ ...first, proof }])).toMatch(/step 0/);
  }
  expect(verdictOf(batches.slice(0, 1), [{ ...first, proof: first.proof.subarray(1) }])).toMatch(/step 0/);
});

test('keys and parameters that are none of this training, each by its own refusal', () => {
  const [first] = steps as [ProvenStep];
  const { key } = weights[0]!.group;
  const of = (start: GroupKey, step: ProvenStep = first): string => {
    const verdict = verifySteps(training, start, batches.slice(0, 1), [step]);
    return verdict.ok ? 'ok' : `${verdict.code}: ${verdict.detail}`;
  };
  const group = (change: Partial<GroupKey['group']>): GroupKey => ({
    ...key,
    group: { ...key.group, ...change },
  });
  expect(of(group({ label: 'X' }))).toMatch(/^KEY_LAYOUT.*carried group S/);
  expect(of({ ...key, group: { ...key.group, lifetime: 'static' } as GroupKey['group'] })).toMatch(
    /^KEY_LAYOUT.*static/,
  );
  expect(of(group({ columns: key.group.columns + 1 }))).toMatch(/^KEY_LAYOUT.*columns/);
  expect(of({ ...key, layout: new Uint8Array(32) })).toMatch(/^KEY_LAYOUT.*layout/);
  const { parameters } = first;
  const code = { ...parameters.code, queries: parameters.code.queries + 1 };
  expect(of(key, { ...first, parameters: { ...parameters, code } })).toMatch(/^STATEMENT/);
});

/** The same commitment under a key of other parameters: those of a link, over the same code. */
const renamed = (key: GroupKey): GroupKey => {
  const { code, profile } = key.parameters;
  const { parameters } = completeInstance(linkInstance(key.group.columns), code, profile)!;
  expect(parameters.code).toEqual(code);
  expect(encodeKey({ ...key, parameters })).not.toEqual(encodeKey(key));
  return { ...key, parameters };
};

test('other keys of the same commitments, and another graph of the same program', () => {
  const [first] = steps as [ProvenStep];
  const { key } = weights[0]!.group;
  const batch = batches.slice(0, 1);
  const posed = { ...first, after: renamed(first.after) };
  expect(verdictOf(batch, [posed])).not.toBe('ok');
  expect(verdictOf(batch, [first], renamed(key))).not.toBe('ok');
  // A window of all that there is says nothing new.
  const nodes = graph.nodes.map((node) =>
    node.op === 'attention' ? { ...node, window: graph.context } : node,
  );
  const claims = { ...graph, nodes };
  const programs = [graph, claims].map((of) => graphStepProgram(of, training.plan, batches[0]!));
  expect(programs[1]).toEqual(programs[0]);
  expect(verifySteps({ ...training, graph: claims }, key, batch, [first])).toMatchObject({ ok: false });
});

test('a step on the tokens of a committed corpus', { timeout: 600_000 }, () => {
  const tokens = Int16Array.from({ length: 60 }, (_, i) => (i * i + (i % 3)) % TINY.vocabulary);
  const at = [...Array.from({ length: 8 }, (_, t) => 20 + t), ...Array.from({ length: 8 }, (_, t) => 3 + t)];
  const batch = { corpus: tokens.length, at, starts: [0, 8] };
  const { parameters } = chooseStepParameters(training, batch, 20);
  const first = commitGraphState(
    kernels,
    home,
    join(folder, 'hidden'),
    training,
    firstState(graph),
    parameters,
  );
  const corpus = commitCorpus(kernels, home, join(folder, 'corpus'), tokens, parameters);
  const own = { ...training, corpus: corpus.group.key };
  const made = proveGraphStep(kernels, home, own, first, batch, join(folder, 'hidden-1'), { corpus });
  opened.push(first.group, corpus.group, made.next.group);
  const verdict = (of: Partial<typeof batch>, with_ = own): string => {
    const { ok, ...rest } = verifySteps(with_, first.group.key, [{ ...batch, ...of }], [made.step]);
    return ok ? 'ok' : (rest as { code: string }).code;
  };
  expect(verdict({})).toBe('ok');
  expect(verdict({ at: at.map((i) => i + 1) })).not.toBe('ok');
  expect(verdict({ starts: [0, 7] })).not.toBe('ok');
  expect(verdict({ corpus: 61 })).toBe('KEY_LAYOUT');
  expect(verdict({}, { ...own, corpus: first.group.key })).toBe('KEY_LAYOUT');
  const { key } = corpus.group;
  expect(verdict({}, { ...own, corpus: renamed(key) })).not.toBe('ok');
  for (const change of [
    { label: 'X' },
    { lifetime: 'carried', uses: 3 },
    { columns: key.group.columns + 1 },
  ]) {
    const corpusKey = { ...key, group: { ...key.group, ...change } as GroupKey['group'] };
    expect(verdict({}, { ...own, corpus: corpusKey })).toBe('KEY_LAYOUT');
  }
  expect(verifySteps(training, first.group.key, [batch], [made.step])).toMatchObject({ code: 'KEY_LAYOUT' });
  expect(() => proveGraphStep(kernels, home, own, first, batch, join(folder, 'none'))).toThrow(RangeError);
});

test('weights are read again from their commitment, and from no other', () => {
  const again = openGroup(kernels, home, weights[1]!.group.path);
  opened.push(again);
  expect(readGraphState(training, again).state).toEqual(weights[1]!.state);
  expect([false, true].map((written) => readGraphState(training, again, written).written)).toEqual([
    false,
    true,
  ]);
  const other = { ...training, plan: { ...training.plan, weights: { ...training.plan.weights, H: 11 } } };
  expect(proofError(() => readGraphState(other, again)).code).toMatch(/^(KEY_LAYOUT|PLAN)$/);
});

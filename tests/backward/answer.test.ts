/** Answers of a trained graph: custody from the first weights to the last token holds, or is refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeAnswer, encodeAnswer } from '../../src/answer/envelope.ts';
import type { AnswerStatement } from '../../src/answer/statement.ts';
import { execute } from '../../src/graph/index.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { encodeKey, type GroupKey } from '../../src/pcs/key.ts';
import { budgetStatus, openHome, type Home } from '../../src/store/index.ts';
import {
  trainedDigest,
  verifyGraphAnswer,
  type GraphCustody,
  type TrainedWeights,
} from '../../src/training/backward/answer.ts';
import { answeringGraph } from '../../src/training/backward/answer-graph.ts';
import { proveGraphAnswer, type GraphAnswerRequest } from '../../src/training/backward/prove-answer.ts';
import {
  chooseStepParameters,
  commitGraphState,
  type OwnedWeights,
} from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import type { GraphTraining, ProvenStep } from '../../src/training/backward/verify.ts';
import { proofError } from '../support/refusal.ts';
import { batchOfText, firstState, planOf, TINY, transformer } from './transformer.ts';

const size = { ...TINY, layers: 1, hidden: 16 };
const graph = transformer(size);
const training: GraphTraining = { graph, plan: planOf(graph) };
const batches = [0, 1].map((i) => batchOfText(size, 2, 40 + i));
const ANSWERS = 3;
const context = new TextEncoder().encode('request 7');
const seed = new Uint8Array(32).fill(3);
const asked: GraphAnswerRequest = {
  prompts: [
    [1, 2, 1],
    [5, 6, 5, 6],
  ],
  tokens: 3,
};

let kernels: Kernels;
let folder: string;
let home: Home;
let custody: Extract<GraphCustody, { first: GroupKey }>;
const weights: OwnedWeights[] = [];
const steps: ProvenStep[] = [];
let greedy: ReturnType<typeof proveGraphAnswer>;
let hidden: ReturnType<typeof proveGraphAnswer>;
const last = (): TrainedWeights => ({ step: 2, weights: steps[1]!.after });

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-answer-'));
  home = openHome(join(folder, 'home'));
  const { parameters } = chooseStepParameters(training, batches[0]!, 0, ANSWERS);
  weights.push(commitGraphState(kernels, home, join(folder, '0'), training, firstState(graph), parameters));
  batches.forEach((batch, i) => {
    const answers = i === 1 ? ANSWERS : 1;
    const made = proveGraphStep(kernels, home, training, weights[i]!, batch, join(folder, `${i + 1}`), {
      answers,
    });
    steps.push(made.step);
    weights.push(made.next);
  });
  custody = { first: weights[0]!.group.key, batches, steps };
  greedy = proveGraphAnswer(kernels, home, training, 2, weights[2]!, { ...asked, context });
  hidden = proveGraphAnswer(kernels, home, training, 2, weights[2]!, {
    ...asked,
    ...{ choice: { seed, temperature: 900 }, privatePrompts: true, reveal: true },
  });
}, 300_000);
afterAll(async () => {
  for (const { group } of weights) group.close();
  rmSync(folder, { recursive: true });
  await kernels.close();
});

const verdictOf = (bytes: Uint8Array, of: GraphCustody = last(), own = training): string => {
  const verdict = verifyGraphAnswer(own, of, bytes);
  return verdict.ok ? 'ok' : `${verdict.code} ${verdict.stage}`;
};
/** The first answer with another statement. */
const posed = (change: Partial<AnswerStatement>, bytes = greedy.bytes): Uint8Array => {
  const { statement, ...rest } = decodeAnswer(bytes);
  return encodeAnswer({ ...rest, statement: { ...statement, ...change } });
};

test('from the first weights to the last token, greedy', () => {
  const verdict = verifyGraphAnswer(training, custody, greedy.bytes, { prompts: asked.prompts, context });
  const { keyDigest: digest } = weights[2]!.group;
  expect(verdict).toMatchObject({ ok: true, step: 2, weights: digest });
  const shown = verdict.ok ? verdict.statement.sequences : [];
  expect(shown.map(({ completion }) => completion)).toEqual(greedy.completions);
  shown.forEach(({ completion }, s) => {
    // one causal pass of the trained graph itself, over prompt and completion
    const prompt = asked.prompts[s]!;
    const rows = { tokens: [...prompt, ...completion.slice(0, -1)], emit: 'none' } as const;
    const { data } = execute(graph, (name) => weights[2]!.state.get(name)!.weight, rows).output;
    completion.forEach((id, i) => {
      const at = (prompt.length - 1 + i) * size.vocabulary;
      const row = Array.from(data.subarray(at, at + size.vocabulary));
      expect(id).toBe(row.indexOf(Math.max(...row)));
    });
  });
});
test('sampled behind private prompts, with the logits that tokens were chosen from', () => {
  const verdict = verifyGraphAnswer(training, last(), hidden.bytes, { completions: hidden.completions });
  const sequences = asked.prompts.map((prompt, s) => ({
    prompt: { privateTokens: prompt.length },
    completion: hidden.completions[s],
  }));
  expect(verdict).toMatchObject({ ok: true, statement: { sequences, choice: { seed, temperature: 900 } } });
  const tokens = [...asked.prompts[0]!, ...hidden.completions[0]!.slice(0, -1)];
  const rows = { tokens, emit: [2, 3, 4] };
  const { tensors } = execute(answeringGraph(graph), (name) => weights[2]!.state.get(name)!.weight, rows);
  const own = verdict.ok ? verdict.statement.revealed! : [];
  expect(own.length).toBe(6);
  expect(own.slice(0, 3).flatMap(({ values }) => Array.from(values))).toEqual([
    ...tensors.get('logits')!.data,
  ]);
  expect(verifyGraphAnswer(training, last(), hidden.bytes, { prompts: asked.prompts })).toMatchObject({
    code: 'PROMPT',
  });
});
test('weights of an earlier step of the chain; as many answers as weights were committed for', () => {
  const first = proveGraphAnswer(kernels, home, training, 1, weights[1]!, asked);
  expect(verifyGraphAnswer(training, custody, first.bytes)).toMatchObject({ ok: true, step: 1 });
  const { group } = weights[2]!;
  const ask = (): unknown =>
    proveGraphAnswer(kernels, home, training, 2, weights[2]!, { ...asked, tokens: 1 });
  for (let left = budgetStatus(home, group).proofsLeft; left > 0; left--) ask();
  // three for steps, of which one is taken: the one that wrote them
  expect(budgetStatus(home, group).used).toBe((3 + ANSWERS) * group.key.parameters.code.queries);
  expect(proofError(ask).code).toBe('BUDGET_SPENT');
});

test('other tokens, prompts, a longer or shorter completion, another rule, context, logits', () => {
  expect(verdictOf(posed({}))).toBe('ok');
  const { sequences } = decodeAnswer(greedy.bytes).statement;
  const [one, two] = sequences as [(typeof sequences)[0], (typeof sequences)[0]];
  for (let by = 1; by < size.vocabulary; by++) {
    const completion = two.completion.map((id, i) => (i === 2 ? (id + by) % size.vocabulary : id));
    expect(verdictOf(posed({ sequences: [one, { ...two, completion }] })), `by ${by}`).not.toBe('ok');
  }
  for (const change of [
    { sequences: [two, one] },
    { sequences: [one] },
    { sequences: [one, { ...two, completion: two.completion.slice(0, 2) }] },
    { sequences: [{ ...one, prompt: [1, 2, 2] }, two] },
    { sequences: [{ ...one, prompt: { privateTokens: 3 } }, two] },
    { choice: { seed, temperature: 0 } },
    { context: new Uint8Array(0) },
  ] as Partial<AnswerStatement>[]) {
    expect(verdictOf(posed(change)), Object.keys(change)[0]).not.toBe('ok');
  }
  expect(
    verdictOf(posed({ choice: { seed: seed.map((x) => x ^ 1), temperature: 900 } }, hidden.bytes)),
  ).not.toBe('ok');
  const { revealed } = decodeAnswer(hidden.bytes).statement;
  const values = Array.from(revealed![1]!.values, (z, i) => (i === 4 ? z + 1 : z));
  const changed = revealed!.map((own, i) => (i === 1 ? { ...own, values } : own));
  expect(verdictOf(posed({ revealed: changed }, hidden.bytes))).not.toBe('ok');
  const expected = { prompts: asked.prompts, completions: greedy.completions, context };
  expect(verifyGraphAnswer(training, last(), greedy.bytes, expected).ok).toBe(true);
  for (const [change, code] of [
    [{ prompts: [[1, 2, 1]] }, 'PROMPT'],
    [{ completions: [[0], [0]] }, 'COMPLETION'],
    [{ context: seed }, 'CONTEXT'],
  ] as const) {
    expect(verifyGraphAnswer(training, last(), greedy.bytes, { ...expected, ...change })).toMatchObject({
      code,
    });
  }
});
test('weights that these steps did not write, or not by this step', () => {
  const earlier = { ...custody, batches: batches.slice(0, 1), steps: steps.slice(0, 1) };
  expect(verdictOf(greedy.bytes, earlier)).toBe('WEIGHTS proof file');
  expect(verdictOf(greedy.bytes, { ...custody, batches: [], steps: [] })).toBe('WEIGHTS proof file');
  expect(verdictOf(greedy.bytes, { step: 1, weights: steps[0]!.after })).toBe('WEIGHTS proof file');
  expect(verdictOf(greedy.bytes, { step: 3, weights: steps[1]!.after })).toBe('WEIGHTS proof file');
  // The digest of other weights, or of the same as if behind another step: the proof is about its own.
  for (const other of [
    { step: 1, weights: steps[0]!.after },
    { step: 3, weights: steps[1]!.after },
  ]) {
    const model = trainedDigest(training, other);
    expect(verdictOf(posed({ model }), other)).toMatch(/^(?!WEIGHTS|STATEMENT|ok)/);
  }
  // Weights that training started from are none that it wrote.
  const first = { step: 0, weights: custody.first };
  expect(verdictOf(greedy.bytes, first)).toBe('STEPS weights');
  for (const step of [1.5, NaN, Infinity])
    expect(verdictOf(greedy.bytes, { ...last(), step })).toBe('STEPS weights');
  const ask = (): unknown => proveGraphAnswer(kernels, home, training, 0, weights[0]!, asked);
  expect(proofError(ask).code).toBe('STEPS');
});
test('steps of which one is refused', () => {
  expect(verdictOf(greedy.bytes, { ...custody, batches: [...batches].reverse() })).toMatch(/step 0/);
  expect(verdictOf(greedy.bytes, { ...custody, steps: [...steps].reverse() })).toMatch(/step 0/);
  expect(verdictOf(greedy.bytes, { ...custody, batches: batches.slice(1) })).toBe('STEPS steps');
});
test('another plan, another graph of the same program, another key of the same commitment', () => {
  const { model } = decodeAnswer(greedy.bytes).statement;
  const { plan } = training;
  // A window of all that there is says nothing new.
  const nodes = graph.nodes.map((node) =>
    node.op === 'attention' ? { ...node, window: graph.context } : node,
  );
  const claims = { ...graph, nodes };
  const renamed = { ...steps[1]!.after, parameters: decodeAnswer(greedy.bytes).parameters };
  expect(encodeKey(renamed)).not.toEqual(encodeKey(steps[1]!.after));
  const strangers: [string, GraphTraining, TrainedWeights][] = [
    ['rate', { ...training, plan: { ...plan, rate: 2 } }, last()],
    ['places of the rate', { ...training, plan: { ...plan, ratePlaces: 8 } }, last()],
    ['gradients', { ...training, plan: { ...plan, gradient: { bits: 14, fraction: 10 } } }, last()],
    ['places of gradients', { ...training, plan: { ...plan, gradient: { bits: 15, fraction: 9 } } }, last()],
    ['norms', { ...training, plan: { ...plan, norms: 13.5 } }, last()],
    ['graph', { ...training, graph: claims }, last()],
    ['key', training, { step: 2, weights: renamed }],
  ];
  for (const [what, other, of] of strangers) {
    const verdict = verdictOf(greedy.bytes, of, other);
    if (what === 'norms') {
      expect(verdict).toBe('PLAN plan'); // no others fit this graph
      continue;
    }
    expect(verdict, what).toBe('WEIGHTS proof file');
    const digest = trainedDigest(other, of);
    expect(digest, what).not.toEqual(model);
    expect(verdictOf(posed({ model: digest }), of, other), what).toMatch(/^(?!WEIGHTS|STATEMENT|ok)/);
  }
});
test('keys of another kind, parameters of another code', () => {
  const key = steps[1]!.after;
  const of = (change: Partial<GroupKey['group']>): string =>
    verdictOf(greedy.bytes, { step: 2, weights: { ...key, group: { ...key.group, ...change } } });
  expect(of({ label: 'X' })).toBe('KEY_LAYOUT weights');
  expect(of({ columns: key.group.columns + 1 })).toBe('KEY_LAYOUT weights');
  expect(verdictOf(greedy.bytes, { step: 2, weights: { ...key, layout: new Uint8Array(32) } })).toBe(
    'KEY_LAYOUT weights',
  );
  const { parameters } = chooseStepParameters(training, batches[0]!, 0, 200);
  const file = decodeAnswer(greedy.bytes);
  expect(verdictOf(encodeAnswer({ ...file, parameters }))).toBe('STATEMENT proof file');
});
test('a changed byte anywhere, cut short, longer, no bytes at all', () => {
  const { bytes } = greedy;
  for (let i = 0; i < 24; i++) {
    const changed = bytes.slice();
    const at = i < 12 ? 4 * i : Math.floor(((i - 11) * bytes.length) / 13);
    changed[at]! ^= 1;
    expect([at, verdictOf(changed)]).not.toEqual([at, 'ok']);
  }
  for (const length of [0, 7, 60, bytes.length - 1]) expect(verdictOf(bytes.slice(0, length))).not.toBe('ok');
  expect(verdictOf(Buffer.concat([bytes, Buffer.alloc(1)]))).toBe('LENGTH proof file');
  expect(verdictOf(null as unknown as Uint8Array)).toBe('FORMAT proof file');
});
test('an owner is refused before anything is spent', () => {
  const { group } = weights[1]!;
  const { used } = budgetStatus(home, group);
  const ask = (change: Partial<GraphAnswerRequest>, of = weights[1]!, own = training): string =>
    proofError(() => proveGraphAnswer(kernels, home, own, 1, of, { ...asked, ...change })).code;
  expect(ask({ prompts: [[]] })).toBe('PROMPT');
  expect(ask({ prompts: [] })).toBe('STATEMENT');
  expect(ask({ prompts: [[1, 12]] })).toBe('TOKEN');
  expect(ask({ prompts: [new Array<number>(9).fill(1)] })).toBe('CONTEXT');
  const other = { ...training, plan: { ...training.plan, low: 14, ratePlaces: 8 } };
  expect(ask({}, weights[1]!, other)).toBe('KEY_LAYOUT');
  const none = (): unknown =>
    proveGraphAnswer(kernels, home, training, 1, weights[1]!, { ...asked, tokens: 0 });
  expect(none).toThrow(/tokens: expected a positive integer/);
  expect(budgetStatus(home, group).used).toBe(used);
  const more = (): unknown =>
    proveGraphStep(kernels, home, training, weights[1]!, batches[1]!, join(folder, 'more'), {
      answers: 2 ** 20,
    });
  expect(more).toThrow(/uses: expected at most/);
});
test('an answer of other weights than its group holds is not made', () => {
  const { group } = weights[1]!;
  const mixed = { state: firstState(graph, 6), group };
  expect(
    proofError(() => proveGraphAnswer(kernels, home, training, 1, mixed, { ...asked, tokens: 1 })).code,
  ).toBe('SELF_CHECK');
});

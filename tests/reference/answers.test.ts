/**
 * DIF-2: whole answers. Both verifiers, each with its own decoder, operators, tables and lowering, accept the honest proofs of models
 * that together use every operator, and give one code for changed keys, statements and proofs.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeAnswer, encodeAnswer } from '../../src/answer/envelope.ts';
import type { AnswerStatement } from '../../src/answer/statement.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { mutantOf, withReport } from '../support/answer-mutations.ts';
import { gated, layerNormed, smallest } from '../support/answer-models.ts';
import { cases, tally } from '../support/long.ts';
import { answering, bothWords, type Request } from '../support/twin-answers.ts';

const MUTANTS = cases(24, 1000);

/** Two sequences of 4 + 3 rows, filled up to 8. */
const GREEDY: Request = { prompts: [[1, 2], [3]], tokens: 3, choice: 'greedy' }; // prettier-ignore
/** Prompts of either kind, logits. */
const HIDING: Request = { ...GREEDY, hidden: [0], reveal: [{ sequence: 0, position: 1 }, { sequence: 1, position: 2 }] }; // prettier-ignore
const SAMPLED: Request = { ...GREEDY, choice: { seed: new Uint8Array(32).fill(3), temperature: 700 } };

let kernels: Kernels;
let key: Uint8Array;
let file: Uint8Array;
let hiding: Uint8Array;
let without: [string, Uint8Array][];
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  const model = answering(kernels, smallest(1));
  key = model.key;
  file = model.answer(GREEDY);
  hiding = model.answer(HIDING);
  const left = ['x:remainder', 'inner:quotient', 'choice:lead-low'];
  without = left.map((name) => [name, model.answerWithout(GREEDY, (of) => of === name)]);
  model.close();
}, 120_000);
afterAll(() => kernels.close());

test('ReLU, residuals, biases: both accept, and agree on what a caller expects', () => {
  expect(bothWords(key, file)).toEqual(['accepted', 'accepted']);
  const expected = [
    [{ model: new Uint8Array(32) }, 'MODEL'],
    [{ prompts: [[1, 2], [4]] }, 'PROMPT'],
    [{ prompts: [[1, 2]] }, 'PROMPT'],
    [{ completions: [[1], [2]] }, 'COMPLETION'],
    [{ context: new Uint8Array([1, 2]) }, 'CONTEXT'],
  ] as const;
  for (const [what, code] of expected) expect(bothWords(key, file, what)).toEqual([code, code]);
});

test('a private prompt and logits: both accept, and expect no prompt', () => {
  expect(bothWords(key, hiding)).toEqual(['accepted', 'accepted']);
  const sequences = decodeAnswer(hiding).statement.sequences.map(({ completion }) => completion);
  expect(bothWords(key, hiding, { completions: sequences })).toEqual(['accepted', 'accepted']);
  for (const prompts of [[[1, 2], [3]], [[], [3]], [[3]]]) {
    expect(bothWords(key, hiding, { prompts })).toEqual(['PROMPT', 'PROMPT']);
  }
});

/** A change of a statement that is refused before its proof. */
test.each<[string, Partial<AnswerStatement>, string]>([
  ['more private tokens than 2^17', { sequences: [{ prompt: { privateTokens: 2 ** 17 + 1 }, completion: [1] }] }, 'STATEMENT'], // prettier-ignore
  ['more in two prompts', { sequences: Array(2).fill({ prompt: { privateTokens: 2 ** 16 + 1 }, completion: [1] }) }, 'STATEMENT'], // prettier-ignore
  ['as many as that, for a context of 8', { sequences: [{ prompt: { privateTokens: 2 ** 17 }, completion: [1] }], revealed: [] }, 'CONTEXT'], // prettier-ignore
  ['a private prompt of nothing', { sequences: [{ prompt: { privateTokens: 0 }, completion: [1] }] }, 'STATEMENT'], // prettier-ignore
  ['logits twice', { revealed: [0, 0].map((position) => ({ sequence: 0, position, values: [1, 2, 3, 4, 5, 6] })) }, 'STATEMENT'], // prettier-ignore
  ['logits of two widths', { revealed: [0, 1].map((position) => ({ sequence: 0, position, values: [1, 2].slice(position) })) }, 'STATEMENT'], // prettier-ignore
  ['too few logits', { revealed: [{ sequence: 0, position: 0, values: [1, 2] }] }, 'PASS_VALUES'],
  ['no balanced residue', { revealed: [{ sequence: 0, position: 0, values: [2 ** 30, 2, 3, 4, 5, 6] }] }, 'STATEMENT'], // prettier-ignore
  ['behind a completion', { revealed: [{ sequence: 0, position: 3, values: [1, 2, 3, 4, 5, 6] }] }, 'STATEMENT'], // prettier-ignore
  ['of no sequence', { revealed: [{ sequence: 2, position: 0, values: [1, 2, 3, 4, 5, 6] }] }, 'STATEMENT'],
])('%s: refused by both', (_, change, code) => {
  const answer = decodeAnswer(hiding);
  const changed = encodeAnswer({ ...answer, statement: { ...answer.statement, ...change } });
  expect(bothWords(key, changed)).toEqual([code, code]);
});

test('files of version 1, and other kinds of prompts', () => {
  const older = hiding.slice();
  older[8] = 1;
  expect(bothWords(key, older)).toEqual(['VERSION', 'VERSION']);
  const other = hiding.slice();
  other[12 + 32 + 4 + 4 + 3 + 4] = 2;
  expect(bothWords(key, other)).toEqual(['STATEMENT', 'STATEMENT']);
});

test.each([
  ['RMSNorm, rotary positions, grouped heads, gated SiLU, noise', gated, SAMPLED],
  [
    'LayerNorm, learned positions, a window, GELU, a concatenation, a tied head',
    layerNormed,
    { ...GREEDY, hidden: [1] },
  ],
] as const)('%s: both accept', { timeout: 300_000 }, (_, make, request) => {
  const model = answering(kernels, make(1));
  const proof = model.answer(request);
  model.close();
  expect(bothWords(model.key, proof)).toEqual(['accepted', 'accepted']);
});

test('an owner who leaves a relation out of his program: both refuse with one code', () => {
  for (const [name, proof] of without) {
    const [ours, twin] = bothWords(key, proof);
    expect([name, twin]).toEqual([name, ours]);
    expect([name, ours]).not.toEqual([name, 'accepted']);
  }
});

test('a target is met or missed exactly, whatever the numbers', () => {
  const most = 2 ** 53 - 1; // 10^6 times this is no exact double
  const target = { klNano: 1, top1Millionths: 1_000_000 };
  const missed = withReport(key, { tokens: most, agreed: most - 1, target, override: null });
  const met = withReport(key, { tokens: most, agreed: most, target, override: null });
  expect(bothWords(missed, file)).toEqual(['ACCURACY', 'ACCURACY']);
  expect(bothWords(met, file)).toEqual(['MODEL', 'MODEL']); // a good key, and another one
});

test(`${MUTANTS} changed keys, statements and proofs`, { timeout: 120_000 + 4000 * MUTANTS }, () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < MUTANTS; seed++) {
    const honest = seed % 4 < 2 ? hiding : file;
    const mutant = mutantOf(key, honest, seed);
    const [ours, twin] = bothWords(mutant.key, mutant.file);
    expect([seed, mutant.name, twin]).toEqual([seed, mutant.name, ours]);
    const same = Buffer.from(mutant.key).equals(key) && Buffer.from(mutant.file).equals(honest);
    expect([seed, mutant.name, ours === 'accepted']).toEqual([seed, mutant.name, same]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  const refused = MUTANTS - (seen.get('accepted') ?? 0);
  tally({ property: 'verdicts of the twin on changed answers', cases: MUTANTS, refused, surprises: 0 });
  expect(seen.size).toBeGreaterThan(7);
});

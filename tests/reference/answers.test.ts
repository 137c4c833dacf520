/**
 * DIF-2: whole answers. Both verifiers, each with its own decoder, operators, tables and lowering, accept the honest proofs of models
 * that together use every operator, and give one code for changed keys, statements and proofs.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { mutantOf, withReport } from '../support/answer-mutations.ts';
import { gated, layerNormed, smallest } from '../support/answer-models.ts';
import { answering, bothWords, type Request } from '../support/twin-answers.ts';

/** More for a long run. */
const MUTANTS = Number(process.env['ZKDL_ANSWERS'] ?? 40);

/** Two sequences of 4 + 3 rows, filled up to 8. */
const GREEDY: Request = { prompts: [[1, 2], [3]], tokens: 3, choice: 'greedy' }; // prettier-ignore
const SAMPLED: Request = { ...GREEDY, choice: { seed: new Uint8Array(32).fill(3), temperature: 700 } };

let kernels: Kernels;
let key: Uint8Array;
let file: Uint8Array;
let without: [string, Uint8Array][];
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  const model = answering(kernels, smallest(1));
  key = model.key;
  file = model.answer(GREEDY);
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

test.each([
  ['RMSNorm, rotary positions, grouped heads, gated SiLU, noise', gated, SAMPLED],
  ['LayerNorm, learned positions, a window, GELU, a concatenation, a tied head', layerNormed, GREEDY],
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
    const mutant = mutantOf(key, file, seed);
    const [ours, twin] = bothWords(mutant.key, mutant.file);
    expect([seed, mutant.name, twin]).toEqual([seed, mutant.name, ours]);
    const same = Buffer.from(mutant.key).equals(key) && Buffer.from(mutant.file).equals(file);
    expect([seed, mutant.name, ours === 'accepted']).toEqual([seed, mutant.name, same]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  expect(seen.size).toBeGreaterThan(10);
});

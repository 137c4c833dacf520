/**
 * An owner who proves less than he says: relations left out of his own program. Keys hold no program, so nobody else's verifier
 * accepts; and an honest answer of the same model does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeAnswer, type Answer } from '../../src/answer/envelope.ts';
import { decodeModelKey, modelDigest } from '../../src/answer/key.ts';
import { answerContext, fewPieces, passOf, type AnswerStatement } from '../../src/answer/statement.ts';
import { verifyAnswer } from '../../src/answer/verify.ts';
import { generate, integerSession } from '../../src/graph/index.ts';
import { executePass, programWitness } from '../../src/graph/lower-witness.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { commitModel, type CommittedModel } from '../../src/prover/commit-model.ts';
import { proveAnswer } from '../../src/prover/prove-answer.ts';
import { closeGroups } from '../../src/prover/weight-groups.ts';
import type { Quantized } from '../../src/quantize/index.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { programInstance } from '../../src/relation/plan.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import type { Program } from '../../src/relation/program.ts';
import { openHome } from '../../src/store/index.ts';
import { diceOf, mutateBytes, mutateValue } from '../support/fuzz/mutate.ts';
import { keyMutant } from '../support/fuzz/formats.ts';
import { testSource } from '../support/linear.ts';
import { cases, tally } from '../support/long.ts';
import { tinyQuantized } from '../support/quantized.ts';

let kernels: Kernels;
let folder: string;
let model: Quantized;
let committed: CommittedModel;
let statement: AnswerStatement;
let honest: Answer;

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 2 });
  folder = mkdtempSync(join(tmpdir(), 'zkdl-owner-'));
  model = await tinyQuantized('tiny-llama');
  const home = openHome(join(folder, 'home'));
  committed = commitModel(kernels, home, join(folder, 'W'), model, { minProofs: 3, tokens: 6 });
  const weights = (name: string) => model.weights.get(name) as Int16Array | Int32Array;
  const prompt = [72, 101];
  const session = integerSession(model.graph, weights);
  const completion = generate(model.graph, session, { prompt, maxTokens: 3, choice: 'greedy', stop: [] });
  const request = {
    sequences: [{ prompt, completion }],
    choice: 'greedy',
    context: new Uint8Array(0),
  } as const;
  honest = proveAnswer(kernels, home, { model, ...committed }, request).answer;
  statement = honest.statement;
}, 120_000);
afterAll(async () => {
  closeGroups(committed.groups);
  rmSync(folder, { recursive: true });
  await kernels.close();
});

/** The owner's own proof of another program about the same answer. */
function proofOf(program: Program): Answer {
  const group = committed.groups[0]!;
  const compiled = compileProgram(kernels.ext, program);
  const { code, profile } = group.key.parameters;
  const draft = completeInstance(programInstance(compiled, [group.key.group], code.logData), code, profile)!;
  const { parameters } = draft;
  const groups = [group.key.group];
  const claimed = { parameters, compiled, groups, context: answerContext(statement) };
  const weights = (name: string) => model.weights.get(name) as Int16Array | Int32Array;
  const execution = executePass(model.graph, weights, passOf(model.graph, statement));
  const witness = programWitness(model.graph, program, execution);
  const proof = proveProgram(kernels, claimed, [group.owned], testSource(kernels.ext, 3), witness);
  return { statement, parameters, proof };
}

test('the honest program is accepted, whoever proves it', () => {
  expect(verifyAnswer(committed.keyBytes, encodeAnswer(honest)).ok).toBe(true);
  const again = proofOf(lowerGraph(model.graph, passOf(model.graph, statement)));
  expect(verifyAnswer(committed.keyBytes, encodeAnswer(again)).ok).toBe(true);
});

test.each(['remainder', 'quotient', 'digits', 'square'])('without a check of %s', (check) => {
  const program = lowerGraph(model.graph, passOf(model.graph, statement));
  const left = program.relations.find(({ name }) => name.split(':')[1]?.startsWith(check));
  expect(left).toBeDefined();
  const relations = program.relations.filter((relation) => relation !== left);
  const used = new Set(relations.map((relation) => (relation.kind === 'lookup' ? relation.table : '')));
  const tables = program.tables.filter(({ name }) => used.has(name));
  const answer = proofOf({ ...program, relations, tables });
  const verdict = verifyAnswer(committed.keyBytes, encodeAnswer(answer));
  expect(verdict.ok).toBe(false);
});

/** Keys and files that decode and are looked at by more than their decoder. */
const wellFormed = (code: string): boolean =>
  !/^(GRAPH|MODEL_INFO|JSON|ACCURACY|LENGTH|FORMAT|VERSION)/.test(code);

test(
  'STM-6: an honest proof under mutated keys, each with its own digest in the statement',
  { timeout: 3_600_000 },
  () => {
    const key = decodeModelKey(committed.keyBytes);
    const codes: string[] = [];
    const count = cases(200, 4000);
    for (let seed = 0; seed < count; seed++) {
      const bytes = keyMutant(diceOf(seed), { key });
      if (Buffer.from(bytes).equals(Buffer.from(committed.keyBytes))) continue;
      for (const digest of [statement.model, modelDigest(bytes)]) {
        const verdict = verifyAnswer(
          bytes,
          encodeAnswer({ ...honest, statement: { ...statement, model: digest } }),
        );
        expect([seed, verdict.ok]).toEqual([seed, false]);
        if (!verdict.ok) codes.push(verdict.code);
      }
    }
    expect(codes).not.toContain('INTERNAL');
    expect(codes.filter((code) => wellFormed(code) && code !== 'MODEL').length).toBeGreaterThan(count / 20);
    tally({ property: 'STM-6 keys', cases: codes.length, refused: codes.length, surprises: 0 });
  },
);

test('STM-6: an honest proof under mutated statements', { timeout: 3_600_000 }, () => {
  const file = encodeAnswer(honest);
  const dense = file.length - honest.proof.length;
  const codes: string[] = [];
  const count = cases(200, 4000);
  for (let seed = 0; seed < count; seed++) {
    const dice = diceOf(seed);
    // Values that decode again, and bytes of the statement.
    const changed = mutateValue(dice, {
      ...statement,
      sequences: statement.sequences.map((one) => ({ ...one })),
    });
    let bytes: Uint8Array = mutateBytes(dice, file.subarray(0, dense), file.subarray(0, dense));
    bytes = new Uint8Array(Buffer.concat([bytes, file.subarray(dense)]));
    try {
      if (seed % 2 === 0) bytes = encodeAnswer({ ...honest, statement: changed as AnswerStatement });
    } catch {
      // No statement at all.
    }
    if (Buffer.from(bytes).equals(Buffer.from(file))) continue;
    const verdict = verifyAnswer(committed.keyBytes, bytes);
    expect([seed, verdict.ok]).toEqual([seed, false]);
    if (!verdict.ok) codes.push(verdict.code);
  }
  expect(codes).not.toContain('INTERNAL');
  expect(codes.filter(wellFormed).length).toBeGreaterThan(count / 20);
  tally({
    property: 'STM-6 statements of answers',
    cases: codes.length,
    refused: codes.length,
    surprises: 0,
  });
});

test('what fills up is no longer than the context', () => {
  const { context } = model.graph;
  const prompt = new Array<number>(39).fill(1);
  const sequences = Array.from({ length: 23 }, () => ({ prompt, completion: [2] }));
  const { rows, starts } = passOf(model.graph, { ...statement, sequences });
  expect(rows).toBe(1024); // 23 * 39 = 897
  const ends = [...starts.slice(1), rows];
  expect(Math.max(...ends.map((end, i) => end - starts[i]!))).toBe(Math.min(127, Math.max(39, context)));
});

test('the rows that fill up: at most two binary digits, and no more than needed', () => {
  const digits = (n: number): number => n.toString(2).replaceAll('0', '').length;
  const all = Array.from({ length: 4096 }, (_, i) => i + 1);
  const least = (n: number): number => (digits(n) <= 2 ? n : least(n + 1));
  expect(all.map(fewPieces)).toEqual(all.map(least));
});

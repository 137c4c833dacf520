/** Positions, attention, choices and whole models, proven and verified. */
import { afterAll, describe, expect, it } from 'vitest';
import { lowerGraph } from '../../src/graph/lower.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { S128 } from '../../src/params/profile.ts';
import { checkStructure } from '../../src/relation/check.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { proveProgram, proveProgramBody } from '../../src/relation/prove.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { changed } from '../support/attention-liars.ts';
import { violated } from '../support/clear.ts';
import { codeOf, testSource } from '../support/linear.ts';
import type { Lowered } from '../support/lowered.ts';
import { argmaxCase, attentionCase, LOGITS, ropeCase, withChoices } from '../support/lowered-cases.ts';
import { programFixture } from '../support/programs.ts';
import { tinyGpt, tinyLlama, tinyTokens, type TinyModel } from '../support/tiny-models.ts';

const kernels = await wasmKernels({ threads: 2 });
afterAll(() => kernels.close());

/** Proves whatever the cells say, past the prover's own check. */
function proveLie(made: Lowered, cells: ReadonlyMap<string, ArrayLike<number>>) {
  const { statement, groups } = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), made);
  const tensors = new Map(
    [...made.witness.tensors.keys()].map((name) => [name, Int32Array.from(cells.get(name)!)] as const),
  );
  const ch = proverChannel(programDomain(statement));
  kernels.memory.scope(() =>
    proveProgramBody(kernels, ch, statement, groups, testSource(kernels.ext, 6), { tensors }, false),
  );
  return verifyProgram(statement, ch.finish());
}

/** The verifier lowers for itself. */
function check(made: Lowered): void {
  checkStructure(kernels.ext.base, made.program);
  expect(violated(made.program, made.cells)).toEqual([]);
  const fixture = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), made);
  const { statement, groups } = fixture;
  const proof = proveProgram(kernels, statement, groups, testSource(kernels.ext, 5), made.witness);
  const again = compileProgram(kernels.ext, lowerGraph(made.graph, made.pass));
  expect(verifyProgram({ ...statement, compiled: again }, proof)).toEqual({ ok: true });
}

function model({ graph, weights }: TinyModel, starts: readonly number[], rows: number): Lowered {
  const vocabulary = graph.weights.find(({ name }) => name === 'E')!.shape[0]!;
  const tokens = tinyTokens(rows, vocabulary, 3);
  return withChoices(graph, weights, { rows, tokens, starts, emit: [rows - 3, rows - 1] });
}

describe('honest proofs verify', () => {
  it.each(['half', 'interleaved'] as const)('rope, order %s', (order) => {
    check(ropeCase({ seed: 1, rows: 5, starts: [0, 3], headDim: 6, heads: 3, order }));
    check(ropeCase({ seed: 2, rows: 8, headDim: 4, heads: 2, order }));
  });
  it('attention: groups, sequences, a window', () => {
    const heads = { heads: 6, kvHeads: 3, headDim: 5 };
    check(attentionCase({ seed: 1, rows: 7, starts: [0, 4], window: 3, bits: 9, shift: 5, ...heads }));
  });
  it('attention: one head, one row', () => check(attentionCase({ seed: 2, rows: 1 })));
  it('attention in blocks', { timeout: 300_000 }, () => {
    const heads = { heads: 2, headDim: 3, valueBits: 9 };
    check(attentionCase({ seed: 3, rows: 45, starts: [0, 37], bits: 11, shift: 6, ...heads }));
  });
  it.each(LOGITS)('argmax of %s logits', (logits) => {
    const emit = logits === 'centred' ? {} : { emit: [1, 4, 5] };
    check(argmaxCase({ seed: 3, rows: 6, starts: [0, 2], logits, vocabulary: 11, ...emit }));
  });
  it('a LLaMA', { timeout: 300_000 }, () => {
    check(model(tinyLlama({ seed: 1, layers: 1, window: 4 }), [0, 5], 9));
  });
  it('a GPT', { timeout: 300_000 }, () => check(model(tinyGpt({ seed: 1, layers: 1 }), [0], 7)));
});

describe('proofs of lies are refused', () => {
  const refused = { ok: false, code: 'PAD_LINEAR' };
  it('sums, quotients and remainders that belong to nothing', () => {
    const made = attentionCase({ seed: 4, rows: 5, heads: 2, headDim: 2 });
    expect(proveLie(made, made.cells)).toEqual({ ok: true });
    for (const [name, broken] of [
      ['o:sum', ['o:sum-0', 'o:next-0', 'o:division-0']],
      ['o', ['o:division-0']],
      ['o:next', ['o:next-0']],
    ] as const) {
      const lie = changed(made.cells, name, (cells) => (cells[7] = cells[7]! + 1));
      expect(violated(made.program, lie)).toEqual(broken);
      expect(proveLie(made, lie)).toMatchObject(refused);
    }
  });
  it('the value of a choice', () => {
    const made = argmaxCase({ seed: 3, rows: 2, logits: 'linear', vocabulary: 5 });
    const lie = changed(made.cells, 'choice:chosen', (cells) => (cells[1] = cells[1]! + 1));
    expect(violated(made.program, lie)).toEqual(['choice:chosen']);
    expect(proveLie(made, lie)).toMatchObject(refused);
  });
  it('a proof of one choice is none of another', () => {
    const made = argmaxCase({ seed: 3, rows: 2, logits: 'linear', vocabulary: 5 });
    const { statement, groups } = programFixture(kernels, S128, codeOf(S128, 10, 2 ** 10), made);
    const proof = proveProgram(kernels, statement, groups, testSource(kernels.ext, 5), made.witness);
    const [first, second] = Array.from(made.pass.choices!['choice']!);
    const choices = { choice: [first!, (second! + 1) % 5] };
    const compiled = compileProgram(kernels.ext, lowerGraph(made.graph, { ...made.pass, choices }));
    expect(verifyProgram(statement, proof)).toEqual({ ok: true });
    expect(verifyProgram({ ...statement, compiled }, proof)).toMatchObject({ ok: false });
  });
});

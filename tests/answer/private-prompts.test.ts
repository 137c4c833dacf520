/**
 * Private prompts, whole proofs: accepted, and nothing but the length of a prompt shows, neither in what leaves the prover nor in
 * what he is told; a verifier who knows a prompt is told that the proof does not say it.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeAnswer, encodeAnswer, type Answer } from '../../src/answer/envelope.ts';
import {
  MAX_PRIVATE_TOKENS,
  passOf,
  type AnswerStatement,
  type Sequence,
} from '../../src/answer/statement.ts';
import { answerStatement, verifyAnswer } from '../../src/answer/verify.ts';
import { executePass, programWitness } from '../../src/graph/lower-witness.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import { keyOf } from '../../src/prover/commit-model.ts';
import type { AnswerRequest } from '../../src/prover/prove-answer.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import { answeringModel, type AnsweringModel } from '../support/answers.ts';
import { testSource } from '../support/linear.ts';
import { refusal } from '../support/refusal.ts';

let made: AnsweringModel;
beforeAll(async () => {
  made = await answeringModel();
}, 120_000);
afterAll(() => made.close());

const continued = (prompt: readonly number[], maxTokens: number): readonly number[] =>
  made.continued(prompt, maxTokens);
const verify = (...args: [Uint8Array, object?]) => verifyAnswer(made.committed.keyBytes, ...args);
const prove = (...sequences: AnswerRequest['sequences']) => made.prove({ sequences });
const hidden = (prompt: readonly number[], completion: readonly number[]) =>
  ({ prompt, completion, privatePrompt: true }) as const;

/** Two prompts of distinct large ids, of one length and with one continuation. */
function twins(): { readonly prompts: [number[], number[]]; readonly completion: readonly number[] } {
  const seen = new Map<string, number[]>();
  for (let i = 0; i < 200; i++) {
    const prompt = [199 - i, 201 + (i % 60), 150 + (i % 7), 260 - (i % 50)].map((id) => Math.abs(id));
    const completion = continued(prompt, 2);
    const other = seen.get(completion.join());
    if (other !== undefined) return { prompts: [other, prompt], completion };
    seen.set(completion.join(), prompt);
  }
  throw new Error('expected two prompts with one continuation');
}

/** How ids could be written: words, halves, in Montgomery form; and as text. */
function writings(ids: readonly number[]): Buffer[] {
  const p = 2n ** 31n - 2n ** 24n + 1n;
  const montgomery = Uint32Array.from(ids, (id) => Number((BigInt(id) << 32n) % p));
  return [Uint32Array.from(ids), Uint16Array.from(ids), Uint8Array.from(ids), montgomery].map((list) =>
    Buffer.from(list.buffer, list.byteOffset, list.byteLength),
  );
}
const isIn = (bytes: Uint8Array, ids: readonly number[]): boolean =>
  writings(ids).some((pattern) => Buffer.from(bytes).includes(pattern));

describe('a private prompt', () => {
  test('is proven, beside public ones and in any order, with the tokens that the model chooses', () => {
    const [a, b, c] = [[72, 101], [10, 20, 30], [271]];
    const sequences = [
      hidden(a, continued(a, 3)),
      { prompt: b, completion: continued(b, 2) },
      hidden(c, continued(c, 1)),
    ];
    const { bytes } = prove(...sequences);
    const verdict = verify(bytes, {
      completions: sequences.map(({ completion }) => completion),
    });
    expect(verdict).toMatchObject({ ok: true });
    const { sequences: shown } = (verdict as { statement: AnswerStatement }).statement;
    expect(shown.map(({ prompt }) => prompt)).toEqual([{ privateTokens: 2 }, b, { privateTokens: 1 }]);
  });

  test('shows in nothing: statements of two are equal, and no bytes of ids in either file', () => {
    const { prompts, completion } = twins();
    const proofs = prompts.map((prompt) => prove(hidden(prompt, completion)));
    proofs.forEach(({ bytes }) => expect(verify(bytes).ok).toBe(true));
    const [a, b] = proofs as [(typeof proofs)[0], (typeof proofs)[0]];
    const without = ({ answer }: typeof a): Uint8Array =>
      encodeAnswer({ ...answer, proof: new Uint8Array(0) });
    expect(without(a)).toEqual(without(b));
    expect(a.answer.proof).not.toEqual(b.answer.proof);
    prompts.forEach((prompt) => proofs.forEach(({ bytes }) => expect(isIn(bytes, prompt)).toBe(false)));
    // The search finds what is there.
    const open = prove({ prompt: prompts[0], completion });
    expect(isIn(open.bytes, prompts[0])).toBe(true);
  });

  test('is told to nobody by what is refused', () => {
    const prompt = [222, 233, 244];
    const honest = continued(prompt, 2);
    const lie = [honest[0]!, (honest[1]! + 1) % 272];
    const told = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return `${(error as Error).message} ${JSON.stringify(error)} ${(error as Error).stack}`;
      }
      throw new Error('expected a refusal');
    };
    const messages = [
      told(() => prove(hidden(prompt, lie))),
      told(() => prove(hidden([...prompt, 273], [1]))),
      told(() => prove(hidden([...prompt, -1], [1]))),
      told(() => prove(hidden(new Array<number>(200).fill(222), [1]))),
    ];
    expect(messages[0]).toContain("token 1: expected the model's choice, got");
    for (const message of messages) {
      for (const id of [...prompt, honest[1]!, 273].filter((id) => id !== lie[1] && id !== 1)) {
        expect(message).not.toMatch(new RegExp(`(?:^|[^\\d:])${id}(?!\\d)`));
      }
    }
  });

  test('that is changed in length, or opened, is another statement', () => {
    const prompt = [72, 101];
    const { answer } = prove(hidden(prompt, continued(prompt, 2)));
    const withPrompt = (changed: Sequence['prompt']): Answer => {
      const [sequence] = answer.statement.sequences as [Sequence];
      return {
        ...answer,
        statement: { ...answer.statement, sequences: [{ ...sequence, prompt: changed }] },
      };
    };
    expect(verify(encodeAnswer(withPrompt({ privateTokens: 2 }))).ok).toBe(true);
    for (const other of [{ privateTokens: 1 }, { privateTokens: 3 }, prompt, [0, 0]]) {
      expect(verify(encodeAnswer(withPrompt(other))).ok).toBe(false);
    }
    const verdict = verify(encodeAnswer(answer), { prompts: [prompt] });
    expect(verdict).toMatchObject({
      code: 'PROMPT',
      detail: 'expected the given prompt, got a proof that keeps its prompt private',
    });
  });

  test('of another answer proves nothing: the completion of one prompt behind the witness of another', () => {
    const [mine, yours] = [
      [72, 101],
      [5, 9],
    ];
    const [honest, other] = [continued(mine, 2), continued(yours, 2)];
    expect(honest).not.toEqual(other);
    const { kernels, model, committed, weights } = made;
    const { key, digest } = keyOf(model, committed);
    const claimed: AnswerStatement = {
      model: digest,
      sequences: [{ prompt: { privateTokens: 2 }, completion: other }],
      choice: 'greedy',
      context: new Uint8Array(0),
    };
    // The proof is made as usual: an execution of my prompt under the claim about yours.
    const attempt = (ids: readonly number[]): Answer => {
      const { parameters } = prove(hidden(yours, other)).answer;
      const program = answerStatement(key, claimed, parameters);
      const pass = passOf(model.graph, claimed);
      const run = executePass(model.graph, weights, pass, {}, { privateTokens: ids });
      const witness = programWitness(model.graph, program.compiled.program, run);
      const source = testSource(kernels.ext, 4);
      const proof = proveProgram(kernels, program, [committed.groups[0]!.owned], source, witness);
      return { statement: claimed, parameters, proof };
    };
    expect(verify(encodeAnswer(attempt(yours))).ok).toBe(true);
    let refused: boolean;
    try {
      refused = !verify(encodeAnswer(attempt(mine))).ok;
    } catch {
      refused = true; // no witness of what is claimed
    }
    expect(refused).toBe(true);
  });
});

describe('statements with private prompts', () => {
  const base = { model: new Uint8Array(32), choice: 'greedy', context: new Uint8Array(0) } as const;
  const passFor = (...prompts: Sequence['prompt'][]) =>
    passOf(made.model.graph, { ...base, sequences: prompts.map((prompt) => ({ prompt, completion: [7] })) });

  test('rows of private prompts have no ids, and what fills up is public', () => {
    const { tokens, rows } = passFor({ privateTokens: 11 });
    expect(rows).toBe(12);
    expect(tokens).toEqual([...new Array<number>(11).fill(PRIVATE_TOKEN), 0]);
    expect(passFor(new Array<number>(11).fill(9)).tokens).toEqual(new Array(12).fill(9));
  });

  test('lengths that are none, too many tokens, and ids that stand for private ones are refused', () => {
    const refusedFor = (...prompts: Sequence['prompt'][]) => refusal(() => passFor(...prompts));
    for (const privateTokens of [0, -1, 0.5, NaN, MAX_PRIVATE_TOKENS + 1]) {
      expect(refusedFor({ privateTokens })).toBe('STATEMENT');
    }
    const half = { privateTokens: MAX_PRIVATE_TOKENS / 2 };
    expect(refusedFor(half, half, { privateTokens: 1 })).toBe('STATEMENT');
    expect(refusedFor([3, PRIVATE_TOKEN])).toBe('STATEMENT');
    expect(refusedFor([])).toBe('STATEMENT');
  });

  test('bytes: the kind of each prompt, and no other kind', () => {
    const { parameters } = made.committed.key.weights[0]!;
    const sequences = [
      { prompt: { privateTokens: 5 }, completion: [1, 2] },
      { prompt: [3], completion: [4] },
    ];
    const revealed = [{ sequence: 0, position: 1, values: Int32Array.of(1, -2, 3) }];
    const statement = { ...base, sequences, revealed };
    const bytes = encodeAnswer({ statement, parameters, proof: Uint8Array.of(9) });
    expect(decodeAnswer(bytes)).toMatchObject({ statement, proof: Uint8Array.of(9) });
    // magic, version, model, choice, context, number of sequences
    const kind = 8 + 4 + 32 + 4 + 4 + 4;
    expect(new DataView(bytes.buffer).getUint32(kind, true)).toBe(1);
    const other = bytes.slice();
    other[kind] = 2;
    expect(refusal(() => decodeAnswer(other))).toBe('STATEMENT');
    const older = bytes.slice();
    older[8] = 1;
    expect(refusal(() => decodeAnswer(older))).toBe('VERSION');
  });
});

/** Logits that a statement shows: those that the model computes, of the tokens that they are said to be of, and no others. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeAnswer, type Answer } from '../../src/answer/envelope.ts';
import { passOf, type RevealedLogits } from '../../src/answer/statement.ts';
import { verifyAnswer } from '../../src/answer/verify.ts';
import { P } from '../../src/field/koalabear.ts';
import { execute } from '../../src/graph/index.ts';
import type { ArgmaxNode } from '../../src/ops/argmax/shape.ts';
import { answeringModel, type AnsweringModel } from '../support/answers.ts';
import { proofError, refusal } from '../support/refusal.ts';

const CHOICE = { seed: new Uint8Array(32).fill(3), temperature: 900 };
const PROMPTS = [
  [72, 101, 30],
  [9, 8],
];
const REVEAL = [
  { sequence: 0, position: 1 },
  { sequence: 1, position: 0 },
  { sequence: 1, position: 2 },
];

let made: AnsweringModel;
let completions: readonly (readonly number[])[];
let answer: Answer;
beforeAll(async () => {
  made = await answeringModel();
  completions = PROMPTS.map((prompt) => made.continued(prompt, 3, CHOICE));
  const sequences = PROMPTS.map((prompt, s) => ({
    prompt,
    completion: completions[s]!,
    privatePrompt: s === 1,
  }));
  ({ answer } = made.prove({ sequences, choice: CHOICE, reveal: REVEAL }));
}, 180_000);
afterAll(() => made.close());

const verify = (of: Answer) => verifyAnswer(made.committed.keyBytes, encodeAnswer(of));
const withRevealed = (change: (revealed: RevealedLogits[]) => RevealedLogits[]): Answer => ({
  ...answer,
  statement: { ...answer.statement, revealed: change([...answer.statement.revealed!]) },
});
const changed = (by: (values: Int32Array) => void, at = 0): Answer =>
  withRevealed((revealed) => {
    const values = Int32Array.from(revealed[at]!.values);
    by(values);
    revealed[at] = { ...revealed[at]!, values };
    return revealed;
  });

describe('revealed logits', () => {
  test('are those of the executor, before noise, behind public and private prompts', () => {
    expect(verify(answer)).toMatchObject({ ok: true });
    const { graph } = made.model;
    const { input } = graph.nodes.find(({ name }) => name === graph.output) as ArgmaxNode;
    REVEAL.forEach(({ sequence, position }, i) => {
      const tokens = [...PROMPTS[sequence]!, ...completions[sequence]!.slice(0, position)];
      const { tensors } = execute(graph, made.weights, { tokens });
      const values = Array.from(answer.statement.revealed![i]!.values);
      expect(values).toEqual(Array.from(tensors.get(input)!.data));
      expect(values).toHaveLength(272);
      expect(new Set(values).size).toBeGreaterThan(50);
    });
  });

  test('that are others are refused: one step, two swapped, of another token, one left out', () => {
    expect(verify(changed(() => {})).ok).toBe(true);
    const lies = [
      changed((values) => (values[271]! += 1)),
      changed((values) => (values[0]! -= 1), 2),
      changed((values) => values.reverse()),
      withRevealed(([a, ...rest]) => [{ ...a!, position: 2 }, ...rest]),
      withRevealed(([a, b, c]) => [a!, { ...b!, values: c!.values }, { ...c!, values: b!.values }]),
      withRevealed((revealed) => revealed.slice(1)),
      withRevealed(() => []),
    ];
    for (const lie of lies) expect(verify(lie).ok).toBe(false);
  });

  test('have one form: ascending positions, balanced residues, one width', () => {
    const refused = (of: Answer): string => refusal(() => passOf(made.model.graph, of.statement));
    const wrong = [
      withRevealed(([a, b, c]) => [b!, a!, c!]),
      withRevealed(([a, b, c]) => [a!, a!, b!, c!]),
      withRevealed(([a]) => [{ ...a!, sequence: 2 }]),
      withRevealed(([a]) => [{ ...a!, position: 3 }]),
      withRevealed(([a, b]) => [
        { ...a!, values: [...Array.from(a!.values), 0] },
        { ...b!, values: Array.from(b!.values).slice(1) },
      ]),
      // The same residue, another integer.
      changed((values) => (values[5]! += values[5]! > 0 ? -P : P)),
    ];
    for (const of of wrong) {
      expect(refused(of)).toBe('STATEMENT');
      expect(verify(of).ok).toBe(false);
    }
    expect(refused(withRevealed(([a]) => [{ ...a!, position: -1 }]))).toBe('STATEMENT');
    const strange = withRevealed(([a]) => [{ ...a!, sequence: 2 }]).statement;
    expect(proofError(() => passOf(made.model.graph, strange)).detail).toBe('expected a sequence, got 2');
    const short = withRevealed(([a]) => [{ ...a!, values: Array.from(a!.values).slice(1) }]);
    expect(verify(short)).toMatchObject({ ok: false, code: 'PASS_VALUES' });
  });

  test('of no token are refused before anything is spent', () => {
    const [prompt, completion] = [PROMPTS[0]!, completions[0]!];
    for (const at of [
      { sequence: 0, position: 3 },
      { sequence: 1, position: 0 },
    ]) {
      const request = { sequences: [{ prompt, completion }], choice: CHOICE, reveal: [at] };
      expect(() => made.prove(request)).toThrow('reveal: expected a token of a completion');
    }
  });
});

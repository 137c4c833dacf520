/** What parties agreed on before an answer, compared with what its statement says. */
import { refuse } from '../errors/proof-error.ts';
import { sameBytes } from '../hash/words.ts';
import { isPrivate, type AnswerStatement } from './statement.ts';

/** What the caller already knows and a statement must agree with. Absent: anything. */
export interface Agreed {
  /** Ids of all prompts, of all completions. */
  readonly prompts?: readonly (readonly number[])[];
  readonly completions?: readonly (readonly number[])[];
  readonly context?: Uint8Array;
}

/** @throws ProofError `PROMPT`, `COMPLETION`, `CONTEXT` for a statement about others than the caller expects */
export function checkAgreed({ sequences, context }: AnswerStatement, expected: Agreed): void {
  const { prompts, completions } = expected;
  if (prompts !== undefined) {
    const own = sequences.map(({ prompt }) =>
      isPrivate(prompt)
        ? refuse(
            'PROMPT',
            'proof file',
            'expected the given prompt, got a proof that keeps its prompt private',
          )
        : prompt,
    );
    if (differ(prompts, own)) {
      refuse('PROMPT', 'proof file', 'expected the given prompt, got a proof about another');
    }
  }
  const own = sequences.map(({ completion }) => completion);
  if (completions !== undefined && differ(completions, own)) {
    refuse('COMPLETION', 'proof file', 'expected the given completion, got a proof about another');
  }
  if (expected.context !== undefined && !sameBytes(expected.context, context)) {
    refuse('CONTEXT', 'proof file', 'expected the given context, got a proof about another');
  }
}

function differ(lists: readonly (readonly number[])[], own: readonly (readonly number[])[]): boolean {
  return lists.length !== own.length || own.some((ids, s) => !sameIds(lists[s] as readonly number[], ids));
}

function sameIds(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, i) => id === b[i]);
}

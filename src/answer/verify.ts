/** Verifies an answer: bytes of a key and of a proof file in, a verdict and what was proven out. Never throws. */
import { refuse } from '../errors/proof-error.ts';
import { quintic } from '../field/quintic.ts';
import { lowerGraph } from '../graph/lower.ts';
import { sameBytes } from '../hash/words.ts';
import type { GroupKey } from '../pcs/key.ts';
import { verdictOf, type Verdict } from '../pcs/linear-verify.ts';
import { sameColumnCode, type Parameters } from '../params/parameters.ts';
import { compileProgram } from '../relation/compile.ts';
import { requireProgramStatement, type ProgramStatement } from '../relation/statement.ts';
import { verifyProgram } from '../relation/verify.ts';
import { checkAgreed, type Agreed } from './agreed.ts';
import { decodeAnswer } from './envelope.ts';
import { decodeModelKey, modelDigest, type ModelKey } from './key.ts';
import { answerContext, passOf, type AnswerStatement } from './statement.ts';

/** What the caller already knows and a proof must agree with. Absent: anything. */
export interface Expectations extends Agreed {
  /** 32 bytes: digest of the key that was agreed on. */
  readonly model?: Uint8Array;
}

/** A verdict with what was proven, where it was. */
export type AnswerVerdict =
  | { readonly ok: true; readonly statement: AnswerStatement; readonly key: ModelKey }
  | Extract<Verdict, { ok: false }>;

/**
 * Whether a proof file convinces, under a key, of what it says.
 *
 * @param key bytes of a model's key, @param file bytes of a proof file
 * @example
 * const verdict = verifyAnswer(keyBytes, proofBytes, { model: agreedDigest });
 * if (verdict.ok) console.log(verdict.statement.sequences[0].completion);
 */
export function verifyAnswer(key: Uint8Array, file: Uint8Array, expected: Expectations = {}): AnswerVerdict {
  let result: AnswerVerdict | undefined;
  const checked = verdictOf(() => {
    checkBytes('key', key);
    checkBytes('proof file', file);
    const keyBytes = key.slice(); // read twice: what is digested must be what was decoded
    const modelKey = decodeModelKey(keyBytes);
    const { statement, parameters, proof } = decodeAnswer(file.slice());
    const digest = modelDigest(keyBytes);
    if (!sameBytes(digest, statement.model)) refuse('MODEL', 'proof file', 'expected a proof about this key');
    if (expected.model !== undefined && !sameBytes(expected.model, digest)) {
      refuse('MODEL', 'key', 'expected the agreed digest, got a key of another');
    }
    checkAgreed(statement, expected);
    const verdict = verifyProgram(answerStatement(modelKey, statement, parameters), proof);
    result = verdict.ok ? { ok: true, statement, key: modelKey } : verdict;
  });
  return checked.ok ? (result as AnswerVerdict) : checked;
}

/**
 * The statement of a program that an answer comes to: the graph lowered by this library, whatever anybody says.
 *
 * @throws ProofError as `passOf`, `lowerGraph`; `STATEMENT` for parameters that do not fit the key
 */
export function answerStatement(
  { graph, weights, groupCells }: ModelKey,
  statement: AnswerStatement,
  parameters: Parameters,
): ProgramStatement {
  // Before the program is made, which is the work. All groups of a key have one code.
  if (!sameColumnCode((weights[0] as GroupKey).parameters, parameters)) {
    refuse('STATEMENT', 'proof file', 'parameters: expected profile and column code of the key, got others');
  }
  const compiled = compileProgram(quintic, lowerGraph(graph, passOf(graph, statement), groupCells));
  const groups = weights.map(({ group }) => group);
  const program = { parameters, compiled, groups, context: answerContext(statement) };
  requireProgramStatement(program, 'proof file');
  return program;
}

function checkBytes(what: string, bytes: Uint8Array): void {
  if (!(bytes instanceof Uint8Array)) refuse('FORMAT', what, 'expected bytes, got something else');
}

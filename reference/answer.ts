/**
 * Whole answers: bytes of a key and of a proof file in, a verdict out. spec/answers.md. Everything that a sceptic needs: the
 * program is lowered here, by this folder's own operators and tables.
 */
import type { Algebra } from './algebra.ts';
import { equalBytes } from './bytes.ts';
import { compile } from './compiled.ts';
import { endFile, openFile, readBlock, readBytes, readNumbers, readU32 } from './files.ts';
import { checkSet } from './gate.ts';
import type { Graph } from './graph-file.ts';
import { at, range } from './lists.ts';
import { checkProgram as checkLookups } from './lookup-program.ts';
import { lower } from './lower.ts';
import { decodeModelKey, modelDigest, type ModelKey } from './model-key.ts';
import { decodeParameters, type ParameterSet } from './parameter-set.ts';
import type { Choice, Pass } from './pass.ts';
import { verifyProgram, type ProgramStatement } from './programs.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { digestOfLeaves } from './statement.ts';

export interface AnswerStatement {
  /** Digest of the key. */
  readonly model: Uint8Array;
  readonly sequences: readonly {
    readonly prompt: readonly number[];
    readonly completion: readonly number[];
  }[];
  readonly choice: Choice;
  readonly context: Uint8Array;
}

export interface Answer {
  readonly statement: AnswerStatement;
  readonly parameters: ParameterSet;
  readonly proof: Uint8Array;
}

/** What a verifier knows already. */
export interface Expectations {
  readonly model?: Uint8Array;
  readonly prompts?: readonly (readonly number[])[];
  readonly completions?: readonly (readonly number[])[];
  readonly context?: Uint8Array;
}

/** Whether a proof file convinces, under a key, of what it says. */
export function verifyAnswer(
  K: Algebra,
  keyBytes: Uint8Array,
  file: Uint8Array,
  expected: Expectations = {},
): Verdict {
  return verdictOf(() => {
    const key = decodeModelKey(keyBytes);
    const { statement, parameters, proof } = decodeAnswer(file);
    require(equalBytes(statement.model, modelDigest(keyBytes)), 'MODEL', 'about another key');
    checkExpectations(statement, expected);
    const verdict = verifyProgram(K, programStatement(K, key, statement, parameters), proof);
    if (!verdict.ok) refuse(verdict.code, 'proof');
  });
}

/** Section 3. */
export function decodeAnswer(file: Uint8Array): Answer {
  const from = openFile(file, 'zkdl-ans');
  const model = readBytes(from, 32);
  const kind = readU32(from);
  require(kind <= 1, 'STATEMENT', `choice ${kind}`);
  const choice = kind === 0 ? 'greedy' : { seed: readBytes(from, 32), temperature: readU32(from) };
  const context = readBlock(from);
  require(context.length <= 2 ** 16, 'STATEMENT', `context of ${context.length} bytes`);
  const count = readU32(from);
  require(count >= 1 && count <= 4096, 'STATEMENT', `${count} sequences`);
  const sequences = range(count).map(() => ({ prompt: readNumbers(from), completion: readNumbers(from) }));
  const parameters = decodeParameters(readBlock(from));
  checkSet(parameters);
  const proof = readBlock(from);
  endFile(from);
  return { statement: { model, sequences, choice, context }, parameters, proof };
}

function checkExpectations({ model, sequences, context }: AnswerStatement, expected: Expectations): void {
  const same = (a: readonly (readonly number[])[] | undefined, b: readonly (readonly number[])[]): boolean =>
    a === undefined || JSON.stringify(a) === JSON.stringify(b);
  const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
    a === undefined || equalBytes(a, b);
  require(sameBytes(expected.model, model), 'MODEL', 'another key than agreed');
  require(same(expected.prompts, sequences.map(({ prompt }) => prompt)), 'PROMPT', 'another prompt'); // prettier-ignore
  require(same(expected.completions, sequences.map(({ completion }) => completion)), 'COMPLETION', 'another completion'); // prettier-ignore
  require(sameBytes(expected.context, context), 'CONTEXT', 'another context');
}

/** Section 2, "The pass": a row for every token but the last of each completion, then rows that fill up. */
export function passOf(graph: Graph, { sequences, choice }: AnswerStatement): Pass {
  const [tokens, starts, emit, choices]: number[][] & [number[], number[], number[], number[]] = [[], [], [], []]; // prettier-ignore
  for (const { prompt, completion } of sequences) {
    require(prompt.length >= 1 && completion.length >= 1, 'STATEMENT', 'a token of prompt and completion');
    starts.push(tokens.length);
    emit.push(...completion.map((_, i) => tokens.length + prompt.length - 1 + i));
    choices.push(...completion);
    tokens.push(...prompt, ...completion.slice(0, -1));
  }
  let rows = tokens.length;
  while (onesOf(rows) > 2) rows++;
  for (let start = tokens.length; start < rows; start += graph.context) starts.push(start);
  while (tokens.length < rows) tokens.push(at(tokens, 0));
  return { rows, tokens, starts, emit, choice, choices: { [graph.output]: choices }, revealed: [] };
}

/** Binary digits 1. */
function onesOf(n: number): number {
  return [...n.toString(2)].filter((digit) => digit === '1').length;
}

/** Section 2, "Program". */
export function programStatement(
  K: Algebra,
  { graph, weights }: ModelKey,
  statement: AnswerStatement,
  parameters: ParameterSet,
): ProgramStatement {
  const program = lower(graph, passOf(graph, statement));
  const { lookups } = compile(program);
  if (lookups !== undefined) checkLookups(K.p, lookups);
  const { code, profile } = weights.parameters;
  const same =
    code.logData === parameters.code.logData &&
    code.padLength === parameters.code.padLength &&
    code.queries === parameters.code.queries &&
    profile.id === parameters.profile.id;
  require(same, 'STATEMENT', 'profile and column code of the key');
  const context = digestOfLeaves('zkdl answer 1', [
    ['model', 'digest', statement.model],
    ['context', 'bytes', statement.context],
  ]);
  return { parameters, program, groups: [weights.group], context };
}

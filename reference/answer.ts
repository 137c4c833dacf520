/**
 * Whole answers: bytes of a key and of a proof file in, a verdict out. spec/answers.md. Everything that a sceptic needs: the
 * program is lowered here, by this folder's own operators and tables.
 */
import type { Algebra } from './algebra.ts';
import { equalBytes } from './bytes.ts';
import { compile } from './compiled.ts';
import { endFile, openFile, readBlock, readBytes, readNumbers, readSigned, readU32, type Reader } from './files.ts'; // prettier-ignore
import { checkSet } from './gate.ts';
import { nameOf, type Graph } from './graph-file.ts';
import { HALF } from './intervals.ts';
import { at, range, total } from './lists.ts';
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
    /** Ids, or how many there are. */
    readonly prompt: readonly number[] | { readonly privateTokens: number };
    readonly completion: readonly number[];
  }[];
  readonly choice: Choice;
  readonly context: Uint8Array;
  readonly revealed: readonly Logits[];
}

/** Where a token of a completion was chosen, all logits. */
export interface Logits {
  readonly sequence: number;
  readonly position: number;
  readonly values: readonly number[];
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
  const from = openFile(file, 'zkdl-ans', 2);
  const model = readBytes(from, 32);
  const kind = readU32(from);
  require(kind <= 1, 'STATEMENT', `choice ${kind}`);
  const choice = kind === 0 ? 'greedy' : { seed: readBytes(from, 32), temperature: readU32(from) };
  const context = readBlock(from);
  require(context.length <= 2 ** 16, 'STATEMENT', `context of ${context.length} bytes`);
  const count = readU32(from);
  require(count >= 1 && count <= 4096, 'STATEMENT', `${count} sequences`);
  const sequences = range(count).map(() => ({ prompt: readPrompt(from), completion: readNumbers(from) }));
  const shown = readU32(from);
  require(shown <= total(sequences.map(({ completion }) => completion.length)), 'STATEMENT', `${shown} positions`); // prettier-ignore
  const revealed = range(shown).map(() => ({ sequence: readU32(from), position: readU32(from), values: readSigned(from) })); // prettier-ignore
  const parameters = decodeParameters(readBlock(from));
  checkSet(parameters);
  const proof = readBlock(from);
  endFile(from);
  return { statement: { model, sequences, choice, context, revealed }, parameters, proof };
}

function readPrompt(from: Reader): AnswerStatement['sequences'][number]['prompt'] {
  const kind = readU32(from);
  require(kind <= 1, 'STATEMENT', `prompt of kind ${kind}`);
  return kind === 0 ? readNumbers(from) : { privateTokens: readU32(from) };
}

export function checkExpectations(
  { model, sequences, context }: AnswerStatement,
  expected: Expectations,
): void {
  const same = (a: readonly (readonly number[])[] | undefined, b: readonly (readonly number[])[]): boolean =>
    a === undefined || JSON.stringify(a) === JSON.stringify(b);
  const sameBytes = (a: Uint8Array | undefined, b: Uint8Array): boolean =>
    a === undefined || equalBytes(a, b);
  require(sameBytes(expected.model, model), 'MODEL', 'another key than agreed');
  const prompts = sequences.flatMap(({ prompt }) => ('privateTokens' in prompt ? [] : [prompt]));
  const open = expected.prompts === undefined || prompts.length === sequences.length;
  require(open && same(expected.prompts, prompts), 'PROMPT', 'another prompt, or a private one');
  require(same(expected.completions, sequences.map(({ completion }) => completion)), 'COMPLETION', 'another completion'); // prettier-ignore
  require(sameBytes(expected.context, context), 'CONTEXT', 'another context');
}

/** Section 2, "The pass": a row for every token but the last of each completion, then rows that fill up. */
export function passOf(graph: Graph, { sequences, choice, revealed }: AnswerStatement): Pass {
  const [starts, emit, choices]: [number[], number[], number[]] = [[], [], []];
  const tokens: (number | null)[] = [];
  checkPrompts(sequences);
  for (const { prompt, completion } of sequences) {
    require(completion.length >= 1, 'STATEMENT', 'a token of completion');
    starts.push(tokens.length);
    const ids = 'privateTokens' in prompt ? range(prompt.privateTokens).map(() => null) : prompt;
    for (const id of [...ids, ...completion.slice(0, -1)]) tokens.push(id);
    completion.forEach((id, i) => {
      emit.push(tokens.length - completion.length + i);
      choices.push(id);
    });
  }
  let rows = tokens.length;
  while (onesOf(rows) > 2) rows++;
  for (let start = tokens.length; start < rows; start += graph.context) starts.push(start);
  const filler = tokens[0] ?? 0;
  while (tokens.length < rows) tokens.push(filler);
  const shown = revealed.length === 0 ? [] : [shownRows(graph, sequences, revealed)];
  return { rows, tokens, starts, emit, choice, choices: { [graph.output]: choices }, revealed: shown };
}

/** "Private prompts": a token each, of private ones not too many. */
function checkPrompts(sequences: AnswerStatement['sequences']): void {
  let hidden = 0;
  for (const { prompt } of sequences) {
    if ('privateTokens' in prompt) {
      const { privateTokens: count } = prompt;
      require(Number.isInteger(count) && count >= 1, 'STATEMENT', 'a token of prompt');
      hidden += count;
      require(hidden <= 2 ** 17, 'STATEMENT', `${hidden} private tokens`);
    } else {
      require(prompt.length >= 1 && prompt.every((id) => id >= 0), 'STATEMENT', 'ids of prompt');
    }
  }
}

/** "Revealed logits", as rows of the input of what chooses. */
function shownRows(
  graph: Graph,
  sequences: AnswerStatement['sequences'],
  revealed: AnswerStatement['revealed'],
): Pass['revealed'][number] {
  const lengths = sequences.map(({ completion }) => completion.length);
  const width = at(revealed, 0).values.length;
  const rows = revealed.map(({ sequence, position }) => {
    require(position < (lengths[sequence] ?? 0), 'STATEMENT', `logits at ${sequence}, ${position}`);
    return total(lengths.slice(0, sequence)) + position;
  });
  require(rows.every((row, i) => i === 0 || row > at(rows, i - 1)), 'STATEMENT', 'ascending positions'); // prettier-ignore
  for (const { values } of revealed) {
    require(values.length === width, 'STATEMENT', `${values.length} logits`);
    require(values.every((value) => Math.abs(value) <= Number(HALF)), 'STATEMENT', 'balanced residues');
  }
  const output = graph.nodes.find(({ name }) => name === graph.output);
  if (output === undefined) return refuse('GRAPH_OUTPUT', graph.output);
  return { node: nameOf(output, 'input'), rows, values: revealed.flatMap(({ values }) => values) };
}

/** Binary digits 1. */
function onesOf(n: number): number {
  return [...n.toString(2)].filter((digit) => digit === '1').length;
}

/** Section 2, "Program". */
export function programStatement(
  K: Algebra,
  { graph, weights, most }: ModelKey,
  statement: AnswerStatement,
  parameters: ParameterSet,
): ProgramStatement {
  const { code, profile } = at(weights, 0).parameters; // one for all groups
  const same =
    code.logData === parameters.code.logData &&
    code.padLength === parameters.code.padLength &&
    code.queries === parameters.code.queries &&
    profile.id === parameters.profile.id;
  require(same, 'STATEMENT', 'profile and column code of the key');
  const program = lower(graph, passOf(graph, statement), most);
  const { lookups } = compile(program);
  if (lookups !== undefined) checkLookups(K.p, lookups);
  const context = contextOf(statement);
  return { parameters, program, groups: weights.map(({ group }) => group), context };
}

/** Of the proof of an answer. */
export function contextOf({ model, context }: AnswerStatement): Uint8Array {
  return digestOfLeaves('zkdl answer 1', [
    ['model', 'digest', model],
    ['context', 'bytes', context],
  ]);
}

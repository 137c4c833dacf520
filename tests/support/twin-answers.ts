/** Whole answers of small models: keys and proof files, honest and not, and both verdicts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as twin from '../../reference/answer.ts';
import { encodeAnswer } from '../../src/answer/envelope.ts';
import { encodeModelLink, linkContext } from '../../src/answer/link.ts';
import { answerContext, passOf, type AnswerStatement } from '../../src/answer/statement.ts';
import { verifyAnswer, type Expectations } from '../../src/answer/verify.ts';
import { quintic } from '../../src/field/quintic.ts';
import { generate, integerSession } from '../../src/graph/index.ts';
import { executePass, programWitness } from '../../src/graph/lower-witness.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import type { Choice } from '../../src/graph/session.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { completeInstance } from '../../src/params/choose.ts';
import { linkInstance } from '../../src/params/instance.ts';
import { commitModel, type CommittedModel } from '../../src/prover/commit-model.ts';
import { proveAnswer, type AnswerRequest } from '../../src/prover/prove-answer.ts';
import { closeGroups } from '../../src/prover/weight-groups.ts';
import type { QuantizedModel } from '../../src/quantize/model.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { programInstance } from '../../src/relation/plan.ts';
import type { Program } from '../../src/relation/program.ts';
import { proveProgram } from '../../src/relation/prove.ts';
import { linkStored, openHome, storeNextEpoch } from '../../src/store/index.ts';
import { unmeasured } from '../../tools/random-model/unmeasured.ts';
import type { AnswerModel } from './answer-models.ts';
import { testSource } from './linear.ts';
import { twinField, wordOf } from './twin.ts';

/** What both verifiers say. */
export function bothWords(key: Uint8Array, file: Uint8Array, expected: Expectations = {}): [string, string] {
  return [
    wordOf(() => verifyAnswer(key, file, expected)),
    wordOf(() => twin.verifyAnswer(twinField(quintic), key, file, expected)),
  ];
}

/** What is asked of a model: prompts, how many tokens behind each, the rule. */
export interface Request {
  readonly prompts: readonly (readonly number[])[];
  readonly tokens: number;
  readonly choice: Choice;
  /** Indices of private prompts. Default: none. */
  readonly hidden?: readonly number[];
  /** Positions of completions with logits. Default: none. */
  readonly reveal?: AnswerRequest['reveal'];
}

/** A committed model that answers. */
export interface Answering {
  readonly key: Uint8Array;
  /** The proof file of its own answer. */
  answer(request: Request): Uint8Array;
  /** The same answer, proven by an owner who leaves a relation out of his program. */
  answerWithout(request: Request, relation: (name: string) => boolean): Uint8Array;
  /** A link to a next epoch of the key, another one each time. */
  link(): Uint8Array;
  close(): void;
}

/** @param groupCells of the weights' groups. Default: one group */
export function answering(
  kernels: Kernels,
  { graph, weights, vocabulary }: Omit<AnswerModel, 'weights'> & Pick<QuantizedModel, 'weights'>,
  groupCells = Infinity,
): Answering {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-twin-'));
  const model: QuantizedModel = { graph, weights, info: unmeasured(vocabulary, 'a test', [1]) };
  const home = openHome(join(folder, 'home'));
  const committed = commitModel(kernels, home, join(folder, 'W'), model, {
    minProofs: 3,
    tokens: 6,
    groupCells,
  });
  const weightsOf = (name: string) => weights.get(name) as Int16Array | Int32Array;
  const chosen = ({ prompts, tokens, choice, hidden = [], reveal = [] }: Request): AnswerRequest => {
    const sequences = prompts.map((prompt, s) => {
      const session = integerSession(graph, weightsOf);
      const completion = generate(graph, session, { prompt, maxTokens: tokens, choice });
      return { prompt, completion, privatePrompt: hidden.includes(s) };
    });
    return { sequences, choice, context: new Uint8Array([1, 2, 3]), reveal };
  };
  let epochs = 0;
  return {
    key: committed.keyBytes,
    answer: (request) => proveAnswer(kernels, home, { model, ...committed }, chosen(request)).bytes,
    answerWithout(request, left) {
      const statement = { ...chosen(request), model: committed.digest };
      const pass = passOf(graph, statement);
      const program = lowerGraph(graph, pass, groupCells);
      const relations = program.relations.filter(({ name }) => !left(name));
      if (relations.length !== program.relations.length - 1) throw new Error('expected one relation');
      const used = new Set(relations.map((relation) => (relation.kind === 'lookup' ? relation.table : '')));
      const tables = program.tables.filter(({ name }) => used.has(name));
      const less = { ...program, relations, tables };
      return proveOwn(
        kernels,
        committed,
        statement,
        less,
        programWitness(graph, less, executePass(graph, weightsOf, pass)),
      );
    },
    link() {
      const { groups: all, digest } = committed;
      const epoch = ++epochs;
      const next = all.map((older, g) =>
        storeNextEpoch(kernels, home, older, join(folder, `W.${epoch}-${g}`)),
      );
      const keys = next.map(({ keyBytes }) => keyBytes);
      const groups = all.map((older, g) => {
        const { group, parameters: of } = older.key;
        const draft = completeInstance(linkInstance(group.columns), of.code, of.profile);
        if (draft === undefined) throw new Error('no parameters');
        const { parameters } = draft;
        const newer = next[g]!;
        const context = linkContext(digest, keys, g);
        const { proof } = linkStored(kernels, home, { older, newer, parameters, context });
        return { weights: newer.keyBytes, parameters, proof };
      });
      closeGroups(next);
      return encodeModelLink({ older: digest, groups });
    },
    close() {
      closeGroups(committed.groups);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The owner's own proof of another program about an answer. */
function proveOwn(
  kernels: Kernels,
  { groups: own }: CommittedModel,
  statement: AnswerStatement,
  program: Program,
  witness: ReturnType<typeof programWitness>,
): Uint8Array {
  const compiled = compileProgram(kernels.ext, program);
  const { code, profile } = own[0]!.key.parameters;
  const groups = own.map(({ key }) => key.group);
  const draft = completeInstance(programInstance(compiled, groups, code.logData), code, profile);
  if (draft === undefined) throw new Error('no parameters');
  const { parameters } = draft;
  const claimed = { parameters, compiled, groups, context: answerContext(statement) };
  const proof = proveProgram(
    kernels,
    claimed,
    own.map(({ owned }) => owned),
    testSource(kernels.ext, 3),
    witness,
  );
  return encodeAnswer({ statement, parameters, proof });
}

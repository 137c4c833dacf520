/** Proves an answer: the model, run over prompt and completion in one causal pass, chose these tokens. */
import { refuse } from '../errors/proof-error.ts';
import type { Graph } from '../graph/graph.ts';
import { executePass, programWitness } from '../graph/lower-witness.ts';
import type { Execution, Tensor } from '../graph/session.ts';
import type { Kernels } from '../kernels/contract.ts';
import type { ArgmaxNode } from '../ops/argmax/shape.ts';
import { completeInstance } from '../params/choose.ts';
import type { QuantizedModel } from '../quantize/model.ts';
import { noMark, type Mark } from '../pcs/steps-prove.ts';
import { proveProgram } from '../relation/prove.ts';
import { programInstance } from '../relation/plan.ts';
import { programDomain } from '../relation/statement.ts';
import { witnessName } from '../relation/name-prove.ts';
import { verifyProgram } from '../relation/verify.ts';
import type { Home, StoredGroup } from '../store/index.ts';
import { proveOnce, type CheckedProof } from '../store/prove-once.ts';
import { encodeAnswer, type Answer } from '../answer/envelope.ts';
import { passOf, type AnswerStatement, type RevealedLogits } from '../answer/statement.ts';
import { answerStatement } from '../answer/verify.ts';
import { keyOf } from './commit-model.ts';
import { weightsInTurn } from '../quantize/weights-in-turn.ts';
import { executionOf } from './execution.ts';
import type { WeightGroups } from './weight-groups.ts';

/** An answer with its proof. */
export interface ProvenAnswer extends Pick<CheckedProof, 'reservations'> {
  readonly answer: Answer;
  /** The proof file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A model with its committed weights. */
export interface OpenModel extends WeightGroups {
  readonly model: QuantizedModel;
}

/** A sequence as its prover knows it. */
export interface RequestedSequence {
  readonly prompt: readonly number[];
  readonly completion: readonly number[];
  /** Say nothing of the prompt but its length. Default: false. */
  readonly privatePrompt?: boolean;
}

export interface AnswerRequest extends Omit<AnswerStatement, 'model' | 'sequences' | 'revealed'> {
  readonly sequences: readonly RequestedSequence[];
  /** Tokens of completions whose logits become public, by sequence, then position. Default: none. */
  readonly reveal?: readonly Omit<RevealedLogits, 'values'>[];
}

/**
 * Proves that a model chose tokens. What it says is checked by running the model first: a completion that it would not have
 * chosen is refused before anything is spent.
 *
 * @param mark told where steps begin
 * @throws ProofError `CHOICE` naming the first token that the model would not choose; as `passOf`, `proveOnce`
 */
export function proveAnswer(
  kernels: Kernels,
  home: Home,
  { model, groups, groupCells = Infinity }: OpenModel,
  request: AnswerRequest,
  mark: Mark = noMark,
): ProvenAnswer {
  mark('key');
  const { key, digest } = keyOf(model, { groups, groupCells });
  const { graph } = model;
  mark('execution');
  const { execution, revealed } = run(kernels, model, request, digest);
  const statement: AnswerStatement = { ...statementOf(request, digest), revealed };
  const { parameters } = (groups[0] as StoredGroup).key; // one code for all groups
  const { code, profile } = parameters;
  mark('program');
  const draftOf = answerStatement(key, statement, parameters);
  const { compiled } = draftOf;
  const draft = completeInstance(programInstance(compiled, draftOf.groups, code.logData), code, profile);
  if (draft === undefined) throw new RangeError('parameters: expected a set for this answer, got none');
  const program = { ...draftOf, parameters: draft.parameters };
  mark('witness values');
  const witness = programWitness(
    graph,
    compiled.program,
    execution,
    (name) => model.weights.get(name) as Int16Array | Int32Array,
  );
  // Without private prompts the statement determines the witness.
  const isOpen = request.sequences.every(({ privatePrompt }) => privatePrompt !== true);
  mark('budget');
  const domain = programDomain(program);
  const { proof, reservations } = proveOnce(kernels, home, {
    groups,
    parameters: draft.parameters,
    purpose: 'proof',
    domain,
    ...(isOpen ? {} : { ownCells: witnessName(kernels, compiled, witness) }),
    prove(source) {
      const owned = groups.map((group) => group.owned);
      return proveProgram(kernels, program, owned, source, witness, { domain, mark });
    },
    verify(bytes) {
      mark('own verification');
      return verifyProgram(program, bytes);
    },
  });
  mark('encoding');
  const answer = { statement, parameters: draft.parameters, proof };
  return { answer, bytes: encodeAnswer(answer), reservations };
}

/** What is said, but for revealed logits. */
function statementOf({ sequences, choice, context }: AnswerRequest, model: Uint8Array): AnswerStatement {
  const shown = sequences.map(({ prompt, completion, privatePrompt }) => ({
    prompt: privatePrompt === true ? { privateTokens: prompt.length } : prompt,
    completion,
  }));
  return { model, sequences: shown, choice, context };
}

/** The pass of a request, executed: it chooses the tokens that are claimed. */
function run(
  kernels: Kernels,
  model: QuantizedModel,
  request: AnswerRequest,
  digest: Uint8Array,
): { readonly execution: Execution<Int32Array>; readonly revealed: readonly RevealedLogits[] } {
  const { graph } = model;
  const { sequences, reveal = [] } = request;
  const pass = passOf(graph, statementOf(request, digest));
  const privateTokens = sequences.flatMap(({ prompt, privatePrompt }) =>
    privatePrompt === true ? prompt : [],
  );
  const options = { ...executionOf(kernels, model), privateTokens };
  const execution = executePass(graph, weightsInTurn(model.weights), pass, {}, options);
  const claimed = pass.choices?.[graph.output] as readonly number[];
  checkChoices(graph, execution.output.data, claimed, privateTokens.length === 0);
  const revealed = reveal.map(({ sequence, position }) => ({
    sequence,
    position,
    values: logitsOf(graph, execution, sequences, sequence, position),
  }));
  return { execution, revealed };
}

function logitsOf(
  graph: Graph,
  { tensors }: Execution<Int32Array>,
  sequences: readonly RequestedSequence[],
  sequence: number,
  position: number,
): Int32Array {
  const length = sequences[sequence]?.completion.length ?? 0;
  if (!(Number.isInteger(position) && position >= 0 && position < length)) {
    throw new RangeError(`reveal: expected a token of a completion, got ${sequence}:${position}`);
  }
  const { input } = graph.nodes.find(({ name }) => name === graph.output) as ArgmaxNode;
  const { data, width } = tensors.get(input) as Tensor<Int32Array>;
  const row = sequences.slice(0, sequence).reduce((sum, { completion }) => sum + completion.length, position);
  return data.slice(row * width, (row + 1) * width);
}

/** @param isOpen whether the model's own choice may be named: behind a private prompt it says something about that */
function checkChoices(
  graph: Graph,
  chosen: ArrayLike<number>,
  claimed: readonly number[],
  isOpen: boolean,
): void {
  const at = claimed.findIndex((id, i) => id !== chosen[i]);
  if (at < 0) return;
  const choice = isOpen ? `${chosen[at]}, the model's choice` : "the model's choice";
  refuse('CHOICE', `graph/${graph.output}`, `token ${at}: expected ${choice}, got ${claimed[at]}`);
}

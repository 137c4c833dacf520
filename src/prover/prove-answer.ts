/** Proves an answer: the model, run over prompt and completion in one causal pass, chose these tokens. */
import { refuse } from '../errors/proof-error.ts';
import type { Graph } from '../graph/graph.ts';
import { executePass, programWitness } from '../graph/lower-witness.ts';
import type { Kernels } from '../kernels/contract.ts';
import { completeInstance } from '../params/choose.ts';
import type { QuantizedModel } from '../quantize/model.ts';
import { proveProgram, type OnProofStep } from '../relation/prove.ts';
import { programInstance } from '../relation/plan.ts';
import { programDomain } from '../relation/statement.ts';
import { verifyProgram } from '../relation/verify.ts';
import type { Home, StoredGroup } from '../store/index.ts';
import { proveOnce, type CheckedProof } from '../store/prove-once.ts';
import { encodeAnswer, type Answer } from '../answer/envelope.ts';
import { passOf, type AnswerStatement } from '../answer/statement.ts';
import { answerStatement } from '../answer/verify.ts';
import { keyOf } from './commit-model.ts';
import { executionOf } from './execution.ts';

/** An answer with its proof. */
export interface ProvenAnswer extends Pick<CheckedProof, 'reservations'> {
  readonly answer: Answer;
  /** The proof file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A model with its committed weights. */
export interface OpenModel {
  readonly model: QuantizedModel;
  readonly group: StoredGroup;
}

/**
 * Proves that a model chose tokens. What it says is checked by running the model first: a completion that it would not have
 * chosen is refused before anything is spent.
 *
 * @param onStep told of every step, for benchmarks
 * @throws ProofError `CHOICE` naming the first token that the model would not choose; as `passOf`, `proveOnce`
 */
export function proveAnswer(
  kernels: Kernels,
  home: Home,
  { model, group }: OpenModel,
  request: Omit<AnswerStatement, 'model'>,
  onStep: OnProofStep = () => {},
): ProvenAnswer {
  onStep('key');
  const { key, digest } = keyOf(model, group);
  const statement: AnswerStatement = { ...request, model: digest };
  const { graph } = model;
  const pass = passOf(graph, statement);
  onStep('execution');
  const execution = executePass(graph, weightsOf(model), pass, {}, executionOf(kernels, model));
  checkChoices(graph, execution.output.data, pass.choices?.[graph.output] as readonly number[]);
  const { code, profile } = group.key.parameters;
  onStep('lowering');
  const draftOf = answerStatement(key, statement, group.key.parameters);
  const { compiled } = draftOf;
  const draft = completeInstance(programInstance(compiled, draftOf.groups, code.logData), code, profile);
  if (draft === undefined) throw new RangeError('parameters: expected a set for this answer, got none');
  const program = { ...draftOf, parameters: draft.parameters };
  onStep('values');
  const witness = programWitness(graph, compiled.program, execution, weightsOf(model));
  onStep('budget');
  const { proof, reservations } = proveOnce(kernels, home, {
    groups: [group],
    parameters: draft.parameters,
    purpose: 'proof',
    domain: programDomain(program),
    prove: (source) => proveProgram(kernels, program, [group.owned], source, witness, undefined, onStep),
    verify: (bytes) => {
      onStep('own check');
      return verifyProgram(program, bytes);
    },
  });
  const answer = { statement, parameters: draft.parameters, proof };
  return { answer, bytes: encodeAnswer(answer), reservations };
}

function weightsOf({ weights }: QuantizedModel): (name: string) => Int16Array | Int32Array {
  return (name) => weights.get(name) as Int16Array | Int32Array;
}

function checkChoices(graph: Graph, chosen: ArrayLike<number>, claimed: readonly number[]): void {
  const at = claimed.findIndex((id, i) => id !== chosen[i]);
  if (at < 0) return;
  refuse(
    'CHOICE',
    `graph/${graph.output}`,
    `token ${at}: expected ${chosen[at]}, the model's choice, got ${claimed[at]}`,
  );
}

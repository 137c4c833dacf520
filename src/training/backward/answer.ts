/**
 * Answers of a graph that was trained: which tokens it chooses with the weights behind a proven step. The steps verified with the answer are one
 * line of custody from the first weights to the last token. spec/training-operators.md section 11.
 */
import { checkAgreed, type Agreed } from '../../answer/agreed.ts';
import { decodeAnswer } from '../../answer/envelope.ts';
import { answerContext, passOf, type AnswerStatement } from '../../answer/statement.ts';
import { refuse } from '../../errors/proof-error.ts';
import { koalaBear } from '../../field/koalabear.ts';
import { quintic } from '../../field/quintic.ts';
import { graphDigest } from '../../graph/encoding.ts';
import { lowerGraph } from '../../graph/lower.ts';
import { sameBytes } from '../../hash/words.ts';
import { sameColumnCode, type Parameters } from '../../params/parameters.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../pcs/key.ts';
import { verdictOf, type Verdict } from '../../pcs/linear-verify.ts';
import { checkProgram } from '../../relation/check.ts';
import { compileProgram } from '../../relation/compile.ts';
import type { Program } from '../../relation/program.ts';
import { requireProgramStatement, type ProgramStatement } from '../../relation/statement.ts';
import { verifyProgram } from '../../relation/verify.ts';
import { digestOfLeaves } from '../../transcript/statement.ts';
import { answeringGraph } from './answer-graph.ts';
import type { PublicBatch } from './batch.ts';
import { checkGraphStateKey, graphPlanDigest } from './layouts.ts';
import { readTensorsBeside } from './state-relations.ts';
import { verifySteps, type GraphTraining, type ProvenStep } from './verify.ts';

/** Weights that a step wrote: how many steps are behind them, and their key. */
export interface TrainedWeights {
  readonly step: number;
  readonly weights: GroupKey;
}

/** Steps from the first one on, with the batches that they read; or weights that the caller has from steps that he verified before. */
export type GraphCustody =
  | {
      readonly first: GroupKey;
      readonly batches: readonly PublicBatch[];
      readonly steps: readonly ProvenStep[];
    }
  | TrainedWeights;

export type GraphAnswerVerdict =
  | {
      readonly ok: true;
      /** Steps behind the weights. */
      readonly step: number;
      /** Digest of their key. */
      readonly weights: Uint8Array;
      readonly statement: AnswerStatement;
    }
  | Extract<Verdict, { ok: false }>;

const FILE = 'proof file';

/**
 * The 32 bytes that an answer has for a model: graph and plan, the whole key of the weights, and how many steps are behind them.
 *
 * @throws ProofError `PLAN`, `KEY_LAYOUT` for a key of other weights than this training writes; `STEPS` for weights that no step wrote
 */
export function trainedDigest(
  { graph, plan }: GraphTraining,
  { step, weights }: TrainedWeights,
): Uint8Array<ArrayBuffer> {
  checkGraphStateKey(graph, plan, weights, 'weights');
  if (!Number.isSafeInteger(step) || step < 1) {
    refuse('STEPS', 'weights', `expected weights behind one step or more, got ${step}`);
  }
  return digestOfLeaves('zkdl trained graph 1', [
    { label: 'graph', type: 'digest', value: graphDigest(graph) },
    { label: 'plan', type: 'digest', value: graphPlanDigest(graph, plan) },
    { label: 'step', type: 'integer', value: step },
    { label: 'weights', type: 'digest', value: keyDigest(encodeKey(weights)) },
  ]);
}

/**
 * The program of an answer: the graph that answers, lowered as for any model, over the group that a step wrote. The passes read the matrices that
 * training's passes read; the bits below are tensors of the group that nothing reads.
 *
 * @throws ProofError as `passOf`, `lowerGraph`
 */
export function graphAnswerProgram({ graph, plan }: GraphTraining, statement: AnswerStatement): Program {
  const answering = answeringGraph(graph);
  const program = lowerGraph(answering, passOf(answering, statement));
  return { ...program, tensors: [...program.tensors, ...readTensorsBeside(graph, plan)] };
}

/** The statement of an answer's proof. @throws ProofError as `graphAnswerProgram`; `STATEMENT` for parameters that do not fit */
export function graphAnswerStatement(
  training: GraphTraining,
  weights: GroupKey,
  statement: AnswerStatement,
  parameters: Parameters,
): ProgramStatement {
  if (!sameColumnCode(weights.parameters, parameters)) {
    refuse('STATEMENT', FILE, 'parameters: expected profile and column code of the weights, got others');
  }
  const program = graphAnswerProgram(training, statement);
  checkProgram(koalaBear, program);
  const compiled = compileProgram(quintic, program);
  const own = { parameters, compiled, groups: [weights.group], context: answerContext(statement) };
  requireProgramStatement(own, FILE);
  return own;
}

/**
 * Whether an answer convinces that the graph chooses these tokens with weights that proven steps wrote. Never throws, whatever the bytes.
 *
 * @param custody what stands behind the weights, @param file bytes of a proof file (`decodeAnswer`)
 * @example
 * const verdict = verifyGraphAnswer(training, { first, batches, steps }, answerBytes, { prompts: [[1, 2, 1]] });
 * if (verdict.ok) console.log(verdict.statement.sequences[0].completion, verdict.step);
 */
export function verifyGraphAnswer(
  training: GraphTraining,
  custody: GraphCustody,
  file: Uint8Array,
  expected: Agreed = {},
): GraphAnswerVerdict {
  let result: GraphAnswerVerdict | undefined;
  const checked = verdictOf(() => {
    result = answerBy(training, (model) => weightsOf(training, custody, model), file, expected);
  });
  return checked.ok ? (result as GraphAnswerVerdict) : checked;
}

/**
 * What an answer says that convinces.
 *
 * @param find the weights that it names
 * @throws ProofError as `decodeAnswer`, `checkAgreed`, `graphAnswerStatement`; as `find`; the proof's refusal
 */
export function answerBy(
  training: GraphTraining,
  find: (model: Uint8Array) => TrainedWeights,
  file: Uint8Array,
  expected: Agreed,
): Extract<GraphAnswerVerdict, { ok: true }> {
  if (!(file instanceof Uint8Array)) refuse('FORMAT', FILE, 'expected bytes, got something else');
  const { statement, parameters, proof } = decodeAnswer(file.slice());
  checkAgreed(statement, expected);
  const { step, weights } = find(statement.model);
  convinces(verifyProgram(graphAnswerStatement(training, weights, statement, parameters), proof));
  return { ok: true, step, weights: keyDigest(encodeKey(weights)), statement };
}

/** The weights that an answer names. @throws ProofError `WEIGHTS` for others; as `verifySteps`, `trainedDigest` */
function weightsOf(training: GraphTraining, custody: GraphCustody, model: Uint8Array): TrainedWeights {
  const isNamed = (trained: TrainedWeights): boolean => sameBytes(trainedDigest(training, trained), model);
  if ('weights' in custody) {
    if (isNamed(custody)) return custody;
    return refuse('WEIGHTS', FILE, 'expected an answer by the agreed weights, got one by others');
  }
  const { first, batches, steps } = custody;
  convinces(verifySteps(training, first, batches, steps));
  const found = steps.map(({ after }, i) => ({ step: i + 1, weights: after })).find(isNamed);
  return (
    found ??
    refuse('WEIGHTS', FILE, 'expected an answer by weights that these steps wrote, got one by others')
  );
}

function convinces(verdict: Verdict): void {
  if (!verdict.ok) refuse(verdict.code, verdict.stage, verdict.detail);
}

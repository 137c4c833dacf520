/**
 * Answers of a graph by weights that a step of its training wrote: from the first weights to the last token, in bytes, a verdict out.
 * spec/training-operators.md section 11.
 */
import type { Algebra } from './algebra.ts';
import { answeringGraph } from './answer-graph.ts';
import {
  checkExpectations,
  contextOf,
  decodeAnswer,
  passOf,
  type Answer,
  type Expectations,
} from './answer.ts';
import { equalBytes } from './bytes.ts';
import { checkGraph, type CheckedGraph } from './graph-checks.ts';
import { parseGraph } from './graph-file.ts';
import { keyDigest } from './key.ts';
import { lower } from './lower.ts';
import { verifyProgram } from './programs.ts';
import { checkProgram } from './ranges.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { digestOfLeaves } from './statement.ts';
import { checkWeights, graphDigest, named, planDigest } from './step-keys.ts';
import type { StepPlan } from './step-plan.ts';
import type { Batch } from './step-program.ts';
import { readBeside } from './step-update.ts';
import { follow, readStep, readTraining, type GraphTraining, type StepBytes } from './steps.ts';
import { sameCode, type NamedKey } from './training-run.ts';

/** What stands behind the weights: all steps, or their number and the key that these were followed to before. */
export type Custody =
  | (Pick<GraphTraining, 'first' | 'corpus'> & {
      readonly batches: readonly Batch[];
      readonly steps: readonly StepBytes[];
    })
  | { readonly step: number; readonly weights: Uint8Array };

export interface Trained {
  readonly checked: CheckedGraph;
  readonly plan: StepPlan;
}

/** Weights behind so many steps. */
export interface Weights {
  readonly step: number;
  readonly key: NamedKey;
}

/** Whether a proof file convinces that the graph chooses these tokens by weights that a step of this training wrote. */
export function verifyGraphAnswer(
  K: Algebra,
  training: Pick<GraphTraining, 'graph' | 'plan'>,
  custody: Custody,
  file: Uint8Array,
  expected: Omit<Expectations, 'model'> = {},
): Verdict {
  return verdictOf(() => {
    const find = 'weights' in custody ? known(training, custody) : followed(K, training, custody);
    const answer = decodeAnswer(file);
    checkExpectations(answer.statement, expected);
    const { trained, key } = find(answer.statement.model);
    checkAnswer(K, trained, key, answer);
  });
}

/** What an answer by the weights that `model` names is verified with. */
type Find = (model: Uint8Array) => { readonly trained: Trained; readonly key: NamedKey };

function known(
  { graph, plan }: Pick<GraphTraining, 'graph' | 'plan'>,
  { step, weights }: Extract<Custody, { weights: Uint8Array }>,
): Find {
  const trained = { checked: checkGraph(parseGraph(graph)), plan };
  const key = named(weights);
  return (model) => {
    checkWeights(trained.checked, plan, key);
    require(Number.isSafeInteger(step) && step >= 1, 'STEPS', `weights behind ${step} steps`);
    require(isNamed(trained, { step, key }, model), 'WEIGHTS', 'other weights');
    return { trained, key };
  };
}

function followed(
  K: Algebra,
  training: Pick<GraphTraining, 'graph' | 'plan'>,
  { batches, steps, ...keys }: Extract<Custody, { steps: readonly StepBytes[] }>,
): Find {
  const trained = readTraining({ ...training, ...keys });
  const read = steps.map(readStep);
  return (model) => {
    follow(K, trained, batches, read);
    const found = read.find(({ after }, i) => isNamed(trained, { step: i + 1, key: after }, model));
    return { trained, key: found?.after ?? refuse('WEIGHTS', 'weights that no step wrote') };
  };
}

/** "Statement": what an answer has for a model. */
export function isNamed(
  { checked: { graph }, plan }: Trained,
  { step, key }: Weights,
  model: Uint8Array,
): boolean {
  const digest = digestOfLeaves('zkdl trained graph 1', [
    ['graph', 'digest', graphDigest(graph)],
    ['plan', 'digest', planDigest(graph, plan)],
    ['step', 'integer', step],
    ['weights', 'digest', keyDigest(key.bytes)],
  ]);
  return equalBytes(digest, model);
}

/** "Program", and the proof. */
export function checkAnswer(
  K: Algebra,
  { checked: { graph }, plan }: Trained,
  key: NamedKey,
  { statement, parameters, proof }: Answer,
): void {
  require(sameCode(key, { parameters }), 'STATEMENT', 'code of the weights');
  const answering = answeringGraph(graph);
  const { tensors, ...pass } = lower(answering, passOf(answering, statement));
  const program = { ...pass, tensors: [...tensors, ...readBeside(graph, plan)] };
  checkProgram(program);
  const context = contextOf(statement);
  const verdict = verifyProgram(K, { parameters, program, groups: [key.group], context }, proof);
  if (!verdict.ok) refuse(verdict.code, 'proof');
}

/** Answers of graphs by weights that steps wrote, for both verifiers: as their owner hands them on, in bytes, both verdicts, and changed ones. */
import * as twin from '../../reference/graph-answer.ts';
import { decodeAnswer, encodeAnswer } from '../../src/answer/envelope.ts';
import type { Agreed } from '../../src/answer/agreed.ts';
import { refuse } from '../../src/errors/proof-error.ts';
import { quintic } from '../../src/field/quintic.ts';
import { parseGraph } from '../../src/graph/index.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { decodeKey } from '../../src/pcs/key.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { verifyGraphAnswer, type GraphAnswerVerdict } from '../../src/training/backward/answer.ts';
import type { PublicBatch } from '../../src/training/backward/batch.ts';
import { proveGraphAnswer, type GraphAnswerRequest } from '../../src/training/backward/prove-answer.ts';
import { changedStatement } from './answer-mutations.ts';
import type { Dice } from './graphs.ts';
import { changedGraph, changedPlan } from './step-mutations.ts';
import { changedField, fieldsOfKey } from './training-fields.ts';
import { twinField, wordOf } from './twin.ts';
import {
  decodedSteps,
  provenSteps,
  stepCaseOf,
  twinStepPlan,
  type StepsCase,
  type Trained,
} from './twin-steps.ts';

/** Steps, and an answer by the weights that the last of them wrote. */
export interface AnswerCase extends StepsCase {
  readonly file: Uint8Array;
  /** As whoever followed the steps before: so many, and the key of the weights. */
  readonly known?: { readonly step: number; readonly weights: Uint8Array };
}

/** One that is kept: rotary positions, momentum, gradients cut off; or biases, momentum. `npm run vectors:proofs -- turned biased`. */
export function keptAnswer(
  bytesOf: (name: string) => Uint8Array,
  name: 'turned' | 'biased' = 'turned',
): AnswerCase {
  const text = Buffer.from(bytesOf(`${name}.json`)).toString('utf8');
  return { ...stepCaseOf(text, [bytesOf(`${name}.proof`)]), file: bytesOf(`${name}.zkp`) };
}

export function provenAnswer(
  kernels: Kernels,
  trained: Trained,
  batches: readonly PublicBatch[],
  request: GraphAnswerRequest,
): AnswerCase {
  let file = new Uint8Array(0);
  const chain = provenSteps(kernels, trained, batches, undefined, {
    answers: 1,
    then: (home, training, weights) => {
      file = proveGraphAnswer(kernels, home, training, batches.length, weights, request).bytes;
    },
  });
  return { ...chain, file };
}

/** The same for whoever knows the weights. */
export function byKnownWeights(of: AnswerCase): AnswerCase {
  return { ...of, known: { step: of.steps.length, weights: of.steps.at(-1)!.after } };
}

/** What both verifiers say. */
export function bothGraphAnswerWords(of: AnswerCase, expected: Agreed = {}): [string, string] {
  return [wordOf(() => verdictOf(() => ours(of, expected))), wordOf(() => theirs(of, expected))];
}

function theirs({ graph, plan, first, corpus, batches, steps, known, file }: AnswerCase, expected: Agreed) {
  const training = {
    graph: Uint8Array.from(graph, (letter) => letter.charCodeAt(0)),
    plan: twinStepPlan(plan),
  };
  const chain = { first, batches, steps, ...(corpus !== undefined && { corpus }) };
  return twin.verifyGraphAnswer(twinField(quintic), training, known ?? chain, file, expected);
}

function ours(of: AnswerCase, expected: Agreed): void {
  let verdict: GraphAnswerVerdict;
  if (of.known === undefined) {
    const { training, first, steps } = decodedSteps(of);
    verdict = verifyGraphAnswer(training, { first, batches: of.batches, steps }, of.file, expected);
  } else {
    const training = { graph: parseGraph(of.graph), plan: of.plan };
    const known = { step: of.known.step, weights: decodeKey(of.known.weights) };
    verdict = verifyGraphAnswer(training, known, of.file, expected);
  }
  if (!verdict.ok) refuse(verdict.code, verdict.stage, verdict.detail);
}

export interface AnswerMutant extends AnswerCase {
  readonly name: string;
}

/** Mutant `seed` of an answer by known weights. */
export function graphAnswerMutant(honest: AnswerCase, seed: number, d: Dice): AnswerMutant {
  const { file, known, plan, graph } = honest;
  const { step, weights } = known!;
  const as = (name: string, change: Partial<AnswerCase>): AnswerMutant => ({ ...honest, name, ...change });
  const flipped = (at: number): Uint8Array =>
    file.map((byte, i) => (i === at ? byte ^ (1 << d.int(0, 7)) : byte));
  const decoded = decodeAnswer(file);
  const proofAt = file.length - decoded.proof.length;
  const field = d.pick(fieldsOfKey(weights));
  switch (seed % 10) {
    case 0:
      return as('head of the file', { file: flipped(d.int(0, proofAt - 1)) });
    case 1:
      return as('length', {
        file: d.int(0, 4) === 0 ? Uint8Array.from([...file, 0]) : file.slice(0, d.int(0, file.length - 1)),
      });
    case 2:
    case 3:
      return as('plan', { plan: changedPlan(plan, d, false) });
    case 4:
    case 5:
      return as('graph', { graph: changedGraph(graph, d) });
    case 6:
      return as(`weights: ${field.name}`, {
        known: { step, weights: changedField(weights, field, d.int(0, 5)) },
      });
    case 7:
      return as('steps', { known: { step: d.pick([0, step + 1, step - 1, 0.5, -1]), weights } });
    case 8:
      return as('statement', {
        file: encodeAnswer({ ...decoded, statement: changedStatement(decoded.statement, d) }),
      });
    default:
      return as('proof byte', { file: flipped(d.int(proofAt, file.length - 1)) });
  }
}

/** Steps of training graphs for both verifiers: as their owner hands them on, in bytes, and both verdicts. */
import * as twin from '../../reference/steps.ts';
import type { StepPlan } from '../../reference/step-plan.ts';
import { stepProgram } from '../../reference/step-program.ts';
import { checkGraph as twinCheck } from '../../reference/graph-checks.ts';
import { parseGraph as twinParse } from '../../reference/graph-file.ts';
import type { Program as TwinProgram } from '../../reference/program.ts';
import { quintic } from '../../src/field/quintic.ts';
import { parseGraph, type Graph } from '../../src/graph/index.ts';
import { decodeParameters, encodeParameters } from '../../src/params/encoding.ts';
import { decodeKey, encodeKey } from '../../src/pcs/key.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { refuse } from '../../src/errors/proof-error.ts';
import type { PublicBatch } from '../../src/training/backward/batch.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { verifySteps, type ProvenStep } from '../../src/training/backward/verify.ts';
import { twinField, wordOf } from './twin.ts';
import type { BothPrograms } from './twin-lowering.ts';

/** Everything that a verifier of steps is given. */
export interface StepsCase {
  /** JSON. */
  readonly graph: string;
  readonly plan: GraphPlan;
  readonly first: Uint8Array;
  readonly corpus?: Uint8Array;
  readonly batches: readonly PublicBatch[];
  readonly steps: readonly twin.StepBytes[];
}

/** What an owner hands on. */
export function stepBytes({ after, parameters, proof }: ProvenStep): twin.StepBytes {
  return { after: encodeKey(after), parameters: encodeParameters(parameters), proof };
}

/** The same plan in the words of the twin. */
export function twinStepPlan({ gradient, ...plan }: GraphPlan): StepPlan {
  return { ...plan, gradient: { bits: gradient.bits, places: gradient.fraction } };
}

/** What both verifiers say. */
export function bothStepWords(of: StepsCase): [string, string] {
  const { plan, batches, first, corpus, steps } = of;
  const graph = Uint8Array.from(of.graph, (letter) => letter.charCodeAt(0));
  const training = { graph, plan: twinStepPlan(plan), first, ...(corpus !== undefined && { corpus }) };
  return [
    wordOf(() => verdictOf(() => ours(of))),
    wordOf(() => twin.verifySteps(twinField(quintic), training, batches, steps)),
  ];
}

function ours({ graph, plan, first, corpus, batches, steps }: StepsCase): void {
  const read = { graph: parseGraph(graph), plan, first: decodeKey(first) };
  const training = { ...read, ...(corpus !== undefined && { corpus: decodeKey(corpus) }) };
  const decoded = steps.map(({ after, parameters, proof }) => ({
    after: decodeKey(after),
    parameters: decodeParameters(parameters),
    proof,
  }));
  const verdict = verifySteps(training, read.first, batches, decoded);
  if (!verdict.ok) refuse(verdict.code, verdict.stage, verdict.detail);
}

/** The program of a step by both. */
export function bothStepPrograms(graph: Graph, plan: GraphPlan, batch: PublicBatch): BothPrograms {
  const text = Uint8Array.from(JSON.stringify(graph), (letter) => letter.charCodeAt(0));
  const twinProgram = (): TwinProgram => stepProgram(twinCheck(twinParse(text)), twinStepPlan(plan), batch);
  return { ours: graphStepProgram(graph, plan, batch), twin: twinProgram() };
}

/** Steps of training graphs for both verifiers: as their owner hands them on, in bytes, and both verdicts. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as twin from '../../reference/steps.ts';
import type { StepPlan } from '../../reference/step-plan.ts';
import { stepsProgram } from '../../reference/stacked.ts';
import { stepProgram } from '../../reference/step-program.ts';
import { checkGraph as twinCheck } from '../../reference/graph-checks.ts';
import { parseGraph as twinParse } from '../../reference/graph-file.ts';
import type { Program as TwinProgram } from '../../reference/program.ts';
import { refuse } from '../../src/errors/proof-error.ts';
import { quintic } from '../../src/field/quintic.ts';
import { parseGraph, type Graph } from '../../src/graph/index.ts';
import type { Kernels } from '../../src/kernels/index.ts';
import { decodeParameters, encodeParameters } from '../../src/params/encoding.ts';
import type { Parameters } from '../../src/params/parameters.ts';
import { decodeKey, encodeKey } from '../../src/pcs/key.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { openHome, storeGroup, type Home, type StoredGroup } from '../../src/store/index.ts';
import type { PublicBatch } from '../../src/training/backward/batch.ts';
import { corpusLayout } from '../../src/training/backward/layouts.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram, graphStepsProgram } from '../../src/training/backward/program.ts';
import {
  chooseStepParameters,
  commitGraphState,
  type OwnedWeights,
} from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import type { GraphState } from '../../src/training/backward/state.ts';
import { verifySteps, type GraphTraining, type ProvenStep } from '../../src/training/backward/verify.ts';
import { groupColumnsOf } from '../../src/training/layouts.ts';
import { twinField, wordOf } from './twin.ts';
import type { BothPrograms } from './twin-lowering.ts';

/** Everything that a verifier of steps is given. */
export interface StepsCase {
  /** JSON. */
  readonly graph: string;
  readonly plan: GraphPlan;
  readonly first: Uint8Array;
  readonly corpus?: Uint8Array;
  /** Whether a step that was followed before wrote the first weights. Default: no. */
  readonly written?: boolean;
  readonly batches: readonly PublicBatch[];
  readonly steps: readonly twin.StepBytes[];
}

/** What an owner hands on. */
export function stepBytes({ after, parameters, proof }: ProvenStep): twin.StepBytes {
  return { after: encodeKey(after), parameters: encodeParameters(parameters), proof };
}

/** The same plan in the words of the twin. */
export function twinStepPlan({ gradient: { fraction: places, ...gradient }, ...plan }: GraphPlan): StepPlan {
  return { ...plan, gradient: { ...gradient, places } };
}

/** The way back. */
export function planOfStepTwin({
  gradient: { places: fraction, ...gradient },
  ...plan
}: StepPlan): GraphPlan {
  return { ...plan, gradient: { ...gradient, fraction } };
}

/** What both verifiers say. */
export function bothStepWords(of: StepsCase): [string, string] {
  const { plan, batches, first, corpus, written = false, steps } = of;
  const graph = Uint8Array.from(of.graph, (letter) => letter.charCodeAt(0));
  const training = {
    graph,
    plan: twinStepPlan(plan),
    first,
    written,
    ...(corpus !== undefined && { corpus }),
  };
  return [ourStepWord(of), wordOf(() => twin.verifySteps(twinField(quintic), training, batches, steps))];
}

/** What src/ alone says. */
export function ourStepWord(of: StepsCase): string {
  return wordOf(() => verdictOf(() => ours(of)));
}

function ours(of: StepsCase): void {
  const { training, first, steps } = decodedSteps(of);
  const verdict = verifySteps(training, first, of.batches, steps, of.written);
  if (!verdict.ok) refuse(verdict.code, verdict.stage, verdict.detail);
}

/** What src/ makes of the bytes, in the order in which they are looked at. */
export function decodedSteps({ graph, plan, first, corpus, steps }: StepsCase) {
  const read = { graph: parseGraph(graph), plan, first: decodeKey(first) };
  const training = { ...read, ...(corpus !== undefined && { corpus: decodeKey(corpus) }) };
  const decoded = steps.map(({ after, parameters, proof }) => ({
    after: decodeKey(after),
    parameters: decodeParameters(parameters),
    proof,
  }));
  return { training, first: read.first, steps: decoded };
}

/** The program of a step by both. */
export function bothStepPrograms(
  graph: Graph,
  plan: GraphPlan,
  batch: PublicBatch,
  written: boolean,
): BothPrograms {
  return {
    ours: graphStepProgram(graph, plan, batch, written),
    twin: twinStepProgram(graph, plan, batch, written),
  };
}

/** The same of several steps in one proof. */
export function bothStackedPrograms(
  graph: Graph,
  plan: GraphPlan,
  batches: readonly PublicBatch[],
  written: boolean,
): BothPrograms {
  const checked = twinCheck(twinParse(twinText(graph)));
  return {
    ours: graphStepsProgram(graph, plan, batches, written),
    twin: stepsProgram(checked, twinStepPlan(plan), batches, !written),
  };
}

function twinText(graph: Graph): Uint8Array {
  return Uint8Array.from(JSON.stringify(graph), (letter) => letter.charCodeAt(0));
}

export function twinStepProgram(
  graph: Graph,
  plan: GraphPlan,
  batch: PublicBatch,
  written = false,
): TwinProgram {
  return stepProgram(twinCheck(twinParse(twinText(graph))), twinStepPlan(plan), batch, !written);
}

/** A graph in training, and the weights to start from. */
export interface Trained {
  readonly graph: Graph;
  readonly plan: GraphPlan;
  readonly state: GraphState;
}

/** What to do with the weights behind the last step, which are committed for so many answers. */
export interface Afterwards {
  readonly answers: number;
  readonly then: (home: Home, training: GraphTraining, weights: OwnedWeights) => void;
}

/** Steps on these batches, one behind the other. @param tokens of the corpus that batches are of */
export function provenSteps(
  kernels: Kernels,
  { graph, plan, state }: Trained,
  batches: readonly PublicBatch[],
  tokens?: Int16Array,
  { answers, then }: Afterwards = { answers: 0, then: () => undefined },
): StepsCase {
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-twin-steps-'));
  const home = openHome(join(folder, 'home'));
  const opened: StoredGroup[] = [];
  const path = (): string => join(folder, `group-${opened.length}`);
  const training = { graph, plan };
  const { parameters } = chooseStepParameters(training, batches.at(-1) as PublicBatch, tokens === undefined ? 0 : 1, answers); // prettier-ignore
  let weights = commitGraphState(kernels, home, path(), training, state, parameters);
  opened.push(weights.group);
  const first = weights.group.keyBytes;
  const corpus = tokens === undefined ? undefined : { tokens, group: commitTokens(kernels, home, path(), tokens, parameters) }; // prettier-ignore
  if (corpus !== undefined) opened.push(corpus.group);
  const steps = batches.map((batch) => {
    const own = { answers, ...(corpus !== undefined && { corpus }) };
    const made = proveGraphStep(kernels, home, training, weights, batch, path(), own);
    weights = made.next;
    opened.push(weights.group);
    return stepBytes(made.step);
  });
  then(home, training, weights);
  for (const group of opened) group.close();
  rmSync(folder, { recursive: true });
  const known = { graph: JSON.stringify(graph), plan, first, batches, steps };
  return corpus === undefined ? known : { ...known, corpus: corpus.group.keyBytes };
}

/** As `commitCorpus`, with few digests in the key. */
export function commitTokens(
  kernels: Kernels,
  home: Home,
  path: string,
  tokens: Int16Array,
  parameters: Parameters,
): StoredGroup {
  const rows = 2 ** parameters.code.logData;
  const columns = groupColumnsOf([[tokens.length]], parameters.code.logData);
  const cells = new Int16Array(columns * rows);
  cells.set(tokens);
  const layout = corpusLayout(tokens.length);
  const named = { label: 'D', lifetime: 'static', logCap: 4, columns, parameters, layout } as const;
  const read = (first: number, count: number): Int16Array => cells.subarray(first * rows, (first + count) * rows); // prettier-ignore
  return storeGroup(kernels, home, path, named, { kind: 'copy', read });
}

/** A case as JSON, without its proofs. */
export function stepVector({ first, corpus, steps, ...known }: StepsCase): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  const keys = steps.map(({ after, parameters }) => ({ after: text(after), parameters: text(parameters) }));
  const own = {
    ...known,
    first: text(first),
    ...(corpus !== undefined && { corpus: text(corpus) }),
    steps: keys,
  };
  return `${JSON.stringify(own, null, 1)}\n`;
}

/** The way back. @param proofs of its steps */
export function stepCaseOf(json: string, proofs: readonly Uint8Array[]): StepsCase {
  type Stored = Omit<StepsCase, 'first' | 'corpus' | 'steps'> & { first: string; corpus?: string; steps: { after: string; parameters: string }[] }; // prettier-ignore
  const { first, corpus, steps, ...known } = JSON.parse(json) as Stored;
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
  const own = steps.map(({ after, parameters }, i) => ({ after: bytes(after), parameters: bytes(parameters), proof: proofs[i]! })); // prettier-ignore
  return {
    ...known,
    first: bytes(first),
    ...(corpus !== undefined && { corpus: bytes(corpus) }),
    steps: own,
  };
}

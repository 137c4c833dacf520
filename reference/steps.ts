/**
 * Training of graphs, step by step: a graph, a plan, keys, batches, and what the owner hands on of every step in, a verdict out.
 * spec/training-operators.md sections 8 to 10. Programs are computed here, by this folder's own means.
 */
import type { Algebra } from './algebra.ts';
import { checkReads, fromDrawn, type Drawn } from './drawn.ts';
import { checkSet } from './gate.ts';
import { checkGraph, type CheckedGraph } from './graph-checks.ts';
import { parseGraph } from './graph-file.ts';
import { keyDigest } from './key.ts';
import { at } from './lists.ts';
import { decodeParameters, type ParameterSet } from './parameter-set.ts';
import { verifyProgram } from './programs.ts';
import { checkProgram } from './ranges.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { digestOfLeaves, type Leaf } from './statement.ts';
import { checkKey, checkWeights, graphDigest, named } from './step-keys.ts';
import type { StepPlan } from './step-plan.ts';
import { stepsProgram } from './stacked.ts';
import type { Batch } from './step-program.ts';
import { sameCode, type NamedKey } from './training-run.ts';

/** What a verifier knows. */
export interface GraphTraining {
  /** JSON. */
  readonly graph: Uint8Array;
  readonly plan: StepPlan;
  /** Bytes of the key of the weights to start from. */
  readonly first: Uint8Array;
  /** Of the corpus, where batches are of one. */
  readonly corpus?: Uint8Array;
  /** Whether a step that was followed before wrote the weights to start from. Default: no. */
  readonly written?: boolean;
}

/** What the owner hands on. */
export interface StepBytes {
  /** Bytes of the key of the weights that it wrote. */
  readonly after: Uint8Array;
  readonly parameters: Uint8Array;
  readonly proof: Uint8Array;
}

export interface Step {
  readonly after: NamedKey;
  readonly parameters: ParameterSet;
  readonly proof: Uint8Array;
}

export interface Training {
  readonly checked: CheckedGraph;
  readonly plan: StepPlan;
  readonly first: NamedKey;
  readonly corpus?: NamedKey;
  readonly written: boolean;
}

/** Whether steps convince that weights came from the first ones by training on these batches, one behind the other. */
export function verifySteps(
  K: Algebra,
  training: GraphTraining,
  batches: readonly Batch[],
  steps: readonly StepBytes[],
): Verdict {
  return verdictOf(() => {
    const own = readTraining(training);
    const read = steps.map(readStep);
    follow(K, own, batches, read);
  });
}

/** Section 9, "Order": the graph and keys by themselves. */
export function readTraining({ graph, plan, first, corpus, written = false }: GraphTraining): Training {
  const own = { checked: checkGraph(parseGraph(graph)), plan, first: named(first), written };
  return corpus === undefined ? own : { ...own, corpus: named(corpus) };
}

export function readStep({ after, parameters, proof }: StepBytes): Step {
  const key = named(after);
  const set = decodeParameters(parameters);
  checkSet(set);
  return { after: key, parameters: set, proof };
}

/** All steps, one behind the other. */
export function follow(K: Algebra, of: Training, batches: readonly Batch[], steps: readonly Step[]): void {
  require(steps.length === batches.length, 'STEPS', `${steps.length} for ${batches.length} batches`);
  let before: Before = { key: of.first, first: !of.written };
  steps.forEach((step, i) => {
    checkStep(K, of, before, at(batches, i), step);
    before = { key: step.after, first: false };
  });
}

/** What a step reads, and whether it has to look that up: no step wrote it. */
interface Before {
  readonly key: NamedKey;
  readonly first: boolean;
}

/** Section 9, "Order": one step. */
function checkStep(
  K: Algebra,
  { checked, plan, corpus }: Training,
  { key: before, first }: Before,
  batch: Batch,
  { after, parameters, proof }: Step,
): void {
  const { graph } = checked;
  for (const key of [before, after]) checkWeights(checked, plan, key);
  const keys = [before, after, ...corpusOf(corpus, batch)];
  require(keys.every((key) => sameCode(key, { parameters })), 'STATEMENT', 'code of all keys'); // prettier-ignore
  const context = digestOfLeaves('zkdl graph step 1', [
    ['graph', 'digest', graphDigest(graph)],
    ...keys.map(({ bytes }, i): Leaf => [`key-${i}`, 'digest', keyDigest(bytes)]),
  ]);
  checkStepProof(K, { checked, plan }, { batches: [batch], first, keys, context }, { parameters, proof });
}

/** The program of steps, and their proof. @param of `first`: whether the first one looks up what it reads, or what it is drawn from */
export function checkStepProof(
  K: Algebra,
  { checked, plan }: Pick<Training, 'checked' | 'plan'>,
  of: { readonly batches: readonly Batch[]; readonly first: boolean | Drawn; readonly keys: readonly NamedKey[]; readonly context: Uint8Array }, // prettier-ignore
  { parameters, proof }: Pick<Step, 'parameters' | 'proof'>,
): void {
  const own = stepsProgram(checked, plan, of.batches, of.first === true);
  const program = typeof of.first === 'boolean' ? own : fromDrawn(own, checked.graph, plan, of.first);
  checkProgram(program);
  if (typeof of.first !== 'boolean') checkReads(program);
  const groups = of.keys.map(({ group }) => group);
  const verdict = verifyProgram(K, { parameters, program, groups, context: of.context }, proof);
  if (!verdict.ok) refuse(verdict.code, 'proof');
}

/** Section 10: the key of the corpus that a batch is of. */
function corpusOf(corpus: NamedKey | undefined, batch: Batch): NamedKey[] {
  if (!('corpus' in batch)) return [];
  if (corpus === undefined) return refuse('KEY_LAYOUT', 'no key of a corpus');
  checkCorpus(corpus, batch.corpus);
  return [corpus];
}

/** Section 10: a key of so many tokens. */
export function checkCorpus(corpus: NamedKey, tokens: number): void {
  const layout = digestOfLeaves('zkdl corpus layout 1', [['tokens', 'integer', tokens]]);
  checkKey(corpus, { label: 'D', lifetime: 'static', layout, shapes: [[tokens]] });
}

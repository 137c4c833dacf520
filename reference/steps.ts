/**
 * Training of graphs, step by step: a graph, a plan, keys, batches, and what the owner hands on of every step in, a verdict out.
 * spec/training-operators.md sections 8 to 10. Programs are computed here, by this folder's own means.
 */
import type { Algebra } from './algebra.ts';
import { deriveKey } from './blake3.ts';
import { ascii, equalBytes } from './bytes.ts';
import { checkSet } from './gate.ts';
import { checkGraph, type CheckedGraph } from './graph-checks.ts';
import { canonical, parseGraph, type Graph } from './graph-file.ts';
import { decodeKey, keyDigest } from './key.ts';
import { columnsOf, layOut } from './layout.ts';
import { at } from './lists.ts';
import { decodeParameters, type ParameterSet } from './parameter-set.ts';
import { verifyProgram } from './programs.ts';
import { checkProgram } from './ranges.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { digestOfLeaves, type Leaf } from './statement.ts';
import { checkStepPlan, placesOfWeight, type StepPlan } from './step-plan.ts';
import { stepProgram, type Batch } from './step-program.ts';
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
}

/** What the owner hands on. */
export interface StepBytes {
  /** Bytes of the key of the weights that it wrote. */
  readonly after: Uint8Array;
  readonly parameters: Uint8Array;
  readonly proof: Uint8Array;
}

interface Step {
  readonly after: NamedKey;
  readonly parameters: ParameterSet;
  readonly proof: Uint8Array;
}

interface Training {
  readonly checked: CheckedGraph;
  readonly plan: StepPlan;
  readonly corpus?: NamedKey;
}

/** Whether steps convince that weights came from the first ones by training on these batches, one behind the other. */
export function verifySteps(
  K: Algebra,
  { graph, plan, first, corpus }: GraphTraining,
  batches: readonly Batch[],
  steps: readonly StepBytes[],
): Verdict {
  return verdictOf(() => {
    const training = { checked: checkGraph(parseGraph(graph)), plan };
    let before = named(first);
    const own = corpus === undefined ? training : { ...training, corpus: named(corpus) };
    const read = steps.map(readStep);
    require(read.length === batches.length, 'STEPS', `${read.length} for ${batches.length} batches`);
    read.forEach((step, i) => {
      checkStep(K, own, before, at(batches, i), step);
      before = step.after;
    });
  });
}

function named(bytes: Uint8Array): NamedKey {
  return { ...decodeKey(bytes), bytes };
}

function readStep({ after, parameters, proof }: StepBytes): Step {
  const key = named(after);
  const set = decodeParameters(parameters);
  checkSet(set);
  return { after: key, parameters: set, proof };
}

/** Section 9, "Order": one step. */
function checkStep(
  K: Algebra,
  { checked, plan, corpus }: Training,
  before: NamedKey,
  batch: Batch,
  { after, parameters, proof }: Step,
): void {
  const { graph } = checked;
  checkStepPlan(checked, plan);
  for (const key of [before, after]) checkWeights(graph, plan, key);
  const keys = [before, after, ...corpusOf(corpus, batch)];
  require(keys.every((key) => sameCode(key, { parameters })), 'STATEMENT', 'code of all keys'); // prettier-ignore
  const program = stepProgram(checked, plan, batch);
  checkProgram(program);
  const context = digestOfLeaves('zkdl graph step 1', [
    ['graph', 'digest', deriveKey('zkdl graph 1', ascii(canonical(graph)))],
    ...keys.map(({ bytes }, i): Leaf => [`key-${i}`, 'digest', keyDigest(bytes)]),
  ]);
  const groups = keys.map(({ group }) => group);
  const verdict = verifyProgram(K, { parameters, program, groups, context }, proof);
  if (!verdict.ok) refuse(verdict.code, 'proof');
}

/** Section 9: a key of weights of this graph in training. */
function checkWeights({ weights }: Graph, plan: StepPlan, key: NamedKey): void {
  const leaves = weights.flatMap(({ name, shape, bits }, i): Leaf[] => [
    [`weight-${i}`, 'text', name],
    ...shape.map((size, d): Leaf => [`size-${i}-${d}`, 'integer', size]),
    [`bits-${i}`, 'integer', bits],
    [`places-${i}`, 'integer', placesOfWeight(plan, name)],
  ]);
  const layout = digestOfLeaves('zkdl graph state layout 1', [['low', 'integer', plan.low], ...leaves]);
  const shapes = weights.map(({ shape }) => shape);
  checkKey(key, { label: 'S', lifetime: 'carried', layout, shapes: [...shapes, ...shapes] });
}

/** Section 10: the key of the corpus that a batch is of. */
function corpusOf(corpus: NamedKey | undefined, batch: Batch): NamedKey[] {
  if (!('corpus' in batch)) return [];
  if (corpus === undefined) return refuse('KEY_LAYOUT', 'no key of a corpus');
  const layout = digestOfLeaves('zkdl corpus layout 1', [['tokens', 'integer', batch.corpus]]);
  checkKey(corpus, { label: 'D', lifetime: 'static', layout, shapes: [[batch.corpus]] });
  return [corpus];
}

function checkKey(
  { group, layout, parameters }: NamedKey,
  of: {
    readonly label: string;
    readonly lifetime: string;
    readonly layout: Uint8Array;
    readonly shapes: readonly (readonly number[])[];
  },
): void {
  require(equalBytes(layout, of.layout), 'KEY_LAYOUT', 'layout');
  require(group.label === of.label && group.lifetime === of.lifetime, 'KEY_LAYOUT', `${of.lifetime} group ${of.label}`); // prettier-ignore
  const columns = columnsOf(layOut(of.shapes), parameters.code.logData);
  require(group.columns === columns, 'KEY_LAYOUT', `${columns} columns`);
}

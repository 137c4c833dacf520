/** Verifies steps of training a graph: a step says which weights it read and which it wrote. spec/training-operators.md section 9. */
import { refuse } from '../../errors/proof-error.ts';
import { koalaBear } from '../../field/koalabear.ts';
import { quintic } from '../../field/quintic.ts';
import type { Graph } from '../../graph/graph.ts';
import { graphDigest } from '../../graph/encoding.ts';
import { sameColumnCode, type Parameters } from '../../params/parameters.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../pcs/key.ts';
import { verdictOf, type Verdict } from '../../pcs/linear-verify.ts';
import { checkProgram } from '../../relation/check.ts';
import { compileProgram } from '../../relation/compile.ts';
import type { Program } from '../../relation/program.ts';
import { requireProgramStatement, type ProgramStatement } from '../../relation/statement.ts';
import { verifyProgram } from '../../relation/verify.ts';
import { digestOfLeaves } from '../../transcript/statement.ts';
import type { PublicBatch } from './batch.ts';
import { drawnProgram, type DrawnStart } from './drawn.ts';
import { checkDrawnReads } from './drawn-reads.ts';
import { checkCorpusKey, checkGraphStateKey } from './layouts.ts';
import type { GraphPlan } from './plan.ts';
import { graphStepsProgram } from './program.ts';

/** What is trained, and how: the same for all steps of a run. */
export interface GraphTraining {
  readonly graph: Graph;
  readonly plan: GraphPlan;
  /** Key of the corpus, where batches are rows of one. */
  readonly corpus?: GroupKey;
}

/** A proven step, as its owner hands it out. */
export interface ProvenStep {
  /** Key of the weights that it wrote. */
  readonly after: GroupKey;
  /** For this proof. */
  readonly parameters: Parameters;
  readonly proof: Uint8Array;
}

/** Weights that a step reads: of a group, or drawn. */
export type ReadWeights =
  | {
      readonly key: GroupKey;
      /** Whether a step wrote them that was verified: it looked them up. Others are looked up by the step that reads them. */
      readonly written: boolean;
    }
  | { readonly drawn: DrawnStart };

/** What a proof is bound to: a function of the keys of its groups. */
export type StepContext = (keys: readonly GroupKey[]) => Uint8Array;

/** What a step's proof is bound to beside program and groups: the graph, and whole keys, not their roots alone. */
export function stepContext({ graph }: GraphTraining, keys: readonly GroupKey[]): Uint8Array<ArrayBuffer> {
  return digestOfLeaves('zkdl graph step 1', [
    { label: 'graph', type: 'digest', value: graphDigest(graph) },
    ...keys.map((key, i) => ({
      label: `key-${i}`,
      type: 'digest' as const,
      value: keyDigest(encodeKey(key)),
    })),
  ]);
}

/** The key of the corpus that batches are of, if they are of one. */
function corpusOf({ corpus }: GraphTraining, batches: readonly PublicBatch[]): GroupKey[] {
  const own = batches.find((batch) => 'corpus' in batch);
  if (own === undefined) return [];
  if (corpus === undefined) return refuse('KEY_LAYOUT', 'corpus', 'expected the key of a corpus, got none');
  checkCorpusKey(own.corpus, corpus);
  return [corpus];
}

/** The program of steps from these weights on. @throws as `graphStepsProgram` */
export function stepsProgramFrom(
  { graph, plan }: GraphTraining,
  batches: readonly PublicBatch[],
  from:
    Pick<Extract<ReadWeights, { key: GroupKey }>, 'written'> | Extract<ReadWeights, { drawn: DrawnStart }>,
): Program {
  if ('written' in from) return graphStepsProgram(graph, plan, batches, from.written);
  return drawnProgram(graphStepsProgram(graph, plan, batches, true), graph, plan, from.drawn);
}

/**
 * The statement of a proof of steps.
 *
 * @param batches one for each step, all of one kind
 * @param before what it reads: whether a step wrote it is for whoever verifies to say, never for a proof
 * @param context of a step of a run, which says more; told the keys of all groups
 * @throws ProofError as `graphStepsProgram`, `checkGraphStateKey`, `checkDrawnReads`; `STATEMENT` for parameters that do not fit
 */
export function stepStatement(
  training: GraphTraining,
  batches: readonly PublicBatch[],
  before: ReadWeights,
  { after, parameters }: Omit<ProvenStep, 'proof'>,
  context: StepContext = (keys) => stepContext(training, keys),
): ProgramStatement {
  const { graph, plan } = training;
  const read = 'drawn' in before ? [] : [before.key];
  for (const key of read) checkGraphStateKey(graph, plan, key, 'weights before');
  checkGraphStateKey(graph, plan, after, 'weights after');
  const groups = [...read, after, ...corpusOf(training, batches)];
  if (!groups.every((key) => sameColumnCode(key.parameters, parameters))) {
    refuse('STATEMENT', 'step', 'parameters: expected profile and column code of all keys, got others');
  }
  const program = stepsProgramFrom(training, batches, before);
  checkProgram(koalaBear, program);
  if ('drawn' in before) checkDrawnReads(program, 'step');
  const statement: ProgramStatement = {
    parameters,
    compiled: compileProgram(quintic, program),
    groups: groups.map(({ group }) => group),
    context: context(groups),
  };
  requireProgramStatement(statement, 'step');
  return statement;
}

/**
 * Whether steps convince that weights came from others by training on these batches, in this order. Never throws, whatever the proofs.
 *
 * @param first key of the weights to start from: the first step looks them up
 * @param batches one for each step
 * @param written whether `first` was written by a step that the caller verified before: then that one did
 * @example
 * const verdict = verifySteps({ graph, plan }, firstKey, batches, steps);
 */
export function verifySteps(
  training: GraphTraining,
  first: GroupKey,
  batches: readonly PublicBatch[],
  steps: readonly ProvenStep[],
  written = false,
): Verdict {
  return verdictOf(() => {
    if (steps.length !== batches.length) {
      refuse('STEPS', 'steps', `expected ${batches.length} steps, got ${steps.length}`);
    }
    let before: ReadWeights = { key: first, written };
    steps.forEach((step, i) => {
      const own = verifyProgram(
        stepStatement(training, [batches[i] as PublicBatch], before, step),
        step.proof,
      );
      if (!own.ok) refuse(own.code, `step ${i}: ${own.stage}`, own.detail);
      before = { key: step.after, written: true };
    });
  });
}

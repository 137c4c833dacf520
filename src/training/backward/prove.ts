/** Proves steps of training a graph: runs a step, commits what it wrote, proves that it went so. spec/training-operators.md section 9. */
import { koalaBear } from '../../field/koalabear.ts';
import { kernelProduct } from '../../graph/execute-witness.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { noMark, type Mark } from '../../pcs/steps-prove.ts';
import { checkProgram } from '../../relation/check.ts';
import type { Program } from '../../relation/program.ts';
import { proveStoredProgram } from '../../relation/stored-prove.ts';
import type { Home, StoredGroup } from '../../store/index.ts';
import type { CheckedProof } from '../../store/prove-once.ts';
import { tokensOf, type PublicBatch, type TokenBatch } from './batch.ts';
import { CORPUS } from './corpus/relations.ts';
import { checkDrawnReads } from './drawn-reads.ts';
import { checkGraphStateKey } from './layouts.ts';
import { commitGraphState, type DrawnWeights, type OwnedCorpus, type OwnedWeights } from './owned.ts';
import type { GraphState } from './state.ts';
import { checkState } from './state-parts.ts';
import { graphStep, type GraphStep } from './step.ts';
import {
  stepContext,
  stepsProgramFrom,
  type GraphTraining,
  type ProvenStep,
  type StepContext,
} from './verify.ts';
import { stepsWitness } from './witness.ts';

export interface StepProofOptions {
  /** That batches are rows of. */
  readonly corpus?: OwnedCorpus;
  /** How many answers the weights that it writes shall give (`proveGraphAnswer`), if their code has room. Default: none. */
  readonly answers?: number;
  /** Of a step of a run, which says more. Default: that of a step by itself. */
  readonly context?: StepContext;
  /** Told where parts of the work begin. */
  readonly mark?: Mark;
}

export interface OwnedStep extends Pick<CheckedProof, 'reservations'> {
  /** To hand out. */
  readonly step: ProvenStep;
  /** What it wrote. Its group is open; so is the one that was read. */
  readonly next: OwnedWeights;
}

/** Runs and proves one step: `proveGraphSteps` of one batch. */
export function proveGraphStep(
  kernels: Kernels,
  home: Home,
  training: GraphTraining,
  weights: OwnedWeights,
  batch: PublicBatch,
  path: string,
  options: StepProofOptions = {},
): OwnedStep {
  return proveGraphSteps(kernels, home, training, weights, [batch], path, options);
}

/**
 * Runs steps one behind the other and proves them with one proof. Beside the proof it makes a directory: the commitment to the weights behind the last step, for the one that reads these.
 *
 * @param batches one for each step, all of one kind
 * @param path of the directory to be made
 * @throws RangeError for rows of a corpus, or drawn weights, without a corpus, for more answers than the code has room for; ProofError `PLAN` for drawn weights that are read too often, `UNPROVABLE` for a value beyond its bits: before anything is spent; as `storeGroup`, `proveStoredProgram`
 */
export function proveGraphSteps(
  kernels: Kernels,
  home: Home,
  training: GraphTraining,
  weights: OwnedWeights | DrawnWeights,
  batches: readonly PublicBatch[],
  path: string,
  { corpus, answers = 0, mark = noMark, ...options }: StepProofOptions = {},
): OwnedStep {
  const { graph, plan } = training;
  const { context = (keys) => stepContext(training, keys) } = options;
  const { program, read } = programOf(training, batches, weights);
  mark('execution');
  const hidden = batches.some((batch) => 'corpus' in batch);
  const runs = runSteps(kernels, training, weights.state, batches, corpus);
  mark('commitment to weights');
  const { parameters } = codeOf(read, corpus);
  const last = runs.at(-1)?.next as GraphState; // a program has a step at least
  const next = {
    ...commitGraphState(kernels, home, path, training, last, parameters, answers),
    written: true,
  };
  try {
    mark('witness values');
    const first = read.length > 0 ? weights.state : undefined;
    const witness = stepsWitness(graph, plan, batches, first, runs);
    mark('program');
    const groups = [...read, next.group, ...(hidden && corpus ? [corpus.group] : [])];
    const data = hidden && corpus ? [[CORPUS, corpus.tokens] as const] : [];
    const { statement, proof, reservations } = proveStoredProgram(kernels, home, {
      program,
      groups,
      witness: { tensors: witness.tensors, statics: new Map([...witness.statics, ...data]) },
      context: context(groups.map(({ key }) => key)),
      onStep: mark,
    });
    return { step: { after: next.group.key, parameters: statement.parameters, proof }, next, reservations };
  } catch (error) {
    next.group.close(); // nobody else knows of it
    throw error;
  }
}

/** The program of steps from these weights on, and the groups that it reads them from: none of drawn ones. @throws as `proveGraphSteps` */
function programOf(
  training: GraphTraining,
  batches: readonly PublicBatch[],
  weights: OwnedWeights | DrawnWeights,
): { readonly program: Program; readonly read: readonly StoredGroup[] } {
  const { graph, plan } = training;
  const read = 'drawn' in weights ? [] : [weights.group];
  for (const { key, path } of read) checkGraphStateKey(graph, plan, key, path);
  const from = 'drawn' in weights ? weights : { written: weights.written ?? false };
  const program = stepsProgramFrom(training, batches, from);
  if ('drawn' in weights) checkDrawnReads(program, 'step');
  if (batches.length > 1) checkProgram(koalaBear, program); // before weights are committed: a program may have too many relations
  if ('written' in from && !from.written) checkState(graph, plan, weights.state);
  return { program, read };
}

/** Runs steps one behind the other. */
function runSteps(
  kernels: Kernels,
  { graph, plan }: GraphTraining,
  first: GraphState,
  batches: readonly PublicBatch[],
  corpus: OwnedCorpus | undefined,
): GraphStep[] {
  const options = {
    product: kernelProduct(kernels),
    hidden: batches.some((batch) => 'corpus' in batch),
  };
  let state = first;
  return batches.map((batch) => {
    const run = graphStep(graph, plan, state, knownTokens(batch, corpus), options);
    state = run.next;
    return run;
  });
}

/** Of the groups of a proof, whose code is one. @throws RangeError for drawn weights without a corpus */
function codeOf([read]: readonly StoredGroup[], corpus: OwnedCorpus | undefined): StoredGroup['key'] {
  const group = read ?? corpus?.group;
  if (group === undefined) throw new RangeError('corpus: expected one where weights are drawn, got none');
  return group.key;
}

function knownTokens(batch: PublicBatch, corpus: OwnedCorpus | undefined): TokenBatch {
  if ('tokens' in batch) return batch;
  if (corpus?.tokens.length !== batch.corpus) {
    throw new RangeError(`corpus: expected ${batch.corpus} tokens, got ${corpus?.tokens.length ?? 'none'}`);
  }
  return tokensOf(corpus.tokens, batch);
}

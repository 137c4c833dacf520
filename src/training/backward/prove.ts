/** Proves steps of training a graph: runs a step, commits what it wrote, proves that it went so. spec/training-operators.md section 9. */
import { koalaBear } from '../../field/koalabear.ts';
import { quintic } from '../../field/quintic.ts';
import { kernelProduct } from '../../graph/execute-witness.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { chooseParameters, type Choice } from '../../params/choose.ts';
import type { Parameters } from '../../params/parameters.ts';
import { noMark, type Mark } from '../../pcs/steps-prove.ts';
import { checkProgram } from '../../relation/check.ts';
import { compileProgram } from '../../relation/compile.ts';
import { layOut } from '../../relation/layout.ts';
import { programCosts } from '../../relation/plan.ts';
import { proveStoredProgram } from '../../relation/stored-prove.ts';
import type { Home, StoredGroup } from '../../store/index.ts';
import type { CheckedProof } from '../../store/prove-once.ts';
import { commitData, commitWeights, readTensors, STATE_USES } from '../commit.ts';
import { DATA_LABEL, STATE_LABEL } from '../layouts.ts';
import { tokensOf, type PublicBatch, type TokenBatch } from './batch.ts';
import { CORPUS } from './corpus/relations.ts';
import { checkGraphStateKey, corpusLayout, graphStateLayout, graphStateShapes } from './layouts.ts';
import { graphStepsProgram } from './program.ts';
import type { GraphState } from './state.ts';
import { checkState, partCells, stateFrom, stateParts } from './state-parts.ts';
import { graphStep } from './step.ts';
import { stepContext, type GraphTraining, type ProvenStep, type StepContext } from './verify.ts';
import { stepsWitness } from './witness.ts';

/** Weights with their commitment. */
export interface OwnedWeights {
  readonly state: GraphState;
  readonly group: StoredGroup;
  /** Whether a proven step wrote them. Otherwise the step that reads them looks them up. Default: no. */
  readonly written?: boolean;
}

/** A corpus with its commitment. */
export interface OwnedCorpus {
  readonly tokens: Int16Array;
  readonly group: StoredGroup;
}

/**
 * Parameters for the steps of a training; every step finds its own over the same column code.
 *
 * @param batch a typical one @param minProofs that a corpus must allow
 * @param answers that weights must allow beside the steps @param steps of a proof
 */
export function chooseStepParameters(
  { graph, plan }: GraphTraining,
  batch: PublicBatch,
  minProofs = 0,
  answers = 0,
  steps = 1,
): Choice {
  const batches = Array.from({ length: steps }, () => batch);
  const compiled = compileProgram(quintic, graphStepsProgram(graph, plan, batches));
  const state = {
    lifetime: 'carried',
    cells: layOut(graphStateShapes(graph, plan)).cells,
    uses: STATE_USES + answers,
  } as const;
  const corpus =
    'tokens' in batch ? [] : [{ name: DATA_LABEL, lifetime: 'static', cells: batch.corpus } as const];
  const groups = [
    { name: `${STATE_LABEL}0`, ...state },
    { name: `${STATE_LABEL}1`, ...state },
    ...corpus,
    { name: 'AM', lifetime: 'proof', cells: compiled.own.cells } as const,
  ];
  return chooseParameters({ ...programCosts(compiled), groups }, minProofs > 0 ? { minProofs } : {});
}

/**
 * Commits weights for one step that writes them and one that reads them.
 *
 * @param path of the directory to be made
 * @param answers for how many answers beside that
 * @throws as `storeGroup`
 */
export function commitGraphState(
  kernels: Kernels,
  home: Home,
  path: string,
  { graph, plan }: GraphTraining,
  state: GraphState,
  parameters: Parameters,
  answers = 0,
): OwnedWeights {
  const tensors = stateParts(graph, plan).map((part) => partCells(part, state));
  const layout = graphStateLayout(graph, plan);
  const shapes = graphStateShapes(graph, plan);
  const named = { shapes, tensors, layout, parameters };
  return { state, group: commitWeights(kernels, home, path, named, STATE_USES + answers) };
}

/**
 * Commits a corpus.
 *
 * @param path of the directory to be made
 * @throws as `storeGroup`
 */
export function commitCorpus(
  kernels: Kernels,
  home: Home,
  path: string,
  tokens: Int16Array,
  parameters: Parameters,
): OwnedCorpus {
  const layout = corpusLayout(tokens.length);
  const named = { shapes: [[tokens.length]], tensors: [tokens], layout, parameters };
  return { tokens, group: commitData(kernels, home, path, named) };
}

/**
 * Weights of a group that was opened again.
 *
 * @param written whether a proven step wrote them, which the group does not say
 * @throws ProofError `KEY_LAYOUT` for those of another training
 */
export function readGraphState(
  { graph, plan }: GraphTraining,
  group: StoredGroup,
  written = false,
): OwnedWeights {
  checkGraphStateKey(graph, plan, group.key, group.path);
  const cells = readTensors(graphStateShapes(graph, plan), group.owned, group.key);
  return { state: stateFrom(graph, plan, cells), group, written };
}

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
 * @throws RangeError for rows of a corpus without it, for more answers than the code has room for; ProofError `UNPROVABLE` for a value beyond its bits: before anything is spent; as `storeGroup`, `proveStoredProgram`
 */
export function proveGraphSteps(
  kernels: Kernels,
  home: Home,
  training: GraphTraining,
  { state, group, written = false }: OwnedWeights,
  batches: readonly PublicBatch[],
  path: string,
  { corpus, answers = 0, mark = noMark, ...options }: StepProofOptions = {},
): OwnedStep {
  const { graph, plan } = training;
  const { context = (keys) => stepContext(training, keys) } = options;
  checkGraphStateKey(graph, plan, group.key, group.path);
  const program = graphStepsProgram(graph, plan, batches, written);
  if (batches.length > 1) checkProgram(koalaBear, program); // before weights are committed: a program may have too many relations
  if (!written) checkState(graph, plan, state);
  mark('execution');
  const hidden = batches.some((batch) => 'corpus' in batch);
  const product = kernelProduct(kernels);
  let last = state;
  const runs = batches.map((batch) => {
    const run = graphStep(graph, plan, last, knownTokens(batch, corpus), { product, hidden });
    last = run.next;
    return run;
  });
  mark('commitment to weights');
  const { parameters } = group.key;
  const next = {
    ...commitGraphState(kernels, home, path, training, last, parameters, answers),
    written: true,
  };
  try {
    mark('witness values');
    const witness = stepsWitness(graph, plan, batches, state, runs);
    mark('program');
    const groups = [group, next.group, ...(hidden && corpus ? [corpus.group] : [])];
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

function knownTokens(batch: PublicBatch, corpus: OwnedCorpus | undefined): TokenBatch {
  if ('tokens' in batch) return batch;
  if (corpus?.tokens.length !== batch.corpus) {
    throw new RangeError(`corpus: expected ${batch.corpus} tokens, got ${corpus?.tokens.length ?? 'none'}`);
  }
  return tokensOf(corpus.tokens, batch);
}

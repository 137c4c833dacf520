/** What an owner of training a graph holds: weights and a corpus with their commitments, and how these are made. spec/training-operators.md section 9. */
import { quintic } from '../../field/quintic.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { chooseParameters, type Choice } from '../../params/choose.ts';
import type { Parameters } from '../../params/parameters.ts';
import { compileProgram } from '../../relation/compile.ts';
import { layOut } from '../../relation/layout.ts';
import { programCosts } from '../../relation/plan.ts';
import type { Home, StoredGroup } from '../../store/index.ts';
import { commitData, commitWeights, readTensors, STATE_USES } from '../commit.ts';
import { DATA_LABEL, STATE_LABEL } from '../layouts.ts';
import type { PublicBatch } from './batch.ts';
import { drawnState, type DrawnStart } from './drawn.ts';
import { checkGraphStateKey, corpusLayout, graphStateLayout, graphStateShapes } from './layouts.ts';
import { graphStepsProgram } from './program.ts';
import type { GraphState } from './state.ts';
import { partCells, stateFrom, stateParts } from './state-parts.ts';
import type { GraphTraining } from './verify.ts';

/** Weights with their commitment. */
export interface OwnedWeights {
  readonly state: GraphState;
  readonly group: StoredGroup;
  /** Whether a proven step wrote them. Otherwise the step that reads them looks them up. Default: no. */
  readonly written?: boolean;
}

/** Weights to start from that everybody draws from a seed: nothing is committed. */
export interface DrawnWeights {
  readonly state: GraphState;
  readonly drawn: DrawnStart;
}

/** Those that the seed stands for. */
export function drawnWeights({ graph, plan }: GraphTraining, drawn: DrawnStart): DrawnWeights {
  return { state: drawnState(graph, plan, drawn), drawn };
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

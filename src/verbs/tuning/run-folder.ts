/**
 * The directory of a run of training a graph. Everything in it is private to its owner:
 *
 *   graph.json          the graph, in canonical bytes
 *   start.json          where the committed weights lie that it starts from, if another run wrote them: else they are drawn from the seed
 *   run                 the run file, once it is announced
 *   checkpoint-<step>   the newest two
 *   loss.csv, loss.svg  what the steps measured: they follow from the newest checkpoint
 *   weights-<step>      the committed weights behind so many steps (spec/state.md section 2)
 *   step-<step>         the step that they are behind; without it the weights are not in use
 *   at-work             while a process trains or proves there
 *
 * What is public lies beside it: DIR.run, and DIR.<step>.step for every proven step.
 */
import { join } from 'node:path';
import { refuse } from '../../errors/proof-error.ts';
import { encodeGraph, type Graph } from '../../graph/index.ts';
import { sameBytes } from '../../hash/words.ts';
import { decodeGraphStep } from '../../training/graph-run/step-file.ts';
import {
  inputAt,
  readGraphRun,
  type GraphPoint,
  type NamedGraphRun,
} from '../../training/graph-run/verify.ts';
import { partCells, stateFrom, stateParts } from '../../training/backward/state-parts.ts';
import type { GraphState } from '../../training/index.ts';
import { exists, naming, readInput, writeNew } from '../files.ts';
import {
  openCheckpoint,
  sealCheckpoint,
  type CheckpointForm,
  type Measured,
} from '../training/checkpoint.ts';
import { GRAPH_FILE, keepCheckpoint, makeFolderOf, newestCheckpoint, publish, RUN_FILE, runDirectory, START_FILE, startFile, stepsOf, type StartPlace } from '../training/run-folder.ts'; // prettier-ignore

export interface TuningPlace {
  /** As its user wrote it. */
  readonly shown: string;
  readonly path: string;
}

/** One whose run is announced. */
export interface TuningFolder extends TuningPlace {
  readonly bytes: Uint8Array;
  readonly named: NamedGraphRun;
}

export interface GraphCheckpoint extends Measured {
  readonly state: GraphState;
}

/** Makes the directory, whole or not at all. Its run is announced later. @throws ProofError `FILE_*` naming it */
export function makeTuningFolder(shown: string, graph: Graph, start: StartPlace | undefined): void {
  makeFolderOf(shown, { ...startFile(start), [GRAPH_FILE]: encodeGraph(graph) });
}

/** @throws ProofError `FILE_*`, `FOLDER` for what is no directory of a run of a graph */
export function tuningPlace(shown: string): TuningPlace {
  return { shown, path: runDirectory(shown, GRAPH_FILE) };
}

/** Whether it is the directory of this graph. */
export function isOfGraph({ path }: TuningPlace, graph: Graph): boolean {
  return sameBytes(readInput(join(path, GRAPH_FILE)), encodeGraph(graph));
}

/** Whether its run starts from the weights of another. */
export function hasStart({ path }: TuningPlace): boolean {
  return exists(join(path, START_FILE));
}

/** Whether its run is announced. */
export function isAnnounced({ path }: TuningPlace): boolean {
  return exists(join(path, RUN_FILE));
}

/** Announces: the run file is there from now on. */
export function keepRun({ path }: TuningPlace, bytes: Uint8Array): void {
  writeNew(join(path, RUN_FILE), bytes);
}

/** @throws ProofError as `tuningPlace`; `FOLDER` for one whose run is not announced; as `readGraphRun` */
export function openTuningFolder(shown: string): TuningFolder {
  const place = tuningPlace(shown);
  if (!isAnnounced(place)) {
    refuse('FOLDER', shown, 'expected a run that is announced, got one that is not: run zkdl tune');
  }
  const file = join(place.path, RUN_FILE);
  const bytes = readInput(file);
  return { ...place, bytes, named: naming(file, () => readGraphRun(bytes)) };
}

/** The public files of a run. Names of steps are in order where file names are sorted. */
export function publicTuningPaths(
  { path, named }: TuningFolder,
  step: number,
): { readonly run: string; readonly step: string } {
  const digits = String(named.run.steps).length;
  return { run: `${path}.run`, step: `${path}.${String(step).padStart(digits, '0')}.step` };
}

/** The newest checkpoint. @throws ProofError `CHECKPOINT` */
export function lastGraphCheckpoint(folder: TuningFolder): GraphCheckpoint | undefined {
  const { graph, plan } = folder.named.run;
  return newestCheckpoint(folder, (path, bytes) => {
    const { parts, ...measured } = openCheckpoint(path, formOf(folder), bytes);
    return { ...measured, state: stateFrom(graph, plan, parts) };
  });
}

/** Writes a checkpoint, then removes those that are too old. */
export function writeGraphCheckpoint(folder: TuningFolder, { state, ...measured }: GraphCheckpoint): void {
  const { graph, plan } = folder.named.run;
  const parts = stateParts(graph, plan).map((part) => partCells(part, state));
  keepCheckpoint(folder, measured.step, sealCheckpoint(formOf(folder), measured, parts));
}

function formOf({ named: { run, digest } }: TuningFolder): CheckpointForm {
  const cells = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
  const sizes = stateParts(run.graph, run.plan).map(({ own }) => cells(own.shape));
  return { run: digest, steps: run.steps, sizes, rowBytes: 4 };
}

/** Whether two states have the same parts. */
export function sameGraphState({ graph, plan }: NamedGraphRun['run'], a: GraphState, b: GraphState): boolean {
  return stateParts(graph, plan).every((part) => {
    const other = partCells(part, b);
    return partCells(part, a).every((x, i) => x === other[i]);
  });
}

/** A step that was proven, and the point behind it. */
export interface KeptStep {
  readonly bytes: Uint8Array;
  readonly point: GraphPoint;
}

/**
 * The steps that were proven, one behind the other. Their proofs were verified before they were written.
 *
 * @throws ProofError `CHAIN` for a step of another run, one that is not the next, one that reads other weights; as `decodeGraphStep`
 */
export function keptSteps(folder: TuningFolder): KeptStep[] {
  let point: GraphPoint | undefined;
  return stepsOf(folder, 'step').map((step) => {
    const path = join(folder.path, `step-${step}`);
    const wrong = (detail: string): never => refuse('CHAIN', path, detail);
    const bytes = readInput(path);
    const file = naming(path, () => decodeGraphStep(bytes));
    if (!sameBytes(file.run, folder.named.digest)) wrong('expected a step of this run, got one of another');
    const done = point?.step ?? 0;
    if (file.step !== done || file.step + file.count !== step) {
      const got = `${file.count} from step ${file.step} on`;
      wrong(`expected steps from ${done} on, behind which ${step} are done, got ${got}`);
    }
    if (!sameBytes(file.input, inputAt(folder.named, point))) {
      wrong('expected one that reads what the step before wrote, got another');
    }
    point = { step, weights: file.output };
    return { bytes, point };
  });
}

/** The step becomes a part of the chain, then public. */
export function keepStep(folder: TuningFolder, step: number, bytes: Uint8Array): void {
  writeNew(join(folder.path, `step-${step}`), bytes);
  publish(publicTuningPaths(folder, step).step, bytes);
}

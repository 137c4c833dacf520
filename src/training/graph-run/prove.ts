/** Proves a run of training a graph: steps run, what they wrote is committed, and they are proven to be those that the run says, one a proof or several. */
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../pcs/key.ts';
import type { CheckedProof } from '../../store/prove-once.ts';
import type { Home, StoredGroup } from '../../store/index.ts';
import type { StartBounds } from '../backward/drawn.ts';
import {
  drawnWeights,
  readGraphState,
  type DrawnWeights,
  type OwnedCorpus,
  type OwnedWeights,
} from '../backward/owned.ts';
import { proveGraphSteps, type StepProofOptions } from '../backward/prove.ts';
import type { GraphTraining } from '../backward/verify.ts';
import { encodeGraphRun, type GraphSchedule } from './run.ts';
import { encodeGraphStep, runStepContext } from './step-file.ts';
import { batchesAt, checkCount, readGraphRun, trainingOf, type NamedGraphRun } from './verify.ts';

/** What the owner of a run holds: its file and its corpus. */
export interface GraphRunOwner {
  readonly named: NamedGraphRun;
  /** The file to publish. */
  readonly bytes: Uint8Array;
  readonly corpus: OwnedCorpus;
}

/** How far training has come, with the weights themselves. */
export interface OwnedGraphPoint {
  readonly step: number;
  readonly weights: OwnedWeights;
}

/** Where the next step begins: a point, or the start of a run whose weights are drawn. */
export type GraphRunPoint = Omit<OwnedGraphPoint, 'weights'> & {
  readonly weights: OwnedWeights | DrawnWeights;
};

export interface ProvenRunStep extends Pick<CheckedProof, 'reservations'> {
  /** The step file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Behind the step. Its group is open; so is the one that was read. */
  readonly point: OwnedGraphPoint;
}

/**
 * Announces a run.
 *
 * @param start weights to start from: bounds of such as are drawn from the seed, or committed for a step that reads them, e.g. what another run wrote
 *   last
 * @param seed 32 bytes; fresh ones, or such as the parties agreed on when everything else was known
 * @throws ProofError as `decodeGraphRun`
 * @example
 * const owner = announceGraphRun({ graph, plan }, corpus, { bounds: [511, 511, 256] }, { length: 8, batch: 8, steps: 240 }, seed);
 */
export function announceGraphRun(
  { graph, plan }: GraphTraining,
  corpus: OwnedCorpus,
  start: OwnedWeights | StartBounds,
  schedule: Omit<GraphSchedule, 'tokens'>,
  seed: Uint8Array,
): GraphRunOwner {
  const from = 'bounds' in start ? { bounds: start.bounds } : start.group.key;
  const tokens = corpus.tokens.length;
  const bytes = encodeGraphRun({
    graph,
    plan,
    tokens,
    ...schedule,
    corpus: corpus.group.key,
    start: from,
    seed,
  });
  return { named: readGraphRun(bytes), bytes, corpus };
}

/**
 * Committed weights of a run, to go on from: after a restart those behind its last step, or those that it starts from (step 0).
 *
 * @param group opened from the directory that a step made
 * @throws ProofError `KEY_LAYOUT` for weights of another plan
 */
export function graphPointFrom(named: NamedGraphRun, step: number, group: StoredGroup): OwnedGraphPoint {
  return { step, weights: readGraphState(trainingOf(named), group, step > 0) };
}

/**
 * The start of a run whose weights are drawn.
 *
 * @throws RangeError for a run from committed weights
 */
export function drawnPoint(named: NamedGraphRun): GraphRunPoint {
  const { start, seed } = named.run;
  if (!('bounds' in start)) {
    throw new RangeError('run: expected one that starts from its seed, got one from committed weights');
  }
  return { step: 0, weights: drawnWeights(trainingOf(named), { ...start, seed }) };
}

export interface RunStepOptions extends Omit<StepProofOptions, 'corpus' | 'context'> {
  /** Steps in one proof; at most `mostStacked`. Default: 1. */
  readonly count?: number;
}

/**
 * Runs and proves the next step, or several in one proof. Beside the proof it makes a directory: the commitment to the weights behind them, for the step
 * that reads these.
 *
 * @param path of the directory to be made
 * @throws RangeError for more answers than the code has room for; ProofError `CORPUS` for another corpus than the run names, `STEP` behind its last
 *   step, `WEIGHTS` for a first step from other weights, `UNPROVABLE` for a value beyond its bits: before anything is spent; as `proveGraphStep`
 */
export function proveRunStep(
  kernels: Kernels,
  home: Home,
  { named, corpus }: GraphRunOwner,
  point: GraphRunPoint,
  path: string,
  { count = 1, ...options }: RunStepOptions = {},
): ProvenRunStep {
  const { run } = named;
  const { step } = point;
  if (!isKey(run.corpus, corpus.group)) {
    refuse('CORPUS', 'run', 'expected the commitment that the run names, got another');
  }
  checkCount(named, step, count, 'run');
  const { weights, input } = readAt(named, point);
  const place = { run: named.digest, step, count, input };
  // The corpus is behind what is written.
  const context = (keys: readonly GroupKey[]): Uint8Array =>
    runStepContext({ ...place, output: keys.at(-2) as GroupKey });
  const own = { ...options, corpus, context };
  const batches = batchesAt(named, step, count);
  const proven = proveGraphSteps(kernels, home, trainingOf(named), weights, batches, path, own);
  const { after: output, parameters, proof } = proven.step;
  return {
    bytes: encodeGraphStep({ ...place, output, parameters, proof }),
    point: { step: step + count, weights: proven.next },
    reservations: proven.reservations,
  };
}

function isKey(key: GroupKey, { keyBytes }: StoredGroup): boolean {
  return sameBytes(keyBytes, encodeKey(key));
}

/** What the next step reads, and the 32 bytes that name it. @throws ProofError `WEIGHTS` for others than those that the run starts from */
function readAt(
  named: NamedGraphRun,
  { step, weights }: GraphRunPoint,
): { readonly weights: OwnedWeights | DrawnWeights; readonly input: Uint8Array } {
  const { start } = named.run;
  const isDrawn = step === 0 && 'bounds' in start;
  if ('drawn' in weights !== isDrawn) return otherStart();
  if ('drawn' in weights) return { weights: drawnPoint(named).weights, input: named.digest }; // the run's, whatever else they were drawn from
  if (step === 0 && !isKey(start as GroupKey, weights.group)) return otherStart();
  // What another run wrote, this one has not followed: its first step looks it up.
  return { weights: { ...weights, written: step > 0 }, input: keyDigest(weights.group.keyBytes) };
}

function otherStart(): never {
  return refuse('WEIGHTS', 'run', 'expected the weights that the run starts from, got others');
}

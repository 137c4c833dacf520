/** Proves a run of training a graph: steps run, what they wrote is committed, and they are proven to be those that the run says, one a proof or several. */
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../pcs/key.ts';
import type { CheckedProof } from '../../store/prove-once.ts';
import type { Home, StoredGroup } from '../../store/index.ts';
import { proveGraphSteps, readGraphState, type OwnedCorpus, type OwnedWeights, type StepProofOptions } from '../backward/prove.ts'; // prettier-ignore
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

export interface ProvenRunStep extends Pick<CheckedProof, 'reservations'> {
  /** The step file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Behind the step. Its group is open; so is the one that was read. */
  readonly point: OwnedGraphPoint;
}

/**
 * Announces a run.
 *
 * @param start weights to start from, committed for a step that reads them: drawn ones, or those that another run wrote last
 * @param seed 32 bytes; fresh ones, or such as the parties agreed on when everything else was known
 * @throws ProofError as `decodeGraphRun`
 * @example
 * const owner = announceGraphRun({ graph, plan }, corpus, weights, { length: 8, batch: 8, steps: 240 }, seed);
 */
export function announceGraphRun(
  { graph, plan }: GraphTraining,
  corpus: OwnedCorpus,
  start: OwnedWeights,
  schedule: Omit<GraphSchedule, 'tokens'>,
  seed: Uint8Array,
): GraphRunOwner {
  const keys = { corpus: corpus.group.key, start: start.group.key };
  const tokens = corpus.tokens.length;
  const bytes = encodeGraphRun({ graph, plan, tokens, ...schedule, ...keys, seed });
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
  { step, weights }: OwnedGraphPoint,
  path: string,
  { count = 1, ...options }: RunStepOptions = {},
): ProvenRunStep {
  const { run } = named;
  const same = (key: GroupKey, { keyBytes }: StoredGroup): boolean => sameBytes(keyBytes, encodeKey(key));
  if (!same(run.corpus, corpus.group)) {
    refuse('CORPUS', 'run', 'expected the commitment that the run names, got another');
  }
  checkCount(named, step, count, 'run');
  if (step === 0 && !same(run.start, weights.group)) {
    refuse('WEIGHTS', 'run', 'expected the weights that the run starts from, got others');
  }
  const place = { run: named.digest, step, count, input: keyDigest(weights.group.keyBytes) };
  const context = ([, output]: readonly GroupKey[]): Uint8Array =>
    runStepContext({ ...place, output: output as GroupKey });
  const own = { ...options, corpus, context };
  // What another run wrote, this one has not followed: its first step looks it up.
  const read = { ...weights, written: step > 0 };
  const batches = batchesAt(named, step, count);
  const proven = proveGraphSteps(kernels, home, trainingOf(named), read, batches, path, own);
  const { after: output, parameters, proof } = proven.step;
  return {
    bytes: encodeGraphStep({ ...place, output, parameters, proof }),
    point: { step: step + count, weights: proven.next },
    reservations: proven.reservations,
  };
}

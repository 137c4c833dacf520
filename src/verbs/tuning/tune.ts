/** The verb `tune`: steps of training a graph in exact integers, as the run announces them. Nothing is proven here; `prove-tuning` repeats the steps. */
import { refuse } from '../../errors/proof-error.ts';
import { kernelProduct } from '../../graph/execute-witness.ts';
import { sameBytes } from '../../hash/words.ts';
import type { Graph } from '../../graph/index.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { osBytes } from '../../random/os.ts';
import type { Home } from '../../store/index.ts';
import type { OwnedCorpus, OwnedWeights } from '../../training/index.ts';
import type { StartBounds } from '../../training/graph-run/index.ts';
import { checkBounds } from '../../training/backward/drawn.ts';
import { checkDrawnReads } from '../../training/backward/drawn-reads.ts';
import { stepsProgramFrom } from '../../training/backward/verify.ts';
import { startBounds } from '../../training/graph-run/bounds.ts';
import { batchesOf } from '../../training/graph-run/order.ts';
import { stepsThatFit } from '../../training/graph-run/fit.ts';
import { announceGraphRun } from '../../training/graph-run/prove.ts';
import { encodeGraphRun, type GraphRun } from '../../training/graph-run/run.ts';
import { bytesOfHex } from '../choice.ts';
import { exists } from '../files.ts';
import { silent, stopwatch } from '../steps.ts';
import { meanOfLast } from '../training/loss.ts';
import { publish } from '../training/run-folder.ts';
import { alone } from '../worker.ts';
import { openCorpusFolder } from './corpus-folder.ts';
import { checkRunCorpus, openCorpus } from './corpus.ts';
import { closeStart, lastWeights, openStart, openWeights, startOf } from './first-weights.ts';
import { readModel, vocabularyOf, type TrainableModel } from './model-file.ts';
import { readTuningPlan, type TuningPlan } from './plan-file.ts';
import {
  hasStart,
  isAnnounced,
  isOfGraph,
  keepRun,
  lastGraphCheckpoint,
  makeTuningFolder,
  openTuningFolder,
  publicTuningPaths,
  tuningPlace,
  type GraphCheckpoint,
  type TuningFolder,
  type TuningPlace,
} from './run-folder.ts';
import { checkTokens } from './tokens.ts';
import { startDigest } from './verify-tuning.ts';
import { runGraphSteps, type TuneStepOptions } from './tune-steps.ts';

const SEED_BYTES = 32;
/** Steps that the shown loss is a mean of. */
const SHOWN_STEPS = 50;

export interface TuneOptions extends TuneStepOptions {
  /** A model file: sizes of a transformer, or a graph. */
  readonly model: string;
  /** Directory of a committed corpus. */
  readonly corpus: string;
  /** A plan file. */
  readonly plan: string;
  /** Directory of the run: to be made, or one that was interrupted. */
  readonly out: string;
  /** 64 hexadecimal digits: public, decides the first weights, and with the rest of the run the order. Default: fresh ones. */
  readonly seed?: string;
  /** Directory of a run whose last proven weights this one starts from. Default: those that are drawn from the seed. */
  readonly start?: string;
}

export interface Tuned {
  /** Digest of the run. */
  readonly run: Uint8Array;
  readonly announcement: GraphRun;
  /** Digest of the key of the weights to start from; undefined: they are drawn from the seed. */
  readonly start: Uint8Array | undefined;
  /** Steps that are done, of all and in this call. */
  readonly step: number;
  readonly steps: number;
  readonly made: number;
  /** Means of the last 50 steps: nats of a token, part of tokens named right before the step. Measured, not proven. */
  readonly loss: number;
  readonly accuracy: number;
  readonly files: { readonly folder: string; readonly run: string };
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Trains. A run that was interrupted goes on from its last checkpoint.
 *
 * @throws ProofError `RUN` where the directory holds another run than these options say; `UNPROVABLE` naming the step for a value beyond its bits;
 *   `CHECKPOINT`, `PLAN`, `GRAPH_*`, `CORPUS`, `CHAIN`, `BUSY`, `FILE_*`
 * @throws RangeError for options out of range
 * @example
 * tune(kernels, openHome(), { model: 'model.json', corpus: 'corpus', plan: 'plan.json', out: 'run' });
 */
export function tune(kernels: Kernels, home: Home, options: TuneOptions): Tuned {
  const { onStep = silent } = options;
  const watch = stopwatch();
  checkOptions(options);
  watch.next('reading');
  onStep('reading the corpus');
  const model = readModel(options.model);
  const place = openCorpusFolder(options.corpus);
  const plan = readTuningPlan(options.plan, model, place.tokens);
  const corpus = openCorpus(kernels, home, place);
  try {
    checkTokens(options.corpus, corpus.tokens, vocabularyOf(model.graph));
    const own = openOrMake(kernels, home, options, model, plan);
    return alone(own.path, options.out, () => {
      watch.next('announcing');
      const given = { model, plan, corpus };
      if (!isAnnounced(own)) announce(kernels, home, own, options, given);
      const folder = openTuningFolder(options.out);
      checkSame(folder, options, given);
      publish(publicTuningPaths(folder, 0).run, folder.bytes);
      watch.next('training');
      const done = trainIn(kernels, home, folder, corpus, options);
      watch.next();
      return { ...done, seconds: watch.seconds };
    });
  } finally {
    corpus.group.close();
  }
}

interface Given {
  readonly model: TrainableModel;
  readonly plan: TuningPlan;
  readonly corpus: OwnedCorpus;
}

function checkOptions({ seed, until, checkpointEvery }: TuneOptions): void {
  if (seed !== undefined && !/^[0-9a-fA-F]{64}$/.test(seed)) {
    throw new RangeError(`seed: expected 64 hexadecimal digits, got ${seed.length} characters`);
  }
  for (const [name, value] of Object.entries({ until, checkpointEvery })) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw new RangeError(`${name}: expected a positive integer, got ${value}`);
    }
  }
}

/** The directory of a run: to be announced, or one that is. Nothing is made for a run of which no step could be proven. */
function openOrMake(
  kernels: Kernels,
  home: Home,
  { out, start }: TuneOptions,
  { graph }: TrainableModel,
  plan: TuningPlan,
): TuningPlace {
  const begun = exists(out) ? tuningPlace(out) : undefined;
  if (begun === undefined || !isAnnounced(begun)) {
    checkProvable(graph, plan, begun === undefined ? start !== undefined : hasStart(begun));
  }
  if (begun === undefined) {
    const from = start === undefined ? undefined : lastWeights(start);
    if (from !== undefined) openWeights(kernels, home, { graph, plan: plan.plan }, from).group.close();
    makeTuningFolder(out, graph, from);
  }
  const place = tuningPlace(out);
  if (!isOfGraph(place, graph)) other(out, 'another model');
  // One that is not announced yet would be announced with its own start.
  if (start !== undefined && startOf(place)?.folder !== tuningPlace(start).path) other(out, 'another start');
  return place;
}

function other(out: string, what: string): never {
  return refuse('RUN', out, `expected the run of these options, got one of ${what}`);
}

/** That a step can be proven, the first one among them. @throws ProofError `PLAN`, `PROGRAM_*` */
function checkProvable(graph: Graph, { plan, schedule }: TuningPlan, isCommitted: boolean): void {
  stepsThatFit({ graph, plan, ...schedule }, 1);
  if (isCommitted) return;
  const drawn = { ...startBounds(graph, plan), seed: new Uint8Array(SEED_BYTES) };
  checkBounds(graph, drawn, 'run');
  const batches = [batchesOf(schedule, drawn.seed)(0)]; // any are as large
  checkDrawnReads(stepsProgramFrom({ graph, plan }, batches, { drawn }), 'run');
}

/** Announces the run of a directory. */
function announce(
  kernels: Kernels,
  home: Home,
  place: TuningPlace,
  { seed }: TuneOptions,
  { model: { graph }, plan: { plan, schedule }, corpus }: Given,
): void {
  const training = { graph, plan };
  const own = seed === undefined ? osBytes(SEED_BYTES) : bytesOfHex(seed);
  const keep = (start: OwnedWeights | StartBounds): void =>
    keepRun(place, announceGraphRun(training, corpus, start, schedule, own).bytes);
  const other = startOf(place);
  if (other === undefined) return keep(startBounds(graph, plan));
  const weights = openWeights(kernels, home, training, other);
  try {
    keep(weights);
  } finally {
    weights.group.close();
  }
}

/** @throws ProofError `RUN` unless the run of a directory is that of the options, `CORPUS` for another corpus */
function checkSame(folder: TuningFolder, { out, seed }: TuneOptions, given: Given): void {
  const { run } = folder.named;
  checkRunCorpus(folder, given.corpus.group);
  const { plan, schedule } = given.plan;
  // A plan without later rates is another one than the run's with them.
  const asked = { ...run, plan, rates: [], ...schedule };
  if (!sameBytes(encodeGraphRun(asked), folder.bytes)) other(out, 'another plan');
  if (seed !== undefined && !sameBytes(bytesOfHex(seed), run.seed)) other(out, 'another seed');
}

function trainIn(
  kernels: Kernels,
  home: Home,
  folder: TuningFolder,
  corpus: OwnedCorpus,
  options: TuneOptions,
): Omit<Tuned, 'seconds'> {
  const { run, digest } = folder.named;
  const begin = lastGraphCheckpoint(folder) ?? firstState(kernels, home, folder);
  const at = runGraphSteps(folder, corpus.tokens, begin, options, kernelProduct(kernels));
  return {
    run: digest,
    announcement: run,
    start: startDigest(run),
    step: at.step,
    steps: run.steps,
    made: at.step - begin.step,
    loss: meanOfLast(at.losses, SHOWN_STEPS),
    accuracy: meanOfLast(at.right, SHOWN_STEPS) / (run.batch * run.length),
    files: { folder: folder.path, run: publicTuningPaths(folder, 0).run },
  };
}

function firstState(kernels: Kernels, home: Home, folder: TuningFolder): GraphCheckpoint {
  const start = openStart(kernels, home, folder);
  closeStart(start);
  return { step: 0, losses: [], right: [], state: start.weights.state };
}

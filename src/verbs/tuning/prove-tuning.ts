/** The verb `prove-tuning`: repeats the steps of a trained run of a graph, so many a proof, commits what they wrote, proves that they did. */
import { refuse } from '../../errors/proof-error.ts';
import type { Kernels } from '../../kernels/contract.ts';
import type { Mark } from '../../pcs/steps-prove.ts';
import { budgetStatus, openGroup, type Home, type StoredGroup } from '../../store/index.ts';
import { STATE_USES, type OwnedWeights } from '../../training/index.ts';
import { stepsThatFit } from '../../training/graph-run/fit.ts';
import { graphPointFrom, proveRunStep, type GraphRunOwner, type GraphRunPoint, type OwnedGraphPoint } from '../../training/graph-run/prove.ts'; // prettier-ignore
import { silent, stopwatch, type OnStep } from '../steps.ts';
import { closing, roomOf } from '../training/kept-weights.ts';
import { checkWeights, clearWeights, publish, weightsPath } from '../training/run-folder.ts';
import { alone } from '../worker.ts';
import { openCorpusFolder } from './corpus-folder.ts';
import { checkRunCorpus, DEFAULT_STEPS_PER_PROOF, openCorpus } from './corpus.ts';
import { closeStart, openStart } from './first-weights.ts';
import {
  keepStep,
  keptSteps,
  lastGraphCheckpoint,
  openTuningFolder,
  publicTuningPaths,
  sameGraphState,
  type GraphCheckpoint,
  type KeptStep,
  type TuningFolder,
} from './run-folder.ts';

/** Answers that the weights behind the last step of a run are committed for. */
const ANSWERS = 100;

export interface ProveTuningOptions {
  /** Directory of a run that `tune` has trained. */
  readonly folder: string;
  /** Directory of its corpus. */
  readonly corpus: string;
  /** Default 16; at most as many as fit (`stepsThatFit`). */
  readonly stepsPerProof?: number;
  /** Stop where so many steps are proven. Default: all that are trained. */
  readonly until?: number;
  /** Answers that the weights behind the last step of this call shall give. Default: 100 behind the run's last step, else none. */
  readonly answers?: number;
  readonly onStep?: OnStep;
}

export interface ProvenTuning {
  readonly run: Uint8Array;
  /** Steps that are proven, of all, and those that are trained. */
  readonly step: number;
  readonly steps: number;
  readonly trained: number;
  /** Proofs that this call has made. */
  readonly made: readonly { readonly file: string; readonly steps: number; readonly bytes: number }[];
  /** Digest of the key of the weights behind the last step; undefined where none is proven. */
  readonly weights: Uint8Array | undefined;
  /** Proofs that these weights still allow: answers, and the step behind them. */
  readonly answersLeft: number;
  /** Proofs that the corpus still allows. */
  readonly proofsLeft: number;
  readonly warnings: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Proves what `tune` has trained, from the last proven step on. Killed at any moment it goes on there when it is run again.
 *
 * @throws ProofError `CHECKPOINT` for a run that is not trained, and where the repeated steps come to other weights; `CHAIN` for steps or weights of
 *   another chain; `CORPUS`, `BUSY`, `BUDGET_*`, `FILE_*`; as `proveRunStep`
 * @throws RangeError for options out of range
 * @example
 * proveTuning(kernels, openHome(), { folder: 'run', corpus: 'corpus' });
 */
export function proveTuning(kernels: Kernels, home: Home, options: ProveTuningOptions): ProvenTuning {
  const { onStep = silent } = options;
  const watch = stopwatch();
  checkOptions(options);
  watch.next('reading');
  onStep('reading the corpus');
  const folder = openTuningFolder(options.folder);
  const corpus = openCorpus(kernels, home, openCorpusFolder(options.corpus));
  try {
    checkRunCorpus(folder, corpus.group);
    checkAnswers(corpus.group, options.answers);
    const owner: GraphRunOwner = { named: folder.named, bytes: folder.bytes, corpus };
    watch.next('proving');
    const proven = alone(folder.path, options.folder, () => proveAll(kernels, home, folder, owner, options));
    watch.next();
    const { proofsLeft, warnings } = budgetStatus(home, corpus.group);
    const { digest, run } = folder.named;
    return { run: digest, steps: run.steps, ...proven, proofsLeft, warnings, seconds: watch.seconds };
  } finally {
    corpus.group.close();
  }
}

function checkOptions({ stepsPerProof, until, answers }: ProveTuningOptions): void {
  for (const [name, value, least] of [
    ['stepsPerProof', stepsPerProof, 1],
    ['until', until, 1],
    ['answers', answers, 0],
  ] as const) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < least)) {
      throw new RangeError(`${name}: expected an integer from ${least} on, got ${value}`);
    }
  }
}

function proveAll(
  kernels: Kernels,
  home: Home,
  folder: TuningFolder,
  owner: GraphRunOwner,
  {
    stepsPerProof = DEFAULT_STEPS_PER_PROOF,
    until = Infinity,
    answers,
    onStep = silent,
    folder: shown,
  }: ProveTuningOptions,
): Pick<ProvenTuning, 'step' | 'trained' | 'made' | 'weights' | 'answersLeft'> {
  const { run } = folder.named;
  const checkpoint = lastGraphCheckpoint(folder);
  if (checkpoint === undefined) {
    return refuse('CHECKPOINT', shown, 'expected a trained run, got none: run zkdl tune first');
  }
  const kept = keptSteps(folder);
  const end = Math.min(until, checkpoint.step);
  const most = stepsThatFit(run, stepsPerProof);
  const made: { file: string; steps: number; bytes: number }[] = [];
  let point: GraphRunPoint = lastPoint(kernels, home, folder, kept.at(-1));
  try {
    republish(folder, kept);
    clearWeights(folder, point.step);
    while (point.step < end) {
      const count = Math.min(most, end - point.step);
      const step = point.step + count;
      const name = count === 1 ? `step ${point.step}` : `steps ${point.step} to ${step - 1}`;
      const mark: Mark = (part) => onStep(`proving ${name} of ${run.steps}: ${part}`);
      const own = answersOf(owner.corpus.group, step === end, step === run.steps, answers);
      const path = weightsPath(folder, step);
      const proven = proveRunStep(kernels, home, owner, point, path, { count, answers: own, mark });
      closeStart(point);
      point = proven.point;
      checkAgainst(folder, checkpoint, proven.point);
      keepStep(folder, step, proven.bytes);
      const file = publicTuningPaths(folder, step).step;
      made.push({ file, steps: count, bytes: proven.bytes.length });
    }
    const { step, weights } = point;
    const group = step > 0 && 'group' in weights ? weights.group : undefined;
    const answersLeft = group === undefined ? 0 : budgetStatus(home, group).proofsLeft;
    return { step, trained: checkpoint.step, made, weights: group?.keyDigest, answersLeft };
  } finally {
    closeStart(point);
  }
}

/** What a process that was killed had kept and not yet published. */
function republish(folder: TuningFolder, kept: readonly KeptStep[]): void {
  publish(publicTuningPaths(folder, 0).run, folder.bytes);
  const last = kept.at(-1); // earlier ones were published before the next one was begun
  if (last !== undefined) publish(publicTuningPaths(folder, last.point.step).step, last.bytes);
}

/** The point behind the steps that are proven, with its weights. */
function lastPoint(
  kernels: Kernels,
  home: Home,
  folder: TuningFolder,
  last: KeptStep | undefined,
): GraphRunPoint {
  if (last === undefined) return openStart(kernels, home, folder);
  return { step: last.point.step, weights: openTuned(kernels, home, folder, last) };
}

/** The committed weights behind a step. @throws ProofError `CHAIN` where other weights lie there; as `openGroup` */
export function openTuned(
  kernels: Kernels,
  home: Home,
  folder: TuningFolder,
  { point }: KeptStep,
): OwnedWeights {
  return closing(openGroup(kernels, home, weightsPath(folder, point.step)), (group) => {
    checkWeights(group, point.weights);
    return graphPointFrom(folder.named, point.step, group).weights;
  });
}

/** @throws RangeError for more answers than weights of this corpus's code can give */
function checkAnswers(group: StoredGroup, answers = 0): void {
  const { most, least } = roomOf(group, STATE_USES);
  if (least + answers <= most) return;
  throw new RangeError(
    `answers: expected at most ${most - least} over the key of this corpus, got ${answers}`,
  );
}

/** Proofs that may open weights that are written, beside those of a chain. @param isEnd of this call, @param isLast of the run */
function answersOf(group: StoredGroup, isEnd: boolean, isLast: boolean, answers: number | undefined): number {
  const { most, least } = roomOf(group, STATE_USES);
  const wanted = answers === undefined ? (isLast ? ANSWERS : 0) : isEnd ? answers : 0;
  return Math.min(most, least + wanted) - STATE_USES;
}

/** @throws ProofError `CHECKPOINT` where the steps came to other weights than they did when they were trained */
function checkAgainst(
  folder: TuningFolder,
  checkpoint: GraphCheckpoint,
  { step, weights }: OwnedGraphPoint,
): void {
  if (step !== checkpoint.step || sameGraphState(folder.named.run, weights.state, checkpoint.state)) return;
  refuse('CHECKPOINT', folder.shown, `step ${step}: expected the weights of its checkpoint, got others`);
}

/** The verb `predict`: weights that a proven run wrote name classes, under the commitment that the run ends with. */
import { refuse } from '../../errors/proof-error.ts';
import type { Kernels } from '../../kernels/contract.ts';
import type { GroupKey } from '../../pcs/key.ts';
import { budgetStatus, type Home } from '../../store/index.ts';
import type { TrainingPlan } from '../../training/index.ts';
import { provePrediction } from '../../training/prove-prediction.ts';
import type { TrainingPoint } from '../../training/point.ts';
import { checkOutput, writeNew } from '../files.ts';
import { contextOf } from '../context.ts';
import { silent, stopwatch, type OnStep } from '../steps.ts';
import { alone } from '../worker.ts';
import { openWeights } from './kept-weights.ts';
import { readRows, type RowChoice } from './rows.ts';
import { keptSegments } from './kept-segments.ts';
import { openRunFolder } from './run-folder.ts';

/** Proofs of weights in the middle of a run that predictions leave: the segments that read them, and for each one that is abandoned. */
function keptProofs(
  plan: TrainingPlan,
  { weights, earlier }: TrainingPoint,
  own: GroupKey | undefined,
): number {
  const again = plan.momentum !== undefined;
  if (own === weights) return again ? 4 : 2;
  return again && own === earlier ? 2 : 0;
}

export interface PredictOptions extends RowChoice {
  /** Directory of a run with proven segments. */
  readonly folder: string;
  /** Weights behind so many steps, where a segment ends. Default: the last proven ones. */
  readonly step?: number;
  /** Show nothing of the inputs but how many rows there are. Default: they are public. */
  readonly hideInputs?: boolean;
  /** Anything that the parties agreed on. */
  readonly context?: string;
  /** Prediction file to be made. */
  readonly out: string;
  readonly onStep?: OnStep;
}

export interface Predicted {
  /** Digest of the run, steps behind the weights, digest of their key. */
  readonly run: Uint8Array;
  readonly step: number;
  readonly weights: Uint8Array;
  readonly classes: readonly number[];
  readonly file: string;
  readonly bytes: number;
  readonly predictionsLeft: number;
  readonly warnings: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
}

/**
 * Names the classes of rows and proves it.
 *
 * @throws ProofError `CHAIN` for a step at which no segment ends, `BUDGET_KEPT` where the run needs the proofs that are left; `ARRAY`,
 *   `FILE_*`; as `provePrediction`
 * @example
 * predict(kernels, openHome(), { folder: 'run', inputs: 'digit.npy', out: 'digit.zkp' });
 */
export function predict(kernels: Kernels, home: Home, options: PredictOptions): Predicted {
  const { hideInputs = false, onStep = silent, out } = options;
  const context = contextOf(options.context);
  const watch = stopwatch();
  checkOutput(out);
  watch.next('reading');
  onStep('reading');
  const folder = openRunFolder(options.folder);
  const { plan } = folder.named.run;
  const inputs = readRows(options, plan);
  const kept = keptSegments(folder);
  const last = kept.at(-1)?.point;
  const own = kept.find(({ point }) => point.step === (options.step ?? last?.step));
  if (own === undefined || last === undefined) {
    const ends = `expected a step where a proven segment ends, got ${options.step ?? 'none: zkdl prove-training'}`;
    return refuse('CHAIN', options.folder, ends);
  }
  const { step } = own.point;
  return alone(folder.path, options.folder, () => {
    const group = openWeights(kernels, home, folder, own);
    try {
      const needed = last.step < plan.steps ? keptProofs(plan, last, own.point.weights) : 0;
      if (needed > 0 && budgetStatus(home, group).proofsLeft <= needed) {
        const detail = `step ${step}: expected proofs beyond the ${needed} that the next segments need, got none`;
        refuse('BUDGET_KEPT', options.folder, `${detail}: prove on first, with --predictions`);
      }
      watch.next('proving');
      const request = { inputs, hideInputs, context };
      const proven = provePrediction(kernels, home, folder.named, group, request, (part) =>
        onStep(`proving: ${part}`),
      );
      watch.next('writing');
      writeNew(out, proven.bytes);
      watch.next();
      const status = budgetStatus(home, group);
      return {
        run: folder.named.digest,
        step,
        weights: group.keyDigest,
        classes: [...proven.classes],
        file: out,
        bytes: proven.bytes.length,
        predictionsLeft: status.proofsLeft,
        warnings: status.warnings,
        seconds: watch.seconds,
      };
    } finally {
      group.close();
    }
  });
}

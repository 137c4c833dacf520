/** The verbs `predict` and `verify-prediction`: weights that a proven run wrote name classes, under the commitment that the run ends with. */
import { refuse } from '../../errors/proof-error.ts';
import type { Kernels } from '../../kernels/contract.ts';
import { budgetStatus, type Home } from '../../store/index.ts';
import {
  provePrediction,
  verifyPrediction,
  type PredictionVerdict,
  type TrainingPlan,
} from '../../training/index.ts';
import { checkOutput, readInput, writeNew } from '../files.ts';
import { contextOf } from '../context.ts';
import { silent, stopwatch, type OnStep } from '../steps.ts';
import { alone } from '../worker.ts';
import { readArray } from './arrays.ts';
import { openWeights } from './prove-training.ts';
import { keptSegments, openRunFolder } from './run-folder.ts';
import { digestOf, expectationsOf, named, verifying, type AgreedRun } from './verify-training.ts';

/** Proofs of weights in the middle of a run that predictions leave: the segment behind them, and one that is abandoned. */
const KEPT_PROOFS = 2;

/** Rows of an array file. */
export interface RowChoice {
  /** A `.npy` or IDX file of bytes, [rows, ..], or one row. */
  readonly inputs: string;
  /** Numbers of rows. Default: all. */
  readonly rows?: readonly number[];
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
  const last = kept.at(-1)?.point.step;
  const own = kept.find(({ point }) => point.step === (options.step ?? last));
  if (own === undefined) {
    const ends = `expected a step where a proven segment ends, got ${options.step ?? 'none: zkdl prove-training'}`;
    return refuse('CHAIN', options.folder, ends);
  }
  const { step } = own.point;
  return alone(folder.path, options.folder, () => {
    const group = openWeights(kernels, home, folder, own);
    try {
      if (step === last && step < plan.steps && budgetStatus(home, group).proofsLeft <= KEPT_PROOFS) {
        const detail = `step ${step}: expected proofs beyond the ${KEPT_PROOFS} that the next segment needs, got none`;
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

/** Rows of an array file, one behind the other. @throws ProofError `ARRAY` for rows of another width; RangeError for rows it does not have */
export function readRows(
  { inputs: path, rows }: RowChoice,
  { widths }: Pick<TrainingPlan, 'widths'>,
): Uint8Array {
  const width = widths[0] as number;
  const { shape, data } = readArray(path);
  const count = data.length === width ? 1 : (shape[0] as number);
  if (data.length !== count * width) {
    refuse('ARRAY', path, `expected rows of ${width} inputs, got the shape [${shape.join(', ')}]`);
  }
  if (rows === undefined) return data;
  const out = new Uint8Array(rows.length * width);
  rows.forEach((row, i) => {
    if (!Number.isSafeInteger(row) || row < 0 || row >= count) {
      throw new RangeError(`rows: expected numbers below ${count}, got ${row}`);
    }
    out.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

export interface VerifyPredictionOptions {
  /** A prediction file. */
  readonly proof: string;
  /** A run file. */
  readonly run: string;
  /** What stands behind the weights: segment files of the run in order, or the digest of weights that `verify-training` told. */
  readonly segments?: readonly string[];
  readonly weights?: string;
  readonly agreed?: AgreedRun;
  /** Refuse a prediction about other inputs. */
  readonly inputs?: RowChoice;
  readonly context?: string;
  readonly onStep?: OnStep;
}

export type PredictionFileVerdict =
  | (Extract<PredictionVerdict, { ok: true }> & { readonly milliseconds: number })
  | Extract<PredictionVerdict, { ok: false }>;

/**
 * Verifies a prediction file, and with the segments everything from the dataset on.
 *
 * @returns the verdict; files or expectations that do not fit are a refusal, never an error
 * @throws ProofError `FILE_*`, `ARRAY` for files that cannot be read; RangeError for options
 * @example
 * verifyPredictionFile({ proof: 'digit.zkp', run: 'digits.run', segments: ['digits.0016.seg'] });
 */
export function verifyPredictionFile(options: VerifyPredictionOptions): PredictionFileVerdict {
  const { segments, weights, inputs, context, onStep = silent } = options;
  if ((segments === undefined) === (weights === undefined)) {
    const got = segments === undefined ? 'neither' : 'both';
    throw new RangeError(`segments: expected segments or the digest of weights, got ${got}`);
  }
  const custody =
    segments === undefined ? { weights: digestOf('weights', weights as string) } : segments.map(readInput);
  const run = readInput(options.run);
  const proof = readInput(options.proof);
  const expected = {
    ...expectationsOf(options.agreed),
    ...(context !== undefined && { context: contextOf(context) }),
    ...(inputs !== undefined && { inputs: selected(inputs) }),
  };
  const start = performance.now();
  const verdict = verifyPrediction(run, custody, proof, expected, verifying(onStep, segments?.length ?? 0));
  if (!verdict.ok) return named(verdict, segments ?? []);
  return { ...verdict, milliseconds: Math.round((performance.now() - start) * 10) / 10 };
}

/** Rows as the caller has them: the first dimension counts them. */
function selected(choice: RowChoice): Uint8Array {
  if (choice.rows === undefined) return readArray(choice.inputs).data;
  const [rows, ...sizes] = readArray(choice.inputs).shape as [number, ...number[]];
  const width = sizes.reduce((product, size) => product * size, 1);
  return readRows(choice, { widths: [sizes.length === 0 ? rows : width] });
}

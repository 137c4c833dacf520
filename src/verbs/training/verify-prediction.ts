/** The verb `verify-prediction`: a prediction file and what stands behind its weights, in; the classes and what is proven of them, out. */
import { verifyPrediction, type PredictionVerdict } from '../../training/verify-prediction.ts';
import { contextOf } from '../context.ts';
import { readInput } from '../files.ts';
import { differentKind } from '../kinds.ts';
import { silent, type OnStep } from '../steps.ts';
import { readArray } from './arrays.ts';
import { readRows, type RowChoice } from './rows.ts';
import { digestOf, expectationsOf, filesOf, named, verifying, type AgreedRun } from './verify-training.ts';

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
  const files = Array.isArray(custody) ? filesOf('segment', segments as readonly string[], custody) : [];
  const other = differentKind(['run', options.run, run], ...files, ['prediction', options.proof, proof]);
  if (other !== undefined) return other;
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

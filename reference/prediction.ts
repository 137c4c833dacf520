/**
 * Predictions: which class committed weights of a run name. Bytes of a run, of segments and of a prediction in, a verdict out.
 * spec/training.md sections 9 and 11.
 */
import type { Algebra } from './algebra.ts';
import { equalBytes, readInteger, split } from './bytes.ts';
import { endFile, openFile, readBlock, readBytes, readU32, type Reader } from './files.ts';
import { checkSet } from './gate.ts';
import { keyDigest } from './key.ts';
import { at } from './lists.ts';
import { decodeParameters, type ParameterSet } from './parameter-set.ts';
import { predictionProgram } from './prediction-program.ts';
import { verifyProgram } from './programs.ts';
import { checkProgram } from './ranges.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { digestOfLeaves } from './statement.ts';
import { checkExpectations, decodeSegment, follow, startOf, type Expectations } from './training.ts';
import { checkWeights, decodeRun, readKey, sameCode, type NamedKey, type Run } from './training-run.ts';

export interface PredictionFile {
  /** Digest of the run. */
  readonly run: Uint8Array;
  readonly weights: NamedKey;
  /** None: hidden. */
  readonly inputs?: readonly number[];
  readonly classes: readonly number[];
  readonly context: Uint8Array;
  readonly parameters: ParameterSet;
  readonly proof: Uint8Array;
}

/** What a verifier knows already. */
export interface PredictionExpectations extends Omit<Expectations, 'steps'> {
  readonly inputs?: readonly number[];
  readonly context?: Uint8Array;
}

/** What stands behind the weights: segments from the first one on, or the digest of weights that were verified before. */
export type Custody = readonly Uint8Array[] | { readonly weights: Uint8Array };

/** Whether a prediction convinces; the step behind which its weights stand, if segments say so. */
export function verifyPrediction(
  K: Algebra,
  runBytes: Uint8Array,
  custody: Custody,
  bytes: Uint8Array,
  expected: PredictionExpectations = {},
): { readonly verdict: Verdict; readonly step?: number } {
  let step: number | undefined;
  const verdict = verdictOf(() => {
    const run = decodeRun(runBytes);
    checkExpectations(run, expected);
    const file = decodePrediction(bytes);
    require(equalBytes(file.run, run.digest), 'RUN', 'a prediction of another run');
    checkAgreed(file, expected);
    step = stepBehind(K, run, custody, keyDigest(file.weights.bytes));
    checkProof(K, run, file);
  });
  return verdict.ok && step !== undefined ? { verdict, step } : { verdict };
}

/** Section 9. */
export function decodePrediction(bytes: Uint8Array): PredictionFile {
  const from = openFile(bytes, 'zkdl-prd', 1);
  const run = readBytes(from, 32);
  const weights = readKey(from);
  const kind = readU32(from);
  require(kind <= 1, 'FORMAT', `inputs of kind ${kind}`);
  const shown = kind === 0 ? {} : { inputs: readWords(from) };
  const classes = readWords(from);
  const context = readBlock(from);
  const parameters = decodeParameters(readBlock(from));
  checkSet(parameters);
  const proof = readBlock(from);
  endFile(from);
  return { run, weights, ...shown, classes, context, parameters, proof };
}

/** A block of u16s. */
function readWords(from: Reader): number[] {
  const block = readBlock(from);
  require(block.length % 2 === 0, 'LENGTH', `${block.length} bytes of u16s`);
  return split(block, 2).map((word) => Number(readInteger(word, 0, 2)));
}

function checkAgreed({ inputs, context }: PredictionFile, expected: PredictionExpectations): void {
  require(expected.context === undefined || equalBytes(expected.context, context), 'CONTEXT', 'another context'); // prettier-ignore
  const own = expected.inputs;
  const same = own === undefined || (own.length === inputs?.length && own.every((x, i) => x === inputs[i]));
  require(same, 'INPUTS', 'other inputs, or hidden ones');
}

/** Section 11, what stands behind weights: steps of segments that wrote them, or what the caller knows. */
function stepBehind(K: Algebra, run: Run, custody: Custody, weights: Uint8Array): number | undefined {
  if ('weights' in custody) {
    require(equalBytes(custody.weights, weights), 'WEIGHTS', 'other weights than agreed');
    return undefined;
  }
  let point = startOf(run);
  const written = custody.map((segment) => (point = follow(K, run, point, decodeSegment(segment))));
  const own = written.find((of) => of.weights !== undefined && equalBytes(keyDigest(of.weights.bytes), weights)); // prettier-ignore
  return own?.step ?? refuse('WEIGHTS', 'weights that these segments did not write');
}

/** Section 11: what a proof is about, and whether it convinces. */
function checkProof(K: Algebra, run: Run, file: PredictionFile): void {
  const { weights, parameters, context, proof } = file;
  checkWeights(run, weights);
  require(sameCode({ parameters }, weights), 'STATEMENT', 'code of the weights');
  checkAdmitted(run, file);
  const program = predictionProgram({ ...file, plan: run.plan });
  checkProgram(program);
  const own = digestOfLeaves('zkdl training prediction 1', [
    ['run', 'digest', file.run],
    ['weights', 'digest', keyDigest(weights.bytes)],
    ['context', 'bytes', context],
  ]);
  const verdict = verifyProgram(K, { parameters, program, groups: [weights.group], context: own }, proof);
  if (!verdict.ok) refuse(verdict.code, 'proof');
}

/** Rows, classes and inputs that a plan admits. */
function checkAdmitted({ plan }: Run, { inputs, classes }: PredictionFile): void {
  const { widths, input } = plan;
  const width = at(widths, 0);
  const rows = classes.length;
  const admitted = (holds: boolean, what: string): void => require(holds, 'PREDICTION', what);
  admitted(rows >= 1 && rows <= 2 ** 12 && rows * width <= 2 ** 22, `${rows} rows`);
  admitted(classes.every((own) => own < at(widths, widths.length - 1)), 'classes'); // prettier-ignore
  if (inputs === undefined) return;
  admitted(inputs.length === rows * width, `${inputs.length} inputs`);
  admitted(inputs.every((x) => x < 2 ** input.bits), 'bits of inputs'); // prettier-ignore
}

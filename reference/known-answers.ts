/**
 * Known answers beside transcripts, in neutral form: encodings, commitments, tables, programs of graphs, of training, of
 * predictions and of steps. Inputs are given by the
 * rules of reference/sequence.ts; the answers are the twin's.
 */
import { codePoint, encodeAt, type Algebra } from './algebra.ts';
import { deriveKey } from './blake3.ts';
import { ascii } from './bytes.ts';
import { checkGraph } from './graph-checks.ts';
import { canonical, parseGraph } from './graph-file.ts';
import { at, range } from './lists.ts';
import { lower } from './lower.ts';
import { capOf } from './merkle.ts';
import { encodeParameters, parametersDigest, type ParameterSet } from './parameter-set.ts';
import type { Pass } from './pass.ts';
import { predictionProgram } from './prediction-program.ts';
import { programDigest, type Program } from './program.ts';
import { hex, payloadBytes, payloadElements } from './sequence.ts';
import type { StepPlan } from './step-plan.ts';
import { stepProgram, type Batch } from './step-program.ts';
import { tableDigest } from './table-ids.ts';
import { layersOf, type Plan } from './training-plan.ts';
import { trainingProgram } from './training-program.ts';
import { firstWeights, rowsOf } from './training-run.ts';
import { elements } from './transcript.ts';

/** Elements of K by rule, and their bytes. */
export function encodingAnswer(K: Algebra, count: number, seed: number): { bytes: string } {
  return { bytes: hex(elements(payloadElements(count * K.degree, seed, K.p))) };
}

/** spec/proof-format.md, "Parameters". */
export function parametersAnswer(parameters: ParameterSet): { bytes: string; digest: string } {
  return { bytes: hex(encodeParameters(parameters)), digest: hex(parametersDigest(parameters)) };
}

/** A group of columns: coefficients of column l are payload elements with the seed + l, the salt of row i payload bytes with seed i. */
export interface CommitmentInput {
  readonly label: string;
  readonly epoch: number;
  readonly columns: number;
  readonly logData: number;
  readonly padLength: number;
  readonly logCap: number;
  readonly seed: number;
}

/** spec/commitment.md section 2 and spec/merkle.md: the cap, and the first row of the codeword. */
export function commitmentAnswer(K: Algebra, of: CommitmentInput): { row: number[]; cap: string } {
  const { label, epoch, columns, logData, padLength, logCap, seed } = of;
  const log = logData + 2;
  const messages = range(columns).map((l) =>
    payloadElements(2 ** logData + padLength, seed + l, K.p).map((x) => K.from(x)),
  );
  const rows = range(2 ** log).map((row) => {
    const x = codePoint(K, log, row);
    return messages.map((message) => encodeAt(K, message, x)[0] as bigint);
  });
  const tree = { label, epoch, group: payloadBytes(8, seed), columns, logLeaves: log, salted: true };
  const salts = rows.map((_, i) => payloadBytes(16, i));
  return { row: (rows[1] as bigint[]).map(Number), cap: hex(capOf(tree, logCap, rows, salts)) };
}

export function tableAnswer(id: string): { digest: string } {
  return { digest: tableDigest(id) };
}

/** Digests of a graph and of the program of one of its passes, with what the program holds. */
export function programAnswer(
  K: Algebra,
  graphText: string,
  pass: Pass,
): { graph: string; program: string; counts: number[] } {
  const graph = parseGraph(ascii(graphText));
  const program = lower(graph, pass);
  return {
    graph: hex(deriveKey('zkdl graph 1', ascii(canonical(graph)))),
    program: hex(programDigest(K.p, program)),
    counts: countsOf(program),
  };
}

function countsOf({ tensors, tables, virtuals, relations }: Program): number[] {
  return [tensors, tables, virtuals, relations].map(({ length }) => length);
}

/** Steps of a plan; the seed, which stands for the order seed as well, is payload bytes. */
export interface TrainingInput {
  readonly plan: Plan;
  readonly first: number;
  readonly count: number;
  readonly seed: number;
  /** Whether weights before the first step are those of the seed. */
  readonly fromSeed: boolean;
}

/** spec/training.md sections 2 and 3, spec/training-program.md: rows of all batches, first weights layer by layer, the program. */
export function trainingAnswer(
  K: Algebra,
  { plan, first, count, seed, fromSeed }: TrainingInput,
): { rows: number[]; weights: number[][]; program: string; counts: number[] } {
  const key = payloadBytes(32, seed);
  const run = { plan, seed: key, order: key };
  const rows = rowsOf(run, first, count);
  const program = trainingProgram({ plan, first, count, rows, seed: fromSeed ? run.seed : undefined });
  return {
    rows,
    weights: layersOf(plan).map((layer) => firstWeights(run, layer)),
    program: hex(programDigest(K.p, program)),
    counts: countsOf(program),
  };
}

/** A prediction of a plan: inputs, unless they are hidden, and classes are payload bytes, cut to what the plan admits. */
export interface PredictionInput {
  readonly plan: Plan;
  readonly rows: number;
  readonly seed: number;
  readonly shown: boolean;
}

/** spec/training-program.md section 6. */
export function predictionAnswer(
  K: Algebra,
  { plan, rows, seed, shown }: PredictionInput,
): { program: string; counts: number[] } {
  const bytes = (n: number, from: number, below: number): number[] => [...payloadBytes(n, from)].map((x) => x % below); // prettier-ignore
  const classes = bytes(rows, seed + 1, at(plan.widths, plan.widths.length - 1));
  const inputs = bytes(rows * at(plan.widths, 0), seed, 2 ** plan.input.bits);
  const program = predictionProgram({ plan, classes, ...(shown && { inputs }) });
  return { program: hex(programDigest(K.p, program)), counts: countsOf(program) };
}

/** A step of training a graph. */
export interface StepInput {
  readonly graphText: string;
  readonly plan: StepPlan;
  readonly batch: Batch;
  /** Whether it looks up the weights that it reads. */
  readonly first: boolean;
}

/** spec/graph-step-program.md. */
export function stepAnswer(
  K: Algebra,
  { graphText, plan, batch, first }: StepInput,
): { program: string; counts: number[] } {
  const program = stepProgram(checkGraph(parseGraph(ascii(graphText))), plan, batch, first);
  return { program: hex(programDigest(K.p, program)), counts: countsOf(program) };
}

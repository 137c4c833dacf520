/**
 * Verifies training of graphs: a run, and step after step what became of it. Which sequences a step reads is computed here from the run; a step
 * file says which step, and nothing else about it. spec/graph-runs.md section 4.
 */
import { refuse } from '../../errors/proof-error.ts';
import { sameBytes } from '../../hash/words.ts';
import { encodeKey, keyDigest, type GroupKey } from '../../pcs/key.ts';
import { verdictOf, type Verdict } from '../../pcs/linear-verify.ts';
import { verifyProgram } from '../../relation/verify.ts';
import type { CorpusBatch } from '../backward/batch.ts';
import { stepStatement, type GraphTraining, type ReadWeights } from '../backward/verify.ts';
import { checkBytes, type TrainingExpectations } from '../verify.ts';
import { batchesOf } from './order.ts';
import { decodeGraphRun, graphRunDigest, mostStacked, sequenceSeed, type GraphRun } from './run.ts';
import { decodeGraphStep, runStepContext } from './step-file.ts';

/** A run with what its bytes stand for. */
export interface NamedGraphRun {
  readonly run: GraphRun;
  readonly digest: Uint8Array;
  /** What a step reads: places in the corpus. */
  readonly batch: (step: number) => CorpusBatch;
}

/** How far training has been followed: a step at least. */
export interface GraphPoint {
  /** Steps that are done. */
  readonly step: number;
  /** Key of the weights behind them. */
  readonly weights: GroupKey;
}

/** Is told which step file is looked at next, from 0. */
export type OnGraphStep = (step: number) => void;
const noStep: OnGraphStep = () => {};

/** What the caller already knows and a run must agree with. Absent: anything. */
export interface GraphRunExpectations extends Omit<TrainingExpectations, 'dataset'> {
  /** 32 bytes: digest of the corpus's key. */
  readonly corpus?: Uint8Array;
}

export type GraphRunVerdict =
  | {
      readonly ok: true;
      readonly run: GraphRun;
      readonly digest: Uint8Array;
      /** Steps that are proven, and whether these are all of the run. */
      readonly steps: number;
      readonly complete: boolean;
      /** Key of the weights behind the last proven step; undefined where none is. */
      readonly weights: GroupKey | undefined;
    }
  | Extract<Verdict, { ok: false }>;

const FILE = 'step file';

/** @throws ProofError as `decodeGraphRun` */
export function readGraphRun(bytes: Uint8Array): NamedGraphRun {
  const copy = bytes.slice(); // read three times: what is digested must be what was decoded
  const run = decodeGraphRun(copy);
  return { run, digest: graphRunDigest(copy), batch: batchesOf(run, sequenceSeed(copy)) };
}

/** The 32 bytes by which a step file names what it reads. @param point undefined: the start of the run */
export function inputAt(
  { run: { start }, digest }: NamedGraphRun,
  point: GraphPoint | undefined,
): Uint8Array {
  if (point === undefined && 'bounds' in start) return digest;
  return keyDigest(encodeKey(point?.weights ?? (start as GroupKey)));
}

/** What a proof of steps reads. @param point undefined: the start of the run */
function weightsAt({ run: { start, seed } }: NamedGraphRun, point: GraphPoint | undefined): ReadWeights {
  if (point !== undefined) return { key: point.weights, written: true };
  // Nobody proved committed weights that a run starts from, whoever wrote them: its first step looks them up.
  return 'bounds' in start ? { drawn: { ...start, seed } } : { key: start, written: false };
}

/** What is trained, as a step by itself knows it. */
export function trainingOf({ run: { graph, plan, corpus } }: NamedGraphRun): GraphTraining {
  return { graph, plan, corpus };
}

/**
 * Follows one file: a step, or several that are proven together.
 *
 * @param point undefined: the start of the run
 * @returns the point behind it
 * @throws ProofError `RUN` for a step of another run, `STEP` for one that is not the next or has too many, `WEIGHTS` for one that reads other weights,
 *   as `decodeGraphStep`, `stepStatement`; the proof's refusal
 */
export function followGraphStep(
  named: NamedGraphRun,
  point: GraphPoint | undefined,
  bytes: Uint8Array,
): GraphPoint {
  const file = decodeGraphStep(bytes.slice());
  const step = point?.step ?? 0;
  if (!sameBytes(file.run, named.digest))
    refuse('RUN', FILE, 'expected a step of this run, got one of another');
  if (file.step !== step) refuse('STEP', FILE, `expected step ${step}, got ${file.step}`);
  checkCount(named, step, file.count, FILE);
  if (!sameBytes(file.input, inputAt(named, point))) {
    refuse('WEIGHTS', FILE, 'expected the weights that the step before wrote, got others');
  }
  const output = { after: file.output, parameters: file.parameters };
  const context = (): Uint8Array => runStepContext(file);
  const batches = batchesAt(named, step, file.count);
  const statement = stepStatement(trainingOf(named), batches, weightsAt(named, point), output, context);
  const verdict = verifyProgram(statement, file.proof);
  if (!verdict.ok) refuse(verdict.code, verdict.stage, verdict.detail);
  return { step: step + file.count, weights: file.output };
}

/** Before batches are drawn and programs made. @throws ProofError `STEP` for more steps in one proof than the run, or a proof, has; none behind the last */
export function checkCount({ run }: NamedGraphRun, step: number, count: number, stage: string): void {
  const left = run.steps - step;
  const most = Math.min(left, mostStacked(run));
  if (Number.isInteger(count) && count >= 1 && count <= most) return;
  const behind = `expected a step below ${run.steps}, as many as the run has, got ${step}`;
  refuse('STEP', stage, left < 1 ? behind : `count: expected 1 to ${most}, got ${count}`);
}

/** What steps read that are proven together. */
export function batchesAt({ batch }: NamedGraphRun, step: number, count: number): CorpusBatch[] {
  return Array.from({ length: count }, (_, i) => batch(step + i));
}

/**
 * Follows steps from the start of a run.
 *
 * @returns the points behind them, as many as files
 * @throws ProofError naming the step file; as `followGraphStep`
 */
export function followGraphSteps(
  named: NamedGraphRun,
  steps: readonly Uint8Array[],
  onStep: OnGraphStep = noStep,
): GraphPoint[] {
  if (!Array.isArray(steps)) refuse('FORMAT', 'steps', 'expected a list, got something else');
  steps.forEach((step: Uint8Array, i) => checkBytes(`step ${i}`, step));
  const points: GraphPoint[] = [];
  for (const [i, step] of steps.entries()) {
    onStep(i);
    const verdict = verdictOf(() => {
      points.push(followGraphStep(named, points.at(-1), step));
    });
    if (!verdict.ok) refuse(verdict.code, `step ${i}: ${verdict.stage}`, verdict.detail);
  }
  return points;
}

/**
 * Whether steps convince that a run went as it was announced: from its weights, over its corpus, in its order, at its rate. Any number of steps from
 * the first one on is enough for these. Never throws, whatever the bytes.
 *
 * @param run bytes of a run file, @param steps bytes of step files, in order, @param onStep told where it is
 * @example
 * const verdict = verifyGraphRun(runBytes, steps, { run: agreedDigest });
 * if (verdict.ok) console.log(verdict.steps, verdict.complete);
 */
export function verifyGraphRun(
  run: Uint8Array,
  steps: readonly Uint8Array[],
  expected: GraphRunExpectations = {},
  onStep: OnGraphStep = noStep,
): GraphRunVerdict {
  let result: GraphRunVerdict | undefined;
  const checked = verdictOf(() => {
    checkBytes('run', run);
    const named = readGraphRun(run);
    checkRunExpectations(named, expected);
    const last = followGraphSteps(named, steps, onStep).at(-1);
    const done = last?.step ?? 0;
    if (done < (expected.steps ?? 0)) {
      refuse('STEPS', 'steps', `expected ${expected.steps} steps, got ${done}`);
    }
    const complete = done === named.run.steps;
    result = {
      ok: true,
      run: named.run,
      digest: named.digest,
      steps: done,
      complete,
      weights: last?.weights,
    };
  });
  return checked.ok ? (result as GraphRunVerdict) : checked;
}

/** @throws ProofError `RUN`, `CORPUS`, `SEED` */
export function checkRunExpectations({ run, digest }: NamedGraphRun, expected: GraphRunExpectations): void {
  if (expected.run !== undefined && !sameBytes(expected.run, digest)) {
    refuse('RUN', 'run', 'expected the agreed digest, got a run of another');
  }
  if (expected.corpus !== undefined && !sameBytes(expected.corpus, keyDigest(encodeKey(run.corpus)))) {
    refuse('CORPUS', 'run', 'expected the agreed corpus, got another');
  }
  if (expected.seed !== undefined && !sameBytes(expected.seed, run.seed)) {
    refuse('SEED', 'run', 'expected the agreed seed, got another');
  }
}

/**
 * Training: bytes of a run and of its segments in, a verdict out. spec/training.md section 10. Order of rows, first weights and
 * programs are computed here, by this folder's own means.
 */
import type { Algebra } from './algebra.ts';
import { equalBytes } from './bytes.ts';
import { endFile, openFile, readBlock, readBytes, readU32 } from './files.ts';
import { checkSet } from './gate.ts';
import { keyDigest } from './key.ts';
import { decodeParameters, type ParameterSet } from './parameter-set.ts';
import { verifyProgram } from './programs.ts';
import { checkProgram } from './ranges.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { digestOfLeaves } from './statement.ts';
import { layersOf, rateAt } from './training-plan.ts';
import { trainingProgram, type Segment } from './training-program.ts';
import { checkWeights, decodeRun, readKey, rowsOf, sameCode, type NamedKey, type Run } from './training-run.ts'; // prettier-ignore

export interface SegmentFile {
  readonly run: Uint8Array;
  readonly first: number;
  readonly count: number;
  readonly input: Uint8Array;
  readonly output: NamedKey;
  readonly parameters: ParameterSet;
  readonly proof: Uint8Array;
}

/** What a verifier knows already. */
export interface Expectations {
  readonly run?: Uint8Array;
  /** Digest of the dataset's key. */
  readonly dataset?: Uint8Array;
  readonly seed?: Uint8Array;
  readonly steps?: number;
}

/** How far training was followed. */
export interface Point {
  readonly step: number;
  /** None: the weights that the seed stands for. */
  readonly weights?: NamedKey;
}

/** Whether segments convince, one behind the other, that a run went as its file says; how far. */
export function verifyTraining(
  K: Algebra,
  runBytes: Uint8Array,
  segments: readonly Uint8Array[],
  expected: Expectations = {},
): { readonly verdict: Verdict; readonly point: Point } {
  let point: Point = { step: 0 };
  const verdict = verdictOf(() => {
    const run = decodeRun(runBytes);
    checkExpectations(run, expected);
    point = startOf(run);
    for (const bytes of segments) point = follow(K, run, point, decodeSegment(bytes));
    require(point.step >= (expected.steps ?? 0), 'STEPS', `${point.step}`);
  });
  return { verdict, point };
}

/** Where a run begins. */
export function startOf({ start }: Run): Point {
  return start === undefined ? { step: 0 } : { step: 0, weights: start };
}

export function checkExpectations(run: Run, { run: name, dataset, seed }: Expectations): void {
  const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => a === undefined || equalBytes(a, b);
  require(same(name, run.digest), 'RUN', 'another run than agreed');
  require(same(dataset, keyDigest(run.data.bytes)), 'DATASET', 'another dataset than agreed');
  require(same(seed, run.seed), 'SEED', 'another seed than agreed');
}

/** Section 9. */
export function decodeSegment(bytes: Uint8Array): SegmentFile {
  const from = openFile(bytes, 'zkdl-seg', 1);
  const run = readBytes(from, 32);
  const first = readU32(from);
  const count = readU32(from);
  const input = readBytes(from, 32);
  const output = readKey(from);
  const parameters = decodeParameters(readBlock(from));
  checkSet(parameters);
  const proof = readBlock(from);
  endFile(from);
  return { run, first, count, input, output, parameters, proof };
}

/** Section 10: one segment; the point behind it. */
export function follow(K: Algebra, run: Run, point: Point, file: SegmentFile): Point {
  const { first, count, input, output, parameters, proof } = file;
  require(equalBytes(file.run, run.digest), 'RUN', 'a segment of another run');
  require(first === point.step, 'STEP', `${first}`);
  const before = point.weights === undefined ? run.digest : keyDigest(point.weights.bytes);
  require(equalBytes(input, before), 'WEIGHTS', 'other weights');
  checkWeights(run, output);
  require(sameCode({ parameters }, run.data), 'STATEMENT', 'code of the dataset');
  const program = trainingProgram(segmentOf(run, point, count));
  checkProgram(program);
  const context = digestOfLeaves('zkdl training segment 1', [
    ['run', 'digest', file.run],
    ['first', 'integer', first],
    ['count', 'integer', count],
    ['input', 'digest', input],
    ['output', 'digest', keyDigest(output.bytes)],
  ]);
  const keys = [run.data, ...(point.weights === undefined ? [] : [point.weights]), output];
  const groups = keys.map(({ group }) => group);
  const verdict = verifyProgram(K, { parameters, program, groups, context }, proof);
  if (!verdict.ok) refuse(verdict.code, 'proof');
  return { step: first + count, weights: output };
}

/** Section 7, and what is refused of it. */
function segmentOf(run: Run, { step, weights }: Point, count: number): Segment {
  const { plan } = run;
  const layers = layersOf(plan).length;
  const [rows, periods] = [2 ** 15, 2 ** 12].map((all) => Math.floor(all / layers)) as [number, number];
  const bound = Math.min(Math.floor(rows / plan.batch), periods * plan.period);
  const most = Math.min(plan.steps - step, Math.max(plan.period, bound));
  require(count >= 1 && count <= most, 'SEGMENT', `${count} steps`);
  const last = count < plan.period && step + count === plan.steps;
  const whole = step % plan.period === 0 && (count % plan.period === 0 || last);
  require(whole, 'SEGMENT', 'periods are whole');
  const rate = rateAt(plan, step);
  const changes = plan.rates.filter(({ from }) => from > step && from < step + count);
  require(changes.every((change) => change.rate === rate), 'SEGMENT', 'steps of several rates'); // prettier-ignore
  const seed = weights === undefined ? run.seed : undefined;
  return { plan, first: step, count, rows: rowsOf(run, step, count), seed };
}

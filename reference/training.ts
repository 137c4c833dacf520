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
import { digestOfLeaves, type Leaf } from './statement.ts';
import { at } from './lists.ts';
import { layersOf, rateAt } from './training-plan.ts';
import { trainingProgram, type Segment } from './training-program.ts';
import { writesTwo } from './training-state.ts';
import { checkWeights, decodeRun, readKey, rowsOf, sameCode, type NamedKey, type Run } from './training-run.ts'; // prettier-ignore

export interface SegmentFile {
  readonly run: Uint8Array;
  readonly first: number;
  readonly count: number;
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly NamedKey[];
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
  readonly weights?: NamedKey | undefined;
  /** A period earlier, where there is a period. */
  readonly earlier?: NamedKey | undefined;
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
  const from = openFile(bytes, 'zkdl-seg', 2);
  const run = readBytes(from, 32);
  const first = readU32(from);
  const count = readU32(from);
  const inputs = statesOf(from, () => readBytes(from, 32));
  const outputs = statesOf(from, () => readKey(from));
  const parameters = decodeParameters(readBlock(from));
  checkSet(parameters);
  const proof = readBlock(from);
  endFile(from);
  return { run, first, count, inputs, outputs, parameters, proof };
}

/** Of one state or of two. */
function statesOf<T>(from: Parameters<typeof readU32>[0], one: () => T): T[] {
  const count = readU32(from);
  require(count === 1 || count === 2, 'FORMAT', `${count} states`);
  return Array.from({ length: count }, one);
}

/** The keys that a segment reads, in the order of time. */
function readAt({ plan }: Run, { step, weights, earlier }: Point): (NamedKey | undefined)[] {
  return plan.momentum === undefined || step === 0 ? [weights] : [earlier, weights];
}

/** Section 10: one segment; the point behind it. */
export function follow(K: Algebra, run: Run, point: Point, file: SegmentFile): Point {
  const { first, count, inputs, outputs, parameters, proof } = file;
  require(equalBytes(file.run, run.digest), 'RUN', 'a segment of another run');
  require(first === point.step, 'STEP', `${first}`);
  const read = readAt(run, point);
  const before = read.map((key) => (key === undefined ? run.digest : keyDigest(key.bytes)));
  const same = before.length === inputs.length && before.every((own, i) => equalBytes(own, at(inputs, i)));
  require(same, 'WEIGHTS', 'other weights');
  for (const output of outputs) checkWeights(run, output);
  require(sameCode({ parameters }, run.data), 'STATEMENT', 'code of the dataset');
  const segment = segmentOf(run, point, count, read.includes(undefined));
  require(outputs.length === (writesTwo(segment) ? 2 : 1), 'SEGMENT', `${outputs.length} states written`);
  const program = trainingProgram(segment);
  checkProgram(program);
  const context = digestOfLeaves('zkdl training segment 2', [
    ['run', 'digest', file.run],
    ['first', 'integer', first],
    ['count', 'integer', count],
    ...inputs.map((own, i): Leaf => [`input-${i}`, 'digest', own]),
    ...outputs.map(({ bytes }, i): Leaf => [`output-${i}`, 'digest', keyDigest(bytes)]),
  ]);
  const keys = [run.data, ...read.filter((key) => key !== undefined), ...outputs];
  const groups = keys.map(({ group }) => group);
  const verdict = verifyProgram(K, { parameters, program, groups, context }, proof);
  if (!verdict.ok) refuse(verdict.code, 'proof');
  const earlier = outputs.length === 2 ? outputs[0] : point.weights;
  return { step: first + count, weights: at(outputs, outputs.length - 1), earlier };
}

/** Section 7, and what is refused of it. */
function segmentOf(run: Run, { step }: Point, count: number, readsSeed: boolean): Segment {
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
  const seed = readsSeed ? run.seed : undefined;
  return { plan, first: step, count, rows: rowsOf(run, step, count), seed };
}

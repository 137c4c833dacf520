/**
 * Runs of training graphs: bytes of a run and of its steps in, a verdict out; answers by what they wrote. spec/graph-runs.md. The order of sequences
 * and programs are computed here, by this folder's own means.
 */
import type { Algebra } from './algebra.ts';
import { equalBytes } from './bytes.ts';
import { checkExpectations, decodeAnswer, type Expectations as OfAnswer } from './answer.ts';
import { checkAnswer, isNamed, type Weights } from './graph-answer.ts';
import { decodeGraphRun, decodeStep, type GraphRun, type StepFile } from './graph-run-file.ts';
import { keyDigest } from './key.ts';
import { at, range } from './lists.ts';
import { refuse, require, verdictOf, type Verdict } from './refusal.ts';
import { digestOfLeaves } from './statement.ts';
import { checkWeights } from './step-keys.ts';
import { checkStepProof } from './steps.ts';
import { rawWords } from './stream.ts';
import { sameCode } from './training-run.ts';

/** What a verifier knows already. */
export interface Expectations {
  readonly run?: Uint8Array;
  /** Digest of the corpus's key. */
  readonly corpus?: Uint8Array;
  readonly seed?: Uint8Array;
  readonly steps?: number;
}

/** Section 4: whether steps convince, one behind the other, that a run went as its file says; how far. */
export function verifyGraphRun(
  K: Algebra,
  bytes: Uint8Array,
  steps: readonly Uint8Array[],
  expected: Expectations = {},
): { readonly verdict: Verdict; readonly steps: number } {
  let done = 0;
  const verdict = verdictOf(() => {
    const run = decodeGraphRun(bytes);
    agreed(run, expected);
    done = followAll(K, run, steps).at(-1)?.step ?? 0;
    require(done >= (expected.steps ?? 0), 'STEPS', `${done}`);
  });
  return { verdict, steps: done };
}

/** What stands behind the weights of an answer: all steps, or the one that wrote them and the digest of their key. */
export type Custody =
  { readonly steps: readonly Uint8Array[] } | { readonly step: Uint8Array; readonly weights: Uint8Array };

/** Section 5. */
export function verifyRunAnswer(
  K: Algebra,
  bytes: Uint8Array,
  custody: Custody,
  file: Uint8Array,
  expected: Expectations & Omit<OfAnswer, 'model'> = {},
): Verdict {
  return verdictOf(() => {
    const run = decodeGraphRun(bytes);
    agreed(run, expected);
    const answer = decodeAnswer(file);
    checkExpectations(answer.statement, expected);
    const written = 'steps' in custody ? followAll(K, run, custody.steps) : [known(run, custody)];
    for (const { key } of written) checkWeights(run.checked, run.plan, key);
    const found = written.find((own) => isNamed(run, own, answer.statement.model));
    const { key } = found ?? refuse('WEIGHTS', 'weights that no step wrote');
    checkAnswer(K, run, key, answer);
  });
}

function known(run: GraphRun, { step: bytes, weights }: { step: Uint8Array; weights: Uint8Array }): Weights {
  const { run: name, step, count, after } = decodeStep(bytes);
  require(equalBytes(name, run.digest), 'RUN', 'a step of another run');
  require(step < run.steps && isCount(run, step, count), 'STEP', `${count} from ${step}`);
  require(equalBytes(keyDigest(after.bytes), weights), 'WEIGHTS', 'other weights than agreed');
  return { step: step + count, key: after };
}

/** Section 3: how many steps a proof may have. */
function isCount(
  { checked: { graph }, steps, batch, length }: GraphRun,
  step: number,
  count: number,
): boolean {
  const rows = count * batch * length;
  const attention = graph.nodes.filter(({ op }) => op === 'attention').length;
  const fits = rows * graph.nodes.length <= 2 ** 18 && rows * attention <= 2 ** 17;
  const few = count === 1 || (count <= 64 && count * graph.nodes.length <= 2 ** 11);
  return count >= 1 && step + count <= steps && few && fits;
}

function agreed(run: GraphRun, { run: name, corpus, seed }: Expectations): void {
  const same = (a: Uint8Array | undefined, b: Uint8Array): boolean => a === undefined || equalBytes(a, b);
  require(same(name, run.digest), 'RUN', 'another run than agreed');
  require(same(corpus, keyDigest(run.corpus.bytes)), 'CORPUS', 'another corpus than agreed');
  require(same(seed, run.seed), 'SEED', 'another seed than agreed');
}

/** Section 2: places of the rows of a step, and where its sequences start. */
export function batchOf(
  { tokens, length, batch, order }: Pick<GraphRun, 'tokens' | 'length' | 'batch' | 'order'>,
  step: number,
): { readonly corpus: number; readonly at: readonly number[]; readonly starts: readonly number[] } {
  const sequences = Math.floor((tokens - 1) / length);
  const perEpoch = Math.floor(sequences / batch);
  const permuted = permutation(order, Math.floor(step / perEpoch), sequences);
  const own = range(batch).map((j) => at(permuted, (step % perEpoch) * batch + j));
  const places = own.flatMap((s) => range(length).map((t) => s * length + t));
  return { corpus: tokens, at: places, starts: range(batch).map((j) => j * length) };
}

/** Section 2 of training.md, of sequences. */
function permutation(seed: Uint8Array, epoch: number, count: number): number[] {
  const words = rawWords(seed, 'order', epoch, count);
  const o = range(count);
  for (let i = count - 1; i >= 1; i--) {
    const j = Number((at(words, i) * BigInt(i + 1)) >> 32n);
    [o[i], o[j]] = [at(o, j), at(o, i)];
  }
  return o;
}

/** The weights behind each step. */
function followAll(K: Algebra, run: GraphRun, steps: readonly Uint8Array[]): Weights[] {
  const written: Weights[] = [];
  for (const bytes of steps) {
    written.push(follow(K, run, written.at(-1), decodeStep(bytes)));
  }
  return written;
}

/** Section 4, "Order": one step; the weights behind it. @param before none at the start */
function follow(K: Algebra, run: GraphRun, before: Weights | undefined, file: StepFile): Weights {
  const { step, count, input, after, parameters } = file;
  require(equalBytes(file.run, run.digest), 'RUN', 'a step of another run');
  require(step === (before?.step ?? 0) && step < run.steps, 'STEP', `${step}`);
  require(isCount(run, step, count), 'STEP', `${count} steps`);
  const read = before ?? ('key' in run.start ? run.start : undefined);
  const name = read === undefined ? run.digest : keyDigest(read.key.bytes);
  require(equalBytes(input, name), 'WEIGHTS', 'other weights');
  checkWeights(run.checked, run.plan, after);
  const keys = [...(read === undefined ? [] : [read.key]), after, run.corpus];
  require(keys.every((key) => sameCode(key, { parameters })), 'STATEMENT', 'code of all keys'); // prettier-ignore
  const context = digestOfLeaves('zkdl graph run step 2', [
    ['run', 'digest', run.digest],
    ['step', 'integer', step],
    ['count', 'integer', count],
    ['input', 'digest', input],
    ['output', 'digest', keyDigest(after.bytes)],
  ]);
  const rateOf = (i: number): number =>
    run.rates.filter(({ from }) => from <= i).at(-1)?.rate ?? run.plan.rate;
  const batches = range(count).map((i) => ({ ...batchOf(run, step + i), rate: rateOf(step + i) }));
  const first = 'bounds' in run.start && before === undefined ? { ...run.start, seed: run.seed } : before === undefined; // prettier-ignore
  checkStepProof(K, run, { batches, first, keys, context }, file);
  return { step: step + count, key: after };
}

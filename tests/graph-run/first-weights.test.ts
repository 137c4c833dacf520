/** A run whose first weights are beyond their bits: its first step has no proof, and a proof of it as a later step, which looks up less, is refused. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { keyDigest } from '../../src/pcs/key.ts';
import { budgetStatus } from '../../src/store/index.ts';
import { verifyProgram } from '../../src/relation/verify.ts';
import { type OwnedWeights } from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import { stepStatement } from '../../src/training/backward/verify.ts';
import { announceGraphRun, proveRunStep } from '../../src/training/graph-run/prove.ts';
import { decodeGraphStep, encodeGraphStep, runStepContext } from '../../src/training/graph-run/step-file.ts';
import { trainingOf } from '../../src/training/graph-run/verify.ts';
import {
  bothRunWords,
  fullTrained,
  graphRunner,
  RUN_SCHEDULE,
  RUN_SEED,
  type GraphRunner,
} from '../support/graph-runs.ts';
import { proofError } from '../support/refusal.ts';

const BOTH = ['accepted', 'accepted'];
const trained = fullTrained();
const own = trained.state.get('E')!;
/** One more than the bits below a weight hold. It is a multiple of the weight's unit, and a step is the same function of it. */
const beyond = new Map([...trained.state, ['E', { ...own, rest: own.rest.map((x, i) => (i === 3 ? 2 ** 14 : x)) }]]); // prettier-ignore

let kernels: Kernels;
let honest: GraphRunner;
let lying: GraphRunner;
let made = 0;
const path = (): string => `${honest.corpus.group.path}-first-${made++}`;

beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  honest = graphRunner(kernels, trained);
  lying = graphRunner(kernels, { ...trained, state: beyond });
}, 120_000);
afterAll(async () => {
  for (const runner of [honest, lying]) runner.close();
  await kernels.close();
});

/** A step of a run, proven as one whose weights another step wrote, or as one whose weights none did. */
function posed(runner: GraphRunner, step: number, weights: OwnedWeights, written: boolean): Uint8Array {
  const { named } = runner.announce();
  const place = { run: named.digest, step, count: 1, input: keyDigest(weights.group.keyBytes) };
  const read = { ...weights, written };
  const { step: proven, next } = proveGraphStep(kernels, runner.home, trainingOf(named), read, named.batch(step), path(), { corpus: runner.corpus, context: ([, output]) => runStepContext({ ...place, output: output! }) }); // prettier-ignore
  next.group.close();
  const { after: output, parameters, proof } = proven;
  return encodeGraphStep({ ...place, output, parameters, proof });
}

test('first weights beyond their bits: no proof, and none of a later step', { timeout: 300_000 }, () => {
  const owner = lying.announce();
  const point = { step: 0, weights: lying.start };
  const code = (own: typeof point): string => proofError(() => proveRunStep(kernels, lying.home, owner, own, path())).code; // prettier-ignore
  expect(code(point)).toBe('UNPROVABLE');
  // Weights that the owner says another step wrote are those that the run starts from all the same.
  const said = { step: 0, weights: { ...lying.start, written: true } };
  expect(code(said)).toBe('UNPROVABLE');
  expect(budgetStatus(lying.home, lying.start.group).used).toBe(0);

  const step = posed(lying, 0, lying.start, true);
  const [ours, twin] = bothRunWords({ run: owner.bytes, steps: [step] });
  expect([ours === 'accepted', twin]).toEqual([false, ours]);
  // Nothing else is wrong with it: as a later step it convinces.
  const { output: after, parameters, ...file } = decodeGraphStep(step);
  const context = (): Uint8Array => runStepContext({ ...file, output: after });
  const word = (written: boolean): boolean => {
    const read = { key: lying.start.group.key, written };
    const statement = stepStatement(trainingOf(owner.named), [owner.named.batch(0)], read, { after, parameters }, context); // prettier-ignore
    return verifyProgram(statement, file.proof).ok;
  };
  expect([word(true), word(false)]).toEqual([true, false]);
});

test('which step looks up what it reads follows from its number', { timeout: 300_000 }, () => {
  const owner = honest.announce();
  const { steps, point } = honest.prove(owner, 1);
  const [ours, twin] = bothRunWords({ run: owner.bytes, steps: [posed(honest, 0, honest.start, true)] });
  expect([ours === 'accepted', twin]).toEqual([false, ours]);
  const last = (written: boolean): string[] =>
    bothRunWords({ run: owner.bytes, steps: [...steps, posed(honest, 1, point.weights, written)] });
  expect(last(true)).toEqual(BOTH);
  expect(last(false)).not.toContain('accepted');
});

test('a run from weights that another run wrote looks them up again', { timeout: 300_000 }, () => {
  const { point } = honest.prove(honest.announce(), 1);
  expect(point.weights.written).toBe(true);
  const training = trainingOf(honest.announce().named);
  const owner = announceGraphRun(training, honest.corpus, point.weights, RUN_SCHEDULE, RUN_SEED);
  const first = proveRunStep(kernels, honest.home, owner, { step: 0, weights: point.weights }, path());
  first.point.weights.group.close();
  expect(bothRunWords({ run: owner.bytes, steps: [first.bytes] })).toEqual(BOTH);
});

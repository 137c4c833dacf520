/**
 * DIF-7: predictions. Both verifiers, each with its own decoder and program, accept honest ones, about public and hidden inputs, with and
 * without momentum, over weights that the caller knows and behind a segment, and give one code for changed ones.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { programDigest as twinDigest } from '../../reference/program.ts';
import { predictionProgram as twinProgram } from '../../reference/prediction-program.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { keyDigest } from '../../src/pcs/key.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { chooseTrainingParameters } from '../../src/training/commit.ts';
import { decodePrediction, encodePrediction } from '../../src/training/prediction-file.ts';
import { predictionProgram } from '../../src/training/prediction-program.ts';
import { runDigest } from '../../src/training/run.ts';
import { dice } from '../support/graphs.ts';
import { cases, tally } from '../support/long.ts';
import { predictionMutant } from '../support/prediction-mutations.ts';
import { fieldsOfPrediction, fieldsOfRun } from '../support/training-fields.ts';
import { randomPlan } from '../support/training-plans.ts';
import { bothPredictionWords, predictor, trainedPredictor, type Predictor } from '../support/twin-predictions.ts'; // prettier-ignore
import { twinPlan } from '../support/twin-training.ts';
import { NARROW, NARROW_MOMENTUM, SEED, smallData } from '../training/small.ts';

const MUTANTS = cases(104, 2000);
const PLANS = cases(40, 400);
const BOTH = ['accepted', 'accepted'];

let kernels: Kernels;
let known: Predictor;
let shown: Uint8Array;
let hidden: Uint8Array;
beforeAll(async () => {
  kernels = await wasmKernels({ threads: 1 });
  known = predictor(kernels, NARROW);
  shown = known.predict(2, { context: new Uint8Array([1, 2, 3]) });
  hidden = known.predict(3, { hideInputs: true });
  known.close();
}, 120_000);
afterAll(() => kernels.close());

const inputs = Array.from(smallData(NARROW).inputs.subarray(0, 12));

describe('both accept', { timeout: 300_000 }, () => {
  test('what a caller expects, and nothing else', () => {
    const fields = fieldsOfRun(known.run).filter(({ name }) => name.startsWith('data/'));
    const dataset = keyDigest(known.run.slice(fields[1]!.start, fields.at(-1)!.end));
    const right = { run: runDigest(known.run), dataset, seed: SEED, context: new Uint8Array([1, 2, 3]), inputs }; // prettier-ignore
    const { weights } = known;
    expect(bothPredictionWords(known.run, { weights }, shown, right)).toEqual(BOTH);
    const zeros = new Uint8Array(32);
    for (const [wrong, code] of [
      [{ run: zeros }, 'RUN'],
      [{ dataset: zeros }, 'DATASET'],
      [{ seed: zeros }, 'SEED'],
      [{ context: zeros }, 'CONTEXT'],
      [{ context: zeros, inputs: [] }, 'CONTEXT'],
      [{ inputs: inputs.slice(6) }, 'INPUTS'],
      [{ inputs: [...inputs, 0] }, 'INPUTS'],
      [{ inputs: inputs.map((x, i) => (i === 7 ? x ^ 1 : x)) }, 'INPUTS'],
    ] as const) {
      const words = bothPredictionWords(known.run, { weights }, shown, { ...right, ...wrong });
      expect([wrong, words]).toEqual([wrong, [code, code]]);
    }
    expect(bothPredictionWords(known.run, { weights }, hidden, { inputs })).toEqual(['INPUTS', 'INPUTS']);
  });
  test('hidden inputs', () => {
    expect(bothPredictionWords(known.run, { weights: known.weights }, hidden)).toEqual(BOTH);
  });
  test('momentum, and weights that nobody knows', () => {
    const own = predictor(kernels, NARROW_MOMENTUM);
    const file = own.predict(1);
    own.close();
    expect(bothPredictionWords(own.run, { weights: own.weights }, file)).toEqual(BOTH);
    expect(bothPredictionWords(own.run, { weights: known.weights }, file)).toEqual(['WEIGHTS', 'WEIGHTS']);
    expect(bothPredictionWords(known.run, { weights: own.weights }, file)).toEqual(['RUN', 'RUN']);
  });
  test('weights that a segment wrote', () => {
    const own = trainedPredictor(kernels, { ...NARROW, widths: [6, 4], batch: 1 });
    const file = own.predict(1, { hideInputs: true });
    own.close();
    expect(bothPredictionWords(own.run, own.segments, file)).toEqual(BOTH);
    expect(bothPredictionWords(own.run, [], file)).toEqual(['WEIGHTS', 'WEIGHTS']);
    const cut = own.segments.map((segment) => segment.slice(1));
    expect(bothPredictionWords(own.run, cut, file)).toEqual(['FORMAT', 'FORMAT']);
  });
});

test(`${PLANS} random plans: one program`, () => {
  for (let seed = 0; seed < PLANS; seed++) {
    const plan = randomPlan(seed, 9);
    const d = dice(seed);
    const rows = d.int(1, 5);
    const all = (n: number, end: number): number[] => Array.from({ length: n }, () => d.int(0, end - 1));
    const classes = all(rows, plan.widths.at(-1)!);
    const own = d.int(0, 1) === 0 ? all(rows * plan.widths[0]!, 2 ** plan.formats.input.bits) : undefined;
    const ours = predictionProgram({ plan, inputs: own, classes });
    const twin = twinProgram({ plan: twinPlan(plan), classes, ...(own !== undefined && { inputs: own }) });
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    expect([seed, hex(twinDigest(2130706433n, twin))]).toEqual([seed, hex(programDigest(koalaBear, ours))]);
  }
  tally({ property: 'programs of predictions of random plans', cases: PLANS, refused: 0, surprises: 0 });
});

test('refused before the proof is looked at', () => {
  const { run, weights } = known;
  const file = decodePrediction(shown);
  const field = (name: string, value: number): Uint8Array => {
    const changed = shown.slice();
    const { start } = fieldsOfPrediction(shown).find((own) => own.name === name)!;
    new DataView(changed.buffer).setUint32(start, value, true);
    return changed;
  };
  const key = (change: Partial<typeof file.weights.group>): [Uint8Array, Uint8Array] => {
    const own = { ...file.weights, group: { ...file.weights.group, ...change } };
    const bytes = encodePrediction({ ...file, weights: own });
    const fields = fieldsOfPrediction(bytes).filter(({ name }) => name.startsWith('weights/'));
    return [bytes, keyDigest(bytes.slice(fields[1]!.start, fields.at(-1)!.end))];
  };
  const { parameters } = chooseTrainingParameters(NARROW, { steps: 4, minProofs: 400 });
  const said: [string, Uint8Array, Uint8Array, string][] = [
    ['a kind of inputs that is none', field('inputs/kind', 2), weights, 'FORMAT'],
    ['an odd number of bytes of inputs', field('inputs/length', 23), weights, 'LENGTH'],
    ['an odd number of bytes of classes', field('classes/length', 3), weights, 'LENGTH'],
    ['weights of another label', ...key({ label: 'X' }), 'KEY_LAYOUT'],
    ['weights of more columns', ...key({ columns: file.weights.group.columns + 1 }), 'KEY_LAYOUT'],
    ['parameters of another code', encodePrediction({ ...file, parameters }), weights, 'STATEMENT'],
  ];
  for (const [name, bytes, digest, code] of said) {
    expect([name, bothPredictionWords(run, { weights: digest }, bytes)]).toEqual([name, [code, code]]);
  }
});

test(`${MUTANTS} changed predictions`, { timeout: 300_000 + 3000 * MUTANTS }, () => {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < MUTANTS; seed++) {
    const [prediction, other] = seed % 40 < 20 ? [shown, hidden] : [hidden, shown];
    const honest = { run: known.run, weights: known.weights, prediction };
    const mutant = predictionMutant(honest, other, seed, dice(seed));
    const [ours, twin] = bothPredictionWords(mutant.run, mutant.custody, mutant.prediction);
    expect([seed, mutant.name, twin]).toEqual([seed, mutant.name, ours]);
    const same = Buffer.from(mutant.run).equals(known.run) && Buffer.from(mutant.prediction).equals(prediction); // prettier-ignore
    const whole = same && 'weights' in mutant.custody && Buffer.from(mutant.custody.weights).equals(known.weights); // prettier-ignore
    expect([seed, mutant.name, ours === 'accepted']).toEqual([seed, mutant.name, whole]);
    seen.set(ours, (seen.get(ours) ?? 0) + 1);
  }
  const refused = MUTANTS - (seen.get('accepted') ?? 0);
  tally({ property: 'verdicts of the twin on changed predictions', cases: MUTANTS, refused, surprises: 0 });
  expect(seen.size).toBeGreaterThan(9);
});

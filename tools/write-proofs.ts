/**
 * Writes the proofs of tests/vectors: a whole answer (key, proof file, link to the next epoch of the key), the same of a model in two
 * groups, a run of training with momentum, one with periods, predictions, two steps of a graph, a third with all that a plan may add, a fourth with biases, both with an answer by their weights, a run of a graph with three steps in two proofs and an answer, and over toy parameters a proof of every kind. Masks are random, so proofs differ from run to run; what is kept is that
 * these are accepted. `npm run vectors:proofs`, or `npm run vectors:proofs -- training` for one of `answers`, `groups`, `training`, `periods`, `predictions`, `steps`, `turned`, `biased`, `tuning`, `drawn`, `toys`
 */
import { writeFileSync } from 'node:fs';
import { wasmKernels, type Kernels } from '../src/kernels/index.ts';
import { smallest } from '../tests/support/answer-models.ts';
import { answering } from '../tests/support/twin-answers.ts';
import { twinCases } from '../tests/support/twin-cases.ts';
import { programTwinCases } from '../tests/support/twin-program-cases.ts';
import { biasedTrained, CORPUS, PLACES, smallestTrained, TOKENS, turnedTrained } from '../tests/support/trained-graphs.ts'; // prettier-ignore
import { fullTrained, graphRunner, RUN_SCHEDULE } from '../tests/support/graph-runs.ts';
import { provenAnswer } from '../tests/support/twin-graph-answers.ts';
import { predictor } from '../tests/support/twin-predictions.ts';
import { provenSteps, stepVector, type Trained } from '../tests/support/twin-steps.ts';
import { trainer } from '../tests/support/twin-training.ts';
import { NARROW, NARROW_MOMENTUM } from '../tests/training/small.ts';

function write(files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [name, bytes] of Object.entries(files)) {
    writeFileSync(`tests/vectors/${name}`, bytes);
    console.log(`${name}: ${bytes.length}`);
  }
}

function answers(kernels: Kernels): void {
  const model = answering(kernels, smallest(1));
  const request = { prompts: [[1, 2], [3]], tokens: 3, choice: 'greedy' } as const; // prettier-ignore
  const hiding = { ...request, hidden: [0], reveal: [{ sequence: 1, position: 2 }] };
  write({
    'answer.key': model.key,
    'answer.zkp': model.answer(request),
    'answer-private.zkp': model.answer(hiding),
    'answer.link': model.link(),
  });
  model.close();
}

/** Weights in two groups: a key and a link of their own versions. */
function groups(kernels: Kernels): void {
  const model = answering(kernels, smallest(1), 97);
  const answer = model.answer({ prompts: [[1, 2]], tokens: 2, choice: 'greedy' });
  write({ 'groups.key': model.key, 'groups.zkp': answer, 'groups.link': model.link() });
  model.close();
}

/** Steps with momentum: one from public weights, two from committed ones and those of the seed a step earlier, one from what these wrote. */
function training(kernels: Kernels): void {
  const owner = trainer(kernels, NARROW_MOMENTUM);
  const { run, segments } = owner.train(NARROW_MOMENTUM, [1, 2, 1]);
  write({ 'training.run': run });
  segments.forEach((segment, i) => write({ [`training-${i}.seg`]: segment }));
  owner.close();
}

/** Two periods of two steps, and a last one of one step. */
function periods(kernels: Kernels): void {
  const owner = trainer(kernels, NARROW);
  const plan = { ...NARROW, period: 2, steps: 5, rates: [{ from: 0, rate: 4 }] };
  const { run, segments } = owner.train(plan, [4, 1]);
  const [first, second] = segments as [Uint8Array, Uint8Array];
  write({
    'training-periods.run': run,
    'training-periods-0.seg': first,
    'training-periods-1.seg': second,
  });
  owner.close();
}

/** Over weights that were committed as the seed has them: of public inputs, and of hidden ones. */
function predictions(kernels: Kernels): void {
  const owner = predictor(kernels, NARROW);
  const shown = owner.predict(2, { context: new Uint8Array([1, 2, 3]) });
  const hidden = owner.predict(3, { hideInputs: true });
  write({ 'prediction.run': owner.run, 'prediction.prd': shown, 'prediction-hidden.prd': hidden });
  owner.close();
}

/** One behind the other: on public tokens, on those of a corpus. */
function steps(kernels: Kernels): void {
  const chain = provenSteps(kernels, smallestTrained(), [TOKENS, PLACES], CORPUS);
  const [first, second] = chain.steps.map(({ proof }) => proof) as [Uint8Array, Uint8Array];
  write({ 'steps.json': stepVector(chain), 'step-0.proof': first, 'step-1.proof': second });
}

/** Rotary positions, momentum, gradients that are cut off; and two prompts that the weights behind the step continue. */
function turned(kernels: Kernels): void {
  stepAndAnswer(kernels, 'turned', turnedTrained());
}

/** Biases of one digit and of two, momentum; likewise. */
function biased(kernels: Kernels): void {
  stepAndAnswer(kernels, 'biased', biasedTrained({ momentum: { shift: 3, high: 8, low: 9 } }));
}

function stepAndAnswer(kernels: Kernels, name: string, trained: Trained): void {
  const { file, ...chain } = provenAnswer(kernels, trained, [TOKENS], { prompts: [[1, 2], [3]], tokens: 2 });
  const { proof } = chain.steps[0]!;
  write({ [`${name}.json`]: stepVector(chain), [`${name}.proof`]: proof, [`${name}.zkp`]: file });
}

/** Steps of a graph that were announced, with all that a plan may add, one by itself and two in one proof, the last at another rate, and an answer by the weights behind them. */
function tuning(kernels: Kernels): void {
  const runner = graphRunner(kernels, fullTrained());
  const owner = runner.announce({ ...RUN_SCHEDULE, rates: [{ from: 2, rate: 2 }] });
  const { run, steps, point } = runner.prove(owner, [1, 2]);
  const [first, second] = steps as [Uint8Array, Uint8Array];
  const answer = runner.answer(owner, point);
  write({ 'tuning.run': run, 'tuning-0.step': first, 'tuning-1.step': second, 'tuning.zkp': answer });
  runner.close();
}

/** Two steps in one proof from weights of the seed, with biases of one digit and of two. */
function drawn(kernels: Kernels): void {
  const runner = graphRunner(kernels, biasedTrained({ momentum: { shift: 3, high: 8, low: 9 } }));
  const { run, steps } = runner.prove(runner.announceDrawn(), [2]);
  write({ 'tuning-drawn.run': run, 'tuning-drawn-0.step': steps[0]! });
  runner.close();
}

function toys(kernels: Kernels): void {
  const all = [...twinCases(kernels), ...programTwinCases(kernels)].filter(
    ({ name }) => !name.includes('S128'),
  );
  const proofs = all.map(({ name, proofs: [proof] }) => ({
    name,
    proof: Buffer.from(proof as Uint8Array).toString('base64'),
  }));
  write({ 'proofs.json': `${JSON.stringify({ proofs }, null, 1)}\n` });
}

const makers = {
  answers,
  groups,
  training,
  periods,
  predictions,
  steps,
  turned,
  biased,
  tuning,
  drawn,
  toys,
};
const wanted = process.argv.slice(2);
const known = Object.keys(makers);
if (wanted.some((name) => !known.includes(name))) throw new RangeError(`expected ${known.join(', ')}`);
const kernels = await wasmKernels({ threads: 1 });
for (const [name, make] of Object.entries(makers)) {
  if (wanted.length === 0 || wanted.includes(name)) make(kernels);
}
await kernels.close();

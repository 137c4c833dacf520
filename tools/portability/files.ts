/**
 * Makes a file of every kind from coins that are always the same, or key and answer of one model, verifies it where it is a proof, and prints
 * name, length and digest of each as JSON: two engines that agree print the same.
 *
 *   node files.js THREADS [MODEL TOKENS]
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { verifyModelLinks } from '../../src/answer/link.ts';
import { verifyAnswer } from '../../src/answer/verify.ts';
import { blake3 } from '../../src/hash/blake3.ts';
import { kernelMemoryBytes, wasmKernels, type Kernels } from '../../src/kernels/index.ts';
import { proveAnswer } from '../../src/prover/prove-answer.ts';
import { closeGroups } from '../../src/prover/weight-groups.ts';
import { encodeModel } from '../../src/quantize/index.ts';
import { loadModel } from '../../src/quantize/node.ts';
import { openHome } from '../../src/store/index.ts';
import { chooseStepParameters, commitGraphState } from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import { verifySteps } from '../../src/training/backward/verify.ts';
import { verifyRunAnswer } from '../../src/training/graph-run/answer.ts';
import { verifyGraphRun } from '../../src/training/graph-run/verify.ts';
import { chooseTrainingParameters, commitDataset } from '../../src/training/commit.ts';
import { provePrediction } from '../../src/training/prove-prediction.ts';
import { announceRun, proveSegment, startPoint } from '../../src/training/prove-segment.ts';
import { verifyPrediction } from '../../src/training/verify-prediction.ts';
import { commitToFolder } from '../../src/verbs/index.ts';
import { openWeights, readCut } from '../../src/verbs/weights.ts';
import { sequencesOf } from '../../bench/large/run.ts';
import { batchOfText, firstState, planOf, TINY, transformer } from '../../tests/backward/transformer.ts';
import { gated, smallest } from '../../tests/support/answer-models.ts';
import { graphRunner } from '../../tests/support/graph-runs.ts';
import { tinyQuantized } from '../../tests/support/quantized.ts';
import { smallestTrained } from '../../tests/support/trained-graphs.ts';
import { answering } from '../../tests/support/twin-answers.ts';
import { twinCases } from '../../tests/support/twin-cases.ts';
import { programTwinCases } from '../../tests/support/twin-program-cases.ts';
import { NARROW_MOMENTUM, SEED, smallData } from '../../tests/training/small.ts';

/** The platform's generator, replaced: bytes of BLAKE3 over a name and a counter. */
function fixCoins(name: string): void {
  let drawn = 0;
  const getRandomValues = (into: Uint8Array): Uint8Array => {
    const message = new TextEncoder().encode(`${name} ${drawn++}`);
    into.set(blake3(message, { outBytes: into.length }));
    return into;
  };
  Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues }, configurable: true });
}

type Files = Record<string, Uint8Array>;

function need(verdict: { readonly ok: boolean }, name: string): void {
  if (!verdict.ok) throw new Error(`${name}: expected a proof that verifies, got ${JSON.stringify(verdict)}`);
}

/** Keys, answers and links: of a model that samples, of one with private prompts and shown logits. */
function answers(kernels: Kernels): Files {
  const model = answering(kernels, smallest(1));
  const sampling = answering(kernels, gated(2));
  const request = { prompts: [[1, 2], [3]], tokens: 3, choice: 'greedy' } as const; // prettier-ignore
  const choice = { seed: new Uint8Array(32).fill(9), temperature: 800 };
  const files = {
    'model key': model.key,
    answer: model.answer(request),
    'answer, private prompt, logits shown': model.answer({ ...request, hidden: [0], reveal: [{ sequence: 1, position: 2 }] }), // prettier-ignore
    'model link': model.link(),
  };
  const sampled = sampling.answer({ prompts: [[1, 2, 3]], tokens: 4, choice });
  need(verifyAnswer(model.key, files.answer), 'answer');
  need(verifyAnswer(sampling.key, sampled), 'sampled answer');
  need(verifyModelLinks(model.key, [files['model link']]), 'link');
  model.close();
  sampling.close();
  return { ...files, 'answer, sampled': sampled };
}

/** A dataset's key, a run, two segments, predictions. */
function training(kernels: Kernels, folder: string): Files {
  const plan = { ...NARROW_MOMENTUM, period: 2 };
  const home = openHome(join(folder, 'home'));
  const { parameters } = chooseTrainingParameters(plan, { steps: 2, minProofs: 8 });
  const data = smallData(plan);
  const dataset = commitDataset(kernels, home, join(folder, 'data'), plan, data, parameters);
  const owner = announceRun(plan, data, dataset, SEED);
  const first = proveSegment(kernels, home, owner, startPoint(owner), 2, join(folder, 'one'));
  const second = proveSegment(kernels, home, owner, first.point, 2, join(folder, 'two'), undefined, 6);
  const weights = second.point.group;
  if (weights === undefined) throw new Error('expected weights behind a segment, got none');
  const inputs = Int16Array.from(data.inputs.subarray(0, 2 * (plan.widths[0] as number)));
  const shown = provePrediction(kernels, home, owner.named, weights, { inputs });
  const hidden = provePrediction(kernels, home, owner.named, weights, { inputs, hideInputs: true });
  const segments = [first.bytes, second.bytes];
  for (const { bytes } of [shown, hidden]) need(verifyPrediction(owner.bytes, segments, bytes), 'prediction');
  for (const group of [dataset, first.point.group, weights]) group?.close();
  return {
    'dataset key': dataset.keyBytes,
    run: owner.bytes,
    'segment from a seed': first.bytes,
    'segment from weights': second.bytes,
    prediction: shown.bytes,
    'prediction, hidden inputs': hidden.bytes,
  };
}

/** A step of a transformer. */
function graphStep(kernels: Kernels, folder: string): Files {
  const graph = transformer(TINY);
  const steps = { graph, plan: planOf(graph) };
  const home = openHome(join(folder, 'home'));
  const batch = batchOfText(TINY, 4, 100);
  const { parameters } = chooseStepParameters(steps, batch);
  const before = commitGraphState(
    kernels,
    home,
    join(folder, 'before'),
    steps,
    firstState(graph),
    parameters,
  );
  const { step, next } = proveGraphStep(kernels, home, steps, before, batch, join(folder, 'after'));
  need(verifySteps(steps, before.group.key, [batch], [step]), 'step');
  before.group.close();
  next.group.close();
  return { 'weights key': next.group.keyBytes, 'step of a transformer': step.proof };
}

/** A run of a graph, its first step, and an answer by what it wrote. */
function graphRun(kernels: Kernels): Files {
  const runner = graphRunner(kernels, smallestTrained());
  const owner = runner.announce();
  const { run, steps, point } = runner.prove(owner, 1);
  const answer = runner.answer(owner, point);
  need(verifyRunAnswer(run, { steps }, answer), 'answer of a run');
  const drawn = runner.prove(runner.announceDrawn(), [2]);
  need(verifyGraphRun(drawn.run, drawn.steps), 'steps from drawn weights');
  runner.close();
  const files = { 'run of a graph': run, 'step of a run': steps[0] as Uint8Array, 'answer of a run': answer };
  return { ...files, 'run from its seed': drawn.run, 'steps of it': drawn.steps[0] as Uint8Array };
}

/** Proofs over small parameters and one set of production: openings, links, lookups, programs. */
function proofs(kernels: Kernels): Files {
  const all = [...twinCases(kernels), ...programTwinCases(kernels)];
  return Object.fromEntries(all.map(({ name, proofs: [proof] }) => [`proof: ${name}`, proof as Uint8Array]));
}

/** Key and answer of a model file, as the benchmarks of large models make them. */
async function answerOf(kernels: Kernels, folder: string, path: string, tokens: number): Promise<Files> {
  const home = openHome(join(folder, 'home'));
  const out = join(folder, 'model');
  await commitToFolder(kernels, home, { model: path, out, tokens, codeword: 'recompute' });
  const model = loadModel(join(out, 'model.zkq'), { digest: 'skip' });
  const weights = openWeights(kernels, home, join(out, 'epoch-0'), readCut(out), model);
  try {
    const sequences = sequencesOf(kernels, model, { tokens, prompts: 1 });
    const request = { sequences, choice: 'greedy', context: new Uint8Array(0) } as const;
    const { bytes } = proveAnswer(kernels, home, { model, ...weights }, request); // verifies it
    return { 'model key': readFileSync(`${out}.key`), answer: bytes };
  } finally {
    closeGroups(weights.groups);
  }
}

async function quantised(): Promise<Files> {
  return { 'model file': encodeModel(await tinyQuantized('tiny-llama')) };
}

const [threads = '1', modelFile, tokens = '8'] = process.argv.slice(2);
const large = modelFile !== undefined;
const memoryBytes = kernelMemoryBytes(totalmem()); // as the command line does
const kernels = await wasmKernels({ threads: Number(threads), ...(large && { memoryBytes }) });
const folder = mkdtempSync(join(tmpdir(), 'zkdl-portability-'));
try {
  const made: Files = {};
  const kinds: Record<string, () => Files | Promise<Files>> = {
    answers: () => answers(kernels),
    training: () => training(kernels, join(folder, 'training')),
    graphStep: () => graphStep(kernels, join(folder, 'graph')),
    graphRun: () => graphRun(kernels),
    proofs: () => proofs(kernels),
    quantised,
  };
  const makers = large ? { large: () => answerOf(kernels, folder, modelFile, Number(tokens)) } : kinds;
  for (const [name, make] of Object.entries(makers)) {
    fixCoins(name);
    Object.assign(made, await make());
  }
  const lines = Object.entries(made).map(([name, bytes]) => ({
    name,
    bytes: bytes.length,
    digest: Buffer.from(blake3(bytes)).toString('hex'),
  }));
  console.log(JSON.stringify({ node: process.version, v8: process.versions.v8, files: lines }));
} finally {
  rmSync(folder, { recursive: true, force: true });
  await kernels.close();
}

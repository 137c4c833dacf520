/**
 * A transformer of two layers learns to go on with what it has read. Its loss falls over 240 steps in exact integers; then its corpus and its weights
 * are committed, two more steps are proven, and the weights behind them answer: a proof says which tokens they choose. Whoever verifies follows from
 * the committed weights to the last token; a step that claims to have read other rows, and an answer with a step left out, are refused. Run it with
 * `npm run build && node dist-tools/examples/transformer.js`, with `--momentum` for steps with momentum.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseKernels } from '../src/index.ts';
import { graphBuilder, type TensorHandle } from '../src/graph/index.ts';
import { openHome } from '../src/store/index.ts';
import {
  chooseStepParameters,
  commitCorpus,
  commitGraphState,
  DEFAULT_GRAPH_MOMENTUM,
  graphStep,
  proveGraphAnswer,
  proveGraphStep,
  stateOf,
  tokensOf,
  verifyGraphAnswer,
  verifySteps,
  type CorpusBatch,
  type GraphPlan,
  type ProvenStep,
} from '../src/training/index.ts';

const [VOCABULARY, CONTEXT, WIDTH, HEADS, HIDDEN] = [12, 8, 16, 2, 32];
const LEARNED = 240;
const PROVEN = 2;
const SEQUENCES = 8;
const withMomentum = process.argv.includes('--momentum');

/** Binary places: weights 12, the stream 11, results of norms 13, what layers read 8, logits 8. */
function transformer() {
  const g = graphBuilder({ context: CONTEXT });
  const matrix = (name: string, rows: number, columns: number) =>
    g.weight(name, [rows, columns], { bits: 15 });
  const tables = { width: WIDTH, positions: matrix('P', CONTEXT, WIDTH) };
  let h: TensorHandle = g.embedding('h', matrix('E', VOCABULARY, WIDTH), tables);
  const normed = (name: string) =>
    g.requantise(`${name}-8`, g.rmsnorm(name, h, { bits: 16, epsilon: 1 }), { shift: 5, bits: 12 });
  for (let l = 0; l < 2; l++) {
    const x = normed(`norm-a${l}`);
    const rows = (name: string) =>
      g.rounded(`${name}${l}`, x, matrix(`W${name}${l}`, WIDTH, WIDTH), { shift: 12, bits: 12 });
    const seen = { query: rows('q'), key: rows('k'), value: rows('v') };
    const heads = { heads: HEADS, kvHeads: HEADS, headDim: WIDTH / HEADS, shift: 10 };
    const mean = g.attention(`a${l}`, seen, heads);
    h = g.add(`h-a${l}`, h, g.rounded(`o${l}`, mean, matrix(`Wo${l}`, WIDTH, WIDTH), { shift: 9, bits: 16 }));
    const up = g.rounded(`u${l}`, normed(`norm-f${l}`), matrix(`Wu${l}`, HIDDEN, WIDTH), {
      shift: 12,
      bits: 13,
    });
    const active = g.requantise(`f${l}`, g.activation(`g${l}`, up, 'gelu-tanh-13-r4'), {
      shift: 2,
      bits: 14,
    });
    h = g.add(
      `h-f${l}`,
      h,
      g.rounded(`d${l}`, active, matrix(`Wd${l}`, WIDTH, HIDDEN), { shift: 9, bits: 16 }),
    );
  }
  return g.build(
    g.rounded('logits', normed('norm'), matrix('H', VOCABULARY, WIDTH), { shift: 12, bits: 16 }),
  );
}

/** Integers in [0, n), the same every time: examples are compared. */
function drawn(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Words of two or three letters, each repeated for a sequence and one token more. */
function repeatedWords(draw: (n: number) => number): Int16Array {
  const words = Array.from({ length: 400 }, () => {
    const word = Array.from({ length: 2 + draw(2) }, () => draw(VOCABULARY));
    return Array.from({ length: CONTEXT + 1 }, (_, t) => word[t % word.length] as number);
  });
  return Int16Array.from(words.flat());
}

function lossOf(logits: Int32Array, targets: readonly number[]): number {
  const rows = targets.map((target, t) => {
    const row = Array.from(logits.subarray(t * VOCABULARY, (t + 1) * VOCABULARY), (z) => z / 2 ** 8);
    return Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0)) - (row[target] as number);
  });
  return rows.reduce((a, b) => a + b, 0) / rows.length;
}

const graph = transformer();
const isTable = (name: string): boolean => name === 'E' || name === 'P';
const plan: GraphPlan = {
  weights: Object.fromEntries(graph.weights.map(({ name }) => [name, isTable(name) ? 11 : 12])),
  norms: 13,
  gradient: { bits: 15, fraction: withMomentum ? 8 : 10 },
  low: 15,
  rate: 1, // 2^-9 of the gradient summed over 64 rows; with momentum, which keeps 7/8 of what was, 2^-11
  ratePlaces: withMomentum ? 11 : 9,
  ...(withMomentum && { momentum: DEFAULT_GRAPH_MOMENTUM }),
};
const draw = drawn(20);
const tokens = repeatedWords(draw);
const drawnWeights = (name: string): number[] => {
  const [rows, columns] = graph.weights.find((own) => own.name === name)?.shape as [number, number];
  const most = isTable(name)
    ? 2 ** 12
    : Math.floor(2 ** 12 * Math.sqrt(3 / columns) * (/^W[od]/.test(name) ? 0.5 : 1));
  return Array.from({ length: rows * columns }, () => draw(2 * most + 1) - most);
};
let state = stateOf(graph, drawnWeights, plan);
/** Places of the rows of a step in the corpus: public, and so agreed on. */
const batchOf = (step: number): CorpusBatch => {
  const pick = drawn(step);
  const words = Array.from({ length: SEQUENCES }, () => pick(tokens.length / (CONTEXT + 1)));
  const at = words.flatMap((word) => Array.from({ length: CONTEXT }, (_, t) => word * (CONTEXT + 1) + t));
  return { corpus: tokens.length, at, starts: words.map((_, s) => s * CONTEXT) };
};

const losses: number[] = [];
for (let i = 0; i < LEARNED; i++) {
  const batch = tokensOf(tokens, batchOf(i));
  const step = graphStep(graph, plan, state, batch);
  losses.push(lossOf(step.forward.output.data, batch.targets));
  state = step.next;
  if (losses.length % 40 === 0) {
    const mean = losses.slice(-40).reduce((a, b) => a + b, 0) / 40;
    console.log(`steps to ${i}: loss ${mean.toFixed(3)} nats a token`);
  }
}

/** Does something, and says how much CPU time it took. */
function timed<T>(what: string, work: () => T): T {
  const before = process.cpuUsage();
  const made = work();
  const { user, system } = process.cpuUsage(before);
  console.log(`${what}: ${((user + system) / 1e6).toFixed(2)} s of CPU time`);
  return made;
}

const { kernels } = await chooseKernels();
const folder = mkdtempSync(join(tmpdir(), 'zkdl-transformer-'));
try {
  const home = openHome(join(folder, 'home'));
  const path = (name: string): string => join(folder, name);
  // A corpus for fifty steps; weights for one answer beside their steps.
  const { parameters } = chooseStepParameters({ graph, plan }, batchOf(0), 50, 1);
  const corpus = commitCorpus(kernels, home, path('corpus'), tokens, parameters);
  const training = { graph, plan, corpus: corpus.group.key };
  let weights = commitGraphState(kernels, home, path('weights'), training, state, parameters);
  const first = weights.group.key;
  const steps: ProvenStep[] = [];
  for (let i = 0; i < PROVEN; i++) {
    const batch = batchOf(LEARNED + i);
    const made = timed(`step ${LEARNED + i} proven`, () =>
      proveGraphStep(kernels, home, training, weights, batch, path(`step-${i}`), { corpus, answers: 1 }),
    );
    console.log(`a proof of ${made.step.proof.length} bytes`);
    steps.push(made.step);
    weights.group.close();
    weights = made.next;
  }
  corpus.group.close();

  const prompts = [[7, 3, 7, 3, 7]];
  const { bytes, completions } = timed('the answer proven', () =>
    proveGraphAnswer(kernels, home, training, PROVEN, weights, { prompts, tokens: 3 }),
  );
  weights.group.close();
  console.log(`a proof file of ${bytes.length} bytes: ${prompts.join()} goes on with ${completions.join()}`);

  // From here on: what anybody does, with keys, batches, proofs.
  const custody = { first, batches: steps.map((_, i) => batchOf(LEARNED + i)), steps };
  const verdict = timed('both steps and the answer verified', () =>
    verifyGraphAnswer(training, custody, bytes, { prompts }),
  );
  console.log(
    verdict.ok
      ? `the weights behind step ${verdict.step} chose ${verdict.statement.sequences[0]?.completion.join()}`
      : verdict,
  );
  const other = verifySteps(training, first, [batchOf(LEARNED), batchOf(7)], steps);
  console.log(other.ok ? 'other rows: accepted' : `other rows: ${other.code} in ${other.stage}`);
  const earlier = { ...custody, batches: custody.batches.slice(0, 1), steps: steps.slice(0, 1) };
  const early = verifyGraphAnswer(training, earlier, bytes);
  console.log(early.ok ? 'one step less: accepted' : `one step less: ${early.code} in ${early.stage}`);
  if (!verdict.ok || other.ok || early.ok) process.exitCode = 1;
} finally {
  await kernels.close();
  rmSync(folder, { recursive: true, force: true });
}

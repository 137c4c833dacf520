/** Files of runs of training graphs and of their steps: spec/graph-runs.md sections 1, 3 and 4. */
import { deriveKey } from './blake3.ts';
import { checkBounds } from './drawn.ts';
import { endFile, openFile, readBlock, readBytes, readU32, type Reader } from './files.ts';
import { checkSet } from './gate.ts';
import { checkGraph, type CheckedGraph } from './graph-checks.ts';
import { isCanonical, parseGraph, type Graph } from './graph-file.ts';
import { at, range } from './lists.ts';
import { decodeParameters } from './parameter-set.ts';
import { require } from './refusal.ts';
import { checkWeights } from './step-keys.ts';
import { checkRate, checkStepPlan, type StepPlan } from './step-plan.ts';
import { checkCorpus, type Step } from './steps.ts';
import { readKey, sameCode, type NamedKey } from './training-run.ts';

export interface GraphRun {
  readonly checked: CheckedGraph;
  readonly plan: StepPlan;
  readonly tokens: number;
  readonly length: number;
  readonly batch: number;
  readonly steps: number;
  readonly rates: readonly { readonly from: number; readonly rate: number }[];
  readonly corpus: NamedKey;
  /** Without a key: drawn from the seed, entries within these bounds. */
  readonly start: { readonly key: NamedKey } | { readonly bounds: readonly number[] };
  readonly seed: Uint8Array;
  /** What names it. */
  readonly digest: Uint8Array;
  /** The order seed. */
  readonly order: Uint8Array;
}

export interface StepFile extends Step {
  readonly run: Uint8Array;
  readonly step: number;
  readonly count: number;
  readonly input: Uint8Array;
}

/** Sections 1 and 4, "Order": a run. */
export function decodeGraphRun(bytes: Uint8Array): GraphRun {
  const from = openFile(bytes, 'zkdl-tun', 3);
  const text = readBlock(from);
  const graph = parseGraph(text);
  const checked = checkGraph(graph);
  require(isCanonical(graph, text), 'GRAPH_FORMAT', 'canonical bytes');
  const plan = readPlan(from, graph);
  const [tokens, length, batch, steps] = range(4).map(() => readU32(from)) as [number, number, number, number]; // prettier-ignore
  const rates = readRates(from);
  const sizes = { tokens, length, batch, steps, rates };
  checkSizes(checked, plan, sizes);
  const corpus = readKey(from);
  checkCorpus(corpus, tokens);
  const start = readStart(from, checked, plan, corpus);
  const seed = readBytes(from, 32);
  endFile(from);
  const [digest, order] = ['run', 'order'].map((of) => deriveKey(`zkdl graph ${of} 1`, bytes)) as [Uint8Array, Uint8Array]; // prettier-ignore
  return { checked, plan, ...sizes, corpus, start, seed, digest, order };
}

/** Of the first weights their key, or the bounds of drawn ones. */
function readStart(from: Reader, checked: CheckedGraph, plan: StepPlan, corpus: NamedKey): GraphRun['start'] {
  const kind = readU32(from);
  require(kind <= 1, 'STATEMENT', `start ${kind}`);
  if (kind === 0) {
    const bounds = checked.graph.weights.map(() => readU32(from));
    checkBounds(checked.graph, bounds);
    return { bounds };
  }
  const key = readKey(from);
  checkWeights(checked, plan, key);
  require(sameCode(key, corpus), 'KEY_LAYOUT', 'code of the corpus');
  return { key };
}

/** Changes of the rate: the step, and the rate from it on. */
function readRates(from: Reader): { readonly from: number; readonly rate: number }[] {
  const count = readU32(from);
  require(count <= 2 ** 12, 'PLAN', `${count} changes of the rate`);
  return range(count).map(() => ({ from: readU32(from), rate: readU32(from) }));
}

function readPlan(from: Reader, { weights }: Graph): StepPlan {
  const [norms, bits, places, guard, low, rate, ratePlaces, shift] = range(8).map(() => readU32(from)) as [number, number, number, number, number, number, number, number]; // prettier-ignore
  const momentum = shift === 0 ? {} : { momentum: { shift, high: readU32(from), low: readU32(from) } };
  const own = Object.fromEntries(weights.map(({ name }) => [name, readU32(from)]));
  const gradient = { bits, places, ...(guard > 0 && { guard }) };
  return { weights: own, norms, gradient, low, rate, ratePlaces, ...momentum };
}

function checkSizes(
  checked: CheckedGraph,
  plan: StepPlan,
  of: Pick<GraphRun, 'tokens' | 'length' | 'batch' | 'steps' | 'rates'>,
): void {
  checkStepPlan(checked, plan);
  const { graph } = checked;
  const within = (x: number, least: number, most: number, what: string): void => require(least <= x && x <= most, 'PLAN', `${what}: ${x}`); // prettier-ignore
  within(graph.nodes.length, 1, 2 ** 12, 'nodes');
  within(graph.nodes.filter(({ op }) => op === 'embedding').length, 1, 1, 'embeddings');
  within(of.steps, 1, 2 ** 31 - 1, 'steps');
  within(of.length, 1, graph.context, 'length');
  const sequences = Math.floor((of.tokens - 1) / of.length);
  within(sequences, 1, 2 ** 20, 'sequences');
  within(of.batch, 1, sequences, 'batch');
  const rows = of.batch * of.length;
  const attention = graph.nodes.filter(({ op }) => op === 'attention').length;
  within(rows * graph.nodes.length, 1, 2 ** 18, 'rows of all nodes');
  within(rows * attention, 0, 2 ** 17, 'rows of attention');
  of.rates.forEach(({ from, rate }, i) => {
    const before = i === 0 ? 0 : at(of.rates, i - 1).from;
    within(from, before + 1, of.steps - 1, 'from');
    checkRate(rate);
  });
}

/** Section 3. */
export function decodeStep(bytes: Uint8Array): StepFile {
  const from = openFile(bytes, 'zkdl-stp', 2);
  const run = readBytes(from, 32);
  const step = readU32(from);
  const count = readU32(from);
  const input = readBytes(from, 32);
  const after = readKey(from);
  const parameters = decodeParameters(readBlock(from));
  checkSet(parameters);
  const proof = readBlock(from);
  endFile(from);
  return { run, step, count, input, after, parameters, proof };
}

/**
 * A run of training a graph, as its owner announces it before the first step: graph, plan, the committed corpus, the weights to start from, how many
 * sequences a step reads, and a public seed. Whoever trusts a run file can follow its steps. Bytes: spec/graph-runs.md section 1.
 */
import { fileBytes, fileReader, type FilePart, type FileReader } from '../../answer/bytes.ts';
import { refuse } from '../../errors/proof-error.ts';
import { checkGraph } from '../../graph/check.ts';
import { decodeGraph, encodeGraph } from '../../graph/encoding.ts';
import type { Graph } from '../../graph/graph.ts';
import { mostRows } from '../../graph/pass.ts';
import { blake3 } from '../../hash/blake3.ts';
import { sameColumnCode } from '../../params/parameters.ts';
import { decodeKey, encodeKey, type GroupKey } from '../../pcs/key.ts';
import { checkBounds, type StartBounds } from '../backward/drawn.ts';
import { checkCorpusKey, checkGraphStateKey } from '../backward/layouts.ts';
import { checkGraphPlan, checkRate, weightPlaces, type GraphPlan } from '../backward/plan.ts';
import type { Rate } from '../plan.ts';
import { SEED_BYTES } from '../state.ts';

/** What steps read of a corpus. */
export interface GraphSchedule {
  /** Tokens of the corpus. */
  readonly tokens: number;
  /** Tokens of a sequence. */
  readonly length: number;
  /** Sequences of a step. */
  readonly batch: number;
  readonly steps: number;
  /** From step `from` on the rate is another one than before, at first the plan's: ascending, behind step 0. Absent: it stays. */
  readonly rates?: readonly Rate[];
}

export interface GraphRun extends GraphSchedule {
  readonly graph: Graph;
  readonly plan: GraphPlan;
  /** The committed corpus. */
  readonly corpus: GroupKey;
  /** Weights before the first step: a committed group, or such as are drawn from the seed. */
  readonly start: GroupKey | StartBounds;
  /** 32 bytes that the parties agreed on. With all else in the file they decide the order of sequences; drawn weights follow from them and the bounds alone. */
  readonly seed: Uint8Array;
}

export const GRAPH_RUN_VERSION = 3;
const MAGIC = 'zkdl-tun';
const STAGE = 'graph run';
/** Changes of the rate: no run has more. */
const MAX_RATES = 2 ** 12;
/** Nodes of the graph: a verifier makes the relations of all before he sees that they are too many for a program. */
const MAX_NODES = 2 ** 12;
/** Sequences of a corpus: an epoch is a permutation of them, which every verifier draws. */
const MAX_SEQUENCES = 2 ** 20;

/** Sequences that a corpus has: a target stands behind the last token of each. */
export function sequencesOf({ tokens, length }: Pick<GraphSchedule, 'tokens' | 'length'>): number {
  return Math.floor((tokens - 1) / length);
}

/** Of a proof, all nodes together: a verifier makes weights of so many before he sees that a proof is none. Fewer than a pass may have, since a step goes back, too. */
const MAX_NODE_ROWS = 2 ** 18;
/** Steps of one proof, and nodes of these steps together: he makes the relations of so many. */
const MAX_STACKED = 2 ** 6;
const MAX_STACKED_NODES = 2 ** 11;

/** Rows that the steps of a proof may have together. */
function mostStepRows(graph: Graph): number {
  return Math.min(mostRows(graph), Math.floor(MAX_NODE_ROWS / graph.nodes.length));
}

/** Steps that a proof may have, one at least. spec/graph-runs.md section 3. */
export function mostStacked({ graph, batch, length }: Pick<GraphRun, 'graph' | 'batch' | 'length'>): number {
  const rows = Math.floor(mostStepRows(graph) / (batch * length)); // one at least: `checkRunPlan`
  return Math.max(1, Math.min(MAX_STACKED, Math.floor(MAX_STACKED_NODES / graph.nodes.length), rows));
}

/** @throws RangeError for numbers that are no u32; ProofError as `decodeGraphRun` */
export function encodeGraphRun(run: GraphRun): Uint8Array<ArrayBuffer> {
  const { graph, plan, tokens, length, batch, steps, rates = [], corpus, start, seed } = run;
  const bytes = fileBytes(MAGIC, GRAPH_RUN_VERSION, [
    { block: encodeGraph(graph) },
    ...planParts(graph, plan),
    ...[tokens, length, batch, steps, rates.length],
    ...rates.flatMap(({ from, rate }) => [from, rate]),
    { block: encodeKey(corpus) },
    ...('bounds' in start ? [0, ...start.bounds] : [1, { block: encodeKey(start) }]),
    seed,
  ]);
  decodeGraphRun(bytes);
  return bytes;
}

/**
 * @throws ProofError `FORMAT`, `VERSION`, `LENGTH`; as `decodeGraph`, `decodeKey`; `PLAN` for a graph that is not trained so, or a corpus that has
 *   no such sequences, or bounds that its weights cannot have; `KEY_LAYOUT` for groups that are none of this run; `STATEMENT` for a start that is
 *   neither
 */
export function decodeGraphRun(bytes: Uint8Array): GraphRun {
  const reader = fileReader(STAGE, bytes, MAGIC, GRAPH_RUN_VERSION);
  const graph = decodeGraph(reader.block('graph'));
  const plan = readPlan(reader, graph);
  const [tokens, length] = [reader.u32('tokens'), reader.u32('length')];
  const sized = { tokens, length, batch: reader.u32('batch'), steps: reader.u32('steps') };
  const rates = readRates(reader);
  const schedule = rates.length === 0 ? sized : { ...sized, rates };
  checkRunPlan(graph, plan, schedule);
  const corpus = decodeKey(reader.block('corpus'));
  checkCorpusKey(tokens, corpus);
  const start = readStart(reader, { graph, plan, corpus });
  const seed = reader.bytes('seed', SEED_BYTES).slice();
  reader.end();
  return { graph, plan, ...schedule, corpus, start, seed };
}

function readStart(
  reader: FileReader,
  { graph, plan, corpus }: Pick<GraphRun, 'graph' | 'plan' | 'corpus'>,
): GraphRun['start'] {
  const kind = reader.u32('start');
  if (kind > 1) refuse('STATEMENT', STAGE, `start: expected 0 or 1, got ${kind}`);
  if (kind === 0) {
    const start = { bounds: graph.weights.map(({ name }) => reader.u32(`bound of ${name}`)) };
    checkBounds(graph, start, STAGE);
    return start;
  }
  const start = decodeKey(reader.block('start'));
  checkGraphStateKey(graph, plan, start, STAGE);
  if (!sameColumnCode(start.parameters, corpus.parameters)) {
    refuse('KEY_LAYOUT', STAGE, "start: expected profile and column code of the corpus's key, got others");
  }
  return start;
}

function readRates(reader: FileReader): Rate[] {
  const length = reader.u32('rates: length');
  checkRateCount(length);
  return Array.from({ length }, () => ({ from: reader.u32('rates'), rate: reader.u32('rates') }));
}

/** Before they are read. @throws ProofError `PLAN` */
function checkRateCount(length: number): void {
  if (length > MAX_RATES) refuse('PLAN', STAGE, `rates: expected at most ${MAX_RATES}, got ${length}`);
}

/** The rate of a step. */
export function graphRateAt({ plan, rates = [] }: Pick<GraphRun, 'plan' | 'rates'>, step: number): number {
  return rates.filter(({ from }) => from <= step).at(-1)?.rate ?? plan.rate;
}

/** The 32 bytes that name a run. @param bytes of `encodeGraphRun` */
export function graphRunDigest(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return blake3(bytes, { context: 'zkdl graph run 1' });
}

/** What the order of sequences is drawn from: all of the run, so nothing in it can be chosen behind the order. */
export function sequenceSeed(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return blake3(bytes, { context: 'zkdl graph order 1' });
}

/**
 * That a graph is trained so, and that a corpus has what a step reads. Total: any numbers are answered.
 *
 * @throws ProofError `PLAN` naming node or number
 */
export function checkRunPlan(
  graph: Graph,
  plan: GraphPlan,
  { tokens, length, batch, steps, rates = [] }: GraphSchedule,
): void {
  integer('nodes', graph.nodes.length, 1, MAX_NODES);
  checkGraphPlan(graph, checkGraph(graph), plan);
  const embeddings = graph.nodes.filter(({ op }) => op === 'embedding').length;
  // Ids of a corpus are private: two embeddings would not be tied to the same ones.
  if (embeddings !== 1) refuse('PLAN', STAGE, `graph: expected one embedding, got ${embeddings}`);
  integer('steps', steps, 1, 2 ** 31 - 1);
  integer('length', length, 1, graph.context);
  const sequences = sequencesOf({ tokens, length });
  integer('sequences of the corpus', sequences, 1, MAX_SEQUENCES);
  integer('batch', batch, 1, Math.min(sequences, Math.floor(mostStepRows(graph) / length)));
  checkRateCount(rates.length);
  rates.forEach(({ from, rate }, i) => {
    integer(`rates[${i}].from`, from, (rates[i - 1]?.from ?? 0) + 1, steps - 1);
    checkRate(rate); // and no more: a file names thousands of rates, and any number of nodes
  });
}

function integer(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  refuse('PLAN', STAGE, `${name}: expected an integer in [${least}, ${most}], got ${value}`);
}

/** Numbers of a plan; 0 for guard bits and for a momentum that it does not have. */
function planParts(graph: Graph, plan: GraphPlan): FilePart[] {
  const { norms, gradient, low, rate, ratePlaces, momentum } = plan;
  return [
    ...[norms, gradient.bits, gradient.fraction, gradient.guard ?? 0, low, rate, ratePlaces],
    ...(momentum === undefined ? [0] : [momentum.shift, momentum.high, momentum.low]),
    ...graph.weights.map(({ name }) => weightPlaces(plan, name)),
  ];
}

function readPlan(reader: FileReader, graph: Graph): GraphPlan {
  const norms = reader.u32('norms');
  const format = { bits: reader.u32('gradient: bits'), fraction: reader.u32('gradient: fraction') };
  const guard = reader.u32('gradient: guard');
  const [low, rate, ratePlaces] = [reader.u32('low'), reader.u32('rate'), reader.u32('rate places')];
  const shift = reader.u32('momentum');
  const momentum =
    shift === 0 ? undefined : { shift, high: reader.u32('momentum'), low: reader.u32('momentum') };
  const weights = Object.fromEntries(
    graph.weights.map(({ name }) => [name, reader.u32(`places of ${name}`)] as const),
  );
  const gradient = guard === 0 ? format : { ...format, guard };
  const plan = { weights, norms, gradient, low, rate, ratePlaces };
  return momentum === undefined ? plan : { ...plan, momentum };
}

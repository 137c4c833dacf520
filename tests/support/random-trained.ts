/** Random graphs that can be trained, with plans and batches: small enough for both programs to be made in a moment. */
import { ProofError } from '../../src/errors/proof-error.ts';
import { checkGraph, graphBuilder, type Graph, type GraphBuilder, type TensorHandle, type WeightHandle } from '../../src/graph/index.ts'; // prettier-ignore
import type { PublicBatch } from '../../src/training/backward/batch.ts';
import { checkGraphPlan, type GraphPlan } from '../../src/training/backward/plan.ts';
import { dice, type Dice } from './graphs.ts';

export interface RandomTrained {
  readonly graph: Graph;
  readonly plan: GraphPlan;
  readonly batch: PublicBatch;
}

/** Case `seed`: one whose plan is accepted. */
export function randomTrained(seed: number): RandomTrained {
  for (let attempt = 0; ; attempt++) {
    const d = dice(1000 * seed + attempt);
    try {
      const { graph, plan } = grown(d);
      checkGraphPlan(graph, checkGraph(graph), plan);
      return { graph, plan, batch: batchFor(graph, d) };
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
    }
  }
}

/** A value that is looked up, with its binary places. */
interface Value {
  readonly handle: TensorHandle;
  readonly width: number;
  readonly bits: number;
  readonly places: number;
}

const NORMS = 13;
const CONTEXT = 40;

class Growing {
  readonly places: Record<string, number> = {};
  readonly values: Value[] = [];
  private readonly biases: { handle: WeightHandle; entries: number; places: number }[] = [];
  private count = 0;
  readonly g: GraphBuilder = graphBuilder({ context: CONTEXT });
  readonly d: Dice;

  constructor(d: Dice) {
    this.d = d;
  }

  name(prefix: string): string {
    return `${prefix}${this.count++}`;
  }

  weight(rows: number, columns: number, places: number): WeightHandle {
    const name = this.name('W');
    this.places[name] = places;
    return this.g.weight(name, [rows, columns], { bits: this.d.int(8, 15) });
  }

  /** In one digit or two; sometimes one that another layer has. */
  bias(entries: number, places: number): WeightHandle {
    const known = this.biases.find((own) => own.entries === entries && own.places === places);
    if (known !== undefined && this.d.int(0, 1) === 0) return known.handle;
    const name = this.name('b');
    this.places[name] = places;
    const bits = this.d.pick([this.d.int(10, 16), this.d.int(17, 29)]);
    const handle = this.g.weight(name, [entries], { bits });
    this.biases.push({ handle, entries, places });
    return handle;
  }

  keep(handle: TensorHandle, width: number, bits: number, places: number): Value {
    const value = { handle, width, bits, places };
    this.values.push(value);
    return value;
  }

  some(): Value {
    return this.d.pick(this.values);
  }

  /** A layer of so many outputs, whose result has these places. */
  layer(x: Value, outputs: number, places: number, bits: number): Value {
    const own = Math.max(1, places - x.places + 1) + this.d.int(0, 3);
    const bias = this.d.int(0, 2) === 0 ? { bias: this.bias(outputs, x.places + own) } : {};
    const options = { shift: x.places + own - places, bits, ...bias };
    const handle = this.g.rounded(this.name('l'), x.handle, this.weight(outputs, x.width, own), options);
    return this.keep(handle, outputs, bits, places);
  }
}

/** Grows a graph operator by operator; what nobody reads in the end is part of it. */
function grown(d: Dice): Pick<RandomTrained, 'graph' | 'plan'> {
  const of = new Growing(d);
  stem(of);
  const blocks = [norm, dense, dense, active, active, gate, residual, attend, residual, turn, turn];
  for (let i = d.int(2, 7); i > 0; i--) d.pick(blocks)(of);
  const logits = of.layer(of.some(), d.int(2, 6), 8, 16);
  // Sometimes the logits are read again.
  const output = d.int(0, 3) === 0 ? of.layer(logits, d.int(2, 5), 8, 16) : logits;
  const plan: GraphPlan = {
    weights: of.places,
    norms: NORMS,
    gradient: {
      ...{ bits: d.int(8, 15), fraction: d.int(4, 10) },
      ...(d.int(0, 2) === 0 && { guard: d.pick([1, 1, 2, 4]) }),
    },
    low: d.int(10, 15),
    rate: d.int(1, 9),
    ratePlaces: d.int(0, 4),
    ...(d.int(0, 1) === 0 && { momentum: { shift: d.int(1, 5), high: d.int(2, 10), low: d.int(5, 15) } }),
  };
  return { graph: of.g.build(output.handle), plan };
}

/** Rows of a table, sometimes of two, rounded or normed. */
function stem(of: Growing): void {
  const { d, g } = of;
  const width = d.int(1, 4);
  const places = d.int(8, 11);
  const table = of.weight(d.int(2, 13), width, places);
  const positions = d.int(0, 1) === 0 ? { positions: of.weight(CONTEXT, width, places) } : {};
  const h = g.embedding(of.name('h'), table, { width, ...positions });
  const shift = d.int(1, 3);
  of.keep(g.requantise(of.name('x'), h, { shift, bits: 12 }), width, 12, places - shift);
  if (d.int(0, 1) === 0) rows(of, h, width);
}

/** Norm of rows, rounded. */
function rows(of: Growing, x: TensorHandle, width: number): void {
  const { d, g } = of;
  const shift = d.int(3, 8);
  const normed = g.rmsnorm(of.name('n'), x, { bits: 16, epsilon: d.int(1, 9) });
  of.keep(g.requantise(of.name('r'), normed, { shift, bits: 14 }), width, 14, NORMS - shift);
}

function norm(of: Growing): void {
  const { handle, width } = of.some();
  rows(of, handle, width);
}

function dense(of: Growing): void {
  of.layer(of.some(), of.d.int(1, 5), of.d.int(4, 9), of.d.int(9, 12));
}

function active(of: Growing): void {
  const { d, g } = of;
  const some = of.some();
  // Few keys: a table has a row for each.
  const { handle, width, places } = some.places <= 6 ? some : of.layer(some, some.width, d.int(4, 6), 9);
  if (d.int(0, 3) === 0) return void of.keep(g.activation(of.name('a'), handle, 'relu-9'), width, 9, places);
  const range = d.int(1, 3);
  const table = `${d.pick(['silu', 'gelu-tanh', 'gelu-erf'])}-${places + 1 + range}-r${range}`;
  of.keep(g.activation(of.name('a'), handle, table), width, 15, 14 - range);
}

function gate(of: Growing): void {
  const { d, g } = of;
  const left = of.some();
  const right = d.pick(of.values.filter(({ width }) => width === left.width));
  const places = d.int(3, 8);
  const shift = left.places + right.places - places;
  const product = g.product(of.name('p'), left.handle, right.handle);
  of.keep(g.requantise(of.name('q'), product, { shift, bits: 10 }), left.width, 10, places);
}

function residual(of: Growing): void {
  const { d, g } = of;
  const left = of.some();
  const alike = of.values.filter(({ width, places }) => width === left.width && places === left.places);
  const right = d.pick(alike);
  const bits = Math.max(left.bits, right.bits) + 1;
  of.keep(g.add(of.name('s'), left.handle, right.handle), left.width, bits, left.places);
}

/** Pairs of columns turned by the positions of rows. */
function turn(of: Growing): void {
  const { d, g } = of;
  const even = of.values.filter(({ width }) => width % 2 === 0);
  if (even.length === 0) return dense(of);
  const { handle, width, bits, places } = d.pick(even);
  const table = `rope-100-${width % 4 === 0 ? d.pick([2, 4]) : 2}-${CONTEXT}`;
  const own = { table, order: d.pick(['half', 'interleaved'] as const), bits: Math.min(bits + 1, 16) };
  of.keep(g.rope(of.name('t'), handle, own), width, own.bits, places);
}

function attend(of: Growing): void {
  const { d, g } = of;
  const [kvHeads, headDim] = [d.int(1, 2), d.int(1, 3)];
  const heads = kvHeads * d.int(1, 2);
  const [query, key, value] = [heads, kvHeads, kvHeads].map((n) => of.layer(of.some(), n * headDim, d.int(4, 7), 11)) as [Value, Value, Value]; // prettier-ignore
  const options = { heads, kvHeads, headDim, shift: d.int(2, 4), ...(d.int(0, 2) === 0 && { window: d.int(1, CONTEXT) }) }; // prettier-ignore
  const read = { query: query.handle, key: key.handle, value: value.handle };
  of.keep(g.attention(of.name('o'), read, options), heads * headDim, 11, value.places);
}

/** Several sequences; of a corpus every other time. Sometimes more than one block of attention. */
function batchFor(graph: Graph, d: Dice): PublicBatch {
  const starts: number[] = [];
  let count = 0;
  for (let i = d.int(1, 3); i > 0; i--) {
    starts.push(count);
    count += d.int(1, d.pick([4, 4, CONTEXT]));
  }
  const all = Array.from({ length: count });
  const corpus = d.int(2, 99);
  if (d.int(0, 1) === 0) return { corpus, at: all.map(() => d.int(0, corpus - 2)), starts };
  const { tensors, weights } = checkGraph(graph);
  const tables = graph.nodes.flatMap((node) => (node.op === 'embedding' ? [node.table] : []));
  const [ids] = tables.map((table) => weights.get(table)?.shape[0] as number) as [number];
  const classes = tensors.get(graph.output)?.width as number;
  return { tokens: all.map(() => d.int(0, ids - 1)), targets: all.map(() => d.int(0, classes - 1)), starts };
}

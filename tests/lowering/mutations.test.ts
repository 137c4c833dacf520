/**
 * What no constraint sees is nobody's to choose: a witness of a whole model, cell by cell, tensor by tensor and node by node.
 * Relations are evaluated in the clear.
 */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { graphBuilder, type Graph, type GraphNode } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import { programDigest } from '../../src/relation/digest.ts';
import { summariseGraph } from '../../src/verbs/nodes.ts';
import { clearChecker, type Cells } from '../support/clear.ts';
import { dice } from '../support/graphs.ts';
import { lowered, type Lowered } from '../support/lowered.ts';
import { withChoices } from '../support/lowered-cases.ts';
import { tinyGpt, tinyLlama, tinyTokens, type TinyModel } from '../support/tiny-models.ts';

const P = koalaBear.modulus;
const VOCABULARY = 11;
const SHAPE = { width: 6, layers: 1, heads: 2, headDim: 4, inner: 8, vocabulary: VOCABULARY, context: 8 };
const ROWS = { rows: 5, tokens: tinyTokens(5, VOCABULARY, 3), starts: [0, 3], emit: [2, 4] };

interface Model extends TinyModel {
  readonly made: Lowered;
  readonly check: (cells: Cells) => string | undefined;
}

function model({ graph, weights }: TinyModel): Model {
  const made = withChoices(graph, weights, ROWS);
  return { graph, weights, made, check: clearChecker(made.program) };
}

const MODELS: Readonly<Record<string, Model>> = {
  gpt: model(tinyGpt({ seed: 1, ...SHAPE })),
  llama: model(tinyLlama({ seed: 2, ...SHAPE, kvHeads: 1 })),
};

const witnessOf = ({ made }: Model) => made.program.tensors.filter(({ kind }) => kind === 'witness');
const word = (x: number): number => ((x % P) + P) % P;

describe.each(Object.entries(MODELS))('%s', (_, of) => {
  const { made, check } = of;
  const changed = (name: string, cells: ArrayLike<number>): string | undefined =>
    check(new Map([...made.cells, [name, cells]]));

  it('is honest', () => expect(check(made.cells)).toBeUndefined());

  it('OPS-3: no cell of any witness tensor is free', () => {
    const d = dice(5);
    const free: string[] = [];
    let tried = 0;
    for (const { name } of witnessOf(of)) {
      const own = made.cells.get(name)!;
      const places = new Set([0, own.length - 1, d.int(0, own.length - 1), d.int(0, own.length - 1)]);
      for (const at of places) {
        const value = own[at]!;
        const others = [value + 1, value - 1, 0, -value, P - 1, d.int(0, P - 1), own[(at + 1) % own.length]!];
        for (const other of new Set(others.map(word))) {
          if (other === word(value)) continue;
          tried++;
          const cells = Array.from(own, (x, i) => (i === at ? other : x));
          if (changed(name, cells) === undefined) free.push(`${name}[${at}] = ${other}`);
        }
      }
    }
    expect(free).toEqual([]);
    expect(tried).toBeGreaterThan(700);
  });

  it('OPS-7: no two witness tensors of one shape can change places', () => {
    const list = witnessOf(of);
    const equal: string[] = [];
    let pairs = 0;
    list.forEach(({ name: a, shape }, i) => {
      for (const { name: b, shape: other } of list.slice(i + 1)) {
        const [x, y] = [made.cells.get(a)!, made.cells.get(b)!];
        if (shape.join() !== other.join() || Array.from(x).join() === Array.from(y).join()) continue;
        pairs++;
        const swapped = new Map([...made.cells, [a, y], [b, x]] as const);
        if (check(swapped) === undefined) equal.push(`${a} and ${b}`);
      }
    });
    expect(equal).toEqual([]);
    expect(pairs).toBeGreaterThan(60);
  });

  it('OPS-5: no node can give another result, whatever follows from it', () => {
    const accepted: string[] = [];
    let lies = 0;
    for (const node of of.graph.nodes) {
      for (let seed = 0; seed < 20; seed++) {
        const liar = withResult(of, node, seed);
        if (liar === undefined) continue;
        lies++;
        if (check(liar) === undefined) accepted.push(`${node.name}, seed ${seed}`);
      }
    }
    expect(accepted).toEqual([]);
    expect(lies).toBeGreaterThan(150);
  });

  it('STM-5: every node is proven, or a fixed sum of values that are; leaving one out is another program', () => {
    const own = programDigest(koalaBear, made.program);
    const summary = summariseGraph(of.graph).nodes;
    expect(summary.map(({ name }) => name)).toEqual(of.graph.nodes.map(({ name }) => name));
    const FIXED: readonly string[] = ['embedding', 'linear', 'add', 'scale', 'product', 'emit'];
    for (const { name, op, lookups, equations } of summary) {
      const node = of.graph.nodes.find((other) => other.name === name) as GraphNode;
      // An activation may share the lookup of the rounding before it, in a table that holds both.
      const shared =
        node.op === 'activation' &&
        made.program.relations.some(
          (r) => r.kind === 'lookup' && r.name.startsWith(node.input) && r.table.endsWith(node.table),
        );
      if (!FIXED.includes(op) && !shared) expect(lookups + equations, name).toBeGreaterThan(0);
    }
    for (const relation of made.program.relations) {
      const relations = made.program.relations.filter((other) => other !== relation);
      expect(programDigest(koalaBear, { ...made.program, relations })).not.toEqual(own);
    }
  });
});

/**
 * Cells of a prover for whom a node gave another result, all that is behind it computed from that. Undefined where the lie is none, or
 * has no witness.
 */
function withResult({ graph, weights, made }: Model, node: GraphNode, seed: number): Cells | undefined {
  const d = dice(100 + seed);
  const { data, width } = made.results.tensors.get(node.name)!;
  const lie = Int32Array.from(data);
  const at = d.int(0, lie.length - 1);
  lie[at] = seed % 4 === 0 ? lie[at]! + 1 : seed % 4 === 1 ? lie[at]! - 1 : lie[d.int(0, lie.length - 1)]!;
  if (seed % 4 === 3) lie.fill(0);
  if (lie.join() === data.join()) return undefined;
  const bits = Math.max(2, 2 + Math.ceil(Math.log2(1 + lie.reduce((m, x) => Math.max(m, Math.abs(x)), 0))));
  const nodes = graph.nodes.map((other): GraphNode =>
    other === node ? { op: 'input', name: node.name, width, bits } : other,
  );
  try {
    const as = withoutUnread({ ...graph, nodes });
    const used = Object.fromEntries(as.weights.map(({ name }) => [name, weights[name]!]));
    const liar = lowered(as, used, { ...made.pass }, { [node.name]: lie });
    const shapes = new Map(
      made.program.tensors.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]),
    );
    const own = [...liar.cells].filter(([name, cells]) => shapes.get(name) === cells.length);
    // A result that is rounded away, say, leaves every cell of the model as it was: no lie.
    const same = own.every(
      ([name, cells]) => Array.from(cells).join() === Array.from(made.cells.get(name)!).join(),
    );
    return same ? undefined : new Map([...made.cells, ...own]);
  } catch (error) {
    if (error instanceof ProofError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Without nodes and weights that nothing reads any more. */
function withoutUnread(graph: Graph): Graph {
  const reads = (text: string, name: string): boolean => text.includes(`"${name}"`);
  let { nodes } = graph;
  for (let before = -1; before !== nodes.length;) {
    before = nodes.length;
    nodes = nodes.filter(
      ({ name }) => name === graph.output || nodes.some((other) => other.name !== name && reads(JSON.stringify(other), name)), // prettier-ignore
    );
  }
  const text = JSON.stringify(nodes);
  return { ...graph, nodes, weights: graph.weights.filter(({ name }) => reads(text, name)) };
}

describe('OPS-8: the witness of one operator is none of another', () => {
  const IDS = ['gelu-tanh-8-r3', 'gelu-erf-8-r3', 'silu-8-r3', 'silu-8-r4', 'relu-8'];
  const made = IDS.map((id) => {
    const g = graphBuilder({ context: 8 });
    const graph = g.build(g.activation('y', g.input('x', { width: 4, bits: 8 }), id));
    const x = Int32Array.from({ length: 24 }, (_, i) => 10 * i - 117);
    return lowered(graph, {}, { rows: 6, starts: [0], emit: [] }, { x });
  });
  it.each(IDS.flatMap((a, i) => IDS.map((b, j) => [a, b, i, j] as const)))('%s as %s', (_a, _b, i, j) => {
    const [own, other] = [made[i]!, made[j]!];
    expect(clearChecker(other.program)(own.cells) === undefined).toBe(i === j);
    const digests = [own, other].map(({ program }) => programDigest(koalaBear, program).join());
    expect(digests[0] === digests[1]).toBe(i === j);
    expect(lowerGraph(own.graph, own.pass).relations.length).toBe(own.program.relations.length);
  });
});

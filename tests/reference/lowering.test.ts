/**
 * DIF-2, programs: the twin, written from spec/integer-semantics.md section 9, lowers every graph to the program of src/, to the
 * letter. An owner who leaves a relation out of his program is refused because everybody's program has it; a relation that
 * src/ itself loses is found here.
 */
import { expect, test } from 'vitest';
import { lower } from '../../reference/lower.ts';
import type { Graph as TwinGraph } from '../../reference/graph-file.ts';
import { rowsOf } from '../../reference/pass.ts';
import { verdictOf as twinVerdictOf } from '../../reference/refusal.ts';
import type { Graph, GraphNode } from '../../src/graph/index.ts';
import { checkGraph, graphBuilder } from '../../src/graph/index.ts';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { verdictOf } from '../../src/pcs/linear-verify.ts';
import { mostRows, publicRows, type Pass } from '../../src/graph/pass.ts';
import { cases, tally } from '../support/long.ts';
import { complete, dice, randomCase, type Dice } from '../support/graphs.ts';
import { tinyGpt, tinyLlama, tinyTokens } from '../support/tiny-models.ts';
import { passOf } from '../../src/answer/statement.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import { tinyQuantized } from '../support/quantized.ts';
import { wordOf } from '../support/twin.ts';
import { bothDigests, firstDifference, lowerTwice, twinPass } from '../support/twin-lowering.ts';

const X = PRIVATE_TOKEN;
const GRAPHS = cases(50, 1000);

function agree(name: string, graph: Graph, pass: Pass): void {
  const both = lowerTwice(graph, pass);
  const [ours, twin] = bothDigests(both);
  if (ours !== twin) expect([name, firstDifference(both)]).toEqual([name, undefined]);
  expect([name, twin]).toEqual([name, ours]);
}

/** A pass with every choice named: lowering needs no witness. */
function anyPass(graph: Graph, pass: Pick<Pass, 'rows' | 'tokens' | 'starts' | 'emit'>, d: Dice): Pass {
  const { tensors } = checkGraph(graph);
  const countOf = (node: string): number =>
    tensors.get(node)!.rows === 'tokens' ? pass.rows : pass.emit.length;
  const choices: Record<string, number[]> = {};
  for (const node of graph.nodes) {
    if (node.op !== 'argmax') continue;
    const { width } = tensors.get(node.input)!;
    choices[node.name] = Array.from({ length: countOf(node.name) }, () => d.int(0, width - 1));
  }
  const revealed = graph.nodes
    .filter(({ name }) => countOf(name) > 0 && d.int(0, 5) === 0)
    .map(({ name }) => {
      const rows = Array.from({ length: countOf(name) }, (_, t) => t).filter(
        (t) => t === 0 || d.int(0, 1) === 0,
      );
      const values = Array.from({ length: rows.length * tensors.get(name)!.width }, () => d.int(-99, 99));
      return { node: name, rows, values };
    });
  const seed = Uint8Array.from({ length: 32 }, () => d.int(0, 255));
  const choice = d.int(0, 1) === 0 ? 'greedy' : ({ seed, temperature: d.int(0, 2000) } as const);
  return { ...pass, choice, choices, revealed };
}

/** The same graph with units of noise. */
function noisy({ context, nodes, weights }: Graph): Graph {
  const of = (node: GraphNode): GraphNode => (node.op === 'argmax' ? { ...node, unit: 1000 } : node);
  return complete(context, nodes.map(of), weights);
}

test(`${GRAPHS} random graphs`, () => {
  const operators = new Map<string, number>();
  let [made, hidden] = [0, 0];
  for (let seed = 1; made < GRAPHS; seed++) {
    const { graph, rows } = randomCase(seed, new Map());
    const { tokens, starts } = rows;
    const emit = rows.emit as readonly number[];
    const emitted = [...checkGraph(graph).tensors.values()].some((info) => info.rows === 'emitted');
    if (tokens.length === 0 || (emitted && emit.length === 0)) continue;
    const d = dice(seed + 5000);
    const pass = anyPass(graph, { rows: tokens.length, tokens, starts, emit }, d);
    const own = pass.choice === 'greedy' ? graph : noisy(graph);
    agree(`seed ${seed}`, own, pass);
    if (graph.nodes.filter(({ op }) => op === 'embedding').length === 1) {
      const ids = Array.from(tokens, (id) => (d.int(0, 1) === 0 ? X : id));
      agree(`seed ${seed}, private`, own, { ...pass, tokens: ids });
      if (ids.includes(X)) hidden++;
    }
    for (const { op } of graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
    made++;
  }
  for (const [op, count] of operators) expect([op, count >= GRAPHS / 20]).toEqual([op, true]);
  expect(hidden).toBeGreaterThan(GRAPHS / 20);
  tally({ property: 'programs of the twin', cases: made + hidden, refused: 0, surprises: 0 });
  expect(operators.size).toBe(15);
});

/** An answer's pass: two sequences, filled up; sampled or not. */
function answerPass(graph: Graph, vocabulary: number, sampled: boolean, hidden = false): Pass {
  const ids = (count: number, seed: number): number[] => tinyTokens(count, vocabulary, seed);
  const sequences = [
    { prompt: hidden ? { privateTokens: 4 } : ids(4, 1), completion: ids(3, 2) },
    { prompt: ids(1, 3), completion: ids(6, 4) },
  ];
  const choice = sampled ? ({ seed: new Uint8Array(32).fill(7), temperature: 800 } as const) : 'greedy';
  return passOf(graph, { model: new Uint8Array(32), sequences, choice, context: new Uint8Array(0) });
}

test.each(['gpt2', 'llama', 'mistral', 'qwen2', 'opt'])(
  'a quantised model of the family %s',
  async (family) => {
    const { graph, info } = await tinyQuantized(`tiny-${family}`);
    for (const sampled of [false, true]) {
      agree(family, graph, answerPass(graph, info.vocab, sampled));
      agree(family, graph, answerPass(graph, info.vocab, sampled, true));
    }
  },
);

test('LayerNorm with a residual of 20 bits; grouped heads, a window; a long pass in several blocks', () => {
  const gpt = tinyGpt({ seed: 3 }).graph;
  agree('20 bits', gpt, answerPass(gpt, 30, false));
  const shape = { layers: 1, width: 8, heads: 2, kvHeads: 1, inner: 6 };
  const windowed = tinyLlama({ ...shape, seed: 4, window: 5 }).graph;
  agree('window', windowed, answerPass(windowed, 40, true));
  const { graph } = tinyLlama({ ...shape, seed: 5 });
  const rows = 300;
  const starts = [0, 40, 80, 81, 120, 160, 200, 240, 280];
  const emit = Array.from({ length: 50 }, (_, i) => 6 * i);
  const tokens = tinyTokens(rows, 40, 5);
  agree('long', graph, { rows, starts, emit, tokens, choices: { choice: emit.map((t) => t % 40) } });
});

test('private ids of vocabularies of every size, all of them or some; two embeddings are refused', () => {
  for (let vocabulary = 1; vocabulary <= 40; vocabulary++) {
    for (const width of [1, 3]) {
      const g = graphBuilder({ context: 8 });
      const table = g.weight('E', [vocabulary, width + (vocabulary % 2)], { bits: 9 });
      const graph = g.build(g.requantise('y', g.embedding('e', table, { width }), { shift: 2, bits: 9 }));
      for (const ids of [
        [X, 0, X, X],
        [X, X],
        [0, X],
      ]) {
        agree(`${vocabulary} ${width}`, graph, { rows: ids.length, tokens: ids, starts: [0], emit: [] });
      }
    }
  }
  const g = graphBuilder({ context: 8 });
  const [a, b] = ['a', 'b'].map((name) => g.embedding(name, g.weight(`${name}.E`, [5, 2], { bits: 9 }), { width: 2 })); // prettier-ignore
  const graph = g.build(g.requantise('y', g.add('sum', a!, b!), { shift: 2, bits: 9 }));
  const pass: Pass = { rows: 2, tokens: [X, 1], starts: [0], emit: [] };
  expect(wordOf(() => verdictOf(() => void lowerGraph(graph, pass)))).toBe('PASS_ROWS');
  const twin = (): unknown => lower(graph as unknown as TwinGraph, twinPass(pass));
  expect(wordOf(() => twinVerdictOf(() => void twin()))).toBe('PASS_ROWS');
});

test('rotary positions of values that a graph knows to be less than what they were committed in, and of sums', () => {
  const levels: string[] = [];
  for (const [bits, summands] of [
    [15, 1],
    [16, 1],
    [14, 2],
    [14, 4],
  ] as const) {
    const g = graphBuilder({ context: 4 });
    const h = g.embedding('h', g.weight('E', [5, 2], { bits: 8 }), { width: 2 });
    // Eight bits, committed in more.
    let x = g.requantise('x', g.requantise('q', h, { shift: 1, bits: 10 }), { shift: 2, bits });
    for (let n = 1; n < summands; n *= 2) x = g.add(`x${n}`, x, x);
    const turned = g.rope('t', x, { table: 'rope-100-2-4', order: 'half', bits: 12 });
    const graph = g.build(turned);
    const pass: Pass = { rows: 3, tokens: [1, 2, 3], starts: [0], emit: [] };
    agree(`${bits} bits, ${summands}`, graph, pass);
    const program = lowerGraph(graph, pass);
    checkProgram(koalaBear, program); // throws
    levels.push(program.virtuals.find(({ name }) => name === 't:rotated')!.range);
  }
  expect(levels).toEqual(['proven', 'residue', 'residue', 'residue']);
});

test('rows up to the bound of a graph, by attention and by nodes, and one more', () => {
  const withAttention = tinyLlama({ seed: 2, layers: 1, width: 4, heads: 1, kvHeads: 1, inner: 4 }).graph;
  const g = graphBuilder({ context: 8 });
  let x = g.requantise('r', g.input('x', { width: 1, bits: 9 }), { shift: 2, bits: 9 });
  for (let i = 0; i < 298; i++) x = g.requantise(`r${i}`, x, { shift: 1, bits: 9 });
  const chain = g.build(x);
  for (const [graph, most] of [
    [withAttention, 2 ** 17],
    [chain, Math.floor(2 ** 22 / 300)],
  ] as const) {
    expect(mostRows(graph)).toBe(most);
    for (const rows of [most, most + 1]) {
      const starts = Array.from({ length: Math.ceil(rows / graph.context) }, (_, i) => i * graph.context);
      const tokens = graph === chain ? undefined : new Array<number>(rows).fill(X);
      const pass: Pass = { rows, ...(tokens && { tokens }), starts, emit: [0] };
      const expected = rows > most ? 'PASS_ROWS' : 'accepted';
      expect(wordOf(() => verdictOf(() => void publicRows(graph, pass)))).toBe(expected);
      const twin = (): unknown => rowsOf(graph as unknown as TwinGraph, twinPass(pass));
      expect(wordOf(() => twinVerdictOf(() => void twin()))).toBe(expected);
    }
  }
});

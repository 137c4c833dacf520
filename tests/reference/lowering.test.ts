/**
 * DIF-2, programs: the twin, written from spec/integer-semantics.md section 9, lowers every graph to the program of src/, to the
 * letter. An owner who leaves a relation out of his program is refused because everybody's program has it; a relation that
 * src/ itself loses is found here.
 */
import { expect, test } from 'vitest';
import type { Graph, GraphNode } from '../../src/graph/index.ts';
import { checkGraph } from '../../src/graph/index.ts';
import type { Pass } from '../../src/graph/pass.ts';
import { complete, dice, randomCase, type Dice } from '../support/graphs.ts';
import { tinyGpt, tinyLlama, tinyTokens } from '../support/tiny-models.ts';
import { passOf } from '../../src/answer/statement.ts';
import { tinyQuantized } from '../support/quantized.ts';
import { bothDigests, firstDifference, lowerTwice } from '../support/twin-lowering.ts';

/** More for a long run. */
const GRAPHS = Number(process.env['ZKDL_GRAPHS'] ?? 50);

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
  let made = 0;
  for (let seed = 1; made < GRAPHS; seed++) {
    const { graph, rows } = randomCase(seed, new Map());
    const { tokens, starts } = rows;
    const emit = rows.emit as readonly number[];
    const emitted = [...checkGraph(graph).tensors.values()].some((info) => info.rows === 'emitted');
    if (tokens.length === 0 || (emitted && emit.length === 0)) continue;
    const d = dice(seed + 5000);
    const pass = anyPass(graph, { rows: tokens.length, tokens, starts, emit }, d);
    agree(`seed ${seed}`, pass.choice === 'greedy' ? graph : noisy(graph), pass);
    for (const { op } of graph.nodes) operators.set(op, (operators.get(op) ?? 0) + 1);
    made++;
  }
  for (const [op, count] of operators) expect([op, count >= GRAPHS / 20]).toEqual([op, true]);
  expect(operators.size).toBe(15);
});

/** An answer's pass: two sequences, filled up; sampled or not. */
function answerPass(graph: Graph, vocabulary: number, sampled: boolean): Pass {
  const ids = (count: number, seed: number): number[] => tinyTokens(count, vocabulary, seed);
  const sequences = [
    { prompt: ids(4, 1), completion: ids(3, 2) },
    { prompt: ids(1, 3), completion: ids(6, 4) },
  ];
  const choice = sampled ? ({ seed: new Uint8Array(32).fill(7), temperature: 800 } as const) : 'greedy';
  return passOf(graph, { model: new Uint8Array(32), sequences, choice, context: new Uint8Array(0) });
}

test.each(['gpt2', 'llama', 'mistral', 'qwen2', 'opt'])(
  'a quantised model of the family %s',
  async (family) => {
    const { graph, info } = await tinyQuantized(`tiny-${family}`);
    for (const sampled of [false, true]) agree(family, graph, answerPass(graph, info.vocab, sampled));
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

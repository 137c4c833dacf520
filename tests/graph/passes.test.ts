/** Passes that no program can be about are refused by name, before anything of their size is made. */
import { describe, expect, test } from 'vitest';
import { checkGraph, type Graph } from '../../src/graph/index.ts';
import { lowerGraph } from '../../src/graph/lower.ts';
import { mostRows, publicRows, type Pass } from '../../src/graph/pass.ts';
import { proofError } from '../support/refusal.ts';
import { tinyLlama } from '../support/tiny-models.ts';

const { graph } = tinyLlama({ seed: 1 });
const chooser = graph.nodes.find(({ op }) => op === 'argmax');
const real = graph.nodes.find(({ op }) => op === 'requantise')!.name;
const width = checkGraph(graph).tensors.get(real)!.width;
const embedding = graph.nodes.find(({ op }) => op === 'embedding') as { table: string };
const vocabulary = graph.weights.find(({ name }) => name === embedding.table)!.shape[0]!;
const pass: Pass = {
  rows: 3,
  tokens: [1, 2, 3],
  starts: [0],
  emit: [2],
  ...(chooser !== undefined && { choices: { [chooser.name]: [1] } }),
};
const revealed = (rows: number[], values = width * rows.length) => ({
  revealed: [{ node: real, rows, values: new Array<number>(values).fill(0) }],
});

test('a pass, and revealed rows of it', () => {
  expect(lowerGraph(graph, pass).relations.length).toBeGreaterThan(0);
  const names = lowerGraph(graph, { ...pass, ...revealed([0, 2]) }).relations.map(({ name }) => name);
  expect(names).toContain(`${real}:revealed-0`);
});

describe('refused', () => {
  const long = graph.context + 1;
  const CASES: [string, Partial<Pass>, string, RegExp][] = [
    ['no revealed rows', revealed([]), 'PASS_ROWS', /revealed/],
    ['revealed rows beyond the last', revealed([3]), 'PASS_ROWS', /revealed/],
    ['a revealed row twice', revealed([1, 1]), 'PASS_ROWS', /revealed/],
    ['revealed rows that descend', revealed([1, 0]), 'PASS_ROWS', /revealed/],
    ['a revealed value less', revealed([0, 1], 2 * width - 1), 'PASS_VALUES', /revealed: expected/],
    ['revealed values of no node', { revealed: [{ node: 'nowhere', rows: [0], values: [0] }] }, 'PASS_VALUES', /no node/], // prettier-ignore
    ['no emitted row', { emit: [] }, 'PASS_ROWS', /emit: expected at least one/],
    ['emitted rows that descend', { emit: [2, 1] }, 'PASS_ROWS', /emit: expected ascending/],
    ['an emitted row twice', { emit: [1, 1] }, 'PASS_ROWS', /emit: expected ascending/],
    ['an emitted row beyond the last', { emit: [3] }, 'PASS_ROWS', /emit: expected ascending/],
    ['a token of no vocabulary', { tokens: [1, vocabulary, 3] }, 'TOKEN', /row 1: expected an id below/],
    ['half a row', { emit: [0.5] }, 'PASS_ROWS', /emit: expected ascending/],
    ['no rows', { rows: 0, tokens: [], emit: [] }, 'PASS_ROWS', /rows: expected a positive integer, got 0/],
    ['half a row more', { rows: 3.5 }, 'PASS_ROWS', /rows: expected a positive integer, got 3.5/],
    ['a token less', { tokens: [1, 2] }, 'PASS_ROWS', /tokens: expected 3, got 2/],
    ['no tokens', { tokens: undefined } as unknown as Partial<Pass>, 'PASS_ROWS', /tokens: expected ids/],
    ['a first sequence that starts late', { starts: [1] }, 'PASS_ROWS', /starts: expected 0 first/],
    ['no choices', { choices: {} }, 'PASS_VALUES', /choices: expected 1, got none/],
    ['choices of another node', { choices: { [real]: [1] } }, 'PASS_VALUES', /choices: expected 1, got none/],
    ['starts that descend', { starts: [0, 2, 1] }, 'PASS_ROWS', /starts: expected ascending/],
    [
      'a sequence beyond the context',
      { rows: long, tokens: new Array<number>(long).fill(1), emit: [0] },
      'CONTEXT',
      /expected at most/,
    ],
  ];
  test.each(CASES)('%s', (_, change, code, detail) => {
    const refused = proofError(() => lowerGraph(graph, { ...pass, ...change }));
    expect([refused.code, refused.detail]).toEqual([code, expect.stringMatching(detail)]);
  });
});

test('two sequences may be as long as the context each', () => {
  const rows = 2 * graph.context;
  const two = { rows, tokens: new Array<number>(rows).fill(1), starts: [0, graph.context] };
  expect(() => lowerGraph(graph, { ...pass, ...two })).not.toThrow();
});

describe('rows of all nodes together, and of attention, have a bound', () => {
  const attention = (own: Graph): number => own.nodes.filter(({ op }) => op === 'attention').length;
  const deep = tinyLlama({ seed: 1, layers: 3 }).graph;
  const plain = tinyLlama({ seed: 1, layers: 1 }).graph;
  const without: Graph = { ...plain, nodes: plain.nodes.filter(({ op }) => op !== 'attention') };
  test.each<[string, Graph, number]>([
    ['three of attention', deep, Math.floor(2 ** 17 / 3)],
    ['many nodes, no attention', without, Math.floor(2 ** 22 / without.nodes.length)],
  ])('%s', (_, own, most) => {
    expect([attention(own), mostRows(own)]).toEqual([own === deep ? 3 : 0, most]);
    const long = (rows: number): Pass => ({
      rows,
      tokens: new Array<number>(rows).fill(1),
      starts: Array.from({ length: Math.ceil(rows / own.context) }, (__, i) => i * own.context),
      emit: [0],
    });
    expect(publicRows(own, long(most)).count).toBe(most);
    const refused = proofError(() => publicRows(own, long(most + 1)));
    expect([refused.code, refused.detail]).toEqual([
      'PASS_ROWS',
      expect.stringMatching(/rows: expected at most/),
    ]);
  });
});

describe('values that only look right', () => {
  const changed = (change: (copy: any) => unknown): Graph => {
    const copy = structuredClone(graph);
    change(copy);
    return copy;
  };
  test('a number for a name', () => {
    const bad = changed((copy) => (copy.output = 5));
    expect(proofError(() => checkGraph(bad))).toMatchObject({ code: 'GRAPH_FORMAT', stage: 'graph/output' });
  });
  test('a weight of one bit', () => {
    const bad = changed((copy) => (copy.weights[0].bits = 1));
    expect(proofError(() => checkGraph(bad))).toMatchObject({ code: 'GRAPH_RANGE' });
  });
});

/** The graph that answers: the trained one with emission and choice, the same integers; its program over the weights of a step. */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkGraph, execute, graphBuilder, type Graph, type GraphBuilder } from '../../src/graph/index.ts';
import { executePass, programWitness } from '../../src/graph/lower-witness.ts';
import { passOf, type AnswerStatement } from '../../src/answer/statement.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { compileProgram } from '../../src/relation/compile.ts';
import { quintic } from '../../src/field/quintic.ts';
import { layOut } from '../../src/relation/layout.ts';
import { graphAnswerProgram } from '../../src/training/backward/answer.ts';
import { answeringGraph } from '../../src/training/backward/answer-graph.ts';
import { graphPlanDigest, graphStateShapes } from '../../src/training/backward/layouts.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { partCells, stateParts } from '../../src/training/backward/state-parts.ts';
import { violated } from '../support/clear.ts';
import { batchOfText, firstState, planOf, TINY, transformer, type Size } from './transformer.ts';

const SIZES: readonly [string, Size][] = [
  ["GPT-2's shape", TINY],
  ["LLaMA's shape, keys for two heads", { ...TINY, gated: true, kvHeads: 1, rope: true }],
  ['tied', { ...TINY, tied: true }],
  ['with biases', { ...TINY, biased: true }],
  ['tied, gated, with biases', { ...TINY, tied: true, gated: true, biased: true }],
];

describe('the graph', () => {
  it.each(SIZES)('%s: what it chooses is what the logits of the trained graph say', (_, size) => {
    const graph = transformer(size);
    const answering = answeringGraph(graph);
    checkGraph(answering);
    const state = firstState(graph);
    const weights = (name: string) => state.get(name)!.weight;
    const { tokens, starts } = batchOfText(size, 6, 31);
    const { data } = execute(graph, weights, { tokens, starts, emit: 'none' }).output;
    const chosen = execute(answering, weights, { tokens, starts, emit: 'all' }).output.data;
    tokens.forEach((_token, t) => {
      const row = Array.from(data.subarray(t * size.vocabulary, (t + 1) * size.vocabulary));
      expect(chosen[t]).toBe(row.indexOf(Math.max(...row)));
    });
    const emit = answering.nodes.findIndex(({ op }) => op === 'emit');
    expect(answering.nodes.slice(emit).map(({ op }) => op)).toEqual([
      ...['emit', 'rmsnorm', 'requantise', 'linear', 'requantise', 'argmax'],
    ]);
  });

  const built = (make: (g: GraphBuilder) => ReturnType<GraphBuilder['add']>): Graph => {
    const g = graphBuilder({ context: 4 });
    return g.build(make(g));
  };
  const inputs = (graph: Graph): [string, string][] =>
    answeringGraph(graph).nodes.flatMap((node) =>
      'input' in node ? [[node.name, node.input] as [string, string]] : [],
    );

  it('emission stands behind a node that others read, and behind one that reads several', () => {
    const graph = built((g) => {
      const x = g.requantise('x', g.embedding('h', g.weight('E', [6, 4], { bits: 8 }), { width: 4 }), {
        shift: 1,
        bits: 8,
      });
      const y = g.rounded('y', x, g.weight('w', [4, 4], { bits: 8 }), { shift: 8, bits: 8 });
      const z = g.add('z', x, y);
      return g.requantise('out', z, { shift: 1, bits: 8 });
    });
    checkGraph(answeringGraph(graph));
    expect(inputs(graph).slice(-3)).toEqual([
      ['emitted', 'z'],
      ['out', 'emitted'],
      ['next', 'out'],
    ]);
  });
  it('an output that is read, one that no chain leads to, names that are taken', () => {
    const read = built((g) => {
      const h = g.embedding('emitted', g.weight('E', [6, 4], { bits: 8 }), { width: 4 });
      const next = g.requantise('next', h, { shift: 1, bits: 8 });
      g.requantise('nobody', next, { shift: 1, bits: 8 });
      return next;
    });
    checkGraph(answeringGraph(read));
    expect(inputs(read).slice(-2)).toEqual([
      ['emitted.1', 'next'],
      ['next.1', 'emitted.1'],
    ]);
  });
});

describe('the digest of a plan', () => {
  it('is another one for any other number of it', () => {
    const graph = transformer(TINY);
    const plan = planOf(graph);
    const gradient = { bits: 15, fraction: 10 };
    const momentum = { shift: 3, high: 15, low: 10 };
    const others: GraphPlan[] = [
      { ...plan, weights: { ...plan.weights, E: 10 } },
      { ...plan, norms: 12 },
      { ...plan, gradient: { ...gradient, bits: 14 } },
      { ...plan, gradient: { ...gradient, fraction: 9 } },
      ...[1, 2].map((guard) => ({ ...plan, gradient: { ...gradient, guard } })),
      { ...plan, low: 14 },
      { ...plan, rate: 2 },
      { ...plan, ratePlaces: 8 },
      ...[{}, { shift: 4 }, { high: 14 }, { low: 11 }].map((own) => ({
        ...plan,
        momentum: { ...momentum, ...own },
      })),
    ];
    const digestOf = (own: GraphPlan) => Buffer.from(graphPlanDigest(graph, own)).toString('hex');
    const digests = [plan, ...others].map(digestOf);
    expect(new Set(digests).size).toBe(digests.length);
    expect(digestOf({ ...plan, gradient })).toBe(digests[0]);
  });
});

describe('the program', () => {
  const statementOf = (size: Size, hidden: boolean): AnswerStatement => {
    const prompt = [1, 2, 1, 2];
    return {
      model: new Uint8Array(32),
      sequences: [{ prompt: hidden ? { privateTokens: 4 } : prompt, completion: [3, 4] }],
      choice: { seed: new Uint8Array(32).fill(size.kvHeads), temperature: 700 },
      context: new Uint8Array(0),
    };
  };
  /** The statement with what the graph chooses. */
  const answered = (size: Size, hidden = false) => {
    const graph = transformer(size);
    const state = firstState(graph);
    const answering = answeringGraph(graph);
    const weights = (name: string) => state.get(name)!.weight;
    const run = (statement: AnswerStatement) =>
      executePass(
        answering,
        weights,
        passOf(answering, statement),
        {},
        { privateTokens: hidden ? [1, 2, 1, 2] : [] },
      );
    let statement = statementOf(size, hidden);
    for (let i = 0; i < 2; i++) {
      const completion = Array.from(run(statement).output.data);
      statement = { ...statement, sequences: statement.sequences.map((own) => ({ ...own, completion })) };
    }
    const program = graphAnswerProgram({ graph, plan: planOf(graph) }, statement);
    const { tensors } = programWitness(answering, program, run(statement));
    const parts = stateParts(graph, planOf(graph)).map(
      (part) => [part.name, partCells(part, state)] as const,
    );
    return { graph, statement, program, cells: new Map<string, ArrayLike<number>>([...tensors, ...parts]) };
  };

  it.each(SIZES)('%s: accepted, an honest answer holds, another one does not', (_, size) => {
    const { graph, statement, program, cells } = answered(size);
    checkProgram(koalaBear, program);
    expect(violated(program, cells)).toEqual([]);
    const { groups } = compileProgram(quintic, program);
    expect(groups).toEqual([layOut(graphStateShapes(graph, planOf(graph)))]);
    for (let by = 1; by < size.vocabulary; by++) {
      const [own] = statement.sequences;
      const [first, second] = own!.completion as [number, number];
      const sequences = [{ ...own!, completion: [first, (second + by) % size.vocabulary] }];
      const other = graphAnswerProgram({ graph, plan: planOf(graph) }, { ...statement, sequences });
      expect(violated(other, cells)).not.toEqual([]);
    }
  });
  it('private prompts: accepted, holds', () => {
    const { program, cells } = answered(TINY, true);
    checkProgram(koalaBear, program);
    expect(violated(program, cells)).toEqual([]);
  });
  it('weights of another step, the weights themselves instead of what passes read', () => {
    const { program, cells } = answered(TINY);
    const moved = Array.from(cells.get('weight/H')!, (w, i) => (i === 7 ? w + 2000 : w));
    expect(violated(program, new Map([...cells, ['weight/H', moved]]))).not.toEqual([]);
    const wide = Array.from(cells.get('weight/Wu0')!, (w) => w * 2 ** 15);
    expect(violated(program, new Map([...cells, ['weight/Wu0', wide]]))).not.toEqual([]);
  });
});

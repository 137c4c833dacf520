/** Steps on the tokens of a committed corpus: honest ones hold, and every relation about tokens has a liar whom nothing else stops. */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkGraph, graphBuilder, type Graph } from '../../src/graph/index.ts';
import { PRIVATE_TOKEN } from '../../src/ops/lowering.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { tokensOf, type CorpusBatch } from '../../src/training/backward/batch.ts';
import { checkGraphPlan, type GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { stateOf, type GraphState } from '../../src/training/backward/state.ts';
import { graphStepWitness, stateTensorCells } from '../../src/training/backward/witness.ts';
import { violated } from '../support/clear.ts';
import { dice } from '../support/graphs.ts';
import { proofError } from '../support/refusal.ts';
import { follow } from './liars.ts';
import { firstState, planOf, TINY, transformer } from './transformer.ts';

function stepOf(graph: Graph, plan: GraphPlan, state: GraphState, corpus: number[], batch: CorpusBatch) {
  const step = graphStep(graph, plan, state, tokensOf(corpus, batch), { hidden: true });
  const program = graphStepProgram(graph, plan, batch);
  const { tensors } = graphStepWitness(graph, program, step);
  const own = [...stateTensorCells(graph, plan, state, step.next), ['data/tokens', corpus] as const];
  return { program, step, cells: new Map<string, ArrayLike<number>>([...tensors, ...own]) };
}

/** Eleven ids of two columns: digits of base 2, and an id beyond the last whole one. */
function small() {
  const g = graphBuilder({ context: 4 });
  const h = g.embedding('h', g.weight('E', [11, 2], { bits: 12 }), { width: 2 });
  const x = g.requantise('x', g.rmsnorm('n', h, { bits: 16, epsilon: 1 }), { shift: 5, bits: 12 });
  const graph = g.build(g.rounded('y', x, g.weight('H', [6, 2], { bits: 12 }), { shift: 10, bits: 16 }));
  const plan: GraphPlan = {
    weights: { E: 9, H: 10 },
    norms: 13,
    gradient: { bits: 15, fraction: 10 },
    low: 15,
    rate: 1,
    ratePlaces: 6,
  };
  const { int } = dice(4);
  const state = stateOf(graph, (name) =>
    Array.from({ length: name === 'E' ? 22 : 12 }, () => int(200, 1000)),
  );
  return { graph, plan, state };
}

describe('tokens of a committed corpus', () => {
  it(
    'a transformer: the program is accepted, an honest step holds, and is that on public tokens',
    { timeout: 600_000 },
    () => {
      const graph = transformer(TINY);
      const [plan, state] = [planOf(graph), firstState(graph)];
      const { int } = dice(12);
      const corpus = Array.from({ length: 50 }, () => int(0, TINY.vocabulary - 1));
      const at = [
        ...Array.from({ length: 8 }, (_, t) => 20 + t),
        ...Array.from({ length: 5 }, (_, t) => 3 + t),
      ];
      const batch = { corpus: corpus.length, at, starts: [0, 8] };
      const { program, cells, step } = stepOf(graph, plan, state, corpus, batch);
      checkProgram(koalaBear, program);
      expect(violated(program, cells)).toEqual([]);
      expect(step.next).toEqual(graphStep(graph, plan, state, tokensOf(corpus, batch)).next);
    },
  );

  const { graph, plan, state } = small();
  const corpus = [10, 3, 1, 5, 9, 4, 2, 3];
  const batch = { corpus: corpus.length, at: [0, 1, 4, 5], starts: [0, 2] };
  const made = stepOf(graph, plan, state, corpus, batch);
  /** Updates apart: a liar writes the weights that follow. */
  const told = (changes: Record<string, Record<number, number>>, tensor = ''): string[] => {
    const cells = new Map(made.cells);
    for (const [name, by] of Object.entries(changes)) {
      cells.set(
        name,
        Array.from(cells.get(name)!, (x, i) => x + (by[i] ?? 0)),
      );
    }
    return violated(made.program, follow(made.program, cells, tensor)).filter(
      (name) => !name.startsWith('update/'),
    );
  };
  /** The cell of row t and class v. */
  const target = (t: number, v: number): number => 6 * t + v;
  const token = (t: number, v: number): number => 11 * t + v;

  it.each<[string, Record<string, Record<number, number>>, string]>([
    ['nothing', {}, ''],
    [
      'a row that moves id 0 as well, whose number counts nothing',
      { 'tokens/rows': { [token(1, 0)]: 1 } },
      'tokens/rows',
    ],
    [
      'a row of the last id that is no row of it, and a corpus to fit',
      { 'tokens/rows': { [token(0, 10)]: 1 }, 'data/tokens': { 0: 10 } },
      'tokens/rows-end',
    ],
    ['another token in the corpus than the row has', { 'data/tokens': { 0: -1 } }, 'tokens/token'],
    ['another token in the corpus than the target', { 'data/tokens': { 6: 1 } }, 'targets/token'],
    [
      'two targets whose numbers add up to the right one',
      { 'targets/rows': { [target(0, 3)]: -1, [target(0, 1)]: 1, [target(0, 2)]: 1 } },
      'targets/one',
    ],
    [
      'a negative target and two of another',
      { 'targets/rows': { [target(0, 3)]: -1, [target(0, 1)]: -1, [target(0, 2)]: 2 } },
      'targets/rows/range',
    ],
  ])('%s', (_, changes, relation) => {
    expect(told(changes)).toEqual(relation === '' ? [] : [relation]);
  });

  it('a public batch has no private tokens, and no ids that are none', () => {
    const code = (tokens: number[]): string =>
      proofError(() => graphStepProgram(graph, plan, { tokens, targets: [1, 2], starts: [0] })).code;
    for (const id of [PRIVATE_TOKEN, -2, 0.5, NaN, 11]) expect([id, code([3, id])]).toEqual([id, 'TOKEN']);
  });

  it('a move of a table beyond its bounds is refused with the plan, before any batch is looked at', () => {
    const info = checkGraph(graph);
    expect(() => checkGraphPlan(graph, info, plan)).not.toThrow();
    // e of the matrix is 16: it sums what has 8 places; e of the table is 28.
    const wide = { ...plan, weights: { E: 14, H: 10 }, ratePlaces: 0, gradient: { bits: 15, fraction: 1 } };
    const error = proofError(() => checkGraphPlan(graph, info, wide));
    expect([error.code, error.stage]).toEqual(['PLAN', 'plan/E']);
  });

  it('places beyond the corpus', () => {
    const code = (at: number[]): string =>
      proofError(() => graphStepProgram(graph, plan, { ...batch, at })).code;
    expect(code([0, 1, 4, 7])).toBe('TOKEN');
    expect(code([0, 1, 4, -1])).toBe('TOKEN');
    expect(code([0, 1, 4, 0.5])).toBe('TOKEN');
  });
});

/** What a first step reads was looked up by nobody before: it looks it up, part by part; for each part a liar whom nothing else stops. */
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkProgram } from '../../src/relation/check.ts';
import type { GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import type { GraphState, WeightState } from '../../src/training/backward/state.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { graphStepWitness, stateTensorCells } from '../../src/training/backward/witness.ts';
import { violated } from '../support/clear.ts';
import { biasedTrained, TOKENS } from '../support/trained-graphs.ts';

const MOMENTUM = { shift: 3, high: 8, low: 9 };
const SLOW = { rate: 1, ratePlaces: 10 };

/** Programs of the same step, as a first one and as a later one. */
function programsOf(change: Partial<GraphPlan>) {
  const { graph, plan, state } = biasedTrained({ ...SLOW, ...change });
  const [first, later] = [false, true].map((written) => graphStepProgram(graph, plan, TOKENS, written));
  return { graph, plan, state, first: first!, later: later! };
}

const { graph, plan, state, first, later } = programsOf({ momentum: MOMENTUM });

describe('a first step has a lookup for every part that it reads, and a later one for none', () => {
  test.each([
    ['without momentum', {}, ['rest']],
    ['with momentum, whose low part has one anyway', { momentum: MOMENTUM }, ['rest', 'high']],
  ])('%s', (_, change, kinds) => {
    const own = programsOf(change);
    const names = ({ relations }: typeof own.first): string[] => relations.map(({ name }) => name);
    const more = graph.weights.flatMap(({ name }) => {
      const read = name === 'b' ? ['weight/b:low', 'weight/b:high'] : [`weight/${name}`];
      return [...read, ...kinds.map((kind) => `${kind}/${name}`)].map((part) => `${part}/range`);
    });
    expect(names(own.first).filter((name) => !names(own.later).includes(name))).toEqual(more);
    expect(names(own.later)).toEqual(names(own.first).filter((name) => !more.includes(name)));
    // What is between is what both have, tables among it.
    expect({ ...own.first, relations: [] }).toEqual({ ...own.later, relations: [] });
    for (const program of [own.first, own.later]) checkProgram(koalaBear, program);
  });
});

/** Cells of a step from weights with one cell changed: of what this state has, everything is computed as it should be. */
function from(name: string, at: number, change: Readonly<Record<string, number>>) {
  const changed = Object.entries(state.get(name)!).map(([kind, cells]) => {
    return [kind, (cells as Int16Array).map((x, i) => (i === at ? (change[kind] ?? x) : x))] as const;
  });
  const own = Object.fromEntries(changed) as unknown as WeightState;
  const before: GraphState = new Map([...state, [name, own]]);
  const step = graphStep(graph, plan, before, TOKENS);
  return new Map<string, ArrayLike<number>>([
    ...graphStepWitness(graph, first, step).tensors,
    ...stateTensorCells(graph, plan, before, step.next),
  ]);
}

/** The same with cells told otherwise. */
function told(...changes: readonly [tensor: string, at: number, by: number][]) {
  const cells = from('E', 0, {});
  for (const [name, at, by] of changes) {
    const add = (x: number): number => koalaBear.toBalanced(koalaBear.fromInt(koalaBear.add(koalaBear.fromInt(x), koalaBear.fromInt(by)))); // prettier-ignore
    cells.set(name, Array.from(cells.get(name)!, (x, i) => (i === at ? add(x) : x))); // prettier-ignore
  }
  return cells;
}

const part = (n: number): number => koalaBear.inverse(koalaBear.fromInt(2 ** n)) as number;
/** In the table, a row that no token reads. */
const UNREAD = 2 * 7;

test('honest first weights', () => {
  expect(violated(first, told())).toEqual([]);
});

describe('a part beyond its bits that shows nowhere in what is written', () => {
  test.each<[part: string, cells: () => ReadonlyMap<string, ArrayLike<number>>]>([
    ['rest/E', () => from('E', 3, { rest: 2 ** 14 })],
    ['rest/H', () => from('H', 3, { rest: -(2 ** 14) - 1 })],
    ['rest/b', () => from('b', 1, { rest: 2 ** 9 })],
    ['rest/c', () => from('c', 1, { rest: 2 ** 13 })],
    ['high/E', () => from('E', 3, { high: 2 ** 7 })],
    ['high/U', () => from('U', 3, { high: -(2 ** 7) - 1 })],
    ['high/b', () => from('b', 1, { high: 2 ** 7 })],
    ['high/c', () => from('c', 1, { high: 2 ** 7 })],
    // The same weight, written otherwise: with a weight that is no integer of so many bits, with digits that are none.
    ['weight/E', () => told(['weight/E', UNREAD, part(15)], ['rest/E', UNREAD, -1])],
    ['rest/E', () => told(['weight/E', UNREAD, -1], ['rest/E', UNREAD, 2 ** 15])],
    ['weight/b:low', () => told(['weight/b:low', 1, 2 ** 15], ['weight/b:high', 1, -1])],
    ['weight/b:high', () => told(['weight/b:low', 1, -1], ['weight/b:high', 1, part(15)])],
  ])('%s', (name, cells) => {
    const own = cells();
    expect(violated(first, own)).toEqual([`${name}/range`]);
    // Whoever takes a first step for a later one is told nothing.
    expect(violated(later, own)).toEqual([]);
  });
  test('a low part of a momentum is looked up in every step', () => {
    const own = from('E', 3, { low: 2 ** 8 });
    expect(violated(first, own)).toEqual(['momentum/E/remainder']);
    expect(violated(later, own)).toEqual(['momentum/E/remainder']);
  });
});

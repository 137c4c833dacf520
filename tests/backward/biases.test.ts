/**
 * Biases of linear layers: a whole step is its definition in plain bigints, digits and all; a liar for each relation that is about them; what is
 * refused.
 */
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkGraph, graphBuilder } from '../../src/graph/index.ts';
import { checkProgram } from '../../src/relation/check.ts';
import type { WeightSums } from '../../src/training/backward/graph-eval.ts';
import { checkGraphPlan, type GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { movedState, type GraphState, type WeightState } from '../../src/training/backward/state.ts';
import { graphStep, type GraphStep } from '../../src/training/backward/step.ts';
import { graphStepWitness, stateTensorCells } from '../../src/training/backward/witness.ts';
import { violated } from '../support/clear.ts';
import { proofError } from '../support/refusal.ts';
import { biasedTrained } from '../support/trained-graphs.ts';
import { plainStep, type PlainState } from './plain-step.ts';

const MOMENTUM = { momentum: { shift: 3, high: 8, low: 9 } };
const BATCHES = [
  { tokens: [1, 2, 10], targets: [2, 3, 5], starts: [0] },
  { tokens: [0, 7, 7, 3], targets: [1, 0, 5, 5], starts: [0, 3] },
  { tokens: [4, 9], targets: [3, 3], starts: [0] },
];

/** Steps one after the other. */
function stepsOf(change: Partial<GraphPlan> = {}) {
  const { graph, plan, state } = biasedTrained(change);
  const states = [state];
  const steps = BATCHES.map((batch, i) => {
    const step = graphStep(graph, plan, states[i]!, batch);
    states.push(step.next);
    return step;
  });
  return { graph, plan, states, steps };
}

describe('a step is its definition in bigints, biases of one digit and of two among matrices', () => {
  it.each<[string, Partial<GraphPlan>]>([
    ['without momentum', {}],
    ['with momentum', MOMENTUM],
    ['fewer bits below', { low: 12 }],
  ])('%s', (_, change) => {
    const { graph, plan, states, steps } = stepsOf(change);
    steps.forEach((step, i) => {
      const gradient = Array.from(step.values.get('softmax/gradient')!, BigInt);
      const plain = plainStep(plan, wholesOf(graph.weights, plan, states[i]!), BATCHES[i]!.tokens, gradient);
      expect(plain.logits).toEqual(Array.from(step.forward.output.data, BigInt));
      expect(plain.next).toEqual(wholesOf(graph.weights, plan, states[i + 1]!));
    });
    const [before, after] = [states[0]!, states[3]!];
    for (const name of ['b', 'c']) expect(after.get(name)!.weight).not.toEqual(before.get(name)!.weight);
  });
});

/** V and M of all weights. */
function wholesOf(weights: readonly { name: string; bits: number }[], plan: GraphPlan, state: GraphState) {
  const own: PlainState = {};
  for (const { name, bits } of weights) {
    const { weight, rest, high, low } = state.get(name)!;
    const whole = (top: ArrayLike<number>, below: ArrayLike<number>, by: number): bigint[] =>
      Array.from(top, (x, i) => BigInt(x) * 2n ** BigInt(by) + BigInt(below[i]!));
    const V = whole(weight, rest, Math.min(plan.low, 30 - bits));
    own[name] = { V, M: high && low ? whole(high, low, plan.momentum!.low) : undefined };
  }
  return own;
}

describe('liars, each stopped by one relation alone', () => {
  const story = (change: Partial<GraphPlan>) => {
    const { graph, plan, states, steps } = stepsOf(change);
    const [before, after, step] = [states[1]!, states[2]!, steps[1]!];
    const program = graphStepProgram(graph, plan, BATCHES[1]!);
    const cellsOf = (run: GraphStep, state: GraphState) =>
      new Map<string, ArrayLike<number>>([
        ...graphStepWitness(graph, program, run).tensors,
        ...stateTensorCells(graph, plan, before, state),
      ]);
    const cells = cellsOf(step, after);
    return {
      ...{ graph, plan, before, after, step, program, cellsOf },
      /** Some cells are others. */
      told(...changes: readonly [name: string, at: number, by: number][]): string[] {
        const own = new Map(cells);
        for (const [name, at, by] of changes) {
          own.set(
            name,
            Array.from(own.get(name)!, (x, i) => (i === at ? add(x, by) : x)),
          );
        }
        return violated(program, own);
      },
      /** Moved by another gradient. */
      moved: (sums: typeof step.weights) => violated(program, cellsOf(step, movedState(graph, plan, before, sums))), // prettier-ignore
      /** Another state behind the step. */
      written: (name: string, own: WeightState) => violated(program, cellsOf(step, new Map([...after, [name, own]]))), // prettier-ignore
    };
  };
  const add = (x: number, y: number): number => koalaBear.toBalanced(koalaBear.fromInt(x + y));
  /** 2^-bits in the field: by so much a quotient is another one. */
  const part = (bits: number): number =>
    koalaBear.toBalanced(koalaBear.inverse(koalaBear.fromInt(2 ** bits)));
  const plain = story({});
  const moving = story(MOMENTUM);

  it('an honest step holds, with momentum and without', () => {
    for (const { program, told } of [plain, moving]) {
      checkProgram(koalaBear, program);
      expect(told()).toEqual([]);
    }
  });
  it.each<[string, () => string[], string]>([
    ['a bias off by its lowest bit', () => plain.told(['next/rest/b', 1, 1]), 'update/b'],
    ['a bias off by what the passes read', () => plain.told(['next/weight/b:low', 0, 1]), 'update/b'],
    ['one of one digit', () => plain.told(['next/weight/c', 5, -1]), 'update/c'],
    [
      'low bits beyond theirs, made up for above',
      () => plain.told(['next/rest/b', 2, -(2 ** 10)], ['next/weight/b:low', 2, 1]),
      'next/rest/b/range',
    ],
    [
      'a low digit beyond its bits, made up for above',
      () => plain.told(['next/weight/b:low', 2, 2 ** 15], ['next/weight/b:high', 2, -1]),
      'next/weight/b:low/range',
    ],
    [
      'a high digit that is another quotient in the field',
      () => {
        const low = plain.cellsOf(plain.step, plain.after).get('next/weight/b:low')![1]!;
        const by = low < 2 ** 14 ? 1 : -1; // within its bits
        return plain.told(['next/weight/b:low', 1, by], ['next/weight/b:high', 1, -by * part(15)]);
      },
      'next/weight/b:high/range',
    ],
    [
      'a bias of one digit that is another quotient in the field',
      () => plain.told(['next/rest/c', 3, 1], ['next/weight/c', 3, -part(14)]),
      'next/weight/c/range',
    ],
    ['a gradient off by one', () => plain.moved(gradientWith(plain, 'b', (G) => G.with(2, G[2]! + 1))), 'update/b'], // prettier-ignore
    ['no gradient', () => plain.moved(gradientWith(plain, 'c', (G) => G.map(() => 0))), 'update/c'],
    [
      'a gradient of all rows but the last',
      () => {
        const dy = plain.step.values.get('softmax/gradient')!;
        return plain.moved(gradientWith(plain, 'c', (G) => G.map((g, o) => g - dy[dy.length - 6 + o]!)));
      },
      'update/c',
    ],
    [
      'momentum, and a gradient off by one',
      () => moving.moved(gradientWith(moving, 'c', (G) => G.with(0, G[0]! - 1))),
      'momentum/c/remainder',
    ],
    [
      'stale momentum, and a bias that follows it',
      () => {
        const { high, low } = moving.before.get('b')!;
        const by = Int32Array.from(high!, (top, o) => top * 2 ** 9 + low![o]!);
        const stale = movedState(moving.graph, PLAIN, moving.before, new Map([['b', [{ places: 0, sums: by }]]])); // prettier-ignore
        const { weight, rest } = stale.get('b')!;
        return moving.written('b', { weight, rest, high: high!, low: low! });
      },
      'momentum/b/remainder',
    ],
    [
      'a bias that moves by the momentum of the step before',
      () => {
        const { high, low } = moving.before.get('c')!;
        const by = Int32Array.from(high!, (top, o) => top * 2 ** 9 + low![o]!);
        const stale = movedState(moving.graph, PLAIN, moving.before, new Map([['c', [{ places: 0, sums: by }]]])); // prettier-ignore
        return moving.written('c', { ...moving.after.get('c')!, ...stale.get('c')! });
      },
      'update/c',
    ],
    [
      'low bits of momentum beyond theirs, made up for above',
      () => moving.told(['next/low/b', 0, -(2 ** 9)], ['next/high/b', 0, 1]),
      'next/low/b/range',
    ],
    [
      'momentum whose high part is another quotient in the field',
      () => {
        const low = moving.after.get('b')!.low![0]!;
        const by = low < 0 ? 1 : -1;
        return moving.told(['next/low/b', 0, by], ['next/high/b', 0, -by * part(9)]);
      },
      'next/high/b/range',
    ],
    [
      'a pass that adds another bias, and all that follows from it',
      () => {
        const { graph, plan, before, program } = plain;
        const { weight, ...own } = before.get('c')!;
        const other = new Map([...before, ['c', { ...own, weight: weight.map((w) => w + 300) }]]);
        const lied = graphStep(graph, plan, other, BATCHES[1]!);
        const after = movedState(graph, plan, before, lied.weights);
        return violated(program, plain.cellsOf(lied, after));
      },
      'y:remainder',
    ],
  ])('%s', (_, lie, relation) => {
    expect(lie()).toEqual([relation]);
  });
  it('biases that stay as they were', () => {
    const { graph, plan, step, before, program, cellsOf } = plain;
    const kept = new Map(['b', 'c'].map((name) => [name, before.get(name)!] as const));
    const after = new Map([...movedState(graph, plan, before, step.weights), ...kept]);
    expect(violated(program, cellsOf(step, after))).toEqual(['update/b', 'update/c']);
  });
});

const { plan: PLAIN } = biasedTrained();

/** The gradients of a step, that of one bias another. */
function gradientWith(
  { step }: { readonly step: GraphStep },
  name: string,
  change: (sums: Int32Array) => Int32Array,
): ReadonlyMap<string, readonly WeightSums[]> {
  const [part] = step.weights.get(name) as readonly [WeightSums];
  return new Map([...step.weights, [name, [{ ...part, sums: change(part.sums) }]]]);
}

describe('what cannot be trained is refused', () => {
  const stageOf = (change: Partial<GraphPlan>, bits: Readonly<Record<string, number>> = {}): string => {
    const { graph, plan } = biasedTrained(change);
    const weights = graph.weights.map((own) => ({ ...own, bits: bits[own.name] ?? own.bits }));
    const other = { ...graph, weights };
    try {
      checkGraphPlan(other, checkGraph(other), plan);
      return 'accepted';
    } catch (error) {
      const { code, stage, detail } = error as { code: string; stage: string; detail: string };
      return `${code} ${stage}: ${detail}`;
    }
  };
  const { weights } = biasedTrained().plan;
  it('places, bits, rates of a bias that do not meet', () => {
    expect(stageOf({})).toBe('accepted');
    for (const by of [1, -1, -6]) {
      expect(stageOf({ weights: { ...weights, b: 16 + by } })).toMatch(
        /^PLAN plan\/u\.acc: b: expected 16 b/,
      );
    }
    expect(stageOf({ weights: { ...weights, c: 31 } })).toMatch(/^PLAN plan\/c: places/);
    const { b: _, ...without } = weights;
    expect(stageOf({ weights: without })).toMatch(/^PLAN plan: .* binary places of b/);
    expect(stageOf({}, { b: 29 })).toBe('accepted');
    for (const bits of [30, 31]) expect(stageOf({}, { b: bits })).toMatch(/^PLAN plan\/b: bits of a bias/);
    // c = 1 bit below 16 places, and 8 places of gradients: a rate of 10 places is half of the lowest bit. Matrices have room for 11.
    expect(stageOf({ ratePlaces: 9 }, { b: 29 })).toBe('accepted');
    expect(stageOf({ ratePlaces: 10 })).toBe('accepted');
    // Its momentum has units of 2^-8, whatever the layer reads.
    expect(stageOf({ ...MOMENTUM, ratePlaces: 9 }, { b: 29 })).toBe('accepted');
    expect(stageOf({ ratePlaces: 10 }, { b: 29 })).toMatch(/^PLAN plan\/b: places of its lowest bit/);
    // 14 bits below 16 places: a step of 2^21 times the lowest bit.
    expect(stageOf({ ratePlaces: 2 })).toBe('accepted');
    expect(stageOf({ ratePlaces: 1 })).toMatch(/^PLAN plan\/c: places of its lowest bit/);
    expect(stageOf({ ratePlaces: 1 }, { c: 17 })).toBe('accepted');
  });
  it('one bias of layers whose sums have other places', () => {
    const build = (places: number) => {
      const g = graphBuilder({ context: 4 });
      const h = g.embedding('h', g.weight('E', [5, 2], { bits: 12 }), { width: 2 });
      const x = g.requantise('x', h, { shift: 3, bits: 9 });
      const bias = { bias: g.weight('b', [2], { bits: 20 }) };
      const u = g.rounded('u', x, g.weight('U', [2, 2], { bits: 12 }), { shift: 10, bits: 9, ...bias });
      const H = g.weight('H', [2, 2], { bits: 12 });
      const graph = g.build(g.rounded('y', u, H, { shift: places + 6 - 8, bits: 16, ...bias }));
      const plan = { ...PLAIN, weights: { E: 9, U: 10, H: places, b: 16 } };
      return { graph, plan };
    };
    const { graph, plan } = build(10);
    checkGraphPlan(graph, checkGraph(graph), plan);
    const other = build(9);
    expect(proofError(() => checkGraphPlan(other.graph, checkGraph(other.graph), other.plan)).code).toBe('PLAN'); // prettier-ignore
    // It is moved by both: last layers first.
    const entries = (name: string): number[] => new Array<number>(name === 'E' ? 10 : name === 'b' ? 2 : 4).fill(100); // prettier-ignore
    const state = new Map(
      graph.weights.map(({ name }) => {
        const weight = (name === 'b' ? Int32Array : Int16Array).from(entries(name));
        return [name, { weight, rest: new Int16Array(weight.length) }] as const;
      }),
    );
    const batch = { tokens: [1, 4], targets: [0, 1], starts: [0] };
    const step = graphStep(graph, plan, state, batch);
    const sums = ['softmax/gradient', 'back/y.acc:input'].map((name) => {
      const dy = step.values.get(name)!;
      return { places: 0, sums: Int32Array.of(dy[0]! + dy[2]!, dy[1]! + dy[3]!) };
    });
    expect(step.weights.get('b')).toEqual(sums);
    const program = graphStepProgram(graph, plan, batch);
    checkProgram(koalaBear, program);
    const cells = stateTensorCells(graph, plan, state, step.next);
    const { tensors } = graphStepWitness(graph, program, step);
    expect(violated(program, new Map<string, ArrayLike<number>>([...tensors, ...cells]))).toEqual([]);
  });
  it('a bias beyond its bits, by name and place', () => {
    const { graph, plan, state } = biasedTrained();
    const { weight, rest } = state.get('b')!;
    for (const [at, top] of [
      [2, 2 ** 19],
      [0, -(2 ** 19) - 1],
    ] as const) {
      const far = new Map([...state, ['b', { weight: weight.map((w, i) => (i === at ? top : w)), rest }]]);
      const error = proofError(() => movedState(graph, plan, far, new Map()));
      expect([error.code, error.stage]).toEqual(['UNPROVABLE', 'b: weights']);
      expect(error.message).toContain(`row ${at}, column 0`);
    }
  });
});

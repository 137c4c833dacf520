/** Steps with momentum: the integers of the definition in bigints, the program with a liar for each relation, proofs, what is refused. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { checkGraph, graphBuilder } from '../../src/graph/index.ts';
import { wasmKernels } from '../../src/kernels/index.ts';
import { checkProgram } from '../../src/relation/check.ts';
import { proveProgramBody } from '../../src/relation/prove.ts';
import { programDomain } from '../../src/relation/statement.ts';
import { openGroup, openHome } from '../../src/store/index.ts';
import type { WeightSums } from '../../src/training/backward/graph-eval.ts';
import { checkGraphPlan, moveOf, type GraphPlan } from '../../src/training/backward/plan.ts';
import { graphStepProgram } from '../../src/training/backward/program.ts';
import { proveGraphAnswer } from '../../src/training/backward/prove-answer.ts';
import { chooseStepParameters, commitGraphState, readGraphState } from '../../src/training/backward/owned.ts';
import { proveGraphStep } from '../../src/training/backward/prove.ts';
import { movedState, stateOf, type GraphState } from '../../src/training/backward/state.ts';
import { graphStep } from '../../src/training/backward/step.ts';
import { verifyGraphAnswer } from '../../src/training/backward/answer.ts';
import { stepStatement, verifySteps } from '../../src/training/backward/verify.ts';
import { graphStepWitness, stateTensorCells } from '../../src/training/backward/witness.ts';
import { proverChannel } from '../../src/transcript/prover.ts';
import { dice } from '../support/graphs.ts';
import { testSource } from '../support/linear.ts';
import { proofError } from '../support/refusal.ts';
import { violated } from '../support/clear.ts';
import { batchOfText, firstState, lossesOf, planOf, TINY, transformer, type Size } from './transformer.ts';

const MOMENTUM = { shift: 3, high: 12, low: 15 };
const P = 2130706433n;
const SMALL: Size = { ...TINY, layers: 1, context: 4, hidden: 8 };

/** States of steps one after the other, from weights without momentum. */
function stepsOf(size: Size, count: number, change: Partial<GraphPlan> = {}) {
  const graph = transformer(size);
  const plan = planOf(graph, { momentum: MOMENTUM, ...(size.tied && { ratePlaces: 8 }), ...change });
  const first = firstState(graph);
  const states: GraphState[] = [stateOf(graph, (name) => first.get(name)!.weight, plan)];
  const batches = Array.from({ length: count }, (_, i) => batchOfText(size, 2, 60 + i));
  const steps = batches.map((batch, i) => {
    const step = graphStep(graph, plan, states[i]!, batch);
    states.push(step.next);
    return step;
  });
  return { graph, plan, states, batches, steps };
}

const bal = (x: bigint): bigint => {
  const r = ((x % P) + P) % P;
  return r > (P - 1n) / 2n ? r - P : r;
};
const floorDiv = (a: bigint, b: bigint): bigint => (a - (((a % b) + b) % b)) / b;

/** Section 8, in bigints. @returns weight and momentum behind a step */
function defined(
  plan: GraphPlan,
  name: string,
  [V, M]: readonly [bigint, bigint],
  parts: readonly { readonly places: number; readonly sum: number }[],
): readonly [bigint, bigint] {
  const { shift } = plan.momentum!;
  const finest = Math.max(0, ...parts.map(({ places }) => places));
  const G = parts.reduce((sum, part) => sum + BigInt(part.sum) * 2n ** BigInt(finest - part.places), 0n);
  const next = bal(M - floorDiv(M + 2n ** BigInt(shift - 1), 2n ** BigInt(shift)) + G);
  const e = plan.weights[name]! + plan.low - plan.gradient.fraction - finest - plan.ratePlaces;
  return [bal(V - BigInt(plan.rate) * 2n ** BigInt(e) * next), next];
}

function wholes(plan: GraphPlan, state: GraphState, name: string, at: number): readonly [bigint, bigint] {
  const { weight, rest, high, low } = state.get(name)!;
  const of = (top: ArrayLike<number>, below: ArrayLike<number>, bits: number): bigint =>
    BigInt(top[at]!) * 2n ** BigInt(bits) + BigInt(below[at]!);
  return [of(weight, rest, plan.low), of(high!, low!, plan.momentum!.low)];
}

describe('a step is its definition in bigints', () => {
  it.each<[string, Size]>([
    ["GPT-2's shape", SMALL],
    ['tied', { ...SMALL, tied: true }],
  ])('%s', (_, size) => {
    const { graph, plan, states, steps } = stepsOf(size, 3);
    steps.forEach((step, i) => {
      for (const { name } of graph.weights) {
        const parts = step.weights.get(name)!;
        for (let at = 0; at < parts[0]!.sums.length; at++) {
          const sums = parts.map(({ places, sums: of }) => ({ places, sum: of[at]! }));
          expect(wholes(plan, states[i + 1]!, name, at)).toEqual(
            defined(plan, name, wholes(plan, states[i]!, name, at), sums),
          );
        }
      }
    });
    // more than one part where the table is the last layer's matrix, in units of their own
    expect(steps[0]!.weights.get('E')!.map(({ places }) => places)).toEqual(size.tied ? [8, 0] : [0]);
  });
  it('at the ends of every part, and for gradients that are residues', () => {
    const { graph } = stepsOf(SMALL, 1);
    const { int } = dice(8);
    const plan = planOf(graph, { momentum: { shift: 2, high: 13, low: 15 }, rate: 3 });
    const edge = (bits: number): number => [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1, int(-9, 9)][int(0, 2)]!;
    const inside = (value: bigint, bits: number): boolean =>
      value >= -(2n ** BigInt(bits - 1)) - 2n ** 14n && value < 2n ** BigInt(bits - 1) - 2n ** 14n;
    const [name, at] = ['Wq0', 77];
    let fitting = 0;
    for (let round = 0; round < 60; round++) {
      const state = stateOf(graph, (own) => new Int16Array(firstState(graph).get(own)!.weight.length), plan);
      const { weight, rest, high, low } = state.get(name)!;
      [weight[at], rest[at], high![at], low![at]] = [edge(15), edge(15), edge(13), edge(15)];
      const parts = [8, 3].map((places) => {
        const sum = int(0, 1) === 1 ? int(-1065353216, 1065353216) : int(-4, 4);
        return { places, sum, sums: Int32Array.from(weight, (_, i) => (i === at ? sum : 0)) };
      });
      const [V, M] = defined(plan, name, wholes(plan, state, name, at), parts);
      const make = () => movedState(graph, plan, state, new Map([[name, parts]]));
      if (inside(V, 30) && inside(M, 28)) {
        fitting++;
        expect(wholes(plan, make(), name, at)).toEqual([V, M]);
      } else expect(proofError(make).code).toBe('UNPROVABLE');
    }
    expect(fitting).toBeGreaterThan(5);
    expect(fitting).toBeLessThan(55);
  });
});

describe('the program', () => {
  it.each<[string, Size]>([
    ["GPT-2's shape", TINY],
    ["LLaMA's shape", { ...TINY, layers: 1, gated: true, kvHeads: 1 }],
    ['tied', { ...TINY, layers: 1, tied: true }],
    ['with biases', { ...TINY, layers: 1, biased: true }],
  ])('%s: accepted, an honest second step holds', { timeout: 600_000 }, (_, size) => {
    const { graph, plan, states, batches, steps } = stepsOf(size, 2);
    const program = graphStepProgram(graph, plan, batches[1]!);
    checkProgram(koalaBear, program);
    const { tensors } = graphStepWitness(graph, program, steps[1]!);
    const cells = new Map<string, ArrayLike<number>>([
      ...tensors,
      ...stateTensorCells(graph, plan, states[1]!, states[2]!),
    ]);
    expect(violated(program, cells)).toEqual([]);
  });
});

describe('liars, each stopped by the relations that are about it', () => {
  const { graph, plan, states, batches, steps } = stepsOf(SMALL, 2);
  const program = graphStepProgram(graph, plan, batches[1]!);
  const { tensors } = graphStepWitness(graph, program, steps[1]!);
  const told = (after: GraphState): string[] =>
    violated(
      program,
      new Map<string, ArrayLike<number>>([...tensors, ...stateTensorCells(graph, plan, states[1]!, after)]),
    );
  const NAME = 'Wq0';
  const weight = graph.weights.find(({ name }) => name === NAME)!;
  /** The honest state with parts of one weight as they are told. */
  const lied = (change: (own: Record<'weight' | 'rest' | 'high' | 'low', number[]>) => void): string[] => {
    const { weight, rest, high, low } = states[2]!.get(NAME)!;
    const own = { weight: [...weight], rest: [...rest], high: [...high!], low: [...low!] };
    change(own);
    return told(
      new Map([...states[2]!, [NAME, own as unknown as ReturnType<GraphState['get']>]]) as GraphState,
    );
  };
  /** The update of a liar who computes another momentum, entry by entry, and moves weights by what he is asked. */
  const other = (
    momentum: (M: number, G: number) => number,
    by: (told: number, honest: number) => number,
  ): string[] => {
    const [{ places, sums }] = steps[1]!.weights.get(NAME) as [WeightSums];
    const c = moveOf(plan, weight, places);
    const split = (value: number, bits: number): [number, number] => {
      const top = Math.floor((value + 2 ** (bits - 1)) / 2 ** bits);
      return [top, value - top * 2 ** bits];
    };
    return lied((own) => {
      const before = states[1]!.get(NAME)!;
      sums.forEach((G, at) => {
        const M = before.high![at]! * 2 ** 15 + before.low![at]!;
        const honest = own.high[at]! * 2 ** 15 + own.low[at]!;
        const M2 = momentum(M, G);
        const V = before.weight[at]! * 2 ** plan.low + before.rest[at]! - c * by(M2, honest);
        [own.high[at], own.low[at]] = split(M2, 15) as [number, number];
        [own.weight[at], own.rest[at]] = split(V, plan.low) as [number, number];
      });
    });
  };
  const round = (M: number): number => Math.floor((M + 4) / 8);
  const quotient = (value: number): number =>
    koalaBear.sub(koalaBear.fromInt(value), koalaBear.inverse(koalaBear.fromInt(2 ** 15))) as number;

  it.each<[string, () => string[], string]>([
    [
      'stale momentum, and weights that follow it',
      () =>
        other(
          (M) => M,
          (M2) => M2,
        ),
      'momentum/Wq0/remainder',
    ],
    [
      'stale momentum, weights as they should',
      () =>
        other(
          (M) => M,
          (_, honest) => honest,
        ),
      'momentum/Wq0/remainder update/Wq0',
    ],
    [
      'momentum that keeps all',
      () =>
        other(
          (M, G) => M + G,
          (M2) => M2,
        ),
      'momentum/Wq0/remainder',
    ],
    [
      'momentum that forgets all',
      () =>
        other(
          (_, G) => G,
          (M2) => M2,
        ),
      'momentum/Wq0/remainder',
    ],
    [
      'rounded down',
      () =>
        other(
          (M, G) => M - Math.floor(M / 8) + G,
          (M2) => M2,
        ),
      'momentum/Wq0/remainder',
    ],
    [
      'off by one',
      () =>
        other(
          (M, G) => M - round(M) + G + 1,
          (M2) => M2,
        ),
      'momentum/Wq0/remainder',
    ],
    [
      'weights that move by the momentum of the step before',
      () => {
        const before = states[1]!.get(NAME)!;
        let at = 0;
        return other(
          (M, G) => M - round(M) + G,
          () => {
            const M = before.high![at]! * 2 ** 15 + before.low![at]!;
            at++;
            return M;
          },
        );
      },
      'update/Wq0',
    ],
    [
      'low bits beyond theirs, made up for above',
      () =>
        lied(({ high, low }) => {
          low[3]! -= 2 ** 15;
          high[3]! += 1;
        }),
      'next/low/Wq0/range',
    ],
    [
      'a high part that is another quotient in the field',
      () =>
        lied(({ high, low }) => {
          low[3]! += low[3]! < 0 ? 1 : -1;
          const step = koalaBear.inverse(koalaBear.fromInt(2 ** 15));
          high[3] =
            low[3]! <= 0 ? quotient(high[3]!) : (koalaBear.add(koalaBear.fromInt(high[3]!), step) as number);
        }),
      'next/high/Wq0/range',
    ],
  ])('%s', { timeout: 600_000 }, (_, lie, relations) => {
    expect(lie().join(' ')).toBe(relations);
  });
});

it('a liar whose momentum fits as another remainder would have it', { timeout: 600_000 }, () => {
  // In the field M' + (e' - e) 2^-m fits e' as well as M' fits e: from beyond its bits an e' takes it back into them.
  const momentum = { shift: 8, high: 10, low: 12 };
  const { graph, plan, states, batches, steps } = stepsOf(SMALL, 2, {
    momentum,
    gradient: { bits: 15, fraction: 6 },
    ratePlaces: 8,
  });
  const program = graphStepProgram(graph, plan, batches[1]!, true);
  const { tensors } = graphStepWitness(graph, program, steps[1]!);
  const cells = new Map<string, ArrayLike<number>>([
    ...tensors,
    ...stateTensorCells(graph, plan, states[1]!, states[2]!),
  ]);
  const told = (changed: ReadonlyMap<string, number>): string[] => {
    const own = [...changed].map(([name, x]) => [name, Array.from(cells.get(name)!, (y, i) => (i === 3 ? x : y))] as const); // prettier-ignore
    return violated(program, new Map([...cells, ...own]));
  };
  const { weight, rest, low } = states[1]!.get('Wq0')!;
  const [{ places, sums }] = steps[1]!.weights.get('Wq0') as [WeightSums];
  const story = (high: number, times: bigint): string[] => {
    const M = BigInt(high * 2 ** 12 + low![3]!);
    const shifted = bal(M - floorDiv(M + 128n, 256n) + BigInt(sums[3]!) + times * (P - (P - 1n) / 256n));
    const V =
      BigInt(weight[3]! * 2 ** plan.low + rest[3]!) -
      BigInt(moveOf(plan, { name: 'Wq0', bits: 15 }, places)) * shifted;
    const [H, W] = [floorDiv(shifted + 2048n, 4096n), floorDiv(V + 2n ** 14n, 2n ** 15n)];
    return told(
      new Map([
        ['high/Wq0', high],
        ['next/high/Wq0', Number(H)],
        ['next/low/Wq0', Number(shifted - H * 4096n)],
        ['next/weight/Wq0', Number(W)],
        ['next/rest/Wq0', Number(V - W * 2n ** 15n)],
      ]),
    );
  };
  expect(story(states[1]!.get('Wq0')!.high![3]!, 0n)).toEqual([]);
  // 2033 2^12 is near (p - 1) / 2^8
  expect(story(2033, 0n)).toContain('next/high/Wq0/range');
  expect(story(2033, 1n)).toEqual(['momentum/Wq0/remainder']);
});

describe('what cannot be trained so is refused', () => {
  const graph = transformer(SMALL);
  it.each<[string, object, RegExp]>([
    ['no decay', { shift: 0 }, /momentum.shift/],
    ['a decay beyond its bits', { shift: 9 }, /momentum.shift/],
    ['no high bits', { high: 1 }, /momentum.high/],
    ['no low bits', { low: 0 }, /momentum.low/],
    ['fewer low bits than decay', { low: 2 }, /momentum.low/],
    ['low bits beyond 16-bit cells', { low: 16, high: 10 }, /momentum.low/],
    ['more bits than a residue has', { high: 13 }, /shift \+ high \+ low/],
  ])('%s', (_, change, message) => {
    const plan = planOf(graph, { momentum: { ...MOMENTUM, ...change } });
    expect(proofError(() => checkGraphPlan(graph, checkGraph(graph), plan)).message).toMatch(message);
  });
  it('a unit in which a momentum moves its weight by no whole number', () => {
    // What H reads has -2 places: its gradient, in units of 2^-10, moves H by 2 in its lowest bit, a momentum in units of 2^-12 by a half.
    const g = graphBuilder({ context: 4 });
    const E = g.weight('E', [5, 2], { bits: 12 });
    const x = g.requantise('x', g.embedding('h', E, { width: 2 }), { shift: 16, bits: 9 });
    const coarse = g.build(g.rounded('y', x, g.weight('H', [3, 2], { bits: 12 }), { shift: 1, bits: 16 }));
    const plain = { weights: { E: 14, H: 11 }, norms: 13, gradient: { bits: 10, fraction: 12 }, low: 1, rate: 1, ratePlaces: 1 }; // prettier-ignore
    const of = (plan: GraphPlan) => () => checkGraphPlan(coarse, checkGraph(coarse), plan);
    expect(of(plain)).not.toThrow();
    const momentum = { shift: 1, high: 8, low: 8 };
    expect(proofError(of({ ...plain, momentum }))).toMatchObject({ code: 'PLAN', stage: 'plan/H' });
    expect(of({ ...plain, momentum, low: 2 })).not.toThrow();
  });
  it('a state without momentum; a momentum beyond its bits', () => {
    const plan = planOf(graph, { momentum: MOMENTUM });
    const batch = batchOfText(SMALL, 2, 60);
    expect(() => graphStep(graph, plan, firstState(graph), batch)).toThrow(/expected high, got none/);
    const narrow = planOf(graph, { momentum: { shift: 1, high: 2, low: 1 } });
    const first = stateOf(graph, (name) => firstState(graph).get(name)!.weight, narrow);
    const error = proofError(() => graphStep(graph, narrow, first, batch));
    expect(error.code).toBe('UNPROVABLE');
    expect(error.message).toMatch(/momentum/);
  });
});

it('the loss falls', { timeout: 600_000 }, () => {
  const graph = transformer(TINY);
  // The weights of 7/8 of what was: eight times the effect of a gradient, so an eighth of the rate.
  const plan = planOf(graph, { momentum: MOMENTUM, gradient: { bits: 15, fraction: 8 }, ratePlaces: 11 });
  const first = stateOf(graph, (name) => firstState(graph).get(name)!.weight, plan);
  const [early, late] = lossesOf(TINY, plan, first);
  expect(early).toBeGreaterThan(2.4);
  expect(late).toBeLessThan(1.7);
});

it('proven steps carry momentum on; other momenta are refused', { timeout: 600_000 }, async () => {
  const kernels = await wasmKernels({ threads: 1 });
  const folder = mkdtempSync(join(tmpdir(), 'zkdl-momentum-'));
  const opened: { close(): void }[] = [];
  try {
    const { graph, plan, states, batches, steps: run } = stepsOf(SMALL, 2);
    const training = { graph, plan };
    const home = openHome(join(folder, 'home'));
    const { parameters } = chooseStepParameters(training, batches[0]!, 0, 1);
    const first = commitGraphState(kernels, home, join(folder, 'first'), training, states[0]!, parameters, 1);
    const one = proveGraphStep(kernels, home, training, first, batches[0]!, join(folder, '1'), {
      answers: 1,
    });
    const two = proveGraphStep(kernels, home, training, one.next, batches[1]!, join(folder, '2'), {
      answers: 1,
    });
    opened.push(first.group, one.next.group, two.next.group);
    expect(two.next.state).toEqual(states[2]!);
    const key = first.group.key;
    const steps = [one.step, two.step];
    expect(verifySteps(training, key, batches, steps)).toEqual({ ok: true });
    const again = openGroup(kernels, home, two.next.group.path);
    opened.push(again);
    expect(readGraphState(training, again).state).toEqual(states[2]!);

    const { bytes } = proveGraphAnswer(kernels, home, training, 2, two.next, {
      prompts: [[1, 2]],
      tokens: 2,
    });
    const custody = { first: key, batches, steps };
    expect(verifyGraphAnswer(training, custody, bytes)).toMatchObject({ ok: true, step: 2 });

    // Another plan: bits of momentum are in the layout, its decay in the program and in what an answer names.
    const of = (change: Partial<GraphPlan>) => ({ graph, plan: { ...plan, ...change } });
    const { momentum: _, ...plain } = plan;
    expect(verifySteps({ graph, plan: plain }, key, batches, steps)).toMatchObject({ code: 'KEY_LAYOUT' });
    for (const change of [{ high: 11 }, { low: 14 }]) {
      const other = of({ momentum: { ...MOMENTUM, ...change } });
      expect(verifySteps(other, key, batches, steps)).toMatchObject({ code: 'KEY_LAYOUT' });
    }
    const slower = of({ momentum: { ...MOMENTUM, shift: 2 } });
    expect(verifySteps(slower, key, batches, steps)).toMatchObject({
      ok: false,
      stage: expect.stringMatching(/^step 0/) as string,
    });
    const known = { step: 2, weights: two.step.after };
    expect(verifyGraphAnswer(slower, known, bytes)).toMatchObject({ code: 'WEIGHTS' });

    // Momenta set back between steps: that is another commitment than the step before wrote.
    const back = stateOf(graph, (name) => states[1]!.get(name)!.weight, plan);
    const reset = new Map(
      [...back].map(([name, own]) => [name, { ...own, rest: states[1]!.get(name)!.rest }]),
    );
    const forgotten = commitGraphState(kernels, home, join(folder, 'reset'), training, reset, parameters);
    opened.push(forgotten.group);
    const late = proveGraphStep(kernels, home, training, forgotten, batches[1]!, join(folder, 'late'));
    opened.push(late.next.group);
    expect(verifySteps(training, key, batches, [one.step, late.step])).toMatchObject({ ok: false });

    // A prover who commits what he likes, and does not look at what he proves.
    const forged = (path: string, after: GraphState): string => {
      const next = commitGraphState(kernels, home, join(folder, path), training, after, parameters);
      opened.push(next.group);
      const step = { after: next.group.key, parameters: two.step.parameters };
      const read = { key: one.next.group.key, written: true };
      const statement = stepStatement(training, [batches[1]!], read, step);
      const { tensors } = graphStepWitness(graph, statement.compiled.program, run[1]!);
      const ch = proverChannel(programDomain(statement));
      const statics = stateTensorCells(graph, plan, states[1]!, after);
      const groups = [one.next.group.owned, next.group.owned];
      kernels.memory.secretScope(() =>
        proveProgramBody(
          kernels,
          ch,
          statement,
          groups,
          testSource(kernels.ext, 3),
          { tensors, statics },
          false,
        ),
      );
      const verdict = verifySteps(training, key, batches, [one.step, { ...step, proof: ch.finish() }]);
      return verdict.ok ? 'ok' : `${verdict.code} ${verdict.stage}`;
    };
    expect(forged('honest', states[2]!)).toBe('ok');
    // Weights moved by the momentum of the step before; the momentum itself as it should.
    const stale = new Map(
      [...movedState(graph, plain, states[1]!, staleSums(graph, plan, states[1]!))].map(([name, own]) => {
        const { high, low } = states[2]!.get(name)!;
        return [name, { ...own, high, low }] as const;
      }),
    ) as GraphState;
    expect(forged('stale', stale)).toMatch(/^PAD_LINEAR step 1/);
    const same = new Map(
      [...states[2]!].map(([name, own]) => {
        const { high, low } = states[1]!.get(name)!;
        return [name, { ...own, high: high!, low: low! }] as const;
      }),
    );
    expect(() => forged('same', same)).toThrow(/expected a row of table/);
  } finally {
    for (const one of opened) one.close();
    rmSync(folder, { recursive: true });
    await kernels.close();
  }
});

/** Momenta of a state as if they were gradients. */
function staleSums(
  graph: ReturnType<typeof transformer>,
  plan: GraphPlan,
  state: GraphState,
): Map<string, WeightSums[]> {
  return new Map(
    graph.weights.map(({ name }) => {
      const { high, low } = state.get(name)!;
      const sums = Int32Array.from(high!, (top, at) => top * 2 ** plan.momentum!.low + low![at]!);
      return [name, [{ places: name === 'E' || name === 'P' ? 0 : 8, sums }]];
    }),
  );
}

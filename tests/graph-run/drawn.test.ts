/** Transformers by their sizes, with drawn weights: they can be trained as they are, and learn. */
import { describe, expect, test } from 'vitest';
import { graphStep, tokensOf } from '../../src/training/index.ts';
import { batchesOf } from '../../src/training/graph-run/order.ts';
import { measure } from '../../src/verbs/training/loss.ts';
import { drawnState, startBounds } from '../../src/training/graph-run/index.ts';
import { modelOf } from '../../src/verbs/tuning/model-file.ts';
import { tuningPlanOf } from '../../src/verbs/tuning/plan-file.ts';
import { dice } from '../support/graphs.ts';
import { biasedTrained } from '../support/trained-graphs.ts';

const SEED = new Uint8Array(32).fill(3);

/** Words of two or three ids, each repeated for a sequence. */
function repeatedWords(vocabulary: number, length: number): number[] {
  const { int } = dice(8);
  return Array.from({ length: 200 }, () => {
    const word = Array.from({ length: int(2, 3) }, () => int(0, vocabulary - 1));
    return Array.from({ length }, (_, t) => word[t % word.length] as number);
  }).flat();
}

test.each([
  [{ vocabulary: 12, context: 8, width: 16, heads: 2, layers: 2, hidden: 32 }, {}],
  [{ vocabulary: 12, context: 8, width: 32, heads: 1, layers: 1, hidden: 48 }, {}],
  [
    { vocabulary: 12, context: 8, width: 24, heads: 3, layers: 1, hidden: 30 },
    { momentum: true, gradient: { fraction: 8 }, ratePlaces: 11 },
  ],
])('%j %j: the loss falls', { timeout: 120_000 }, (size, over) => {
  const tokens = Int16Array.from(repeatedWords(size.vocabulary, size.context));
  const value = { batch: 8, steps: 100, rate: 1, ratePlaces: 8, ...over };
  const model = modelOf(size);
  const { plan, schedule } = tuningPlanOf(value, model, tokens.length);
  const batch = batchesOf(schedule, SEED);
  let state = drawnState(model.graph, plan, { seed: SEED, ...startBounds(model.graph, plan) });
  const losses = Array.from({ length: schedule.steps }, (_, step) => {
    const own = tokensOf(tokens, batch(step));
    const done = graphStep(model.graph, plan, state, own);
    state = done.next;
    return measure(done.forward.output.data, Int32Array.from(own.targets)).loss;
  });
  const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length;
  expect(mean(losses.slice(0, 10))).toBeLessThan(Math.log(size.vocabulary) + 0.6); // drawn weights know nothing, and claim little
  expect(mean(losses.slice(-20))).toBeLessThan(mean(losses.slice(0, 20)) - 0.4);
});

describe('drawn weights', () => {
  test('the same for a seed, others for another; within their bounds, biases zero', () => {
    const { graph, plan } = biasedTrained();
    const [one, again, other] = [SEED, SEED, new Uint8Array(32)].map((seed) =>
      drawnState(graph, plan, { seed, ...startBounds(graph, plan) }),
    ) as [ReturnType<typeof drawnState>, ReturnType<typeof drawnState>, ReturnType<typeof drawnState>];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    for (const name of ['b', 'c']) expect([...one.get(name)!.weight].every((x) => x === 0)).toBe(true);
    const greatest = (name: string): number => Math.max(...Array.from(one.get(name)!.weight, Math.abs));
    expect(greatest('E')).toBeLessThanOrEqual(2 ** 10); // 2 in 9 places
    expect(greatest('U')).toBeLessThanOrEqual(2 ** 10 * Math.sqrt(3 / 2));
    expect([...one.values()].every(({ rest }) => rest.every((x) => x === 0))).toBe(true);
  });
});

/** How many steps fit one proof: less than the bounds of a file where pieces of rows fill a program. */
import { describe, expect, test } from 'vitest';
import { koalaBear } from '../../src/field/koalabear.ts';
import { graphBuilder } from '../../src/graph/index.ts';
import { checkStructure } from '../../src/relation/check.ts';
import { graphStepsProgram } from '../../src/training/backward/program.ts';
import { stepsThatFit } from '../../src/training/graph-run/fit.ts';
import { batchesOf } from '../../src/training/graph-run/order.ts';
import { mostStacked } from '../../src/training/graph-run/run.ts';
import { modelOf } from '../../src/verbs/tuning/model-file.ts';
import { tuningPlanOf } from '../../src/verbs/tuning/plan-file.ts';
import { proofError } from '../support/refusal.ts';
import { smallestTrained } from '../support/trained-graphs.ts';

describe('steps that fit', () => {
  test('of a small run as many as are wished for, up to those of the run and of a file', () => {
    const run = { ...smallestTrained(), tokens: 20, length: 3, batch: 2, steps: 100 };
    expect([1, 16, 64, 100].map((wish) => stepsThatFit(run, wish))).toEqual([1, 16, 64, 64]);
    expect(stepsThatFit({ ...run, steps: 5 }, 16)).toBe(5);
  });
  test('of sequences of 31 tokens fewer than of a file: that many have a program, one more has none', () => {
    const sizes = { vocabulary: 256, context: 64, width: 32, heads: 4, layers: 2, hidden: 128 };
    const model = modelOf(sizes);
    const own = { batch: 16, length: 31, steps: 100, rate: 1, ratePlaces: 0 };
    const { plan, schedule } = tuningPlanOf(own, model, 2000);
    const run = { graph: model.graph, plan, ...schedule };
    const fit = stepsThatFit(run, 16);
    expect(fit).toBeGreaterThan(1);
    expect(fit).toBeLessThan(Math.min(16, mostStacked(run)));
    const batch = batchesOf(schedule, new Uint8Array(32).fill(3));
    const check = (count: number): void =>
      checkStructure(koalaBear, graphStepsProgram(model.graph, plan, Array.from({ length: count }, (_, i) => batch(i)))); // prettier-ignore
    check(fit);
    expect(proofError(() => check(fit + 1)).code).toBe('PROGRAM_SHAPE');
  });
  test('of a run of which no step has a program none: refused', () => {
    const g = graphBuilder({ context: 2 ** 14 });
    const h = g.embedding('h', g.weight('E', [5, 2], { bits: 12 }), { width: 2 });
    const x = g.requantise('x', h, { shift: 3, bits: 9 });
    const o = g.attention(
      'o',
      { query: x, key: x, value: x },
      { heads: 2, kvHeads: 2, headDim: 1, shift: 3 },
    );
    const graph = g.build(g.rounded('y', o, g.weight('H', [3, 2], { bits: 12 }), { shift: 8, bits: 16 }));
    const plan = { weights: { E: 9, H: 10 }, norms: 13, gradient: { bits: 12, fraction: 8 }, low: 15, rate: 3, ratePlaces: 6 }; // prettier-ignore
    const run = { graph, plan, tokens: 3 * 2 ** 14 + 1, length: 2 ** 14, batch: 3, steps: 2 };
    expect(proofError(() => stepsThatFit(run, 1)).code).toBe('PROGRAM_SHAPE');
  });
});

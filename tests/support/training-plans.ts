/** Random plans of training, small enough for both programs to be made in a moment. */
import { checkPlan } from '../../src/training/check-plan.ts';
import { periodOf, type TrainingPlan } from '../../src/training/plan.ts';
import { ProofError } from '../../src/errors/proof-error.ts';
import { dice, type Dice } from './graphs.ts';

/** Plan `seed`: one that `checkPlan` accepts, of 8 steps. @param sum most bits of a rounded sum: its table has a row for each value */
export function randomPlan(seed: number, sum: number): TrainingPlan {
  for (let attempt = 0; ; attempt++) {
    const plan = draw(dice(1000 * seed + attempt), sum);
    try {
      checkPlan(plan);
      return plan;
    } catch (error) {
      if (!(error instanceof ProofError)) throw error;
    }
  }
}

function draw(d: Dice, sum: number): TrainingPlan {
  const widths = Array.from({ length: d.int(2, 4) }, () => d.int(1, 9));
  widths[widths.length - 1] = d.int(2, 9);
  const batch = d.int(1, 5);
  const bits = d.int(2, 15);
  const places = d.int(0, bits);
  const plan: TrainingPlan = {
    widths,
    rows: batch * d.int(1, 4) + d.int(0, batch - 1),
    batch,
    steps: 8,
    // The last one of 8 steps: 2 of 3 or of 6, 3 of 5, 1 of 7.
    period: d.pick([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 8, 16]),
    formats: {
      input: { bits, fraction: places },
      activation: { bits: d.int(Math.max(2, places), 15), fraction: places },
      weight: { bits: d.int(2, 16), fraction: d.int(1, 16) },
      low: d.int(1, 15),
      sum: d.int(2, sum),
      gradient: { bits: d.int(2, 16), fraction: d.int(1, 12) },
    },
    rates: d.pick([[{ from: 0, rate: d.int(1, 99) }], [{ from: 0, rate: d.int(1, 9) }, { from: 4, rate: 7 }]]), // prettier-ignore
  };
  if (d.int(0, 1) === 0) return plan;
  return { ...plan, momentum: { shift: d.int(1, Math.min(8, plan.formats.low)) } };
}

/** Steps of one rate and of whole periods, up to three, or the last ones of the run. */
export function randomSegment(
  plan: TrainingPlan,
  d: Dice,
): { readonly first: number; readonly count: number } {
  const period = periodOf(plan);
  const last = Math.ceil(plan.steps / period) - 1;
  const first = period * d.pick([d.int(0, last), 0, last]);
  const change = plan.rates.find(({ from }) => from > first)?.from ?? plan.steps;
  const most = Math.min(period * d.int(1, 3), change - first);
  return { first, count: most < period ? most : most - (most % period) };
}

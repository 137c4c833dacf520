/** How the steps of a run are cut into segments: of at most so many steps, and none across a change of the rate. */
import type { TrainingPlan } from '../../training/index.ts';

export const DEFAULT_STEPS_PER_PROOF = 16;
/** Rows that a segment has at most: spec/training.md section 10. */
const MAX_SEGMENT_ROWS = 2 ** 20;

/** Steps of the segment that begins at a step. @throws RangeError for a wish that is no positive integer */
export function segmentAt({ batch, rates, steps }: TrainingPlan, step: number, wish: number): number {
  if (!Number.isSafeInteger(wish) || wish < 1) {
    throw new RangeError(`steps per proof: expected a positive integer, got ${wish}`);
  }
  const change = rates.find(({ from }) => from > step)?.from ?? steps;
  return Math.min(wish, change - step, steps - step, Math.floor(MAX_SEGMENT_ROWS / batch));
}

/** The steps at which segments end. @param from the step at which they begin, @param until at which the last one ends */
export function segmentsOf(plan: TrainingPlan, wish: number, from = 0, until = plan.steps): number[] {
  const ends: number[] = [];
  for (let step = from; step < until;) {
    step += Math.min(segmentAt(plan, step, wish), until - step);
    ends.push(step);
  }
  return ends;
}

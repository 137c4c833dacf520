/** How the steps of a run are cut into segments: of whole periods, at most so many steps, and none across a change of the rate. */
import { periodEnd, periodOf, type TrainingPlan } from '../../training/index.ts';
import { mostSteps } from '../../training/segment.ts';

export const DEFAULT_STEPS_PER_PROOF = 16;

/** Steps of the segment that begins at a step: at least a period, or what is left of the run. @throws RangeError for a wish that is no positive integer */
export function segmentAt(plan: TrainingPlan, step: number, wish: number): number {
  const { rates, steps } = plan;
  if (!Number.isSafeInteger(wish) || wish < 1) {
    throw new RangeError(`steps per proof: expected a positive integer, got ${wish}`);
  }
  const change = rates.find(({ from }) => from > step)?.from ?? steps;
  const most = Math.min(wish, change - step, steps - step, mostSteps(plan));
  const period = periodOf(plan);
  return Math.min(Math.max(most - (most % period), period), steps - step);
}

/** The steps at which segments end. @param from the step at which they begin, @param until at which the last one ends, or in its last period */
export function segmentsOf(plan: TrainingPlan, wish: number, from = 0, until = plan.steps): number[] {
  const ends: number[] = [];
  const end = periodEnd(plan, until);
  for (let step = from; step < end;) {
    step += Math.min(segmentAt(plan, step, wish), end - step);
    ends.push(step);
  }
  return ends;
}

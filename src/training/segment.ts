/** A segment: the steps that one proof is about. spec/training.md section 7. */
import { refuse } from '../errors/proof-error.ts';
import { checkPlan } from './check-plan.ts';
import { layerCount, periodOf, rateAt, type TrainingPlan } from './plan.ts';
import { SEED_BYTES } from './state.ts';

export interface Segment {
  readonly plan: TrainingPlan;
  /** Number of the first step, and how many. All have one rate. */
  readonly first: number;
  readonly count: number;
  /** Rows of the dataset that the batches read, one batch behind the other. */
  readonly rows: Uint32Array;
  /** 32 bytes that the weights before the first step of the run are drawn from, where the segment reads these; what else it reads are committed groups. */
  readonly seed?: Uint8Array;
}

/** Whether a segment reads the weights a period before its first one: with momentum it does, but for the first of a run, which have not moved. */
export function readsEarlier({ plan, first }: Pick<Segment, 'plan' | 'first'>): boolean {
  return plan.momentum !== undefined && first > 0;
}

/** Whether a segment writes the weights before its last period, too: who goes on with momentum reads them. Of one period it has read them. */
export function writesEarlier(segment: Pick<Segment, 'plan' | 'count'>): boolean {
  return segment.plan.momentum !== undefined && periodsOf(segment).periods > 1;
}

/** The periods of a segment: how many, and the steps of each. Only a run's last period may be shorter, and that is a segment of its own. */
export function periodsOf({ plan, count }: Pick<Segment, 'plan' | 'count'>): {
  readonly periods: number;
  readonly steps: number;
} {
  const steps = Math.min(periodOf(plan), count);
  return { periods: count / steps, steps };
}

/** Rows of all batches, and periods, of a segment; both are counted once for every layer: a verifier writes weights of so many out, for each read of a state. */
const MOST_ROWS = 2 ** 15;
const MOST_PERIODS = 2 ** 12;

/** Steps that a segment of a plan has at most: a period at least. spec/training.md section 10. */
export function mostSteps(plan: TrainingPlan): number {
  const [layers, period] = [layerCount(plan), periodOf(plan)];
  const rows = Math.floor(MOST_ROWS / (layers * plan.batch));
  return Math.max(period, Math.min(rows, Math.floor(MOST_PERIODS / layers) * period));
}

/** Where states are that a segment reads and writes, in the order of time. */
export const STATE_ENDS = ['before-first', 'first', 'before-last', 'last'] as const;
export type StateEnd = (typeof STATE_ENDS)[number];

/**
 * The groups of weights of a segment's program: behind the dataset, which is the first, those of the ends that it has, in their order.
 *
 * @returns `public` for weights that everybody draws from the seed
 */
export function segmentEnds(segment: Segment): ReadonlyMap<StateEnd, number | 'public'> {
  const { first, seed } = segment;
  const ends = new Map<StateEnd, number | 'public'>();
  let group = 1;
  const add = (end: StateEnd, isPublic = false): unknown => ends.set(end, isPublic ? 'public' : group++);
  if (readsEarlier(segment)) add('before-first', seed !== undefined);
  add('first', seed !== undefined && first === 0);
  if (writesEarlier(segment)) add('before-last');
  add('last');
  return ends;
}

/**
 * @throws ProofError `PLAN` for a plan that is refused, `SEGMENT` for steps that it does not have, that differ in their rates, or
 *   rows that it does not have
 */
export function checkSegment({ plan, first, count, rows, seed }: Segment): void {
  checkPlan(plan);
  const wrong = (detail: string): never => refuse('SEGMENT', 'segment', detail);
  if (!Number.isInteger(count) || count < 1) wrong(`count: expected a positive integer, got ${count}`);
  if (!Number.isInteger(first) || first < 0 || first + count > plan.steps) {
    wrong(`first: expected steps below ${plan.steps}, got ${count} from ${first} on`);
  }
  const period = periodOf(plan);
  if (first % period !== 0) wrong(`first: expected a multiple of the period ${period}, got ${first}`);
  if (count % period !== 0 && (count > period || first + count < plan.steps)) {
    wrong(`count: expected whole periods of ${period} steps, or the last steps of the run, got ${count}`);
  }
  // Each change within, not the ends alone: a rate may come back.
  const rate = rateAt(plan, first);
  if (plan.rates.some((own) => own.from > first && own.from < first + count && own.rate !== rate)) {
    wrong(`expected steps of one rate, got ${first} to ${first + count - 1} across a change`);
  }
  if (rows.length !== count * plan.batch) wrong(`rows: expected ${count * plan.batch}, got ${rows.length}`);
  const row = rows.findIndex((own) => own >= plan.rows);
  if (row >= 0) wrong(`rows[${row}]: expected a row below ${plan.rows}, got ${rows[row]}`);
  if (seed === undefined) return;
  if (seed.length !== SEED_BYTES) wrong(`seed: expected ${SEED_BYTES} bytes, got ${seed.length}`);
  if (first > 0 && (plan.momentum === undefined || first !== period)) {
    wrong(`seed: expected a segment that reads the weights of the seed, got one from step ${first} on`);
  }
}

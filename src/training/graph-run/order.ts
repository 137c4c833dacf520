/** Which sequences a step reads: a new permutation of all sequences of the corpus for every epoch. spec/graph-runs.md section 2. */
import type { CorpusBatch } from '../backward/batch.ts';
import { permutation } from '../order.ts';
import { graphRateAt, sequencesOf, type GraphRun, type GraphSchedule } from './run.ts';

/** Whole batches of an epoch; sequences that are left over are not read in it. */
export function graphStepsPerEpoch(schedule: Pick<GraphSchedule, 'tokens' | 'length' | 'batch'>): number {
  return Math.floor(sequencesOf(schedule) / schedule.batch);
}

/**
 * What steps read, by their number, and where a run changes its rate that of each. The permutation of the epoch that was asked for last is kept.
 *
 * @param order 32 bytes: the seed of the order, `sequenceSeed`
 * @example
 * const { at, starts } = batchesOf(run, sequenceSeed(bytes))(0);
 */
export function batchesOf(
  schedule: GraphSchedule & Partial<Pick<GraphRun, 'plan'>>,
  order: Uint8Array,
): (step: number) => CorpusBatch {
  const { tokens, length, batch } = schedule;
  const perEpoch = graphStepsPerEpoch(schedule);
  let last: { readonly epoch: number; readonly sequences: Uint32Array } = {
    epoch: -1,
    sequences: new Uint32Array(0),
  };
  return (step) => {
    const epoch = Math.floor(step / perEpoch);
    if (last.epoch !== epoch) last = { epoch, sequences: permutation(order, epoch, sequencesOf(schedule)) };
    const first = (step % perEpoch) * batch;
    const own = Array.from(last.sequences.subarray(first, first + batch));
    const rate = schedule.rates && schedule.plan && graphRateAt({ ...schedule, plan: schedule.plan }, step);
    return {
      ...(rate !== undefined && { rate }),
      corpus: tokens,
      at: own.flatMap((sequence) => Array.from({ length }, (_, t) => sequence * length + t)),
      starts: own.map((_, i) => i * length),
    };
  };
}

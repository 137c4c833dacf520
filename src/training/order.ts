/**
 * Which rows a step reads: a new permutation of all rows for every epoch, from a public seed. spec/training.md section 2.
 */
import { rawWords } from '../hash/stream.ts';
import type { TrainingPlan } from './plan.ts';

/** Whole batches of an epoch; rows that are left over are not read in it. */
export function stepsPerEpoch({ rows, batch }: TrainingPlan): number {
  return Math.floor(rows / batch);
}

/**
 * The permutation of an epoch: Fisher and Yates, from the end, with words of the stream (seed, `order`, epoch).
 *
 * @param seed 32 bytes
 * @example
 * permutation(seed, 0, 8000).subarray(0, 32); // rows of the first batch
 */
export function permutation(seed: Uint8Array, epoch: number, rows: number): Uint32Array {
  const words = rawWords({ key: seed, label: 'order', id: epoch }, 0, rows);
  const order = Uint32Array.from({ length: rows }, (_, i) => i);
  for (let i = rows - 1; i > 0; i--) {
    const j = Math.floor(((words[i] as number) * (i + 1)) / 2 ** 32); // word < 2^32, i < 2^20: exact
    const at = order[i] as number;
    order[i] = order[j] as number;
    order[j] = at;
  }
  return order;
}

/**
 * The rows of steps [first, first + count), batch after batch.
 *
 * @param seed 32 bytes
 */
export function batchRows(plan: TrainingPlan, seed: Uint8Array, first: number, count: number): Uint32Array {
  const perEpoch = stepsPerEpoch(plan);
  const out = new Uint32Array(count * plan.batch);
  let order: { epoch: number; rows: Uint32Array } = { epoch: -1, rows: new Uint32Array(0) };
  for (let s = 0; s < count; s++) {
    const epoch = Math.floor((first + s) / perEpoch);
    if (order.epoch !== epoch) order = { epoch, rows: permutation(seed, epoch, plan.rows) };
    const at = ((first + s) % perEpoch) * plan.batch;
    out.set(order.rows.subarray(at, at + plan.batch), s * plan.batch);
  }
  return out;
}

/** Files of a small corpus, a model and a plan, for tests of the command line of training graphs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npyOf } from './training-inputs.ts';

export const TUNING_MODEL = { vocabulary: 12, context: 4, width: 4, heads: 2, layers: 1, hidden: 6 };
export const TUNING_PLAN = { batch: 3, steps: 3, rate: 1, ratePlaces: 9 };

/** Ids of a small text: twelve sequences of four and a token more. */
export const TUNING_TOKENS: readonly number[] = Array.from({ length: 49 }, (_, i) => (i * i + (i % 3)) % 12);

/** A `.npy` file of uint16, as NumPy writes it. */
export function npyWords(values: ArrayLike<number>): Uint8Array {
  const header = `{'descr': '<u2', 'fortran_order': False, 'shape': (${values.length},), }`;
  return npyOf(header.padEnd(117), new Uint8Array(Uint16Array.from(values).buffer));
}

export function tuningPlan(over: object = {}): string {
  return JSON.stringify({ ...TUNING_PLAN, ...over });
}

/** tokens.npy, model.json and plan.json. */
export function writeTuning(folder: string, tokens: readonly number[] = TUNING_TOKENS): void {
  writeFileSync(join(folder, 'tokens.npy'), npyWords(tokens));
  writeFileSync(join(folder, 'model.json'), JSON.stringify(TUNING_MODEL));
  writeFileSync(join(folder, 'plan.json'), tuningPlan());
}

/** A dataset: rows of inputs, each with its class. */
import { refuse } from '../errors/proof-error.ts';
import type { TrainingPlan } from './plan.ts';

export interface Dataset {
  /** [rows, inputs], row by row. */
  readonly inputs: Uint8Array | Int16Array;
  /** One a row. */
  readonly labels: Uint8Array | Int16Array;
}

/** @throws ProofError `DATASET` naming the first entry that a plan does not admit, without its value */
export function checkDataset(plan: TrainingPlan, { inputs, labels }: Dataset): void {
  const { widths, rows, formats } = plan;
  const width = widths[0] as number;
  const wrong = (detail: string): never => refuse('DATASET', 'dataset', detail);
  if (inputs.length !== rows * width) wrong(`inputs: expected ${rows * width}, got ${inputs.length}`);
  if (labels.length !== rows) wrong(`labels: expected ${rows}, got ${labels.length}`);
  const limit = 2 ** formats.input.bits;
  const input = inputs.findIndex((x: number) => x < 0 || x >= limit);
  if (input >= 0) {
    wrong(
      `inputs: row ${Math.floor(input / width)}, column ${input % width}: expected an integer in [0, ${limit})`,
    );
  }
  const classes = widths[widths.length - 1] as number;
  const label = labels.findIndex((y: number) => y < 0 || y >= classes);
  if (label >= 0) wrong(`labels: row ${label}: expected a class below ${classes}`);
}

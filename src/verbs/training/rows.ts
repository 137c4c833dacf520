/** Rows that a caller chooses from an array file. */
import { refuse } from '../../errors/proof-error.ts';
import type { TrainingPlan } from '../../training/plan.ts';
import { readArray } from './arrays.ts';

/** Rows of an array file. */
export interface RowChoice {
  /** A `.npy` or IDX file of bytes, [rows, ..], or one row. */
  readonly inputs: string;
  /** Numbers of rows. Default: all. */
  readonly rows?: readonly number[];
}

/** Rows of an array file, one behind the other. @throws ProofError `ARRAY` for rows of another width; RangeError for rows it does not have */
export function readRows(
  { inputs: path, rows }: RowChoice,
  { widths }: Pick<TrainingPlan, 'widths'>,
): Uint8Array {
  const width = widths[0] as number;
  const { shape, data } = readArray(path);
  const count = data.length === width ? 1 : (shape[0] as number);
  if (data.length !== count * width) {
    refuse('ARRAY', path, `expected rows of ${width} inputs, got the shape [${shape.join(', ')}]`);
  }
  if (rows === undefined) return data;
  const out = new Uint8Array(rows.length * width);
  rows.forEach((row, i) => {
    if (!Number.isSafeInteger(row) || row < 0 || row >= count) {
      throw new RangeError(`rows: expected numbers below ${count}, got ${row}`);
    }
    out.set(data.subarray(row * width, (row + 1) * width), i * width);
  });
  return out;
}

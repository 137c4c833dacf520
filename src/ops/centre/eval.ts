/** Rows without their rounded mean. */
import type { Evaluated, IntTensor } from '../tensor.ts';

/** x - mu; auxiliary, one entry a row: `mean` mu, `remainder` 2 sum x + d - 2 d mu. */
export function evaluateCentre({ rows, width, data: x }: IntTensor): Required<Evaluated> {
  const data = new Int32Array(x.length);
  const mean = new Int32Array(rows);
  const remainder = new Int32Array(rows);
  for (let t = 0; t < rows; t++) {
    let twice = width; // |2 sum x + d| < 2^30
    for (let j = t * width; j < (t + 1) * width; j++) twice += 2 * (x[j] as number);
    const mu = Math.floor(twice / (2 * width)); // exact: a quotient of integers below 2^31 is no integer within 2^-22 or is one
    for (let j = t * width; j < (t + 1) * width; j++) data[j] = (x[j] as number) - mu;
    mean[t] = mu;
    remainder[t] = twice - 2 * width * mu;
  }
  return { data, auxiliary: () => ({ mean, remainder }) };
}

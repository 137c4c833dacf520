/** Rows of a followed by rows of b. */
import type { IntTensor } from '../tensor.ts';

export function evaluateConcat(a: IntTensor, b: IntTensor): Int32Array {
  const width = a.width + b.width;
  const out = new Int32Array(a.rows * width);
  for (let t = 0; t < a.rows; t++) {
    out.set(a.data.subarray(t * a.width, (t + 1) * a.width), t * width);
    out.set(b.data.subarray(t * b.width, (t + 1) * b.width), t * width + a.width);
  }
  return out;
}

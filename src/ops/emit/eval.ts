/** Selected rows. */
import type { IntTensor } from '../tensor.ts';

export function evaluateEmit(x: IntTensor, rows: ArrayLike<number>): Int32Array {
  const out = new Int32Array(rows.length * x.width);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    out.set(x.data.subarray(row * x.width, (row + 1) * x.width), i * x.width);
  }
  return out;
}

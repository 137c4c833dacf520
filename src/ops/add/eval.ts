/** a + b mod p. */
import { balanced, type IntTensor } from '../tensor.ts';

export function evaluateAdd(a: IntTensor, b: IntTensor): Int32Array {
  const out = new Int32Array(a.data.length);
  for (let i = 0; i < out.length; i++) out[i] = balanced((a.data[i] as number) + (b.data[i] as number));
  return out;
}

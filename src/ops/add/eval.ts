/** a + b mod p. */
import { balanced, type IntTensor } from '../tensor.ts';

export function evaluateAdd(a: IntTensor, b: IntTensor): Int32Array {
  return a.data.map((x, i) => balanced(x + (b.data[i] as number)));
}

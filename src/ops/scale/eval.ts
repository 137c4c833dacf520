/** 2^k x; proven to stay within (p-1)/2. */
import type { IntTensor } from '../tensor.ts';

export function evaluateScale(x: IntTensor, power: number): Int32Array {
  return x.data.map((v) => v * 2 ** power);
}

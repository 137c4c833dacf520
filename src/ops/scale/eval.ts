/** 2^k x; proven to stay within (p-1)/2. */
import type { IntTensor } from '../tensor.ts';

export function evaluateScale(x: IntTensor, power: number): Int32Array {
  const [out, factor] = [new Int32Array(x.data.length), 2 ** power];
  for (let i = 0; i < out.length; i++) out[i] = (x.data[i] as number) * factor;
  return out;
}

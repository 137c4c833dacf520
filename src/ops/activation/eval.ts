/** One lookup an entry. */
import { checkBits, type IntTensor } from '../tensor.ts';

/**
 * table[x], the table's rows beginning at key -2^(bits-1).
 * @throws ProofError `UNPROVABLE` for an entry that is no key
 */
export function evaluateActivation(stage: string, x: IntTensor, bits: number, table: Int32Array): Int32Array {
  checkBits(stage, x, bits);
  const half = 2 ** (bits - 1);
  const out = new Int32Array(x.data.length);
  for (let i = 0; i < out.length; i++) out[i] = table[(x.data[i] as number) + half] as number;
  return out;
}

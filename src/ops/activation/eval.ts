/** One lookup an entry. */
import { checkBits, type IntTensor } from '../tensor.ts';

/**
 * table[x], the table's rows beginning at key -2^(bits-1).
 * @throws ProofError `UNPROVABLE` for an entry that is no key
 */
export function evaluateActivation(stage: string, x: IntTensor, bits: number, table: Int32Array): Int32Array {
  checkBits(stage, x, bits);
  const half = 2 ** (bits - 1);
  return x.data.map((v) => table[v + half] as number);
}

/** Residues in two parts of 16 bits at most: how weights are committed. spec/training-operators.md section 8. */
import { unprovable } from '../ops/tensor.ts';

/**
 * A residue in two parts: value = high 2^low + the rest, which is signed.
 *
 * @throws ProofError `UNPROVABLE` for a high part of more than `bits` bits
 */
export function split(
  stage: string,
  values: Int32Array,
  width: number,
  bits: number,
  low: number,
): readonly [high: Int16Array, rest: Int16Array] {
  const [high, rest] = [new Int16Array(values.length), new Int16Array(values.length)];
  const [limit, half] = [2 ** (bits - 1), 2 ** (low - 1)];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const top = (value + half) >> low; // below 2^30 + 2^14
    if (top < -limit || top >= limit) {
      unprovable(stage, Math.floor(i / width), i % width, `expected ${bits} bits`);
    }
    high[i] = top;
    rest[i] = value - (top << low);
  }
  return [high, rest];
}

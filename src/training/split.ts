/** Residues in two parts of 16 bits at most: how weights are committed. spec/training.md section 6, training-operators.md section 8. */
import { unprovable } from '../ops/tensor.ts';

/** Residues in two parts, high 2^low + rest with rest signed, put down run by run. */
export interface Parts {
  readonly high: Int16Array;
  readonly rest: Int16Array;
  /** Residues go to `at` and behind. @throws ProofError `UNPROVABLE` for a high part beyond its bits */
  put(at: number, values: Int32Array): void;
}

export function partsOf(stage: string, length: number, width: number, bits: number, low: number): Parts {
  const [high, rest] = [new Int16Array(length), new Int16Array(length)];
  const [limit, half] = [2 ** (bits - 1), 2 ** (low - 1)];
  return {
    high,
    rest,
    put(at, values) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i] as number;
        const top = (value + half) >> low; // below 2^30 + 2^14
        if (top < -limit || top >= limit) {
          unprovable(stage, Math.floor((at + i) / width), (at + i) % width, `expected ${bits} bits`);
        }
        high[at + i] = top;
        rest[at + i] = value - (top << low);
      }
    },
  };
}

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
  const parts = partsOf(stage, values.length, width, bits, low);
  parts.put(0, values);
  return [parts.high, parts.rest];
}

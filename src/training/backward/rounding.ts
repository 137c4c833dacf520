/** The one rounding of the way back, in plain integers. spec/training-operators.md section 1. */
import { balanced, unprovable } from '../../ops/tensor.ts';
import type { Rounded } from './parts.ts';

/** Values by the names that the program has for them, behind `back/NODE:`. */
export type Values = Readonly<Record<string, Int32Array>>;

/**
 * floor((x + 2^(shift-1)) / 2^shift) for the balanced residues x of sums.
 *
 * @param sums safe integers, row-major
 * @throws ProofError `UNPROVABLE` naming row and column of the first that has more than `bits` bits
 */
export function roundedCells(
  stage: string,
  width: number,
  sums: ArrayLike<number>,
  { bits, shift }: Rounded,
): Int32Array {
  const [half, limit] = [2 ** (shift - 1), 2 ** (bits - 1)];
  const out = new Int32Array(sums.length);
  for (let i = 0; i < out.length; i++) {
    const q = (balanced(sums[i] as number) + half) >> shift; // below 2^30 + 2^29
    if (q < -limit || q >= limit)
      unprovable(stage, Math.floor(i / width), i % width, `expected ${bits} bits`);
    out[i] = q;
  }
  return out;
}

/** The one rounding of the way back, in plain integers. spec/training-operators.md section 1. */
import { balanced, unprovable } from '../../ops/tensor.ts';

/** Values by the names that the program has for them, behind `back/NODE:`. */
export type Values = Readonly<Record<string, Int32Array>>;

/** How gradients are written: bits of a gradient, and guard bits of the quotients that are cut off to it; none: nothing is cut off. */
export interface GradientBits {
  readonly bits: number;
  readonly guard?: number;
}

/** By how many bits a sum is rounded: with the bits of the result at most 30. */
export interface Rounded extends GradientBits {
  readonly shift: number;
}

/** Quotients of a residue by 2^shift: 127 2^24 = p - 1 of them and remainders together. */
const QUOTIENTS = 127;

/**
 * The quotients that have a place, from -count / 2 on: those of bits + guard bits; where these and the shift are more than 30, with guard bits, all
 * that residues have, so that every residue but one has its quotient.
 */
export function quotientCount({ bits, guard = 0, shift }: Rounded): number {
  const all = QUOTIENTS * 2 ** (24 - shift);
  return guard > 0 && bits + guard + shift > 30 ? all : 2 ** (bits + guard);
}

/** min(max(q, -2^(bits-1)), 2^(bits-1) - 1) */
export function cutOff(bits: number, q: number): number {
  return Math.min(Math.max(q, -(2 ** (bits - 1))), 2 ** (bits - 1) - 1);
}

/**
 * floor(bal(x + 2^(shift-1)) / 2^shift) for sums x, cut off to their bits where there are guard bits.
 *
 * @param name of the values @param sums safe integers, row-major
 * @returns them, and with guard bits `NAME-quotient`
 * @throws ProofError `UNPROVABLE` naming row and column of the first quotient that has no place
 */
export function roundedValues(
  name: string,
  stage: string,
  width: number,
  sums: ArrayLike<number>,
  rounding: Rounded,
): Values {
  const { bits, guard = 0, shift } = rounding;
  const [half, limit] = [2 ** (shift - 1), quotientCount(rounding) / 2];
  const quotients = new Int32Array(sums.length);
  for (let i = 0; i < quotients.length; i++) {
    const q = balanced((sums[i] as number) + half) >> shift;
    if (q < -limit || q >= limit) {
      const most = guard === 0 ? `${bits} bits` : `a quotient in [${-limit}, ${limit})`;
      unprovable(stage, Math.floor(i / width), i % width, `expected ${most}`);
    }
    quotients[i] = q;
  }
  if (guard === 0) return { [name]: quotients };
  return { [name]: quotients.map((q) => cutOff(bits, q)), [`${name}-quotient`]: quotients };
}

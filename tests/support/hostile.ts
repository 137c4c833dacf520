/**
 * Residues that no honest run has, and that relations between residues might take for small integers: small numbers, quotients of the field by powers
 * of two, and such sums as lie next to them.
 */
import { koalaBear } from '../../src/field/koalabear.ts';

const F = koalaBear;

/** Balanced. */
export type Residues = (near?: readonly number[]) => number;

/** @param int an integer between two others, of a seed */
export function hostileResidues(int: (low: number, high: number) => number): Residues {
  const balanced = (x: ReturnType<typeof F.fromInt>): number => F.toBalanced(x);
  const small = (): number => int(-(2 ** int(0, 12)), 2 ** int(0, 12));
  return (near = []) => {
    const divisor = near.length > 0 && int(0, 1) === 0 ? near[int(0, near.length - 1)]! : 2 ** int(0, 24);
    const step = F.inverse(F.fromInt(divisor === 0 ? 1 : divisor));
    switch (int(0, 4)) {
      case 0:
        return small();
      case 1: // anything
        return int(-1065353216, 1065353216);
      case 2: // a small multiple of a quotient
        return balanced(F.mul(F.fromInt(small()), step));
      default: // the same, and a small number
        return balanced(F.add(F.mul(F.fromInt(int(-300, 300)), step), F.fromInt(small())));
    }
  };
}

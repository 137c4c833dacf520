/** Quotient, clamped quotient and remainder of a rounding shift. */
import { unprovable, type Evaluated, type IntTensor } from '../tensor.ts';
import type { Rounding } from './shape.ts';

/**
 * y = clamp(q), q = floor((x + 2^(s-1)) / 2^s); auxiliary `quotient` q and `remainder` x + 2^(s-1) - 2^s q.
 *
 * @throws ProofError `UNPROVABLE` where q has more than B + g bits
 */
export function evaluateRequantise(
  stage: string,
  x: IntTensor,
  { bits, guard }: Rounding,
  shift: number,
): Required<Evaluated> {
  const half = 2 ** (shift - 1);
  const [least, greatest] = [-(2 ** (bits + guard - 1)), 2 ** (bits + guard - 1) - 1];
  const [min, max] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const entries = x.data;
  const data = new Int32Array(entries.length);
  for (let i = 0; i < data.length; i++) {
    const q = ((entries[i] as number) + half) >> shift; // |x| < 2^30, half <= 2^21: fits an int32
    if (q < least || q > greatest) {
      unprovable(stage, Math.floor(i / x.width), i % x.width, `expected a quotient of ${bits + guard} bits`);
    }
    data[i] = q < min ? min : q > max ? max : q;
  }
  const auxiliary = () => {
    const [quotient, remainder] = [new Int32Array(entries.length), new Int32Array(entries.length)];
    const mask = 2 ** shift - 1;
    for (let i = 0; i < entries.length; i++) {
      const moved = (entries[i] as number) + half;
      quotient[i] = moved >> shift;
      remainder[i] = moved & mask;
    }
    return { quotient, remainder };
  };
  return { data, auxiliary };
}

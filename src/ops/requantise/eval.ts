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
    const remainder = new Int32Array(data.length);
    for (let i = 0; i < data.length; i++) remainder[i] = ((entries[i] as number) + half) & (2 ** shift - 1);
    return { quotient: quotients(entries, shift), remainder };
  };
  return { data, auxiliary };
}

/** q of every entry. */
export function quotients(entries: Int32Array, shift: number): Int32Array {
  const half = 2 ** (shift - 1);
  const out = new Int32Array(entries.length);
  for (let i = 0; i < out.length; i++) out[i] = ((entries[i] as number) + half) >> shift;
  return out;
}

/** Quotient, clamped quotient and remainder of a rounding shift. */
import { fitsBits, unprovable, type Evaluated, type IntTensor } from '../tensor.ts';
import type { Rounding } from './shape.ts';

/**
 * y = clamp(q), q = floor((x + 2^(s-1)) / 2^s); auxiliary `quotient` q and `remainder` x + 2^(s-1) - 2^s q.
 *
 * @throws ProofError `UNPROVABLE` where q has more than B + g bits
 */
export function evaluateRequantise(
  stage: string,
  x: IntTensor,
  rounding: Rounding,
  shift: number,
): Required<Evaluated> {
  const { data, quotient } = evaluateQuotients(stage, x, rounding, shift);
  const auxiliary = () => {
    const half = 2 ** (shift - 1);
    const remainder = x.data.map((entry) => (entry + half) & (2 ** shift - 1));
    return { quotient, remainder };
  };
  return { data, auxiliary };
}

/** y and q: one array where nothing is clamped. @throws as `evaluateRequantise` */
export function evaluateQuotients(
  stage: string,
  { data: entries, width }: IntTensor,
  { bits, guard }: Rounding,
  shift: number,
): { readonly data: Int32Array; readonly quotient: Int32Array } {
  const half = 2 ** (shift - 1);
  const quotient = new Int32Array(entries.length);
  for (let i = 0; i < quotient.length; i++) {
    quotient[i] = ((entries[i] as number) + half) >> shift; // |x| < 2^30, half <= 2^21: fits an int32
  }
  if (fitsBits(quotient, bits)) return { data: quotient, quotient };
  const [least, greatest] = [-(2 ** (bits + guard - 1)), 2 ** (bits + guard - 1) - 1];
  const [min, max] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const data = quotient.slice();
  for (let i = 0; i < data.length; i++) {
    const q = data[i] as number;
    if (q < least || q > greatest) {
      unprovable(stage, Math.floor(i / width), i % width, `expected a quotient of ${bits + guard} bits`);
    }
    data[i] = q < min ? min : q > max ? max : q;
  }
  return { data, quotient };
}

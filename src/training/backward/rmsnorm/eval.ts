/** Back through a norm: what of the gradient is across the row, times the norm's slope. spec/training-operators.md section 4. */
import { unprovable } from '../../../ops/tensor.ts';
import { roundedValues, type GradientBits, type Values } from '../rounding.ts';
import { ALONG_BITS, ALONG_SHIFT, SLOPE_BITS, SLOPE_PLACES, slopeShift, type NormPlaces } from './shape.ts';

/** What the forward pass left: results y, [rows, width], and for every row its root R. */
export interface NormRows {
  readonly width: number;
  readonly result: Int32Array;
  readonly root: Int32Array;
}

/**
 * @param gradient with respect to the results, [rows, width]
 * @returns for every row `slope` q and `along` c; for every entry `across` u and `input`, the gradient with respect to x
 * @throws ProofError `UNPROVABLE` for a row that is so short that its slope is 8 or more, and for values beyond their bits
 */
export function rmsnormBack(
  stage: string,
  { width, result, root }: NormRows,
  gradient: Int32Array,
  places: NormPlaces,
  gradients: GradientBits,
): Values {
  const shift = slopeShift(places);
  const slope = root.map((r, t) => {
    const q = Math.floor((r + 2 ** (shift - 1)) / 2 ** shift); // R < 2^30
    return q < 2 ** SLOPE_BITS ? q : unprovable(stage, t, 0, `expected a slope of ${SLOPE_BITS} bits`);
  });
  const dots = new Float64Array(root.length); // at most 2^14 products below 2^31
  gradient.forEach((g, i) => {
    const t = Math.floor(i / width);
    dots[t] = (dots[t] as number) + g * (result[i] as number);
  });
  const first = roundedValues('along', stage, 1, dots, {
    ...gradients,
    bits: ALONG_BITS,
    shift: ALONG_SHIFT,
  });
  const along = first['along'] as Int32Array;
  const rowOf = (i: number): number => Math.floor(i / width);
  const rests = Float64Array.from(
    gradient,
    (g, i) => 2 ** ALONG_SHIFT * g - (result[i] as number) * (along[rowOf(i)] as number),
  );
  const second = roundedValues('across', stage, width, rests, { ...gradients, shift: ALONG_SHIFT });
  const across = second['across'] as Int32Array;
  const steep = Float64Array.from(across, (u, i) => u * (slope[rowOf(i)] as number)); // below 2^30
  const input = roundedValues('input', stage, width, steep, { ...gradients, shift: SLOPE_PLACES });
  return { slope, ...first, ...second, ...input };
}

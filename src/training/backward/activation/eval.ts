/** dx = dy f'(x), rounded. spec/training-operators.md section 3. */
import { SLOPE_FRACTION } from '../../../tables/slope.ts';
import { roundedValues, type GradientBits, type Values } from '../rounding.ts';

/**
 * @param x the keys that the forward pass looked up
 * @param gradient with respect to the results
 * @param slopes of all keys, from the least on
 * @returns `slope` and `input`, the gradient with respect to x
 */
export function activationBack(
  stage: string,
  x: Int32Array,
  gradient: Int32Array,
  slopes: Int32Array,
  { width, ...bits }: GradientBits & { readonly width: number },
): Values {
  const slope = x.map((key) => slopes[key + slopes.length / 2] as number);
  const products = Float64Array.from(gradient, (g, i) => g * (slope[i] as number)); // below 2^31
  return { slope, ...roundedValues('input', stage, width, products, { ...bits, shift: SLOPE_FRACTION }) };
}

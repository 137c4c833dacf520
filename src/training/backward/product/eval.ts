/** da = dy b and db = dy a, rounded. spec/training-operators.md section 3. */
import { roundedValues, type GradientBits, type Values } from '../rounding.ts';

/** Binary places of both factors. */
export interface FactorPlaces {
  readonly left: number;
  readonly right: number;
}

/** @returns `left` and `right`, the gradients with respect to the factors */
export function productBack(
  stage: string,
  factors: { readonly left: Int32Array; readonly right: Int32Array },
  gradient: Int32Array,
  places: FactorPlaces,
  { width, ...bits }: GradientBits & { readonly width: number },
): Values {
  const through = (name: string, other: 'left' | 'right'): Values => {
    const products = Float64Array.from(gradient, (g, i) => g * (factors[other][i] as number)); // below 2^52
    return roundedValues(name, stage, width, products, { ...bits, shift: places[other] });
  };
  return { ...through('left', 'right'), ...through('right', 'left') };
}

/** da = dy b and db = dy a, rounded. spec/training-operators.md section 3. */
import { roundedCells, type Values } from '../rounding.ts';

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
  { width, bits }: { readonly width: number; readonly bits: number },
): Values {
  const through = (other: 'left' | 'right'): Int32Array => {
    const products = Float64Array.from(gradient, (g, i) => g * (factors[other][i] as number)); // below 2^52
    return roundedCells(stage, width, products, { bits, shift: places[other] });
  };
  return { left: through('right'), right: through('left') };
}

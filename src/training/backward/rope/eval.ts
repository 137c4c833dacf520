/** Back through a rotation: the gradient turned the other way, rounded. spec/training-operators.md section 6. */
import { rotate, type RopeConstants } from '../../../ops/rope/eval.ts';
import { ROPE_FRACTION } from '../../../tables/index.ts';
import { roundedValues, type GradientBits, type Values } from '../rounding.ts';

/**
 * @param gradient with respect to the results, [rows, width]
 * @param positions of the rows
 * @returns `input`, the gradient with respect to x
 */
export function ropeBack(
  stage: string,
  gradient: Int32Array,
  constants: RopeConstants,
  positions: ArrayLike<number>,
  { width, ...bits }: GradientBits & { readonly width: number },
): Values {
  const back = { ...constants, sin: constants.sin.map((s) => -s) };
  const rows = { rows: gradient.length / width, width, data: gradient };
  // 23172 2^14 < 2^29 for one gradient, and more where several were added up.
  const sums = rotate(rows, back, positions, new Float64Array(gradient.length));
  return roundedValues('input', stage, width, sums, { ...bits, shift: ROPE_FRACTION });
}

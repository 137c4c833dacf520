/** dx = W' dy, rounded; the gradient of W is a sum that nobody rounds. spec/training-operators.md section 2. */
import { balanced } from '../../../ops/tensor.ts';
import { roundedValues, type GradientBits, type Values } from '../rounding.ts';

/** W as [outputs, inputs], row by row. */
export interface WeightMatrix {
  readonly data: ArrayLike<number>;
  readonly outputs: number;
  readonly inputs: number;
  /** Binary places of its entries. */
  readonly fraction: number;
}

/** @returns `input`, the gradient with respect to x */
export function linearBack(
  stage: string,
  { data, outputs, inputs, fraction }: WeightMatrix,
  gradient: Int32Array,
  bits: GradientBits,
): Values {
  const rows = gradient.length / outputs;
  const sums = new Float64Array(rows * inputs); // at most 2^17 products below 2^31: exact
  for (let t = 0; t < rows; t++) {
    for (let o = 0; o < outputs; o++) {
      const g = gradient[t * outputs + o] as number;
      if (g === 0) continue;
      for (let k = 0; k < inputs; k++) {
        const at = t * inputs + k;
        sums[at] = (sums[at] as number) + g * (data[o * inputs + k] as number);
      }
    }
  }
  return roundedValues('input', stage, inputs, sums, { ...bits, shift: fraction });
}

/** G[o][k] = sum_t dy[t][o] x[t][k], balanced residues. */
export function linearWeightGradient(
  gradient: Int32Array,
  x: Int32Array,
  { outputs, inputs }: Pick<WeightMatrix, 'outputs' | 'inputs'>,
): Int32Array {
  const sums = new Float64Array(outputs * inputs); // at most 2^14 products below 2^36: exact
  for (let t = 0; t < x.length / inputs; t++) {
    for (let o = 0; o < outputs; o++) {
      const g = gradient[t * outputs + o] as number;
      if (g === 0) continue;
      for (let k = 0; k < inputs; k++) {
        const at = o * inputs + k;
        sums[at] = (sums[at] as number) + g * (x[t * inputs + k] as number);
      }
    }
  }
  return Int32Array.from(sums, balanced);
}

/** G[o] = sum_t dy[t][o], balanced residues. */
export function linearBiasGradient(gradient: Int32Array, outputs: number): Int32Array {
  const sums = new Float64Array(outputs); // at most 2^14 gradients, each below 2^31: exact
  gradient.forEach((g, at) => (sums[at % outputs] = (sums[at % outputs] as number) + g));
  return Int32Array.from(sums, balanced);
}

/** The rotation as an accumulator, then the rounding of `requantise`. */
import { ROPE_FRACTION } from '../../tables/index.ts';
import { evaluateRequantise } from '../requantise/eval.ts';
import type { Rounding } from '../requantise/shape.ts';
import type { Evaluated, IntTensor } from '../tensor.ts';

export interface RopeConstants {
  /** Columns of the table: row t D/2 + i. */
  readonly cos: Int32Array;
  readonly sin: Int32Array;
  readonly headDim: number;
  readonly order: 'half' | 'interleaved';
}

/** The unrounded rotation, on 2^14 times the scale of x; |entries| <= 23172 max|x|. @param out holds them, as many as x has */
export function rotate<T extends Int32Array | Float64Array>(
  x: IntTensor,
  constants: RopeConstants,
  positionOf: ArrayLike<number>,
  out: T,
): T {
  const { cos, sin, headDim, order } = constants;
  const half = headDim / 2;
  const [step, gap] = order === 'half' ? [1, half] : [2, 1];
  for (let t = 0; t < x.rows; t++) {
    const at = (positionOf[t] as number) * half;
    for (let head = t * x.width; head < (t + 1) * x.width; head += headDim) {
      for (let i = 0; i < half; i++) {
        const [j, c, s] = [head + i * step, cos[at + i] as number, sin[at + i] as number];
        const [a, b] = [x.data[j] as number, x.data[j + gap] as number];
        out[j] = a * c - b * s;
        out[j + gap] = a * s + b * c;
      }
    }
  }
  return out;
}

/** The rotated rows; auxiliary as `evaluateRequantise`. @throws ProofError `UNPROVABLE` as `evaluateRequantise` */
export function evaluateRope(
  stage: string,
  x: IntTensor,
  constants: RopeConstants,
  positionOf: ArrayLike<number>,
  rounding: Rounding,
): Required<Evaluated> {
  const rotated = { ...x, data: rotate(x, constants, positionOf, new Int32Array(x.data.length)) };
  return evaluateRequantise(stage, rotated, rounding, ROPE_FRACTION);
}

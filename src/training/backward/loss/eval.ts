/** The gradient of logits in integers. spec/training-operators.md section 7. */
import { softmaxRows, softmaxValues } from '../../softmax.ts';
import type { Values } from '../rounding.ts';

/**
 * @param logits [rows, classes], 16 bits, 8 binary places @param targets one a row
 * @returns values of the softmax and `gradient`, under the names behind `softmax/`
 */
export function lossBack(
  logits: Int32Array,
  targets: ArrayLike<number>,
  classes: number,
  fraction: number,
): Values {
  const rows = softmaxRows(logits, classes, fraction);
  const gradient = rows.probability.slice();
  for (let t = 0; t < targets.length; t++) {
    const at = t * classes + (targets[t] as number);
    gradient[at] = (gradient[at] as number) - 2 ** fraction;
  }
  return { ...softmaxValues(rows, fraction), gradient };
}

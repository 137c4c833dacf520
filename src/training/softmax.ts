/**
 * The octave softmax of logits and its gradient, in integers: the least shift whose numerators sum to less than 2^15, one
 * reciprocal a row, one rounding a class. spec/training.md section 5.
 */
import { octaveSoftmax } from '../ops/attention/eval.ts';
import { column, tableOf } from '../tables/index.ts';
import { LOG2_E, PROBABILITY_SHIFT, STEP_SHIFT } from './plan.ts';

/** What the gradient of the rows of a batch is made of. */
export interface SoftmaxRows {
  /** k and S and rho, one a row. */
  readonly shift: Int32Array;
  readonly sum: Int32Array;
  readonly reciprocal: Int32Array;
  /** Distances in steps, numerators e, b, probabilities g: [rows, classes]. */
  readonly step: Int32Array;
  readonly numerator: Int32Array;
  readonly carry: Int32Array;
  readonly probability: Int32Array;
}

/**
 * @param logits [rows, classes], 16 bits, 8 binary places
 * @param fraction binary places of probabilities
 */
export function softmaxRows(logits: Int32Array, classes: number, fraction: number): SoftmaxRows {
  const exp2 = tableOf('exp2');
  const [e, b] = [column(exp2, 'e'), column(exp2, 'b')];
  const rows = logits.length / classes;
  const own = (): Int32Array => new Int32Array(rows * classes);
  const [step, numerator, carry, probability] = [own(), own(), own(), own()];
  const [shift, sum, reciprocal] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
  for (let t = 0; t < rows; t++) {
    const scores = logits.subarray(t * classes, (t + 1) * classes).map((z) => LOG2_E * z);
    const weights = numerator.subarray(t * classes, (t + 1) * classes);
    const row = octaveSoftmax(weights, scores, classes, STEP_SHIFT, e);
    // 369 2^15 < 2^24 on either side, so shifts and distances are within their digits for all logits.
    if (row === undefined) throw new Error('softmax: expected logits of 16 bits');
    const rho = Math.floor(2 ** (fraction + PROBABILITY_SHIFT) / row.sum);
    shift[t] = row.shift;
    sum[t] = row.sum;
    reciprocal[t] = rho;
    for (let j = 0; j < classes; j++) {
      const at = t * classes + j;
      const distance = row.shift * 64 * 2 ** STEP_SHIFT - (scores[j] as number);
      step[at] = distance >> STEP_SHIFT; // below 2^25
      carry[at] = b[step[at] as number] ?? 0;
      // e rho <= 2^(fraction + 15), since e <= S
      probability[at] = (weights[j] as number) * rho + 2 ** (PROBABILITY_SHIFT - 1);
      probability[at] = (probability[at] as number) >> PROBABILITY_SHIFT;
    }
  }
  return { shift, sum, reciprocal, step, numerator, carry, probability };
}

/** Everything that is committed of a softmax, by its name behind `softmax/`. @param fraction as `softmaxRows` */
export function softmaxValues(rows: SoftmaxRows, fraction: number): Readonly<Record<string, Int32Array>> {
  const whole = 2 ** (fraction + PROBABILITY_SHIFT);
  const rest = rows.sum.map((own, t) => whole - own * (rows.reciprocal[t] as number));
  return { ...rows, 'reciprocal-rest': rest };
}

/** Rounding of weights, and sums over their rows. */
import { refuse } from '../errors/proof-error.ts';
import type { FloatMatrix } from './matrix.ts';
import { top } from './scales.ts';

/** Bits of biases: they are added once to an accumulator. */
export const BIAS_BITS = 31;

/**
 * round(scale entry), row by row.
 *
 * @param into where to put them; default: a new array
 * @throws ProofError `SCALE` for an entry beyond the bits
 */
export function integerMatrix(
  name: string,
  { data }: FloatMatrix,
  scale: number,
  bits: number,
  into: Int16Array = new Int16Array(data.length),
): Int16Array {
  const most = top(bits);
  for (let i = 0; i < data.length; i++) {
    const v = Math.round((data[i] as number) * scale);
    if (!(Math.abs(v) <= most)) refuse('SCALE', name, `expected weights of ${bits} bits, got a larger one`);
    into[i] = v;
  }
  return into;
}

/** round(scale entry) in 31 bits. @throws ProofError `SCALE` for an entry beyond them */
export function integerVector(name: string, values: ArrayLike<number>, scale: number): Int32Array {
  return Int32Array.from(values, (value) => {
    const v = Math.round(value * scale);
    // Half of the field: an accumulator beyond has no proof anyhow.
    if (!(Math.abs(v) < 2 ** 29)) refuse('SCALE', name, 'expected biases within 2^29, got a larger one');
    return v;
  });
}

/** Sums of the rows. */
export function rowSums(weights: Int16Array, rows: number): Float64Array {
  const columns = weights.length / rows;
  const sums = new Float64Array(rows);
  for (let i = 0; i < weights.length; i++) {
    const j = Math.floor(i / columns);
    sums[j] = (sums[j] as number) + (weights[i] as number);
  }
  return sums;
}

/** Greatest sum of absolute values, and of squares, over the rows. */
export function rowNorms(
  weights: Int16Array,
  rows: number,
): { readonly rowSum: number; readonly rowSquares: number } {
  const columns = weights.length / rows;
  let [rowSum, rowSquares] = [0, 0];
  for (let j = 0; j < rows; j++) {
    let [sum, squares] = [0, 0];
    for (let i = j * columns; i < (j + 1) * columns; i++) {
      const w = weights[i] as number;
      sum += Math.abs(w);
      squares += w * w; // <= 2^17 2^30: exact
    }
    rowSum = Math.max(rowSum, sum);
    rowSquares = Math.max(rowSquares, squares);
  }
  return { rowSum, rowSquares };
}

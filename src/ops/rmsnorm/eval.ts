/** Mantissa, exponent, reciprocal root and the rounded product, row by row. */
import { checkBits, type Evaluated, type IntTensor } from '../tensor.ts';
import { NORM_SHIFT } from './shape.ts';

/**
 * The normalised rows; auxiliary, one entry a row: `squares` V, `mantissa` m, `exponent` e, `root` R.
 *
 * @param rsqrt the column of the table `rsqrt`
 * @throws ProofError `UNPROVABLE` for an input of more than `bits` bits
 */
export function evaluateRmsnorm(
  stage: string,
  x: IntTensor,
  bits: number,
  epsilon: number,
  rsqrt: Int32Array,
): Required<Evaluated> {
  checkBits(stage, x, bits);
  const { rows, width } = x;
  const data = new Int32Array(x.data.length);
  const squares = new Float64Array(rows);
  const [mantissa, exponent, root] = [new Int32Array(rows), new Int32Array(rows), new Int32Array(rows)];
  const middle = 2 ** (NORM_SHIFT - 1);
  for (let t = 0; t < rows; t++) {
    let V = epsilon; // <= 2^52
    for (let j = t * width; j < (t + 1) * width; j++) V += (x.data[j] as number) * (x.data[j] as number);
    let m = V;
    let e = 0;
    for (; m >= 2 ** 16; e++) m = Math.floor(m / 4);
    const R = Math.floor((rsqrt[m] as number) / 2 ** e);
    for (let j = t * width; j < (t + 1) * width; j++) {
      // |x R| < 2^29 + 2^14: exact, and an int32 after the addition
      data[j] = ((x.data[j] as number) * R + middle) >> NORM_SHIFT;
    }
    squares[t] = V;
    mantissa[t] = m;
    exponent[t] = e;
    root[t] = R;
  }
  return { data, auxiliary: () => ({ squares, mantissa, exponent, root }) };
}

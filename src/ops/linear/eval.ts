/** acc[t][j] = sum_k W[j][k] x[t][k] + b[j] mod p. */
import { balanced, type IntTensor, type WeightData } from '../tensor.ts';

/** W as [outputs, inputs], row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: WeightData;
}

/** out[t][j] = the balanced residue of sum_k w[j][k] x[t][k]. Kernels of the same meaning may take its place. */
export type MatrixProduct = (x: IntTensor, w: Matrix) => Int32Array;

/** The definition: exact sums in doubles, |sum| <= 2^20 2^15 2^17 = 2^52 (checked when the graph is loaded). */
export function matrixProduct(x: IntTensor, w: Matrix): Int32Array {
  const { rows: n, columns: k, data } = w;
  const out = new Int32Array(x.rows * n);
  for (let t = 0; t < x.rows; t++) {
    const row = x.data.subarray(t * k, (t + 1) * k);
    for (let j = 0; j < n; j++) {
      let [even, odd] = [0, 0]; // two sums at a time: exact, so their order does not matter
      let l = 0;
      for (let at = j * k; l + 1 < k; l += 2, at += 2) {
        even += (data[at] as number) * (row[l] as number);
        odd += (data[at + 1] as number) * (row[l + 1] as number);
      }
      if (l < k) even += (data[j * k + l] as number) * (row[l] as number);
      out[t * n + j] = balanced(even + odd);
    }
  }
  return out;
}

/** The accumulator. @param product the sums without bias; default the definition above */
export function evaluateLinear(
  x: IntTensor,
  w: Matrix,
  bias: WeightData | undefined,
  product: MatrixProduct = matrixProduct,
): Int32Array {
  const out = product(x, w);
  if (bias === undefined) return out;
  for (let at = 0; at < out.length; at += w.rows) {
    for (let j = 0; j < w.rows; j++) out[at + j] = balanced((out[at + j] as number) + (bias[j] as number));
  }
  return out;
}

/** A matrix product that counts accumulators which leave the balanced range, where residues stop being the integers. */
import type { Matrix, MatrixProduct } from '../graph/index.ts';
import { HALF_FIELD } from '../ops/operator.ts';
import type { WeightData } from '../ops/tensor.ts';

export interface CountedProduct {
  readonly product: MatrixProduct;
  /** Sums beyond (p-1)/2 so far. */
  readonly wraps: () => number;
}

/** Squared lengths of the rows of a matrix: exact, since 2^17 2^40 is rounded by a part in 2^53 at most. */
function squaredLengths(data: ArrayLike<number>, columns: number): Float64Array {
  const squares = new Float64Array(data.length / columns);
  for (let i = 0; i < data.length; i++) {
    const j = Math.floor(i / columns);
    squares[j] = (squares[j] as number) + (data[i] as number) ** 2;
  }
  return squares;
}

/** sum_k w[j][k] x[t][k], exact below 2^53. */
function exactSum(x: ArrayLike<number>, from: number, w: Matrix, j: number): number {
  let sum = 0;
  for (let k = 0; k < w.columns; k++) {
    sum += (w.data[j * w.columns + k] as number) * (x[from + k] as number);
  }
  return sum;
}

/**
 * The product, and a count. By Cauchy and Schwarz most sums cannot wrap; the others are added up again.
 *
 * @param product what computes the residues
 */
export function countedProduct(product: MatrixProduct): CountedProduct {
  const lengths = new WeakMap<WeightData, Float64Array>();
  const limit = (HALF_FIELD / (1 + 2 ** -40)) ** 2; // the slack covers the rounding of lengths
  let count = 0;
  return {
    wraps: () => count,
    product(x, w) {
      const rows = lengths.get(w.data) ?? squaredLengths(w.data, w.columns);
      lengths.set(w.data, rows);
      const longest = rows.reduce((a, b) => Math.max(a, b), 0);
      const inputs = squaredLengths(x.data, x.width);
      inputs.forEach((square, t) => {
        if (square * longest <= limit) return;
        rows.forEach((other, j) => {
          if (square * other <= limit) return;
          if (Math.abs(exactSum(x.data, t * x.width, w, j)) > HALF_FIELD) count++;
        });
      });
      return product(x, w);
    },
  };
}

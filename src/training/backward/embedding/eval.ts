/** G[v][j] = sum of g[t][j] over the rows t of id v. spec/training-operators.md section 6. */
import { balanced } from '../../../ops/tensor.ts';

/** @param ids of all rows @param rows of the table; both have `width` columns @returns balanced residues */
export function embeddingWeightGradient(
  ids: ArrayLike<number>,
  gradient: Int32Array,
  { rows, width }: { readonly rows: number; readonly width: number },
): Int32Array {
  const sums = new Float64Array(rows * width); // at most 2^22 gradients, each below 2^31: exact
  for (let t = 0; t < ids.length; t++) {
    for (let j = 0; j < width; j++) {
      const at = (ids[t] as number) * width + j;
      sums[at] = (sums[at] as number) + (gradient[t * width + j] as number);
    }
  }
  return Int32Array.from(sums, balanced);
}

/** G[v][j] = sum of g[t][j] over the rows t of id v. spec/training-operators.md section 6. */

/** @param ids of all rows @param rows of the table; both have `width` columns @returns at most 2^14 gradients of 15 bits each */
export function embeddingWeightGradient(
  ids: ArrayLike<number>,
  gradient: Int32Array,
  { rows, width }: { readonly rows: number; readonly width: number },
): Int32Array {
  const sums = new Int32Array(rows * width);
  for (let t = 0; t < ids.length; t++) {
    for (let j = 0; j < width; j++) {
      const at = (ids[t] as number) * width + j;
      sums[at] = (sums[at] as number) + (gradient[t * width + j] as number);
    }
  }
  return sums;
}

/**
 * `rsqrt`: the reciprocal square root of RMSNorm. Key m in [0, 2^16): floor(K / sqrt(m)) with K = (2^15 - 2) 2^14, and 0
 * for m = 0 (which no accepting witness uses). Exact: floor(K / sqrt(m)) = floor(sqrt(floor(K^2 / m))).
 */
import { isqrt } from './series.ts';
import type { Table } from './table.ts';

/** K = S_x sqrt(d) 2^14: a normalised row times K has Euclidean norm K. */
export const RSQRT_SCALE = (2 ** 15 - 2) * 2 ** 14;
/** Keys. Normalised mantissas fill [2^14, 2^16); smaller ones occur with exponent 0 alone. */
export const RSQRT_ROWS = 2 ** 16;

/** The table. Entries lie below 2^29. */
export function rsqrtTable(): Table {
  const square = BigInt(RSQRT_SCALE) ** 2n;
  const data = new Int32Array(RSQRT_ROWS);
  let root = BigInt(RSQRT_SCALE); // entries fall: the one before is a start for the next
  for (let m = 1; m < RSQRT_ROWS; m++) {
    root = isqrt(square / BigInt(m), root);
    data[m] = Number(root);
  }
  return { id: 'rsqrt', firstKey: 0, rows: RSQRT_ROWS, columns: [{ name: 'r', data }] };
}

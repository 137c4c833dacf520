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

const ERROR = 2 ** -20;
const NEAR = 2 ** -8;

/** floor(K / sqrt(m)), with any integer that is at least the root. */
function exactEntry(m: number, start: number): number {
  return Number(isqrt(BigInt(RSQRT_SCALE) ** 2n / BigInt(m), BigInt(start)));
}

/**
 * The table. Entries lie below 2^29.
 *
 * Newton's method in doubles for the root of K^2 / m, from above: a step of less than 2^-8 leaves less than 2^-16 / 2^22 of the
 * distance, and quotients and sums below 2^30 round by 2^-24 each: less than 2^-22 in all. Where a root is as near to an integer
 * as that (K / sqrt(m) is one for many squares m) integers decide.
 */
export function rsqrtTable(): Table {
  const data = new Int32Array(RSQRT_ROWS);
  let root: number = RSQRT_SCALE; // entries fall: the one before is a start for the next
  for (let m = 1; m < RSQRT_ROWS; m++) {
    const square = (RSQRT_SCALE * RSQRT_SCALE) / m;
    let before: number;
    do {
      before = root;
      root = (before + square / before) / 2;
    } while (before - root >= NEAR);
    const floor = Math.floor(root - ERROR);
    data[m] = floor === Math.floor(root + ERROR) ? floor : exactEntry(m, floor + 1);
  }
  return { id: 'rsqrt', firstKey: 0, rows: RSQRT_ROWS, columns: [{ name: 'r', data }] };
}

/**
 * `gumbel`: quantiles of the Gumbel distribution for sampling, 2^16 (-ln(-ln u)).
 *
 * A uniform 32-bit word selects the cell of 1 - u in floating form: e = its leading zeros, at most 19, and the 11 bits
 * behind the leading one. Key 2048 e + m stands for 1 - u in [2^-(e+1), 2^-e), the m-th of 2048 equal parts, at its
 * middle; so the upper tail, which decides samples, keeps 11 bits at every height (a uniform grid would end at 2^-16).
 */
import { atanh, ln as lnOfDouble, roundNear } from './doubles.ts';
import { decided } from './rounding.ts';
import { ln, ln2 } from './series.ts';
import type { Table } from './table.ts';

/** Fractional bits of an entry. */
export const GUMBEL_FRACTION = 16;
/** Parts of one octave of 1 - u, and octaves. */
export const GUMBEL_PARTS = 2048;
export const GUMBEL_OCTAVES = 20;

/**
 * 1 - u = (2^12 + 2m + 1) / 2^(13+e), so u = N / 2^(13+e) with an integer N >= 1. A = -ln u = (13+e) ln 2 - ln N.
 */
export function gumbelEntry(e: number, m: number): number {
  const bits = BigInt(13 + e);
  const N = (1n << bits) - 4096n - 2n * BigInt(m) - 1n;
  return decided((P) => {
    const A = bits * ln2(P) - ln(N, P); // errs by less than 33 + 2 ulps
    const value = P * ln2(P) - ln(A, P); // -ln(A / 2^P); ln2 and ln err by P + 2 ulps
    // A >= 2^-20, so an error of 35 ulps in A moves ln A by less than 35 * 2^21 ulps < 2^27.
    const error = (1n << 27n) + P + 2n;
    return { low: value - error, high: value + error, scale: P - BigInt(GUMBEL_FRACTION) };
  }, 96n);
}

const UNIT = 2 ** GUMBEL_FRACTION;
const ERROR = 2 ** -20;

/**
 * The same in doubles, where they decide. q = 1 - u is exact, as are u and 1 + u = 2 - q. Below 1/2, -ln u = 2 atanh(q / (2 - q)) with a
 * relative error below 2^-47; above, -ln u >= ln 2 errs by 2^-43 from `ln`, relatively by less than 2^-42. So ln A errs by less than
 * 2^-41, and 2^16 times that and a rounding are less than 2^-21 = ERROR/2.
 */
function nearEntry(q: number): number | undefined {
  const A = q < 0.5 ? 2 * atanh(q / (2 - q)) : -lnOfDouble(1 - q); // 2^-20 < A < 9.02
  return roundNear(-UNIT * lnOfDouble(A), ERROR);
}

/** The table: 40,960 rows; entries lie in (-2^18, 2^20). */
export function gumbelTable(): Table {
  const rows = GUMBEL_PARTS * GUMBEL_OCTAVES;
  const data = new Int32Array(rows);
  let part = 2 ** -13; // of q
  for (let e = 0; e < GUMBEL_OCTAVES; e++, part /= 2) {
    const from = GUMBEL_PARTS * e;
    for (let m = 0; m < GUMBEL_PARTS; m++) {
      data[from + m] = nearEntry((2 * GUMBEL_PARTS + 2 * m + 1) * part) ?? gumbelEntry(e, m);
    }
  }
  return { id: 'gumbel', firstKey: 0, rows, columns: [{ name: 'g', data }] };
}

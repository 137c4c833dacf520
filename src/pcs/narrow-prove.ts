/**
 * A column of words as two columns of 16-bit integers. Sums over integers cost a sixth of sums over words of F, so a column that is
 * bound more than a few times is cut first: bal(x) = low + 2^16 high. Most witness cells are small, and then there is no high part.
 */
import type { Kernels } from '../kernels/contract.ts';
import { extWords } from '../kernels/contract/layout.ts';
import { hotLike, hotWords } from '../kernels/memory/hot.ts';

const RADIX_BITS = 16;

export interface NarrowColumn {
  /** Cuts another column: words of F, canonical, as many as there is room for. */
  cut(words: Uint32Array): void;
  /** out[r] = sum_c e[c] * cells[r][c] of the column that was cut last, as `bindLow`. */
  bindLow(out: Uint32Array, rows: number, width: number, e: Uint32Array): void;
}

/** Room for a column of `length` cells, in the current scope of the kernel memory. */
export function narrowColumn(kernels: Kernels, length: number): NarrowColumn {
  const { base, degree } = kernels.ext;
  const low = hotLike(kernels, new Int16Array(0), length);
  const high = hotLike(kernels, new Int16Array(0), length);
  const radix = base.fromInt(2 ** RADIX_BITS);
  let hasHigh = false;
  return {
    cut(words) {
      hasHigh = kernels.toHalves(low, high, words.subarray(0, length));
    },
    bindLow(out, rows, width, e) {
      kernels.foldColumns(out, { data: low, rows, columns: width, offset: 0 }, e);
      if (!hasHigh) return;
      kernels.memory.scope(() => {
        const upper = hotWords(kernels, extWords(rows, degree));
        kernels.foldColumns(upper, { data: high, rows, columns: width, offset: 0 }, e);
        kernels.addScaled(out, out, radix, upper);
      });
    },
  };
}

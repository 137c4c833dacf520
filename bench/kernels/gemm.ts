/** Integer matrix products of 768 x 768 x 768, as in the design's tables; one item is one multiply-add. */
import type { Kernels } from '../../src/kernels/index.ts';
import type { KernelCase } from './case.ts';
import { entries } from './fold.ts';

const SIDE = 768;

function gemm(
  name: string,
  designNs: number,
  bounds: { readonly boundA: number; readonly boundB: number },
  layoutB: 'nk' | 'kn',
  kernel: 'gemm' | 'gemmInt32',
): KernelCase {
  return {
    name,
    unit: 'MAC',
    items: SIDE * SIDE * SIDE,
    twinItems: 4 * SIDE * SIDE,
    designNs,
    scales: true,
    prepare(k: Kernels, items: number) {
      const rows = items / (SIDE * SIDE);
      const matrix = (m: number, bound: number) => ({
        data: entries(k.memory.i16(m * SIDE), bound),
        rows: m,
        columns: SIDE,
      });
      const [a, b] = [matrix(rows, bounds.boundA), matrix(SIDE, bounds.boundB)];
      const options = { ...bounds, layoutB };
      if (kernel === 'gemm') {
        const out = k.memory.u32(rows * SIDE);
        return () => k.gemm(out, a, b, options);
      }
      const out = k.memory.i32(rows * SIDE);
      return () => k.gemmInt32(out, a, b, options);
    },
  };
}

/**
 * Node 20 figures: 40.6 (12 bits), 38.4 (14 bits) and 26 GMAC/s (16 bits) with 14-bit weights; wrapping was
 * only measured on pre-widened int8, 55 GMAC/s.
 */
export const gemmCases: readonly KernelCase[] = [
  gemm('gemm-12x14-bit', 1 / 40.6, { boundA: 2048, boundB: 8191 }, 'nk', 'gemm'),
  gemm('gemm-14x14-bit', 1 / 38.4, { boundA: 8191, boundB: 8191 }, 'nk', 'gemm'),
  gemm('gemm-16x14-bit', 1 / 26, { boundA: 32767, boundB: 8191 }, 'nk', 'gemm'),
  gemm('gemm-14x14-bit-kn', 1 / 38.4, { boundA: 8191, boundB: 8191 }, 'kn', 'gemm'),
  gemm('gemm-wrapping', 1 / 55, { boundA: 2047, boundB: 1023 }, 'nk', 'gemmInt32'),
];

/** The definition of the integer matrix products. */
import type { BaseField } from '../../field/field.ts';
import {
  checkBounds,
  checkFitsInt32,
  checkGemm,
  type GemmKernels,
  type GemmOperands,
} from '../contract/gemm.ts';

/** Products of two int16 that can be summed in a double: 2^22 * 2^30 = 2^52. */
const EXACT_TERMS = 2 ** 22;

export function referenceGemm(F: BaseField): GemmKernels {
  const product = (
    out: Uint32Array | Int32Array,
    operands: GemmOperands,
    from: (c: bigint) => number,
  ): void => {
    checkBounds(operands);
    for (let i = 0; i < operands.m; i++) {
      for (let j = 0; j < operands.n; j++) out[i * operands.n + j] = from(entry(operands, i, j));
    }
  };
  return {
    gemm: (out, a, b, options) => product(out, checkGemm(out, a, b, options), (c) => F.fromInt(c)),
    gemmBalanced: (out, a, b, options) =>
      product(out, checkGemm(out, a, b, options), (c) => F.toBalanced(F.fromInt(c))),
    gemmInt32(out, a, b, options) {
      const operands = checkGemm(out, a, b, options);
      checkFitsInt32(operands);
      product(out, operands, Number);
    },
  };
}

/** c[i][j], exactly. */
function entry({ a, b, k, options }: GemmOperands, i: number, j: number): bigint {
  const [step, first] = options.layoutB === 'nk' ? [1, b.offset + j * b.stride] : [b.stride, b.offset + j];
  const row = a.offset + i * a.stride;
  let total = 0n;
  for (let start = 0; start < k; start += EXACT_TERMS) {
    let sum = 0;
    for (let l = start; l < Math.min(k, start + EXACT_TERMS); l++) {
      sum += (a.data[row + l] as number) * (b.data[first + l * step] as number);
    }
    total += BigInt(sum);
  }
  return total;
}

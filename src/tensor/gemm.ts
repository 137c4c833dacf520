/**
 * Matrix products over each domain: out[b, i, j] = sum_l x[b, i, l] * y[b, l, j], on compact row-major arrays.
 * `contraction.ts` brings every contraction of two tensors to this form.
 */
import { gemmExts, gemmWords } from './gemm-fields.ts';
import { gemmIntegers, type Integers } from './gemm-integers.ts';
import {
  allocate,
  domainOf,
  type Dtype,
  type IntegerDtype,
  type TensorContext,
  type TensorData,
} from './tensor.ts';

/** Sizes of a batch of products: x is [batch, m, k], y is [batch, k, n]. */
export interface GemmShape {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** One operand: compact storage and its dtype. */
export interface Matrix {
  readonly dtype: Dtype;
  readonly data: TensorData;
}

/**
 * The product over `dtype`. Over int32 and int64 both operands are integers; over F both are words of F; over K
 * one is over K and the other over K, over F, or of int8 or int16.
 *
 * @param nameOf names a result element (flat position) for errors
 * @throws RangeError for the first integer result outside the dtype
 */
export function gemm(
  context: TensorContext,
  dtype: Dtype,
  shape: GemmShape,
  x: Matrix,
  y: Matrix,
  nameOf: (position: number) => string,
): TensorData {
  const out = allocate(context, dtype, shape.batch * shape.m * shape.n);
  if (domainOf(dtype) === 'Z') {
    const [a, b] = [x.data as Integers, y.data as Integers];
    gemmIntegers(context, shape, a, b, out, dtype as IntegerDtype, nameOf);
  } else if (dtype === 'F') {
    const { modulus } = context.F;
    gemmWords(modulus, shape, x.data as Uint32Array, y.data as Uint32Array, out as Uint32Array);
  } else gemmExts(context, shape, x, y, out as Uint32Array);
  return out;
}

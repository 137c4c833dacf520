/** Inverses of many elements at once. */
import type { Fe } from '../field/field.ts';
import type { Dtype, TensorContext } from './tensor.ts';
import { extWord } from '../kernels/contract/layout.ts';

/**
 * out[i] = 1 / data[i] for n plain elements of F or K; -1, or the index of the first zero (and nothing done).
 */
export function invertWords(
  context: TensorContext,
  dtype: Dtype,
  out: Uint32Array,
  data: Uint32Array,
  n: number,
): number {
  const { K, kernels } = context;
  if (dtype === 'F') return invertBase(context, out, data);
  for (let i = 0; i < n; i++) {
    let limbs = 0;
    for (let j = 0; j < K.degree; j++) limbs |= data[extWord(i, j, K.degree)] as number;
    if (limbs === 0) return i;
  }
  // The kernel takes a word w to R^2 / w; dividing by R twice leaves the inverse of the plain element.
  kernels.kInverse(out, data, n);
  kernels.fromMontgomery(out, out);
  kernels.fromMontgomery(out, out);
  return -1;
}

/** Montgomery's trick: one inversion and three products per element (P. Montgomery, 1987, section 10.3.1). */
function invertBase({ F }: TensorContext, out: Uint32Array, data: Uint32Array): number {
  let product = F.one;
  for (let i = 0; i < data.length; i++) {
    if (data[i] === 0) return i;
    out[i] = product;
    product = F.mul(product, data[i] as Fe);
  }
  let suffix = F.inverse(product);
  for (let i = data.length - 1; i >= 0; i--) {
    out[i] = F.mul(suffix, out[i] as Fe);
    suffix = F.mul(suffix, data[i] as Fe);
  }
  return -1;
}

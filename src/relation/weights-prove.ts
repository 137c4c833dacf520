/** Weights written out as arrays of K in Montgomery form. */
import type { Ext } from '../field/field.ts';
import type { Kernels } from '../kernels/contract.ts';
import { packHalf } from '../pcs/half-prove.ts';
import type { Factor } from '../pcs/weight.ts';
import type { Weight } from './weights.ts';

/** scale * product of weights over the product of their intervals, the last weight at the low bits. */
export function weightTable(kernels: Kernels, weights: readonly Weight[], scale: Ext): Uint32Array {
  const factors = weights.map((weight): Factor => {
    if (weight.kind === 'pairs') return { kind: 'pairs', pairs: weight.pairs };
    return { kind: 'dense', values: weight.entries.map(([, value]) => value) };
  });
  return packHalf(kernels, { factors: factors.reverse() }, scale);
}

/** Bits of the dyadic interval of a weight. Values written out fill theirs. */
export function weightBits(weight: Weight): number {
  return weight.kind === 'pairs' ? weight.pairs.length : Math.log2(weight.entries.length);
}

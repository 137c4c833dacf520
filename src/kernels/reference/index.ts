/**
 * Reference kernels: plain TypeScript over any field and extension. They define what every kernel computes,
 * run where WebAssembly is missing, and carry the toy fields of exhaustive tests.
 */
import type { ExtensionField, Fe } from '../../field/field.ts';
import { koalaBear } from '../../field/koalabear.ts';
import { checkingTypes } from '../contract/types.ts';
import type { Kernels } from '../contract.ts';
import { referenceBase } from './base.ts';
import { referenceHash } from './hash.ts';
import { referenceExt } from './ext.ts';
import { referenceExtRows } from './ext-rows.ts';
import { referenceFold } from './fold.ts';
import { referenceGemm } from './gemm.ts';
import { referenceLookupTree } from './lookup-tree.ts';
import { referenceMemory } from './memory.ts';
import { referenceNtt } from './ntt.ts';
import { referenceSumcheck } from './sumcheck.ts';
import { referenceTally } from './tally.ts';
import { referenceWeightedSums } from './weighted-sums.ts';

/** Stands for "as much as the engine gives": the limit that JavaScript numbers count exactly. */
const UNLIMITED_BYTES = Number.MAX_SAFE_INTEGER;

/**
 * Kernels without WebAssembly.
 *
 * @param ext K over F: `quintic`, or any toy extension
 * @param memoryBytes capacity that `memory` enforces; default: none
 * @example
 * const k = referenceKernels(extensionField(primeField(97), [-5, 0]));
 * const out = new Uint32Array(2);
 * k.add(out, Uint32Array.of(96, 1), Uint32Array.of(2, 3)); // out = [1, 4]
 */
export function referenceKernels(ext: ExtensionField, memoryBytes: number = UNLIMITED_BYTES): Kernels {
  const radix = ext.base.modulus === koalaBear.modulus ? koalaBear.fromInt(2 ** 32) : (1 as Fe);
  return {
    name: 'reference',
    ext,
    radix,
    memory: referenceMemory(memoryBytes),
    threads: 1,
    close: async () => {},
    ...checkingTypes({
      ...referenceBase(ext.base, radix),
      ...referenceExtRows(ext),
      ...referenceNtt(ext),
      ...referenceHash(ext.base),
      ...referenceExt(ext, radix),
      ...referenceFold(ext),
      ...referenceGemm(ext.base),
      ...referenceSumcheck(ext, radix),
      ...referenceWeightedSums(ext, radix),
      ...referenceLookupTree(ext, radix),
      ...referenceTally,
    }),
  };
}

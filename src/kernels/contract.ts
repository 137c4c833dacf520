/**
 * The kernel contract: the only interface between protocol or tensor code and inner loops. Typed arrays go
 * in, typed arrays come out; kernels know no objects, transcripts or randomness. `reference/` is the
 * definition in plain TypeScript over any field; `wasm/` (AssemblyScript, 128-bit SIMD) agrees with it bit
 * for bit on KoalaBear, for any number of threads.
 */
import type { ExtensionField, Fe } from '../field/field.ts';
import type { BaseKernels } from './contract/base.ts';
import type { ExtRowKernels } from './contract/ext-rows.ts';
import type { ExtKernels } from './contract/ext.ts';
import type { FoldKernels } from './contract/fold.ts';
import type { GemmKernels } from './contract/gemm.ts';
import type { HashKernels } from './contract/hash.ts';
import type { LookupTreeKernels } from './contract/lookup-tree.ts';
import type { KernelMemory } from './contract/memory.ts';
import type { NttKernels } from './contract/ntt.ts';
import type { SumcheckKernels } from './contract/sumcheck.ts';
import type { TallyKernels } from './contract/tally.ts';
import type { WeightedSumKernels } from './contract/weighted-sums.ts';

export interface Kernels
  extends
    BaseKernels,
    NttKernels,
    HashKernels,
    ExtKernels,
    ExtRowKernels,
    FoldKernels,
    GemmKernels,
    SumcheckKernels,
    WeightedSumKernels,
    LookupTreeKernels,
    TallyKernels {
  /** `reference` or `wasm`. */
  readonly name: string;
  /** K over F; F is `ext.base`. */
  readonly ext: ExtensionField;
  /** R, the Montgomery radix as a plain element of F. */
  readonly radix: Fe;
  readonly memory: KernelMemory;
  /** Threads that share the work, this one included. */
  readonly threads: number;
  /** Ends the worker threads. The kernels must not be used afterwards. */
  close(): Promise<void>;
}

/** Memory of the lookup argument: as much of the kernels' as their windows leave. */
import type { Kernels } from '../kernels/contract.ts';

/** What a scope leaves free of the kernel memory for the windows of kernels, of which half at most: a dozen arrays over K take 63 MB. */
const WINDOWS = 2 ** 27;

/** Kernel memory while it lasts, ordinary memory behind it: kernels move that through windows in what is left. */
export function allocate(kernels: Kernels, length: number): Uint32Array {
  return 4 * length <= roomIn(kernels) ? kernels.memory.u32(length) : new Uint32Array(length);
}

/** Bytes of kernel memory that `allocate` may still take. */
export function roomIn({ memory }: Kernels): number {
  return memory.capacityBytes - Math.min(WINDOWS, memory.capacityBytes / 2) - memory.usedBytes;
}

/** How large kernel memory should be for large models: what lies outside goes through windows, which costs copies. */

const LEAST = 2 ** 30;
/** What a WebAssembly memory can have: 65536 pages. */
const MOST = 2 ** 32;

/**
 * Bytes of kernel memory for a machine with so many bytes: half of them, at least 1 GiB and at most 4 GiB. They are reserved:
 * pages cost nothing before a proof needs them, and a small proof never does.
 */
export function kernelMemoryBytes(machineBytes: number): number {
  return Math.min(MOST, Math.max(LEAST, Math.floor(machineBytes / 2 ** 17) * 2 ** 16));
}

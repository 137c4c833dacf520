/** One kernel to be timed: what it is, how its operands are made, and what the measured design promised. */
import type { Kernels } from '../../src/kernels/index.ts';

export interface KernelCase {
  readonly name: string;
  /** What one item is, e.g. `element`, `weight`, `byte`, `MAC`. */
  readonly unit: string;
  /** Items of a timed call, for WebAssembly and (fewer) for its TypeScript twin. */
  readonly items: number;
  readonly twinItems: number;
  /**
   * The design's measured ns per item on one quiet core, Node 20, when it has one: the bar is 1.3 times it.
   */
  readonly designNs?: number;
  /** Whether two threads are expected to help: arithmetic does, streaming does not. */
  readonly scales: boolean;
  /** Allocates operands of `items` items in the kernels' memory; returns the call to be timed. */
  prepare(k: Kernels, items: number): () => void;
}

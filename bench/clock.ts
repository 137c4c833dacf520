/** Wall time and CPU time of all threads: on a machine that others share only the second says what work costs. */
import type { Kernels } from '../src/kernels/index.ts';

export interface Elapsed {
  readonly ms: number;
  /** User and system time of every thread of this process. */
  readonly cpuMs: number;
}

/** CPU time of this process so far, ms. */
export function cpuNow(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Runs `body` between two readings of both clocks. */
export function clocked<T>(body: () => T): Elapsed & { readonly value: T } {
  const [start, cpu] = [performance.now(), cpuNow()];
  const value = body();
  return { value, ms: performance.now() - start, cpuMs: cpuNow() - cpu };
}

const ANCHOR_WORDS = 1 << 20;
const ANCHOR_SAMPLES = 30;

/** Time of a product of the base-field kernel, least of many short samples: how fast this machine is just now. */
export function anchorNs(kernels: Kernels): number {
  return kernels.memory.scope(() => {
    const [a, b] = [kernels.memory.u32(ANCHOR_WORDS).fill(5), kernels.memory.u32(ANCHOR_WORDS).fill(7)];
    const samples = Array.from({ length: ANCHOR_SAMPLES }, () => clocked(() => kernels.mul(a, a, b)).ms);
    return Number(((1e6 * Math.min(...samples)) / ANCHOR_WORDS).toFixed(3));
  });
}

/** One decimal. */
export function round(ms: number): number {
  return Math.round(10 * ms) / 10;
}

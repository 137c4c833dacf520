/** Kernels that note how long each kind of call takes and how much work it is, without a line in the product. */
import type { Kernels } from '../src/kernels/index.ts';
import { cpuNow } from './clock.ts';
import { noWork, workOf, type Work } from './work.ts';

export interface KernelTrace {
  readonly kernels: Kernels;
  /** Milliseconds by kernel since the last reset, largest first: CPU time on one thread, else wall time. */
  phases(): Record<string, number>;
  /** Work since the last reset, computed from the sizes of calls. */
  work(): Work;
  reset(): void;
}

/** The same kernels behind a clock. */
export function traced(kernels: Kernels): KernelTrace {
  const ms = new Map<string, number>();
  let total = noWork();
  const now = kernels.threads === 1 ? cpuNow : () => performance.now();
  const wrapped: Record<string, unknown> = { ...kernels };
  for (const [name, value] of Object.entries(kernels)) {
    if (typeof value !== 'function' || name === 'close') continue;
    wrapped[name] = (...args: unknown[]): unknown => {
      const work = workOf(name, args, kernels);
      const start = now();
      try {
        return (value as (...a: unknown[]) => unknown)(...args);
      } finally {
        ms.set(name, (ms.get(name) ?? 0) + now() - start);
        total = {
          multiplications: total.multiplications + work.multiplications,
          hashes: total.hashes + work.hashes,
          bytes: total.bytes + work.bytes,
        };
      }
    };
  }
  return {
    kernels: wrapped as unknown as Kernels,
    phases() {
      const rows = [...ms]
        .sort((a, b) => b[1] - a[1])
        .map(([name, t]) => [name, Math.round(10 * t) / 10] as const);
      return Object.fromEntries(rows);
    },
    work: () => total,
    reset() {
      ms.clear();
      total = noWork();
    },
  };
}

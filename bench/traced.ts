/** Kernels that note how long each kind of call takes: phases of a benchmark without a line in the product. */
import type { Kernels } from '../src/kernels/index.ts';

export interface KernelTrace {
  readonly kernels: Kernels;
  /** Milliseconds by kernel since the last reset, largest first. */
  phases(): Record<string, number>;
  /** Calls and words given by kernel. */
  calls(): Record<string, number>;
  reset(): void;
}

/** The same kernels behind a clock. */
export function traced(kernels: Kernels): KernelTrace {
  const ms = new Map<string, number>();
  const count = new Map<string, number>();
  const wrapped: Record<string, unknown> = { ...kernels };
  for (const [name, value] of Object.entries(kernels)) {
    if (typeof value !== 'function' || name === 'close') continue;
    wrapped[name] = (...args: unknown[]): unknown => {
      const start = performance.now();
      try {
        return (value as (...a: unknown[]) => unknown)(...args);
      } finally {
        ms.set(name, (ms.get(name) ?? 0) + performance.now() - start);
        count.set(name, (count.get(name) ?? 0) + 1);
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
    calls: () => Object.fromEntries(count),
    reset() {
      ms.clear();
      count.clear();
    },
  };
}

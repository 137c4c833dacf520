/** Kernels that note how long each kind of call takes and how much work it is, without a line in the product. */
import type { Kernels } from '../src/kernels/index.ts';
import { cpuNow, round } from './clock.ts';
import { noWork, workOf, type Work } from './work.ts';

export interface KernelTrace {
  readonly kernels: Kernels;
  /** The clock of the kernels, ms: CPU time on one thread, else wall time. */
  now(): number;
  /** Milliseconds by kernel since the last reset. */
  times(): Record<string, number>;
  /** The same with one decimal, largest first. */
  phases(): Record<string, number>;
  /** Work since the last reset, computed from the sizes of calls. */
  work(): Work;
  /** The same for each kernel, with the number of calls; by name. */
  workByKernel(): Record<string, KernelWork>;
  reset(): void;
}

export interface KernelWork extends Work {
  readonly calls: number;
}

const add = (a: Work, b: Work): Work => ({
  multiplications: a.multiplications + b.multiplications,
  hashes: a.hashes + b.hashes,
  bytes: a.bytes + b.bytes,
});

/** The same kernels behind a clock. */
export function traced(kernels: Kernels): KernelTrace {
  const ms = new Map<string, number>();
  const works = new Map<string, KernelWork>();
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
        const old = works.get(name) ?? { calls: 0, ...noWork() };
        works.set(name, { calls: old.calls + 1, ...add(old, work) });
      }
    };
  }
  return {
    kernels: wrapped as unknown as Kernels,
    now,
    times: () => Object.fromEntries(ms),
    phases() {
      const rows = [...ms].sort((a, b) => b[1] - a[1]).map(([name, time]) => [name, round(time)] as const);
      return Object.fromEntries(rows);
    },
    work: () => [...works.values()].reduce(add, noWork()),
    workByKernel: () => Object.fromEntries([...works].sort(([a], [b]) => (a < b ? -1 : 1))),
    reset() {
      ms.clear();
      works.clear();
    },
  };
}

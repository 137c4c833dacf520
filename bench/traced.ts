/** Kernels that note how long each kind of call takes and how much work it is, without a line in the product. */
import type { Kernels } from '../src/kernels/index.ts';
import { cpuNow } from './clock.ts';
import { noWork, workOf, type Work } from './work.ts';

export interface KernelTrace {
  readonly kernels: Kernels;
  /** Milliseconds by kernel since the last reset, largest first: CPU time on one thread, else wall time. */
  phases(): Record<string, number>;
  /** A step of JavaScript begins; `undefined`: none does. Its time without kernels joins the phases as `js: STEP`. */
  mark(step: string | undefined): void;
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
  let inKernels = 0;
  let step: { readonly name: string; readonly since: number; readonly kernels: number } | undefined;
  const addTime = (name: string, time: number): void => void ms.set(name, (ms.get(name) ?? 0) + time);
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
        const time = now() - start;
        inKernels += time;
        addTime(name, time);
        const old = works.get(name) ?? { calls: 0, ...noWork() };
        works.set(name, { calls: old.calls + 1, ...add(old, work) });
      }
    };
  }
  return {
    kernels: wrapped as unknown as Kernels,
    mark(name) {
      const since = now();
      if (step !== undefined) addTime(`js: ${step.name}`, since - step.since - (inKernels - step.kernels));
      step = name === undefined ? undefined : { name, since, kernels: inKernels };
    },
    phases() {
      const rows = [...ms]
        .sort((a, b) => b[1] - a[1])
        .map(([name, t]) => [name, Math.round(10 * t) / 10] as const);
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

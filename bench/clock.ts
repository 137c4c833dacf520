/** Wall time and CPU time of all threads: on a machine that others share only the second says what work costs. */

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

/** One decimal. */
export function round(ms: number): number {
  return Math.round(10 * ms) / 10;
}

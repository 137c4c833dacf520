/**
 * Timing: repeated calls after a warm-up, in nanoseconds of wall time. On a machine that others use the least of many samples
 * says what a kernel costs, the median how much the others took.
 */

export interface Timing {
  readonly medianNs: number;
  readonly minNs: number;
}

/** Calls `run` until `budgetMs` is spent, at least five times; the first calls warm up and are not counted. */
export function time(run: () => void, budgetMs = 300): Timing {
  const warmUntil = performance.now() + budgetMs / 4;
  do run();
  while (performance.now() < warmUntil);
  const samples: number[] = [];
  const until = performance.now() + budgetMs;
  while (samples.length < 5 || performance.now() < until) {
    const start = performance.now();
    run();
    samples.push((performance.now() - start) * 1e6);
  }
  samples.sort((a, b) => a - b);
  return { medianNs: samples[samples.length >> 1] as number, minNs: samples[0] as number };
}

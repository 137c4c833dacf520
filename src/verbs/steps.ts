/** How verbs say what they are at. */

/** @param done part of the step that is done, from 0 to 1, where it is known */
export type OnStep = (step: string, done?: number) => void;

export const silent: OnStep = () => {};

/** Seconds that parts of a verb took. */
export interface Stopwatch {
  /** Ends the step before; `undefined` ends the last. */
  next(step?: string): void;
  readonly seconds: Record<string, number>;
}

export function stopwatch(): Stopwatch {
  const seconds: Record<string, number> = {};
  let current: string | undefined;
  let since = 0;
  return {
    seconds,
    next(step) {
      const now = performance.now();
      if (current !== undefined) seconds[current] = Math.round(now - since) / 1000;
      [current, since] = [step, now];
    },
  };
}

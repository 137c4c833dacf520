/** How verbs say what they are at. */

/** @param done part of the step that is done, from 0 to 1, where it is known */
export type OnStep = (step: string, done?: number) => void;

export const silent: OnStep = () => {};

/** The prover's steps that begin a stage of a proof, with the stage's name. The others, about twenty, are for profiles. */
export const PROOF_STAGES: ReadonlyMap<string, string> = new Map([
  ['execution', 'execution'],
  ['commitment', 'commitment'],
  ['lookup argument', 'lookup argument'],
  ['product vectors', 'products'],
  ['merge', 'opening'],
  ['own verification', 'own verification'],
]);

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

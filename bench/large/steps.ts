/** Where the time of a proof goes: its steps, and within each the kernels; what is left of a step is JavaScript. */
import { cpuNow, round } from '../clock.ts';
import type { KernelTrace } from '../traced.ts';

/** Time of one step. */
interface Step {
  readonly name: string;
  readonly ms: number;
  readonly cpuMs: number;
  readonly kernels: Readonly<Record<string, number>>;
}

export interface StepClock {
  /** Ends the step before and begins one. */
  readonly step: (name: string) => void;
  /** Ends the last step. */
  finish(): readonly Step[];
}

export function stepClock(trace: KernelTrace): StepClock {
  const steps: Step[] = [];
  const now = () => ({ ms: performance.now(), cpuMs: cpuNow(), kernels: trace.phases() });
  let open: { readonly name: string; readonly at: ReturnType<typeof now> } | undefined;
  const end = (): void => {
    if (open === undefined) return;
    const { name, at } = open;
    const to = now();
    const kernels = Object.entries(to.kernels).map(([k, ms]) => [k, ms - (at.kernels[k] ?? 0)] as const);
    const used = Object.fromEntries(kernels.filter(([, ms]) => ms > 0));
    steps.push({ name, ms: to.ms - at.ms, cpuMs: to.cpuMs - at.cpuMs, kernels: used });
    open = undefined;
  };
  return {
    step(name) {
      end();
      open = { name, at: now() };
    },
    finish() {
      end();
      return steps;
    },
  };
}

/** Parts of the time that are named. */
const NAMED = 0.02;

/**
 * Milliseconds by name: every step as `step`, kernels in it that take more than 2 % of the whole as `step/kernel`, and what no
 * kernel did as `step/javascript`. Wall time.
 */
export function phasesOf(steps: readonly Step[]): Record<string, number> {
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  const phases: Record<string, number> = {};
  for (const { name, ms, kernels } of steps) {
    phases[name] = round(ms);
    const inKernels = Object.values(kernels).reduce((sum, own) => sum + own, 0);
    const parts = [...Object.entries(kernels), ['javascript', ms - inKernels] as const];
    for (const [part, own] of parts) if (own > NAMED * total) phases[`${name}/${part}`] = round(own);
  }
  return phases;
}

/** CPU time of all threads by step. */
export function cpuOf(steps: readonly Step[]): Record<string, number> {
  return Object.fromEntries(steps.map(({ name, cpuMs }) => [name, round(cpuMs)]));
}

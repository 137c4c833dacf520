/** Where the time of a proof goes: its steps, and within each the kernels; what is left of a step is JavaScript. */
import { clocked, cpuNow, round, type Elapsed } from './clock.ts';
import type { KernelTrace } from './traced.ts';
import type { Work } from './work.ts';

/** Time of one step. */
export interface Step {
  readonly name: string;
  readonly ms: number;
  readonly cpuMs: number;
  /** Pages of memory that were touched for the first time, or are read from a file that is in memory. */
  readonly newPages: number;
  /** Most memory of the process so far, MB, when the step ends. */
  readonly peakMb: number;
  /** What the step was spent on, by the clock of the kernels: names of kernels, and `javascript` for what no kernel did. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Steps of provers that run the model, or train it, and lay out what was computed. */
const WITNESS_STEPS: ReadonlySet<string> = new Set([
  'execution',
  'witness values',
  'layout',
  'lookups and multiplicities',
]);

interface StepClock {
  /** Ends the step before and begins one. */
  readonly step: (name: string) => void;
  /** Ends the last step. */
  finish(): readonly Step[];
}

function stepClock(trace: KernelTrace): StepClock {
  const steps: Step[] = [];
  const now = () => ({
    ms: performance.now(),
    cpuMs: cpuNow(),
    pages: process.resourceUsage().minorPageFault,
    clock: trace.now(),
    kernels: trace.times(),
  });
  let open: { readonly name: string; readonly at: ReturnType<typeof now> } | undefined;
  const end = (): void => {
    if (open === undefined) return;
    const { name, at } = open;
    const to = now();
    const kernels = Object.entries(to.kernels).map(([k, ms]) => [k, ms - (at.kernels[k] ?? 0)] as const);
    const inKernels = kernels.reduce((sum, [, ms]) => sum + ms, 0);
    const javascript = to.clock - at.clock - inKernels;
    const parts = { ...Object.fromEntries(kernels.filter(([, ms]) => ms > 0)), javascript };
    const newPages = to.pages - at.pages;
    const peakMb = Math.round(process.resourceUsage().maxRSS / 1000); // kilobytes
    steps.push({ name, ms: to.ms - at.ms, cpuMs: to.cpuMs - at.cpuMs, newPages, peakMb, parts });
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

export interface StepTimes<T> extends Elapsed {
  readonly value: T;
  readonly steps: readonly Step[];
  readonly counters: Work;
}

/** One call of a prover that says where it is. */
export function clockedSteps<T>(
  trace: KernelTrace,
  prove: (step: (name: string) => void) => T,
): StepTimes<T> {
  trace.reset();
  const clock = stepClock(trace);
  const run = clocked(() => prove(clock.step));
  return { ...run, steps: clock.finish(), counters: trace.work() };
}

/** What a row says about a call: wall time of the witness, phases, CPU time, new pages and memory by step, work. */
export function figuresOf({ steps, counters }: Pick<StepTimes<unknown>, 'steps' | 'counters'>) {
  const witness = steps.filter(({ name }) => WITNESS_STEPS.has(name));
  return {
    witnessMs: Math.round(witness.reduce((sum, { ms }) => sum + ms, 0)),
    phases: phasesOf(steps),
    phasesCpu: Object.fromEntries(steps.map(({ name, cpuMs }) => [name, round(cpuMs)])),
    phasesNewPages: Object.fromEntries(steps.map(({ name, newPages }) => [name, newPages])),
    phasesPeakMb: Object.fromEntries(steps.map(({ name, peakMb }) => [name, peakMb])),
    counters,
  };
}

/** Parts of the time that are named. */
const NAMED = 0.02;

/**
 * Milliseconds by name: every step as `step`, what takes more than 2 % of the whole as `step/kernel` and `step/javascript`. CPU
 * time on one thread, else wall time.
 */
export function phasesOf(steps: readonly Pick<Step, 'name' | 'parts'>[]): Record<string, number> {
  const all = steps.map(({ name, parts }) => ({
    name,
    parts,
    ms: Object.values(parts).reduce((sum, own) => sum + own, 0),
  }));
  const total = all.reduce((sum, { ms }) => sum + ms, 0);
  const phases: Record<string, number> = {};
  for (const { name, parts, ms } of all) {
    phases[name] = round(ms);
    for (const [part, own] of Object.entries(parts)) {
      if (own > NAMED * total) phases[`${name}/${part}`] = round(own);
    }
  }
  return phases;
}

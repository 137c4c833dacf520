/** What benchmarks print, and what they have in common when they measure: memory, a verifier's calls, a fresh process. */
import { spawnSync } from 'node:child_process';
import { clocked, round } from './clock.ts';

export type Row = Record<string, unknown>;

/** One line of JSON, or a table. Fields that are undefined are left out. */
export function print(row: Row, json: boolean): void {
  const lines = Object.entries(row)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key.padEnd(18)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  console.log(json ? JSON.stringify(row) : lines.join('\n'));
}

/** Most memory that this process held so far, bytes. */
export function peakRss(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** The call whose wall time is the median. @param runs one or more */
export function medianRun<T extends { readonly ms: number }>(runs: readonly T[]): T {
  return [...runs].sort((a, b) => a.ms - b.ms)[runs.length >> 1] as T;
}

export interface VerifyTimes {
  readonly verifyColdMs: number;
  readonly verifyColdCpuMs: number;
  readonly verifyMs: number;
  readonly verifyCpuMs: number;
}

type Verdict = { readonly ok: true } | { readonly ok: false; readonly code: string };

/** The first call and medians of `warmCalls` further ones. @throws Error for a proof that does not verify */
export function timeVerifier(verify: () => Verdict, warmCalls: number): VerifyTimes {
  const call = () => clocked(verify);
  const cold = call();
  if (!cold.value.ok) throw new Error(`bench: expected a proof that verifies, got ${cold.value.code}`);
  const warm = Array.from({ length: warmCalls }, call);
  const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] as number;
  return {
    verifyColdMs: round(cold.ms),
    verifyColdCpuMs: round(cold.cpuMs),
    verifyMs: round(median(warm.map(({ ms }) => ms))),
    verifyCpuMs: round(median(warm.map(({ cpuMs }) => cpuMs))),
  };
}

/** Runs another benchmark in a fresh process. @returns what it prints, if it is JSON */
export function inFreshProcess<T>(args: readonly string[]): T {
  const { status, stdout } = spawnSync(process.execPath, [process.argv[1] as string, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`bench: ${args[0]}: expected exit code 0, got ${status}`);
  return (stdout === '' ? undefined : JSON.parse(stdout)) as T;
}
